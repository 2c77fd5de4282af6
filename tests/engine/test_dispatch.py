"""One event, one turn: whose it is, what may be done, and what a mistake leaves behind."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot.core.events import Left, Present
from bot.core.features import Feature
from bot.core.refs import Community
from bot.core.turn import Turn
from bot.engine.retention import Periods, Retention
from storage.communities import Communities
from storage.members import Members
from tests.engine.circle import FAKE, ROOM, direct
from tests.engine.conftest import MakeCircle
from tests.engine.probe import SECRET, Probe

SORRY = "Something went wrong on my side"
CLOSED_YET = "The moderators are still preparing this place"
MODERATORS = "for this community’s moderators"
SEVERAL = ("circle", "river")


async def test_an_event_that_comes_twice_is_handled_once(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    for _ in range(2):
        await here.types("ana", "count", event_id="the same")
    assert here.told("ana") == ["count 1"]


async def test_what_fails_changes_nothing_and_is_apologized_for_once(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    for _ in range(2):
        await here.types("ana", "boom", event_id="the same")
    assert len(here.told("ana")) == 1
    assert here.told("ana")[0].startswith(SORRY)
    await here.types("ana", "count")
    assert here.told("ana")[-1] == "count 1"


async def test_no_log_tells_what_somebody_wrote(
    circle: MakeCircle, capfd: pytest.CaptureFixture[str]
) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", f"boom {SECRET}")
    await here.types("ana", SECRET)
    await here.types("ana", f"refuse {SECRET}")
    out, err = capfd.readouterr()
    assert "turn failed" in out + err
    assert "RuntimeError" in out + err
    assert SECRET not in out + err


async def test_what_cannot_be_is_told_and_changes_nothing(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "refuse *that*")
    await here.types("ana", "count")
    assert here.told("ana") == ["That cannot be: \\*that\\*.", "count 1"]


async def test_somebody_new_can_be_refused(circle: MakeCircle) -> None:
    """Taking back what the handler did must not take back who it was."""
    here = circle([Probe().feature()])
    await here.types("tom", "refuse this", ROOM)
    assert here.told("tom") == ["That cannot be: this."]
    assert here.read() == ["I am answering you in our own chat."]


async def test_a_private_word_in_a_room_is_left_alone_there(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", f"!secret {SECRET}", ROOM)
    (said,) = here.read()
    assert said.startswith("That word is a private one")
    assert here.told("ana") == ["secretly: nothing"]
    assert not any(SECRET in text for text in here.platform.texts())


async def test_a_private_word_in_private_is_simply_done(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", f"secret {SECRET}")
    assert here.told("ana") == [f"secretly: {SECRET}"]
    assert here.read() == []


async def test_a_room_is_told_when_the_answer_comes_in_private(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "!count", ROOM)
    await here.types("ana", "!echo aloud", ROOM)
    assert here.read() == ["I am answering you in our own chat.", "aloud"]
    assert here.told("ana") == ["count 1"]


async def test_a_moderators_word_is_for_moderators(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("tom", "manage")
    assert MODERATORS in here.told("tom")[0]
    await here.types("mira", "manage", moderates=["circle"])
    assert here.told("mira")[0].startswith("Which one?")


@pytest.mark.parametrize("way", ["typed", "clicked", "reacted"])
async def test_who_moderates_is_asked_again_on_every_turn(circle: MakeCircle, way: str) -> None:
    here = circle([Probe().feature()])
    await here.types("mira", "manage", moderates=["circle"])
    question = here.platform.last(direct("mira"))
    match way:
        case "typed":
            await here.types("mira", "1")
        case "clicked":
            await here.clicks("mira", question.key, "yes")
        case _:
            await here.reacts("mira", "👍", question)
    assert MODERATORS in here.told("mira")[-1]
    await here.types("mira", "1", moderates=["circle"])
    assert here.told("mira")[-1] == "picked yes in circle"


async def test_a_moderator_of_another_community_is_none_here(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], communities={"circle": "open", "river": "open"})
    await here.types("mira", "!manage", ROOM, moderates=["river"], shares=SEVERAL)
    assert MODERATORS in here.told("mira")[0]


async def test_somebody_in_several_communities_is_asked_once(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], communities={"circle": "open", "river": "open"})
    await here.types("ana", "echo hello there", shares=SEVERAL)
    assert here.told("ana")[-1].startswith("You are in several communities with me.")
    await here.types("ana", "river", shares=SEVERAL)
    assert here.told("ana")[-1] == "hello there"
    await here.types("ana", "pick", shares=SEVERAL)
    await here.types("ana", "yes", shares=SEVERAL)
    assert here.told("ana")[-1] == "picked yes in river"


async def test_a_word_alone_asks_for_the_community_before_its_menu(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], communities={"circle": "open", "river": "open"})
    await here.types("ana", "reflect", shares=SEVERAL)
    await here.types("ana", "Circle", shares=SEVERAL)
    assert "**reflect**: which of these" in here.told("ana")[-1]
    await here.types("ana", "stop", shares=SEVERAL)
    assert here.told("ana")[-1] == "nothing"


async def test_a_room_is_its_own_community(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], communities={"circle": "open", "river": "open"})
    await here.types("ana", "!echo here", ROOM, shares=SEVERAL)
    assert here.read() == ["here"]


async def test_somebody_without_a_community_is_told_so(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    for word in ("count", "reflect"):
        await here.types("stranger", word, shares=[])
        assert here.told("stranger")[-1].startswith("I do not share a community")


async def test_nothing_is_visible_before_a_community_is_open(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], communities={"circle": "new"})
    for word in ("!count", "!reflect"):
        await here.types("ana", word, ROOM)
        assert here.told("ana")[-1].startswith(CLOSED_YET)
    await here.types("mira", "!count", ROOM, moderates=["circle"])
    assert here.told("mira") == ["count 1"]


async def test_choosing_a_community_opens_none_that_is_closed(circle: MakeCircle) -> None:
    here = circle([Probe().feature()], communities={"circle": "open", "river": "new"})
    await here.types("ana", "count", shares=SEVERAL)
    await here.types("ana", "River", shares=SEVERAL)
    assert here.told("ana")[-1].startswith(CLOSED_YET)


async def test_an_unknown_word_gets_the_nearest(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "cuont")
    assert "Did you mean **count**?" in here.told("ana")[-1]
    await here.types("ana", "!reflect something private", ROOM)
    assert "reflect now, reflect stop" in here.told("ana")[-1]
    assert here.read() == []


async def test_what_has_no_words_is_answered_in_private(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "")
    assert here.told("ana")[-1].startswith("I read only what is written")
    await here.set("ana", locale="fr")
    await here.types("ana", "")
    assert here.told("ana")[-1].startswith("Je ne lis que ce qui est écrit")


async def test_a_platforms_own_command_is_checked_like_a_typed_one(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.commands("ana", "echo", {"text": "x" * 51})
    assert here.told("ana")[-1] == "The part “the text” can have 50 characters at most."
    await here.commands("ana", "echo", {"text": "short"})
    assert here.told("ana")[-1] == "short"


async def test_quiet_hours_hold_back_what_comes_unasked_and_not_answers(
    circle: MakeCircle,
) -> None:
    here = circle([Probe().feature()])
    await here.set("ana", quiet=["11:00", "15:00"], zone="UTC")
    await here.joins("ana")
    await here.types("ana", "count")
    assert here.told("ana") == ["count 1"]
    await here.passes(hours=2, minutes=59)
    assert here.told("ana") == ["count 1"]
    await here.passes(minutes=1)
    assert here.told("ana") == ["count 1", "Welcome\\."]


async def test_seeded_reactions_can_be_switched_off(circle: MakeCircle) -> None:
    here = circle([Probe().feature()])
    await here.set("ana", reactions=False)
    for person, seeded in (("ana", ()), ("tom", ("👍", "2️⃣"))):
        await here.types(person, "pick")
        action = here.platform.last(direct(person)).action
        assert getattr(action, "reactions", None) == seeded


async def test_an_event_whose_apology_fails_is_not_handed_out_for_ever(
    circle: MakeCircle,
) -> None:
    here = circle([Probe().feature()])
    await here.types("ana", "count")
    await here.set("ana", locale=7)  # nothing can be said in this language
    await here.types("ana", "count", event_id="poison")
    await here.set("ana")
    await here.types("ana", "count", event_id="poison")
    assert here.told("ana") == ["count 1"]


class Overtaken(Exception):
    """PostgreSQL's word for it, when others were quicker again and again."""

    sqlstate = "40001"


