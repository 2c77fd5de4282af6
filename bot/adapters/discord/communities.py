"""Telling the host of guilds: that the bot came, what rooms there are, that it was taken away."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, TypeAlias

import structlog

from bot.adapters.discord.door import Door
from bot.adapters.discord.guilds import Guilds, community, roles, rooms
from bot.adapters.discord.handing import hand_on
from bot.adapters.discord.permissions import lacking
from bot.adapters.discord.rest import DiscordError, NoAnswer, NotSent, Refused, Rest
from bot.core.events import Added, Event, Present, Removed
from bot.core.ports import Clock, Host
from bot.core.refs import Need

log = structlog.get_logger(__name__)

JSON: TypeAlias = Mapping[str, Any]

KIND = "discord.guilds"
_TOGETHER = 0.5  # seconds; changes of a guild's channels and roles come in swarms
_PAGE, _PAGES = 1000, 20
_BETWEEN = 0.1  # seconds from page to page: answers to people share the account's fifty a second
_REFUSALS = 20  # of one page
_CHANGES = ("GUILD_UPDATE", "GUILD_ROLE_", "CHANNEL_")


class Communities:
    """The guilds of one account, as the host was told of them."""

    def __init__(self, host: Host, clock: Clock, rest: Rest, guilds: Guilds, door: Door) -> None:
        """Tell this host."""
        self._door = door
        self._host = host
        self._clock = clock
        self._rest = rest
        self._guilds = guilds
        self._told: dict[str, str] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._sweeping = asyncio.Lock()
        self._meanwhile: dict[tuple[str, str], bool] = {}  # who came or went while one is swept
        self.members = False

    async def load(self) -> None:
        """Take up what was told before."""
        self._told = dict(await self._host.recall(KIND))

    async def close(self) -> None:
        """Look at nothing any more."""
        for task in self._looking.values():
            task.cancel()
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    def hear(self, name: str, data: JSON) -> None:
        """Take in one dispatch about a guild."""
        if name == "READY":
            self._gone_meanwhile(data)
        elif name == "GUILD_DELETE":
            if not data.get("unavailable"):
                self._start(str(data["id"]), partial(self._removed, str(data["id"])))
        elif name == "GUILD_CREATE":
            if not data.get("unavailable"):
                self._start(str(data["id"]), partial(self._look, str(data["id"]), came=True))
        elif name in ("GUILD_MEMBER_ADD", "GUILD_MEMBER_REMOVE"):
            if self._sweeping.locked():
                came = name == "GUILD_MEMBER_ADD"
                self._meanwhile[str(data["guild_id"]), str(data["user"]["id"])] = came
        elif name == "GUILD_MEMBER_UPDATE" or name.startswith(_CHANGES):
            self._changed(name, data)

    def _changed(self, name: str, data: JSON) -> None:
        guild = self._guilds.get(str(data.get("guild_id") or data.get("id") or 0))
        if guild is None or guild.me is None:
            return
        if name == "GUILD_MEMBER_UPDATE" and str(guild.me.id) != str(data["user"]["id"]):
            return
        self._start(str(guild.id), partial(self._look, str(guild.id), came=False))

    def _gone_meanwhile(self, data: JSON) -> None:
        """Notice, at a start, the guilds from which the bot was taken while it was away."""
        there = {str(guild["id"]) for guild in data.get("guilds") or ()}
        shard, count = (data.get("shard") or (0, 1))[:2]
        for guild_id in self._told:
            if (int(guild_id) >> 22) % count == shard and guild_id not in there:
                self._start(guild_id, partial(self._removed, guild_id))

    def _start(self, guild_id: str, work: Callable[[], Awaitable[None]]) -> None:
        before = self._looking.get(guild_id)

        async def do() -> None:
            if before is not None:
                await asyncio.wait([before])
            try:
                await work()
            except DiscordError as error:
                log.warning("guild not looked at", error=str(error))
            finally:
                if self._looking.get(guild_id) is task:
                    del self._looking[guild_id]

        task = asyncio.get_running_loop().create_task(do())
        self._looking[guild_id] = task

    async def _look(self, guild_id: str, *, came: bool) -> None:
        if not came:
            await asyncio.sleep(_TOGETHER)
        guild = self._guilds.get(guild_id)
        if guild is None or guild.me is None:
            return
        found, given = rooms(guild), roles(guild)
        lacks = lacking(guild.me.guild_permissions)
        if not self.members:
            lacks += (Need.ARRIVALS,)
        since = str(guild.me.joined_at)
        known = [asdict(each) for each in found], [asdict(each) for each in given]
        seen = json.dumps([guild.name, *known, lacks])
        state = f"{since} {hashlib.sha256(seen.encode()).hexdigest()[:16]}"
        before = self._told.get(guild_id, "")
        if state != before:
            new = not before.startswith(f"{since} ")
            added = Added(
                event_id=f"added {guild_id} {state} {self._clock.now().isoformat()}",
                community=community(guild_id),
                name=guild.name,
                rooms=found,
                roles=given,
                lacks=lacks,
                new=new,
            )
            await self._tell(added)
            await self._note(guild_id, state)
        if came and self.members:
            self._start(f"members {guild_id}", partial(self._sweep, guild_id))

    async def _removed(self, guild_id: str) -> None:
        await self._tell(
            Removed(
                event_id=f"removed {guild_id} {self._clock.now().isoformat()}",
                community=community(guild_id),
            )
        )
        await self._note(guild_id, None)

    async def _note(self, guild_id: str, state: str | None) -> None:
        if state is None:
            self._told.pop(guild_id, None)
        else:
            self._told[guild_id] = state
        await self._host.remember(KIND, {guild_id: state})

    async def _tell(self, event: Event) -> None:
        await hand_on(self._host, self._clock, event)

    async def _sweep(self, guild_id: str) -> None:
        """Find those who arrived, or got through the door, while nobody told us.

        One guild after another: all at once Discord would refuse most of them, and what they
        answer fills the memory. Where that was all of them, who is not among them has left.
        """
        async with self._sweeping:
            after, there = "0", set[str]()
            self._meanwhile.clear()
            for _ in range(_PAGES):
                page = await self._page(guild_id, after)
                for each in page:
                    joined = self._door.through({**each, "guild_id": guild_id}, self._clock.now())
                    if joined is not None:
                        await self._tell(joined)
                there.update(str(each["user"]["id"]) for each in page)
                await asyncio.sleep(_BETWEEN)
                if len(page) < _PAGE:
                    await self._tell(self._present(guild_id, there))
                    return
                after = str(max(int(each["user"]["id"]) for each in page))

    def _present(self, guild_id: str, there: set[str]) -> Present:
        for (guild, person), came in self._meanwhile.items():
            if guild == guild_id:
                (there.add if came else there.discard)(person)
        return Present(
            event_id=f"present {guild_id} {self._clock.now().isoformat()}",
            community=community(guild_id),
            members=frozenset(there),
        )

    async def _page(self, guild_id: str, after: str) -> list[dict[str, Any]]:
        """Read a page of members, later where Discord wants that."""
        query = {"limit": str(_PAGE), "after": after}
        for left in reversed(range(_REFUSALS)):
            try:
                return await self._rest.read_list(f"/guilds/{guild_id}/members", query=query)
            except Refused as error:
                if error.status != 429 or not left:
                    raise
                await asyncio.sleep(max(error.retry_after or 0.0, _BETWEEN))
            except (NotSent, NoAnswer):
                if not left:
                    raise
                await asyncio.sleep(_BETWEEN * (_REFUSALS - left))
        raise AssertionError("unreachable")
