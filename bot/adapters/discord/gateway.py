"""The gateway: discord.py keeps the connection and the guilds, and hands the rest on as it came.

No component, form or message is held in memory (PLATFORMS.md, *Traps in 2.7.1*), and whatever is
malformed is dropped alone.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

log = structlog.get_logger(__name__)

Hear: TypeAlias = Callable[[str, dict[str, Any]], None]

# What we read ourselves, instead of discord.py: it would build an object for each, and keep some.
_RAW = frozenset(
    {
        "INTERACTION_CREATE",
        "MESSAGE_CREATE",
        "MESSAGE_REACTION_ADD",
        "GUILD_MEMBER_ADD",
        "GUILD_MEMBER_REMOVE",
    }
)
# What discord.py keeps, and we hear of as well.
_BOTH = frozenset(
    {
        "READY",
        "RESUMED",
        "GUILD_CREATE",
        "GUILD_UPDATE",
        "GUILD_DELETE",
        "GUILD_ROLE_CREATE",
        "GUILD_ROLE_UPDATE",
        "GUILD_ROLE_DELETE",
        "GUILD_MEMBER_UPDATE",
        "CHANNEL_CREATE",
        "CHANNEL_UPDATE",
        "CHANNEL_DELETE",
    }
)
# What nobody needs: people typing, who is online, what others do with their messages.
_DROPPED = frozenset(
    {
        "TYPING_START",
        "PRESENCE_UPDATE",
        "MESSAGE_UPDATE",
        "MESSAGE_DELETE",
        "MESSAGE_DELETE_BULK",
        "MESSAGE_REACTION_REMOVE",
        "VOICE_STATE_UPDATE",
    }
)


class Gateway(discord.AutoShardedClient):
    """discord.py's client, which tells everything to one function."""

    def __init__(
        self,
        hear: Hear,
        intents: discord.Intents,
        shard_ids: Sequence[int] = (),
        shard_count: int | None = None,
    ) -> None:
        """Make no connection yet."""
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            shard_ids=list(shard_ids) or None,  # type: ignore[arg-type] # None: all
            shard_count=shard_count,
        )
        self._hear = hear
        self.shards_up: set[int] = set()
        parsers = self._connection.parsers
        for name, parse in list(parsers.items()):
            parsers[name] = self._guarded(name, parse)

    def _guarded(self, name: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
        """Let one malformed dispatch end nothing but itself."""

        def take(data: dict[str, Any]) -> None:
            try:
                if name not in _RAW and name not in _DROPPED:
                    parse(data)
                if name in _RAW or name in _BOTH:
                    self._hear(name, data)
            except Exception as error:
                log.warning("malformed dispatch dropped", happened=name, error=type(error).__name__)

        return take

    async def on_shard_connect(self, shard_id: int, /) -> None:
        """Note a shard that is heard."""
        self.shards_up.add(shard_id)

    async def on_shard_resumed(self, shard_id: int, /) -> None:
        """Note a shard that is heard again."""
        self.shards_up.add(shard_id)

    async def on_shard_disconnect(self, shard_id: int, /) -> None:
        """Note a shard that is not heard."""
        self.shards_up.discard(shard_id)

    async def on_error(self, event_method: str, /, *_args: object, **_kwargs: object) -> None:
        """Say which listener failed, and never with what."""
        log.error("listener failed", listener=event_method)


def sessions_again(counted: dict[str, Any], shards: int) -> float:
    """Return for how many seconds no session may be begun: Discord resets the token of who does.

    Args:
        counted: its answer about the gateway.
        shards: how many are to be begun; 0: as many as it says.
    """
    limit = counted.get("session_start_limit") or {}
    wanted = shards or int(counted.get("shards") or 1)
    enough = int(limit.get("remaining", wanted)) >= wanted
    return 0.0 if enough else int(limit.get("reset_after") or 0) / 1000 or 1.0


def point_to(api_url: str | None, gateway_url: str | None) -> None:
    """Let discord.py speak to a proxy or a double instead of Discord."""
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
