"""A small feature that does a little of everything, for the engine's tests."""

from collections.abc import Mapping

from bot.core.actions import Choice, Field, Lane, Pin, Say
from bot.core.commands import Audience, Command, FirstAnswer, Option
from bot.core.errors import BadInput
from bot.core.events import Delivered, Joined, Undelivered
from bot.core.features import Feature
from bot.core.refs import Member
from bot.core.turn import Answer, Plan, Turn
from storage.members import Members
from tests.engine.circle import ROOM

CHOICES = (Choice("yes", "Yes, please", "👍", ("yes",)), Choice("no", "No", None, ("no",)))
FIELDS = (Field("what", "What happened?", limit=20), Field("when", "When was that?"))
SECRET = "my deepest secret"


class Probe:
    """What the feature was told is noted in memory, so that a test can look at it."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.willing = True
        self.gate_breaks = False
        self.breaks_on_delivery = False

    def feature(self) -> Feature:
        text = (Option("text", limit=50),)
        return Feature(
            name="probe",
            commands=(
                Command("echo", self.echo, text, first=FirstAnswer.PUBLIC),
                Command("boom", self.boom, text),
                Command("refuse", self.refuse, text),
                Command("secret", self.secret, text, private=True, first=FirstAnswer.PUBLIC),
                Command("manage", self.manage, audience=Audience.MODERATOR),
                Command("pick", self.pick),
                Command("fill", self.fill),
                Command("card", self.card),
                Command("count", self.count),
                Command("hang", self.hang, text),
                Command("reflect now", self.echo, text, private=True),
                Command("reflect stop", self.echo, private=True),
            ),
            answers={
                "probe.pick": self.picked,
                "probe.fill": self.filled,
                "card.choice": self.carded,
            },
            due={"probe.due": self.due, "probe.broken": self.broken},
            on={
                Joined: self.joined,
                Delivered: self.delivered,
                Undelivered: lambda _turn, event: self.outcomes.append(f"not: {event.reason}"),
            },
            gates={"probe.gate": self.gate},
        )

    def echo(self, turn: Turn, options: Mapping[str, str]) -> None:
        turn.say("said", text=options.get("text", "nothing"))

    def joined(self, turn: Turn, _event: Joined) -> None:
        turn.say("said", text="Welcome.", to=turn.me)

    def count(self, turn: Turn, _options: Mapping[str, str]) -> None:
        count = int(turn.state("probe").get("count", 0)) + 1
        turn.keep("probe", {"count": count})
        turn.say("said", text=f"count {count}")

    def boom(self, turn: Turn, options: Mapping[str, str]) -> None:
        self.count(turn, options)
        raise RuntimeError(f"cannot handle {options.get('text')}")

    def hang(self, turn: Turn, options: Mapping[str, str]) -> None:
        turn.do(Say(key="hanging", to=ROOM, text="I hang.", after=options["text"]))

    def refuse(self, turn: Turn, options: Mapping[str, str]) -> None:
        self.count(turn, options)
        raise BadInput("refused", what=options.get("text", ""))

    def secret(self, turn: Turn, options: Mapping[str, str]) -> None:
        turn.say("said", text=f"secretly: {options.get('text', 'nothing')}")

    def manage(self, turn: Turn, _options: Mapping[str, str]) -> None:
        turn.ask("probe.pick", "ask", CHOICES)

    def pick(self, turn: Turn, _options: Mapping[str, str]) -> None:
        turn.ask("probe.pick", "ask", CHOICES)

    def picked(self, turn: Turn, answer: Answer) -> None:
        turn.say("said", text=f"picked {answer.choice} in {turn.community.id}")

    def fill(self, turn: Turn, _options: Mapping[str, str]) -> None:
        turn.ask_form("probe.fill", "form", FIELDS, choices=CHOICES[1:])

    def filled(self, turn: Turn, answer: Answer) -> None:
        values = " / ".join(answer.values.values()) or answer.choice
        turn.say("said", text=f"filled {values}")

    def card(self, turn: Turn, _options: Mapping[str, str]) -> None:
        key = turn.ask("card.choice", "ask", CHOICES, to=ROOM, anyone=True, lane=Lane.NORMAL)
        turn.do(Pin(key=turn.new_id(), to=ROOM, after=key))

    def carded(self, turn: Turn, answer: Answer) -> None:
        turn.say("said", text=f"carded {answer.choice}")

    def due(self, turn: Turn, plan: Plan) -> None:
        text = f"due {plan.id} {plan.next_due:%d %H:%M}"
        if plan.subject is not None:
            turn.say("said", text=text, to=turn.me, gate="probe.gate")
        else:
            key = turn.say("said", text=text, to=ROOM)
            turn.do(Say(key=turn.new_id(), to=ROOM, text="hangs on it", after=key))

    def broken(self, turn: Turn, plan: Plan) -> None:
        turn.say("said", text="half done", to=ROOM)
        raise RuntimeError(str(plan.id))

    def gate(self, _turn: Turn) -> bool:
        if self.gate_breaks:
            raise RuntimeError("a mistake in the gate")
        return self.willing

    def delivered(self, turn: Turn, event: Delivered) -> None:
        self.outcomes.append(f"stands: {event.ref.id if event.ref else None}")
        if self.breaks_on_delivery:
            turn.rows(Members).ensure(Member("fake", "nobody"), "subjectnobody")
            raise RuntimeError("a mistake in what hears it")
