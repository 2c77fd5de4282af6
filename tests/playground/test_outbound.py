"""Everything that the bot can do is seen in the page."""

import pytest

from bot.adapters.playground import PLATFORM, Person, PlaygroundAdapter, World
from bot.adapters.playground.world import Message, Place
from bot.core.actions import (
    Action,
    AskChoice,
    AskForm,
    Choice,
    Edit,
    Field,
    File,
    Look,
    OpenThread,
    Pin,
    Retract,
    Say,
    SetRole,
)
from bot.core.errors import Undeliverable, Unreachable
from bot.core.events import Looked
from bot.core.ports import Delivery
from bot.core.refs import Direct, Interaction, Member, MessageRef, Room
from bot.rehearsal.clock import SimulatedClock
from bot.testing.adapter_contract import NotingHost
from tests.playground.conftest import START

ROOM, ANA = Room(PLATFORM, "square"), Member(PLATFORM, "Ana")


@pytest.fixture
def adapter() -> PlaygroundAdapter:
    world = World("test", "Garden")
    world.add_room(Place("square", "square"))
    world.save(Person("Ana"))
    world.roles = ["Found their feet"]
    return PlaygroundAdapter(SimulatedClock(START), world, token="secret")


async def done(
    adapter: PlaygroundAdapter, action: Action, on: MessageRef | None = None
) -> MessageRef | None:
    return await adapter.deliver(Delivery(action.key, action, on=on))


async def said(adapter: PlaygroundAdapter, **more: object) -> Message:
    fields = {"key": "first", "to": ROOM, "text": "*First.*", **more}
    ref = await done(adapter, Say(**fields))  # type: ignore[arg-type]
    assert ref is not None
    return adapter.world.messages[ref.id]


async def test_a_thread_has_its_title_and_what_is_said_in_it(adapter: PlaygroundAdapter) -> None:
    first = await said(adapter)
    thread = OpenThread(key="thread", to=ROOM, after="first", title="A question", text="Here.")
    opened = await done(adapter, thread, first.ref)
    assert first.shown()["title"] == "A question"
    assert opened is not None
    assert opened.room == Room(PLATFORM, "square", first.id)
    inside = Say(key="inside", to=ROOM, text="More.", after="first", in_thread=True)
    more = await done(adapter, inside, first.ref)
    assert more is not None
    assert more.room.thread == first.id


async def test_an_edit_a_pin_and_a_message_taken_back(adapter: PlaygroundAdapter) -> None:
    first = await said(adapter)
    await done(adapter, Edit(key="edit", to=ROOM, after="first", text="Second."), first.ref)
    await done(adapter, Pin(key="pin", to=ROOM, after="first"), first.ref)
    shown = first.shown()
    assert shown["body"] == [["p", "", ["Second."]]]
    assert shown["edited"]
    assert shown["pinned"]
    seen = adapter.world.number
    await done(adapter, Retract(key="back", to=ROOM, after="first"), first.ref)
    assert [change.get("gone") for change in adapter.world.since(seen)] == [first.id]
    assert await adapter.find(Delivery("first", Say(key="first", to=ROOM, text=""))) is None


async def test_a_role_is_given_once(adapter: PlaygroundAdapter) -> None:
    for key in ("one", "two"):
        await done(adapter, SetRole(key=key, to=ROOM, member=ANA, role="found their FEET"))
    assert adapter.world.people["Ana"].roles == ["Found their feet"]
    assert adapter.world.standing(adapter.world.people["Ana"])[0].roles == ("Found their feet",)


async def test_a_role_that_is_not_there(adapter: PlaygroundAdapter) -> None:
    with pytest.raises(Undeliverable, match="no role"):
        await done(adapter, SetRole(key="one", to=ROOM, member=ANA, role="Wizard"))


async def test_closed_direct_messages(adapter: PlaygroundAdapter) -> None:
    adapter.world.people["Ana"].closed = True
    with pytest.raises(Unreachable):
        await said(adapter, to=Direct(ANA))


async def test_what_hangs_on_a_message_that_is_gone(adapter: PlaygroundAdapter) -> None:
    gone = MessageRef(ROOM, "m99")
    for action in (
        Edit(key="edit", to=ROOM, after="x", text="y"),
        Pin(key="pin", to=ROOM, after="x"),
        OpenThread(key="thread", to=ROOM, after="x", title="t", text="t"),
    ):
        with pytest.raises(Undeliverable):
            await done(adapter, action, gone)


async def test_an_aside_is_for_one_person(adapter: PlaygroundAdapter) -> None:
    first = await said(adapter, aside=ANA, answers=Interaction("deed", "token"))
    assert first.shown()["person"] == "Ana"
    assert first.shown()["room"] == "square"


async def test_a_form_that_answers_a_deed_opens_where_that_was_done(
    adapter: PlaygroundAdapter,
) -> None:
    ask = AskForm(
        key="ask",
        to=Direct(ANA),
        text="Where?",
        question="q",
        fields=(Field("place", "Place"),),
        answers=Interaction("deed-7", "token"),
    )
    ref = await done(adapter, ask)
    assert ref is not None
    assert adapter.world.messages[ref.id].shown()["opens"] == "deed-7"


async def test_choices_and_seeded_signs(adapter: PlaygroundAdapter) -> None:
    choices = (Choice("a", "Yes", "🌱"), Choice("b", "No"))
    ask = AskChoice(key="ask", to=ROOM, text="Well?", question="q", choices=choices, opener="Words")
    ref = await done(adapter, ask)
    assert ref is not None
    shown = adapter.world.messages[ref.id].shown()
    assert shown["choices"] == (("a", "Yes", "🌱"), ("b", "No", ""))
    assert shown["opener"] == "Words"
    signed = await said(adapter, reactions=("🌱",))
    assert signed.shown()["reactions"] == {"🌱": [""]}


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("a <b>b</b>", [["p", "", ["a <b>b</b>"]]]),
        ("[x](javascript:alert(1))", [["p", "", ["[x](javascript:alert(1))"]]]),
        ("<script>x</script>", [["p", "", ["<script>x</script>"]]]),
        (
            "[x](http://example.org)",
            [["p", "", [["a", "http://example.org", ["x"]]]]],
        ),
        ("1. a\n2. b", [["ol", "", [["li", "", ["a"]], ["li", "", ["b"]]]]]),
        ("```\n<i>\n```", [["pre", "", ["<i>"]]]),
    ],
)
async def test_the_tree_of_a_text(
    adapter: PlaygroundAdapter, text: str, body: list[object]
) -> None:
    assert (await said(adapter, text=text)).shown()["body"] == body


async def test_what_is_found_of_a_message(adapter: PlaygroundAdapter) -> None:
    host = NotingHost()
    adapter.connect(host)
    root = await said(adapter)
    adapter.world.add(Message("m50", START, "Ana", "Mine.", room="square", thread=root.id))
    for number, ref in enumerate((root.ref, MessageRef(ROOM, "m50"), MessageRef(ROOM, "m99"))):
        community = adapter.world.community
        look = Look(key=f"k{number}", to=Direct(ANA), message=ref, community=community, words=True)
        await done(adapter, look)
    bots, anas, gone = (each for each in host.heard if isinstance(each, Looked))
    assert (bots.found, bots.author, bots.answered) == (True, None, True)
    assert (anas.author, anas.text, anas.thread) == (ANA, "Mine.", root.ref)
    assert not gone.found


async def test_a_file_comes_with_its_message(adapter: PlaygroundAdapter) -> None:
    message = await said(adapter, file=File("words.txt", "All of them."))
    assert message.shown()["file"] == {"name": "words.txt", "text": "All of them."}