async def test_a_turn_that_is_overtaken_too_often_is_handed_out_again(circle: MakeCircle) -> None:
    times: list[int] = []

    def count(run: Callable[[Turn, Mapping[str, str]], None]) -> Feature:
        def overtaken(turn: Turn, options: Mapping[str, str]) -> None:
            times.append(1)
            if len(times) <= 20:  # as often as the store tries by itself
                raise OperationalError("update", {}, Overtaken())
            run(turn, options)

        feature = Probe().feature()
        commands = [
            replace(each, run=overtaken) if each.path == "count" else each
            for each in feature.commands
        ]
        return replace(feature, commands=tuple(commands))

    here = circle([count(Probe().count)])
    with pytest.raises(OperationalError):
        await here.types("ana", "count", event_id="the same")
    assert here.told("ana") == []  # no apology, and it is not noted as handled
    await here.types("ana", "count", event_id="the same")
    assert here.told("ana") == ["count 1"]


async def test_who_left_or_came_back_unseen_is_noted_when_all_who_are_there_are_known(
    circle: MakeCircle,
) -> None:
    left: list[str] = []
    heard = Feature(name="probe", on={Left: lambda turn, _event: left.append(turn.member.id)})
    here = circle([heard])
    for name in ("ana", "ben", "cleo"):
        await here.joins(name)

    async def present(*names: str) -> dict[str, bool]:
        community = Community(FAKE, "circle")
        members = frozenset((*names, "a stranger"))
        await here.happens(Present(event_id=here.event_id(), community=community, members=members))
        rows = await here.store.transact(
            lambda tx: Members(tx).of(Communities(tx).find(community).id)  # type: ignore[union-attr]
        )
        return {id_: there for _, id_, there in rows}

    assert await present("ben") == {"ana": False, "ben": True, "cleo": False}
    assert sorted(left) == ["ana", "cleo"]
    here.clock.advance(timedelta(days=30))
    assert await present("ana", "ben") == {"ana": True, "ben": True, "cleo": False}
    assert sorted(left) == ["ana", "cleo"]
    after = Periods(left=timedelta(days=29))
    await Retention(here.store, here.clock, after, platforms=(FAKE,)).once()
    assert await present("ana", "ben") == {"ana": True, "ben": True}  # the time of cleo is over
