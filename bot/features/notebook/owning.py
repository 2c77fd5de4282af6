"""An author's side: what of theirs may be kept and under which name, and taking it out again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.core.actions import Field
from bot.core.errors import BadInput
from bot.core.events import Looked, Undelivered
from bot.core.features import HomeItem
from bot.core.refs import MessageRef, Room
from bot.core.turn import Answer, Plan, Turn
from bot.engine.links import link_to
from bot.engine.schedule.calendar import calendar_of
from bot.features.notebook.checking import Checking
from bot.features.notebook.nominating import FLOW, look, wanted_by
from storage.contributions import Contributions
from storage.notebook import Harvest, Notebook

WORDS, NAME = 1000, 60
_MOST = 10  # that wait for one author
_LAPSES = timedelta(days=60)
_SHOWN = 12


class Owning:
    """What `/notebook mine` does, and what is asked when a message was nominated."""

    def __init__(self, checking: Checking) -> None:
        """Let drafts be looked at here, too."""
        self.checking = checking

    def due(self, turn: Turn, plan: Plan) -> None:
        """Ask an author about a message, or let that wait under *Start*."""
        nominated = dict(plan.payload or {})
        message = self._digest(turn, nominated)
        state = turn.state(FLOW)
        asked = waiting(turn)
        known = message in state.get("refused", []) or turn.rows(Contributions).holds(
            turn.community.id, message
        )
        if known or len(asked) >= _MOST or any(_same(each, nominated) for each in asked):
            return
        entry = {**nominated, "at": turn.now.isoformat()}
        turn.keep(FLOW, {**state, "asked": [*asked, entry]})
        # One at a time: what is not answered is not followed by more.
        if not asked and may_write(turn):
            self._ask(turn, entry, gate="notebook.wanted")

    def mine(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show what waits for one's own word; then what of one's own is in the notebook."""
        asked = waiting(turn)
        if asked:
            self._ask(turn, asked[0], more=len(asked) - 1)
        else:
            self._go_on(turn)

    def _go_on(self, turn: Turn) -> None:
        if not self.checking.show_next(turn):
            self._show_own(turn)

    def _ask(
        self, turn: Turn, entry: Mapping[str, Any], more: int = 0, gate: str | None = None
    ) -> None:
        names = ("named", "here", "unnamed", "no", "later")
        turn.ask(
            "mine.decide",
            "ask_author",
            [turn.choice(each, f"choice_{each}") for each in names],
            about=entry,
            gate=gate,
            link=link_to(turn.can, turn.community.ref, self._message(turn, entry)),
            title=self._title(turn, entry),
            reads=turn.can.reads,
            more=more,
        )

    def decided(self, turn: Turn, answer: Answer) -> None:
        """Do what its author says: named, unnamed, or no."""
        entry = dict(answer.about)
        if answer.choice == "later":
            turn.say("asked_later")
            self._go_on(turn)
        elif not any(_same(each, entry) for each in waiting(turn)):
            turn.say("asked_no_more")
        elif answer.choice == "no":
            self._refuse(turn, entry)
        elif answer.choice == "unnamed":
            self._read(turn, {**entry, "name": "", "outside": False})
        else:
            named = {**entry, "outside": answer.choice == "named"}
            if called := str(turn.settings.get("called", "")):
                self._read(turn, {**named, "name": called})
            else:
                field = Field("called", turn.text("field_called"), limit=NAME, required=True)
                turn.ask_form("mine.called", "ask_called", [field], about=named)

    def called(self, turn: Turn, answer: Answer) -> None:
        """Keep the name for the next time, and go on."""
        name = " ".join(answer.text.split())
        if not name:
            raise BadInput("name_empty")
        turn.save_settings({**turn.settings, "called": name})
        self._read(turn, {**answer.about, "name": name})

    def _refuse(self, turn: Turn, entry: Mapping[str, Any]) -> None:
        """Note the no where nobody else can see it, so that nobody can ask again."""
        forget(turn, entry)
        state = turn.state(FLOW)
        refused = [*state.get("refused", []), self._digest(turn, entry)]
        turn.keep(FLOW, {**state, "refused": refused})
        turn.say("refused")

    def _read(self, turn: Turn, entry: Mapping[str, Any]) -> None:
        """Read the message, now that its author has agreed; else they give the words."""
        message = self._message(turn, entry)
        if turn.can.reads:
            turn.say("is_being_read")
            look(turn, message, {**entry, "what": "words"}, words=True)
        else:
            self._ask_words(turn, entry)

    def _ask_words(self, turn: Turn, entry: Mapping[str, Any]) -> None:
        field = Field("text", turn.text("field_words"), limit=WORDS, required=True)
        turn.ask_form(
            "mine.words",
            "ask_words",
            [field],
            choices=[turn.choice("no", "choice_rather_not")],
            about=entry,
            limit=WORDS,
        )

    def looked(self, turn: Turn, event: Looked, entry: Mapping[str, Any]) -> None:
        """Keep the words as they are now; what is gone or another's meanwhile is not kept."""
        given = str(entry.get("text", ""))
        if not event.found or event.author != turn.member:
            forget(turn, entry)
            turn.say("message_gone", to=turn.me)
        elif given:
            self._keep(turn, entry, given)
        elif not event.text or len(event.text) > WORDS:
            self._ask_words(turn, entry)
        else:
            self._keep(turn, entry, event.text)
            self._tell_kept(turn, entry, event.text)

    def not_looked(self, turn: Turn, event: Undelivered) -> None:
        """Ask for the words where the message cannot be looked at."""
        wanted = wanted_by(turn, event)
        if wanted is None or wanted["what"] != "words":
            return
        if wanted.get("text"):
            self._keep(turn, wanted, str(wanted["text"]))
        else:
            self._ask_words(turn, wanted)

    def worded(self, turn: Turn, answer: Answer) -> None:
        """Keep the words that their author gave, if the message stands still."""
        if answer.choice:
            self._refuse(turn, answer.about)
            return
        text = answer.text.strip()
        if not text:
            raise BadInput("words_empty")
        entry = {**answer.about, "what": "words", "text": text}
        self._tell_kept(turn, entry, text)
        look(turn, self._message(turn, entry), entry)

    def _tell_kept(self, turn: Turn, entry: Mapping[str, Any], text: str) -> None:
        more = sum(not _same(each, entry) for each in waiting(turn))
        turn.say("words_kept", to=turn.me, text=text, name=entry["name"], more=more)

    def _keep(self, turn: Turn, entry: Mapping[str, Any], text: str) -> None:
        rows, community = turn.rows(Notebook), turn.community.id
        message = self._digest(turn, entry)
        forget(turn, entry)
        if turn.rows(Contributions).holds(community, message):
            return
        talk = next((each for each in turn.gather("talks") if each.id == entry["talk"]), None)
        row = rows.of_talk(community, str(entry["talk"]))
        if row is None and talk is None:
            turn.say("message_gone", to=turn.me)
            return
        if row is None:
            assert talk is not None
            row = Harvest(
                id=turn.new_id(),
                community_id=community,
                talk_id=talk.id,
                delivery_key=talk.key,
                state="gathering",
                since=turn.now,
                body=b"",
            )
            rows.save(row, {"title": talk.title, "remarks": []})
        body = {"text": text, "name": entry["name"], "outside": bool(entry["outside"])}
        turn.rows(Contributions).keep_words(turn.new_id(), row.id, turn.subject, message, body)

    # One's own words

    def _show_own(self, turn: Turn) -> None:
        own = turn.rows(Contributions).words_of(turn.subject, turn.community.id)[:_SHOWN]
        if not own:
            turn.say("nothing_of_yours")
            return
        choices = [
            turn.choice(said.id, "choice_take_out", text=shortened(said.text)) for _, said in own
        ]
        choices.append(turn.choice("no", "choice_all_stays"))
        titles = [turn.rows(Notebook).body(row)["title"] for row, _ in own]
        shown = [
            {"title": title, "text": said.text, "name": said.name}
            for title, (_, said) in zip(titles, own, strict=True)
        ]
        turn.ask("mine.own", "own_words", choices, own=shown)

    def own_chosen(self, turn: Turn, answer: Answer) -> None:
        """Take words out, at once and from every version."""
        if answer.choice == "no":
            turn.say("all_stays")
            return
        take_out(turn, answer.choice)

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door to what waits for one's own word."""
        if waiting(turn):
            return [HomeItem(turn.text("home_asked"), "notebook mine", 4, True)]
        if self.checking.drafts(turn):
            return [HomeItem(turn.text("home_draft"), "notebook mine", 4, True)]
        return []

    # Inner parts

    def _message(self, turn: Turn, entry: Mapping[str, Any]) -> MessageRef:
        room = Room(turn.community.ref.platform, str(entry["room"]))
        return MessageRef(room, str(entry["id"]))

    def _digest(self, turn: Turn, entry: Mapping[str, Any]) -> str:
        return turn.rows(Contributions).digest(self._message(turn, entry))

    def _title(self, turn: Turn, entry: Mapping[str, Any]) -> str:
        return next((each.title for each in turn.gather("talks") if each.id == entry["talk"]), "")


