"""The charter: founded, read and acknowledged clause by clause, asked about, changed by consent."""

from bot.core.commands import Audience, Command
from bot.core.content import Folders
from bot.core.features import Feature, Forgetting, SetupReached, SetupStep
from bot.features.charter import (
    carrying,
    content,
    edited,
    receipts,
    reviewing,
    showing,
    windows,
    withdrawing,
)
from bot.features.charter.changes import Changes
from bot.features.charter.deciding import Deciding
from bot.features.charter.drafting import Drafting
from bot.features.charter.flow import Charters
from bot.features.charter.founding import Founding
from bot.features.charter.questions import Questions

_MODERATOR = Audience.MODERATOR


def feature(folders: Folders) -> Feature:
    """Declare the feature, with the founding draft of these folders."""
    founding = Founding(content.load_charter(folders).value)
    questions, deciding = Questions(), Deciding()
    charters, drafting = Charters(questions), Drafting(deciding)
    changes = Changes(deciding, drafting)
    return Feature(
        name="charter",
        commands=(
            Command("charter read", charters.read),
            Command("charter ask", questions.ask),
            Command("charter change", drafting.change),
            Command("charter changes", changes.list_),
            Command("charter history", receipts.history),
            Command("keeper charter status", showing.tell_status, audience=_MODERATOR),
            Command("keeper charter proposals", changes.list_, audience=_MODERATOR),
        ),
        answers={
            "charter.section": charters.answered,
            "charter.clause": charters.clause_answered,
            "again.clause": charters.again,
            "receipt.shown": receipts.shown,
            "founding.draft": founding.chosen,
            "founding.text": founding.pasted,
            "founding.pasted": founding.decided,
            "asking.clause": questions.clause_chosen,
            "asking.text": questions.written,
            "asking.name": questions.name_chosen,
            "asking.called": questions.called,
            "asked.answer": questions.answer_wanted,
            "asked.text": questions.answered,
            "posted.undo": withdrawing.undone,
            "posted.mine": withdrawing.chosen,
            "posted.standing": withdrawing.standing,
            "change.clause": drafting.clause_chosen,
            "change.section": drafting.section_chosen,
            "change.words": drafting.worded,
            "change.preview": drafting.previewed,
            "changes.list": changes.listed,
            "changes.one": changes.answered,
            "changes.form": changes.objected,
            "editorial.meaning": deciding.editorial.meaning_changed,
            "review.wanted": reviewing.wanted,
        },
        due={
            windows.KIND: deciding.due,
            windows.LAPSE: deciding.lapse,
            windows.REVIEW: reviewing.due,
        },
        home=showing.home,
        hints=lambda turn: edited.hint(turn, founding.draft),
        status=showing.status,
        variables=showing.variables,
        findable=showing.findable,
        notices=showing.notices,
        read_ahead=showing.read_ahead,
        on={SetupReached: founding.set_up, Forgetting: withdrawing.forgetting},
        setup=(SetupStep("charter", 40),),
        carries=(carrying.CARRY,),
        check=content.check,
    )
