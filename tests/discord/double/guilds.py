"""What stands on the platform: people, guilds, channels, threads, messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEXT, DM, CATEGORY, NEWS = 0, 1, 4, 5
NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 10, 11, 12
FORUM = 15
THREADS = (NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)

EPHEMERAL, LOADING, V2 = 1 << 6, 1 << 7, 1 << 15
SUPPRESS_NOTIFICATIONS, SUPPRESS_EMBEDS, HAS_THREAD = 1 << 12, 1 << 2, 1 << 5


@dataclass(eq=False)
class User:
    """An account; `dms` says whether it takes direct messages from members of its guilds."""

    id: int
    name: str
    locale: str = "en-US"
    bot: bool = False
    dms: bool = True
    display: str | None = None


@dataclass(eq=False)
class Role:
    """A role; `bot_id` marks the one that an application brought."""

    id: int
    name: str
    permissions: int = 0
    position: int = 1
    mentionable: bool = False
    bot_id: int | None = None

    @property
    def managed(self) -> bool:
        """Whether nobody can give or take it."""
        return self.bot_id is not None


@dataclass(eq=False)
class Member:
    """Somebody in a guild; `pending` until the rules are accepted."""

    user: User
    guild_id: int
    joined_at: str
    roles: list[int] = field(default_factory=list)
    nick: str | None = None
    pending: bool = False
    flags: int = 0


@dataclass(frozen=True)
class Overwrite:
    """What a channel allows and denies to a role (kind 0) or a member (1)."""

    id: int
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass(frozen=True)
class Tag:
    """A tag of a forum."""

    id: int
    name: str
    moderated: bool = False


@dataclass(eq=False)
class Reaction:
    """One emoji on a message, and who gave it, first come first."""

    emoji: str
    users: list[int] = field(default_factory=list)


@dataclass(eq=False)
class Message:
    """A message. `seen_by`: the one person for whose eyes it is."""

    id: int
    channel: Channel
    author: User
    timestamp: str
    content: str = ""
    type: int = 0
    flags: int = 0
    tts: bool = False
    components: list[Json] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    edited: str | None = None
    mentions: list[User] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    reference: Json | None = None
    replied_to: Message | None = None
    reactions: dict[str, Reaction] = field(default_factory=dict)
    pinned_at: str | None = None
    thread: Channel | None = None
    application_id: int | None = None
    webhook_id: int | None = None
    metadata: Json | None = None  # the interaction that it answers
    seen_by: int | None = None

    @property
    def ephemeral(self) -> bool:
        """Whether one person only sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def text(self) -> str:
        """All that is written in it, whichever way."""
        return "\n".join([*filter(None, [self.content]), *texts(self.components)])


def texts(components: Iterable[Json]) -> list[str]:
    """Return the texts that components show, in order."""
    found = []
    for each in components:
        if each["type"] == 10:
            found.append(str(each["content"]))
        found += texts(each.get("components", ()))
    return found


@dataclass(eq=False)
class Channel:
    """A channel, a thread, or a private conversation."""

    id: int
    type: int
    name: str = ""
    guild: Guild | None = None
    parent: Channel | None = None
    position: int = 0
    topic: str | None = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    recipients: dict[int, User] = field(default_factory=dict)  # of a private conversation
    messages: dict[int, Message] = field(default_factory=dict)
    last_message_id: int | None = None
    last_pin: str | None = None
    flags: int = 0
    # of a forum
    tags: list[Tag] = field(default_factory=list)
    # of a thread
    owner_id: int = 0
    created_at: str = ""
    archived: bool = False
    archived_at: str = ""
    locked: bool = False
    auto_archive: int = 4320
    slowmode: int = 0
    thread_members: dict[int, str] = field(default_factory=dict)  # user: since when
    applied_tags: list[int] = field(default_factory=list)
    total_sent: int = 0

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread, a forum's post included."""
        return self.type in THREADS

    @property
    def is_private_thread(self) -> bool:
        """Whether only its members see it."""
        return self.type == PRIVATE_THREAD

    @property
    def pins(self) -> list[Message]:
        """Return what is pinned, the newest pin first."""
        pinned = [each for each in self.messages.values() if each.pinned_at is not None]
        return sorted(pinned, key=lambda each: (each.pinned_at or "", each.id), reverse=True)

    @property
    def public(self) -> list[Message]:
        """Return its messages without those for one person's eyes."""
        return [each for each in self.messages.values() if not each.ephemeral]


@dataclass(eq=False)
class Guild:
    """A server."""

    id: int
    name: str
    owner_id: int
    locale: str = "en-US"
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    threads: dict[int, Channel] = field(default_factory=dict)
    bans: dict[int, User] = field(default_factory=dict)
    # By command: admins' overrides as Discord keeps them (id, type, permission).
    command_permissions: dict[int, list[Json]] = field(default_factory=dict)

    @property
    def everyone(self) -> Role:
        """The role that all have."""
        return self.roles[self.id]

    @property
    def general(self) -> Channel:
        """The channel that every guild begins with."""
        return self.named("general")

    def named(self, name: str) -> Channel:
        """Return the channel or thread of a name, the newest where there are several."""
        both = [*self.channels.values(), *self.threads.values()]
        return next(each for each in reversed(both) if each.name == name)

    def roles_of(self, member: Member) -> list[Role]:
        """Return somebody's roles, but for the one that all have."""
        return [self.roles[each] for each in member.roles if each in self.roles]

    def highest(self, member: Member) -> int:
        """Return the position of somebody's highest role."""
        return max((each.position for each in self.roles_of(member)), default=0)