def waiting(turn: Turn) -> list[dict[str, Any]]:
    """Return what somebody was asked and has not answered; after two months it has lapsed."""
    asked = turn.state(FLOW).get("asked", [])
    return [each for each in asked if turn.now - datetime.fromisoformat(each["at"]) < _LAPSES]


def forget(turn: Turn, entry: Mapping[str, Any]) -> None:
    """Let a nomination wait no longer."""
    left = [each for each in waiting(turn) if not _same(each, entry)]
    turn.keep(FLOW, {**turn.state(FLOW), "asked": left})


def take_out(turn: Turn, words: str) -> None:
    """Delete words of this member's own."""
    given = turn.rows(Contributions)
    own = [said.id for _, said in given.words_of(turn.subject, turn.community.id)]
    if words in own:
        given.drop_words(words)
        turn.say("taken_out")
    else:
        turn.say("nothing_of_yours")


def may_write(turn: Turn) -> bool:
    """Tell whether this member may be written to now without having just asked."""
    direct = turn.settings.get("reach") == "direct" and not turn.settings.get("closed")
    return direct and turn.community.state == "open" and not calendar_of(turn).quiet(turn.now)


def shortened(text: str) -> str:
    """Return the beginning of a text, for a label."""
    line = " ".join(text.split())
    return line if len(line) <= 50 else line[:47].rsplit(" ", 1)[0] + "…"


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (one["room"], one["id"]) == (other["room"], other["id"])
