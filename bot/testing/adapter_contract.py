"""What every adapter promises, as tests: give `AdapterContract` a `bench` fixture, and run it.

class TestMyAdapter(AdapterContract):
    @pytest.fixture
    def bench(self) -> Bench: ...
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Protocol

from bot.core.actions import Edit, Say
from bot.core.errors import Undeliverable
from bot.core.events import Event, Posted
from bot.core.markup import escape, to_plain
from bot.core.ports import Adapter, Delivery, FormFacts
from bot.core.refs import Community, Destination, Direct, Member, MessageRef, Room

_ODD = "*not bold* <b>tag</b> @everyone `code` [link](http://example.org) 1. \u202eabc 👋🏽"


class Bench(Protocol):
    """An adapter on its platform, with a person and a room on it."""

    adapter: Adapter
    room: Room
    gone: Room
    member: Member

    async def start(self, host: "NotingHost") -> None:
        """Let the adapter listen."""
        ...

    async def stop(self) -> None:
        """Cancel the listening, and wait for its end."""
        ...

    async def read(self, place: Destination) -> list[str]:
        """Return what the person reads there of the bot's, as plain text, the oldest first."""
        ...

    async def say(self, text: str, place: Destination) -> None:
        """Let the person write there, and wait until the adapter has taken it in."""
        ...


class NotingHost:
    """A host that notes what it is told, and waits for nothing."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.heard: list[Event] = []
        self.memory: dict[str, dict[str, str]] = {}

    async def receive(self, event: Event) -> None:
        """Note an event."""
        self.heard.append(event)

    async def awaits(
        self,
        kind: Literal["post", "reply", "react", "file"],
        room: Room,
        member: Member,
        message: MessageRef | None = None,
    ) -> bool:
        """Wait for nothing."""
        return False

    async def suggest(
        self, command: str, option: str, typed: str, locale: str | None = None
    ) -> Sequence[str]:
        """Know nothing."""
        return ()

    async def form(self, question: str, member: Member) -> FormFacts | None:
        """Know no question."""
        return None

    async def communities(self, member: Member) -> Collection[Community]:
        """Know nobody."""
        return ()

    async def recall(self, kind: str, keys: Collection[str] | None = None) -> Mapping[str, str]:
        """Return what was remembered."""
        kept = self.memory.get(kind, {})
        return {key: value for key, value in kept.items() if keys is None or key in keys}

    async def remember(self, kind: str, values: Mapping[str, str | None]) -> None:
        """Keep it in memory."""
        kept = self.memory.setdefault(kind, {})
        for key, value in values.items():
            kept.pop(key, None)
            if value is not None:
                kept[key] = value

    @property
    def texts(self) -> list[str]:
        """Return the texts that were heard."""
        return [each.text for each in self.heard if isinstance(each, Posted) and each.text]


class AdapterContract:
    """What holds for each adapter; a subclass brings the fixture `bench`."""

    async def test_it_has_a_name_and_limits(self, bench: Bench) -> None:
        """The engine rests on these."""
        adapter = bench.adapter
        assert adapter.name == bench.member.platform == bench.room.platform
        assert adapter.account not in ("", adapter.name)
        assert adapter.affordances.text_limit >= 500
        assert 0 <= adapter.affordances.quiescence <= 600

    async def test_a_message_stands_once_however_often_it_is_sent(self, bench: Bench) -> None:
        """A key is an idempotency key."""
        delivery = say("contract.once", bench.room, "Only once.")
        first = await bench.adapter.deliver(delivery)
        assert first is not None
        assert await bench.adapter.deliver(delivery) == first
        assert (await bench.read(bench.room)).count("Only once.") == 1

    async def test_what_stands_is_found_and_what_does_not_is_not(self, bench: Bench) -> None:
        """Reading back never invents anything."""
        sent, never = say("contract.sent", bench.room, "Sent."), say("contract.never", bench.room)
        ref = await bench.adapter.deliver(sent)
        assert await bench.adapter.find(sent) == ref
        assert await bench.adapter.find(never) is None

    async def test_a_person_is_written_to_alone(self, bench: Bench) -> None:
        """What is said in private is not read in the room."""
        direct = Direct(bench.member)
        ref = await bench.adapter.deliver(say("contract.direct", direct, "In private."))
        assert ref is not None
        assert ref.room.platform == bench.adapter.name
        assert (await bench.read(direct))[-1:] == ["In private."]
        assert "In private." not in await bench.read(bench.room)

    async def test_messages_stand_in_their_order(self, bench: Bench) -> None:
        """The engine sends one after the other, and so they stand."""
        for number in range(3):
            await bench.adapter.deliver(say(f"contract.{number}", bench.room, f"Number {number}."))
        assert (await bench.read(bench.room))[-3:] == ["Number 0.", "Number 1.", "Number 2."]

    async def test_escaped_text_is_read_as_it_was_typed(self, bench: Bench) -> None:
        """Nobody's text becomes markup, or a mention."""
        await bench.adapter.deliver(say("contract.odd", bench.room, escape(_ODD)))
        assert (await bench.read(bench.room))[-1] == to_plain(escape(_ODD)) == _ODD

    async def test_a_text_as_long_as_allowed_is_taken(self, bench: Bench) -> None:
        """`text_limit` is a promise."""
        text = ("word " * bench.adapter.affordances.text_limit)[
            : bench.adapter.affordances.text_limit
        ].rstrip()
        await bench.adapter.deliver(say("contract.long", bench.room, text))
        assert (await bench.read(bench.room))[-1] == text

    async def test_an_edit_may_come_twice(self, bench: Bench) -> None:
        """An idempotent action is simply done again."""
        ref = await bench.adapter.deliver(say("contract.draft", bench.room, "Draft."))
        edit = Edit(key="contract.edit", to=bench.room, after="contract.draft", text="Final.")
        for _ in range(2):
            await bench.adapter.deliver(Delivery(edit.key, edit, on=ref))
        read = await bench.read(bench.room)
        assert read.count("Final.") == 1
        assert "Draft." not in read

    async def test_a_room_that_is_gone_is_final(self, bench: Bench) -> None:
        """A moderator is told; nothing is tried for ever."""
        reason = ""
        try:
            await bench.adapter.deliver(say("contract.gone", bench.gone, "Anybody?"))
        except Undeliverable as error:
            reason = str(error)
        assert reason

    async def test_a_private_message_is_heard_with_its_text(self, bench: Bench) -> None:
        """Whatever is said to the bot in private is addressed to it."""
        host = NotingHost()
        await bench.start(host)
        await bench.say("hello there", Direct(bench.member))
        await bench.stop()
        assert host.texts == ["hello there"]
        heard = next(each for each in host.heard if isinstance(each, Posted))
        assert heard.member == bench.member
        assert isinstance(heard.place, Direct)

    async def test_the_talk_of_a_room_is_left_unread(self, bench: Bench) -> None:
        """PRODUCT.md, rule 6: what is not addressed to the bot is dropped in the adapter."""
        host = NotingHost()
        await bench.start(host)
        await bench.say("between us", bench.room)
        await bench.stop()
        assert host.texts == []

    async def test_letting_go_twice_is_harmless(self, bench: Bench) -> None:
        """A host that stops in the middle of stopping loses nothing."""
        await bench.adapter.close()
        await bench.adapter.close()


def say(key: str, to: Destination, text: str = "Something.") -> Delivery:
    """Return the delivery of a message."""
    return Delivery(key, Say(key=key, to=to, text=text))
