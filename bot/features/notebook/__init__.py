"""The notebook: what the community keeps of its conversations, with their authors' consent."""

from bot.core.commands import Command, Option
from bot.core.events import Left, Looked, Undelivered
from bot.core.features import Feature
from bot.core.turn import Turn
from bot.features.notebook.checking import DRAFT, REMARK, WINDOW, Checking
from bot.features.notebook.drafting import Drafting
from bot.features.notebook.gathering import Gathering
from bot.features.notebook.nominating import KIND, LINK, Nominating, wanted_by
from bot.features.notebook.owning import Owning
from bot.features.notebook.reading import WANTED, Reading
from storage.outbox import Deliveries


def feature() -> Feature:
    """Declare the feature."""
    nominating, checking = Nominating(), Checking()
    drafting, owning = Drafting(checking), Owning(checking)
    gathering = Gathering(drafting)
    reading = Reading(gathering)

    def looked(turn: Turn, event: Looked) -> None:
        wanted = wanted_by(turn, event)
        if wanted is None:
            return
        if wanted["what"] == "words":
            owning.looked(turn, event, wanted)
        elif wanted["what"] == "hands":
            gathering.hands_seen(turn, event, wanted)
        else:
            nominating.looked(turn, event, wanted)

    def undelivered(turn: Turn, event: Undelivered) -> None:
        if turn.rows(Deliveries).whose(event.key) is not None:  # what went to a room is nobody's
            owning.not_looked(turn, event)

    return Feature(
        name="notebook",
        commands=(
            Command("notebook read", reading.read, (Option("number", limit=4, number=True),)),
            Command("notebook search", reading.search, (Option("text", limit=WANTED),)),
            Command(
                "notebook nominate",
                nominating.nominate,
                (Option("message", limit=LINK, message=True),),
                menu=True,
            ),
            Command("notebook mine", owning.mine, private=True),
            Command("notebook gather", gathering.gather),
        ),
        answers={
            "nominate.link": nominating.linked,
            "mine.decide": owning.decided,
            "mine.called": owning.called,
            "mine.words": owning.worded,
            "mine.own": owning.own_chosen,
            "draft.check": checking.answered,
            "draft.called": checking.called,
            "draft.words": checking.worded,
            "draft.remark": checking.remarked,
            "gather.which": gathering.which,
            "gather.text": drafting.written,
            "gather.preview": drafting.previewed,
            "gather.left": drafting.left_out,
            "gather.sign": drafting.signed,
            "gather.called": drafting.called,
            "pages.wanted": reading.wanted,
            "pages.shown": reading.chosen,
            "pages.page": reading.page_answered,
            "pages.doubt": reading.doubted,
        },
        due={
            KIND: owning.due,
            DRAFT: checking.draft_due,
            REMARK: gathering.remark_due,
            WINDOW: checking.window_due,
        },
        on={Looked: looked, Undelivered: undelivered, Left: gathering.left},
        gates={"notebook.wanted": lambda turn: turn.settings.get("reach") == "direct"},
        home=lambda turn: [*owning.home(turn), *gathering.home(turn), *reading.home(turn)],
        status=gathering.status,
        numbers=reading.numbers,
        variables=reading.variables,
    )
