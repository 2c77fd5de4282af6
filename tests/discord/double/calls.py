"""One request of a bot, read; routes are functions from it to what is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.discord.double.errors import Refused
from tests.discord.double.guilds import Channel, Guild, Json, Message
from tests.discord.double.world import World

if TYPE_CHECKING:
    from tests.discord.double.commands import Commands
    from tests.discord.double.interactions import Interactions


@dataclass
class Call:
    """A request, and what it is about."""

    world: World
    commands: Commands
    interactions: Interactions
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    files: list[tuple[str, str, bytes]] = field(default_factory=list)  # field, name, content
    base: str = ""  # the address of this server

    def id(self, name: str) -> int:
        """Return an id of the path."""
        try:
            return int(self.path[name])
        except ValueError:
            raise Refused(404, 0, "404: Not Found") from None

    def channel(self) -> Channel:
        """Return the channel of the path."""
        return self.world.find_channel(self.id("channel_id"))

    def message(self) -> Message:
        """Return the message of the path; those for one person's eyes are in no channel."""
        found = self.channel().messages.get(self.id("message_id"))
        if found is None or found.ephemeral:
            raise Refused(404, 10008)
        return found

    def guild(self) -> Guild:
        """Return the guild of the path."""
        return self.world.find_guild(self.id("guild_id"))

    def number(self, name: str, default: int, most: int) -> int:
        """Return a number of the query."""
        return max(1, min(most, int(self.query.get(name, default))))

    def attached(self) -> list[Json]:
        """Return the files that came along, as attachments that stand; keep what is in them."""
        made = []
        told = {str(each.get("id")): each for each in (self.body or {}).get("attachments") or []}
        for index, (_, name, content) in enumerate(self.files):
            id_ = self.world.clock.snowflake()
            path = f"/attachments/{id_}/{name}"
            self.world.files[path] = content
            url = self.base + path
            one: Json = {"id": str(id_), "filename": name, "size": len(content), "url": url}
            one |= {"proxy_url": url}
            if about := told.get(str(index), {}).get("description"):
                one["description"] = about
            made.append(one)
        return made


@dataclass(frozen=True)
class Answer:
    """An answer with another status than 200."""

    status: int
    body: Any


Handler = Callable[[Call], Any]
"""Returns JSON (200), an `Answer`, or nothing (204)."""
Routes = list[tuple[str, str, Handler]]
