"""Spaces as communities, with the whole bot: coming into their rooms, and what is replaced."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from storage.schedules import Schedules
from storage.tables import Community
from storage.transaction import Transaction
from tests.support.fanout import in_store
from tests.support.human import Human
from tests.support.matrix_circle import MatrixCircle
from tests.support.synapse import MakeAccount

THREAD = "This thread is for your answers"


class SpaceCircle(MatrixCircle):
    """A circle in a space of several public rooms, to the first of which the bot is invited."""

    def __init__(self, account: MakeAccount, rooms: int = 1, version: str = "11") -> None:
        super().__init__(account, version)
        self._count = rooms
        self.space = ""
        self.rooms: list[str] = []

    async def _begin(self) -> None:
        self.account = self._register("keeper")
        self._start_bot(self.account, self._extra())
        mira = await self.person("mira")
        me = self.account.user_id
        self.space = await mira.create_room(
            "circle", version=self._version, preset="public_chat", space=True
        )
        for number in range(self._count):
            name = "garden" if number == 0 else f"bed {number}"
            place = await mira.create_room(
                name, version=self._version, preset="public_chat", parent=self.space
            )
            await mira.set_power(place, me, 50)
            self.rooms.append(place)
        self.room = self.rooms[0]
        await mira.invite(self.space, me)
        await mira.hears(self.space, lambda event: _joined(event.raw, me))
        await mira.invite(self.room, me)
        await mira.hears(self.room, "keeper setup")

    async def is_in(self, room: str) -> None:
        """Wait until the bot has come into a room."""
        mira = await self.person("mira")
        for _ in range(100):
            if self.account.user_id in await mira.members(room):
                return
            await asyncio.sleep(0.1)
        raise AssertionError("the bot has not come")


def _joined(event: dict[str, object], who: str) -> bool:
    content = event.get("content")
    joins = isinstance(content, dict) and content.get("membership") == "join"
    return joins and event.get("state_key") == who


async def goes_on_in(mira: Human, space: str, old: str, new: str) -> None:
    """Name the new room in the space, as Element does after an upgrade."""
    via = {"via": [mira.id.partition(":")[2]]}
    await mira.set_state(space, "m.space.child", via, key=new)
    await mira.set_state(space, "m.space.child", {}, key=old)


def allow(space: str, rule: str) -> dict[str, object]:
    """Make a rule that lets in who is in the space."""
    return {"join_rule": rule, "allow": [{"type": "m.room_membership", "room_id": space}]}


async def test_setup_in_a_space_comes_into_its_rooms_and_lists_those_that_are_closed(
    account: MakeAccount,
) -> None:
    async with SpaceCircle(account) as circle:
        mira = await circle.person("mira")
        members = await mira.create_room("members", version="11", parent=circle.space)
        await mira.set_state(members, "m.room.join_rules", allow(circle.space, "restricted"))
        porch = await mira.create_room("porch", version="11", parent=circle.space)
        await mira.set_state(porch, "m.room.join_rules", {"join_rule": "knock"})
        secret = await mira.create_room("secret", version="11", parent=circle.space)
        await asyncio.sleep(0.5)  # the bot asks what is in the space, in the background
        await circle.says("mira", "!keeper setup", room=True)
        await circle.hears("mira", "Language")
        await circle.answers("mira", "English")
        await circle.hears("mira", "Time zone")
        await circle.says("mira", "Amsterdam")
        closed = await circle.hears("mira", "only by an invitation")
        assert f"https://matrix.to/#/{secret}" in closed
        asked = await circle.hears("mira", "Rooms that I am not in")
        assert "1. members" in asked
        assert "2. porch (I would ask to be let in)" in asked
        await circle.answers("mira", "Into all of them")
        await circle.hears("mira", "I am coming into: members.")
        listed = await circle.hears("mira", "Which room shall I use")
        assert "members" in listed
        assert "porch" not in listed
        await circle.is_in(members)
        # Knocking, it is let in by whoever may invite, whoever else may bring it in.
        for _ in range(100):
            kept = await mira.state(porch, "m.room.member", circle.account.user_id)
            if kept is not None:
                break
            await asyncio.sleep(0.1)
        assert kept is not None
        assert kept["membership"] == "knock"
        await mira.invite(porch, circle.account.user_id)
        await circle.is_in(porch)
        # A newcomer is who joins the space, and is greeted once, whatever else they join.
        await circle.answers("mira", "members")
        await circle.hears("mira", "I use members")


async def test_ten_rooms_are_upgraded_under_a_running_schedule(account: MakeAccount) -> None:
    async with SpaceCircle(account, rooms=10) as circle:
        mira, ana = await circle.person("mira"), await circle.person("ana")
        await opened_in_space(circle)
        await ana.join(circle.space)
        await ana.join(circle.room)
        await circle.hears("ana", "Hello, and welcome")
        circle.bot.stop()
        due = datetime.now(UTC) + timedelta(seconds=18)
        in_store(circle, lambda tx: _comes(tx, due))
        circle.bot.start()
        await circle.says("mira", "help")
        await circle.hears("mira", "You are new here, or lost")
        news = []
        for old in circle.rooms:
            new = await mira.upgrade(old, "12")
            await goes_on_in(mira, circle.space, old, new)
            news.append(new)
        for new in news:
            await circle.is_in(new)
        await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        old, circle.room = circle.room, news[0]
        await circle.hears("mira", THREAD, room=True)
        # "Start here" stands in the new room as well, pinned if the bot may.
        posts = [each for each in await mira.messages(circle.room) if "Keep a thought" in each.text]
        assert len(posts) == 1
        before = [each for each in await mira.messages(old) if "Keep a thought" in each.text]
        assert before == []
        assert any("Start" in each.text for each in await mira.messages(circle.room))
        # Who comes along is no newcomer, and who moderates still does.
        await ana.join(circle.room)
        await circle.says("mira", "keeper status")
        status = await circle.hears("mira", "garden")
        assert "no longer in the room" not in status
        await circle.says("ana", "keeper status")
        await circle.hears("ana", "moderators")
        await circle.hears_nothing("ana")
        # And once more, in one go, to where the first went.
        newest = await mira.upgrade(circle.room, "12")
        await circle.is_in(newest)
        circle.bot.stop()
        in_store(circle, lambda tx: _comes(tx, datetime.now(UTC) + timedelta(seconds=4)))
        circle.bot.start()
        circle.room = newest
        await circle.hears("mira", THREAD, room=True)


async def opened_in_space(circle: SpaceCircle) -> None:
    """Set a space up, the bot in all its rooms and everything in the first, and open it."""
    await asyncio.sleep(1)  # the bot asks what is in the space, in the background
    await circle.says("mira", "!keeper setup", room=True)
    await circle.hears("mira", "Language")
    await circle.answers("mira", "English")
    await circle.hears("mira", "Time zone")
    await circle.says("mira", "Ljubljana")
    await circle.hears("mira", "Rooms that I am not in")
    await circle.answers("mira", "all")
    await circle.hears("mira", "Which room shall I use")
    await circle.answers("mira", "garden")
    await circle.hears("mira", "Charter")
    await circle.answers("mira", "Not yet")
    await circle.hears("mira", "Weekly prompts")
    await circle.answers("mira", "Every Tuesday at 9")
    await circle.hears("mira", "next three dates")
    await circle.answers("mira", "Yes")
    await circle.hears("mira", "Opening")
    await circle.answers("mira", "Open now")
    await circle.hears("mira", "Start here", room=True)
    for each in circle.rooms:
        await circle.is_in(each)


def _comes(tx: Transaction, due: datetime) -> None:
    community = tx.session.exec(select(Community.id).where(Community.state == "open")).one()
    plan = Schedules(tx).of(community, "prompts.weekly")[0]
    Schedules(tx).save(replace(plan, next_due=due))
