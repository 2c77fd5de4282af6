"""Read what comes in: the gateway's payloads become events. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from bot.adapters.discord import custom_ids
from bot.adapters.discord.commands import menu_target, path_and_options
from bot.adapters.discord.guilds import PLATFORM, community, may_moderate, permissions_of
from bot.core.events import Chose, Commanded, FromMember, Joined, Reacted, Submitted
from bot.core.refs import (
    Destination,
    Direct,
    Interaction,
    Member,
    MessageRef,
    Room,
    Standing,
)

JSON: TypeAlias = Mapping[str, Any]

LINK = "https://discord.com/channels/{community}/{room}/{id}"
LINK_PATTERN = (
    r"https://(?:\w+\.)?discord(?:app)?\.com/channels/(?P<community>\d+)/(?P<room>\d+)/(?P<id>\d+)"
)
COMMAND, COMPONENT, TYPING, FORM = 2, 3, 4, 5
_MESSAGE_KINDS = (0, 19)  # a message, and a reply; the rest are notices
_THREADS = (10, 11, 12)
_CHANNELS, _UPLOAD = 8, 19
_STARTED_ONBOARDING, _COMPLETED_ONBOARDING = 1 << 3, 1 << 1
_NEWLY = timedelta(days=14)
_TEXT_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Clicked:
    """An interaction, as far as it is the same for all kinds.

    `standing` is None where Discord has to be asked for it: in a direct conversation.
    """

    interaction: Interaction
    kind: int
    member: Member
    guild: str | None
    place: Destination
    locale: str | None
    standing: tuple[Standing, ...] | None
    data: JSON

    @property
    def common(self) -> dict[str, Any]:
        """Return what every event of it has."""
        return {
            "event_id": f"interaction {self.interaction.id}",
            "member": self.member,
            "community": community(self.guild) if self.guild else None,
            "place": self.place,
            "locale": self.locale,
            "interaction": self.interaction,
        }


def read_interaction(data: JSON) -> Clicked:
    """Read the part that all interactions share."""
    inside = data.get("member") or {}
    user = inside.get("user") or data["user"]
    member = Member(PLATFORM, str(user["id"]))
    guild = str(data["guild_id"]) if data.get("guild_id") else None
    standing = None
    if guild is not None:
        moderator, roles = may_moderate(permissions_of(inside)), inside.get("roles") or ()
        standing = (Standing(community(guild), moderator, tuple(map(str, roles))),)
    return Clicked(
        interaction=Interaction(str(data["id"]), str(data["token"])),
        kind=int(data["type"]),
        member=member,
        guild=guild,
        place=_room(data) if guild is not None else Direct(member),
        locale=str(data["locale"]) if data.get("locale") else None,
        standing=standing,
        data=data.get("data") or {},
    )


def event_of(clicked: Clicked, standing: tuple[Standing, ...]) -> FromMember:
    """Return the event that a command, a click or a sent form is.

    What is forged or cut off means a question that nobody asked: its answer is a fresh view.
    """
    common = {**clicked.common, "standing": standing}
    if clicked.kind == COMMAND:
        path, options, _ = path_and_options(clicked.data)
        options = {name: whole(value) for name, value in options.items()}
        if (target := menu_target(clicked.data)) and isinstance(clicked.place, Room):
            # Of the message itself, which Discord sends along, nothing is read.
            channel = clicked.place.thread or clicked.place.id
            options = {
                "message": LINK.format(community=clicked.guild, room=channel, id=target),
            }
        return Commanded(command=path, options=options, **common)
    meaning = custom_ids.read(str(clicked.data.get("custom_id", "")))
    if meaning is None:
        return Chose(question="", choice="", **common)
    if clicked.kind == FORM and meaning.kind == "form":
        return Submitted(question=meaning.question, values=dict(filled(clicked.data)), **common)
    choice = meaning.choice if meaning.kind == "choose" else ""
    if meaning.kind == "select":
        values = clicked.data.get("values") or [""]
        choice = str(values[0])
    return Chose(question=meaning.question, choice=choice, **common)


def opened_form(clicked: Clicked) -> str | None:
    """Return the question whose form somebody wants to open."""
    if clicked.kind != COMPONENT:
        return None
    meaning = custom_ids.read(str(clicked.data.get("custom_id", "")))
    return meaning.question if meaning is not None and meaning.kind == "open" else None


def filled(part: JSON) -> Iterator[tuple[str, str]]:
    """Yield a sent form's fields; what was left blank is left out."""
    for each in part.get("components") or ():
        inner = each.get("component") or each
        value = inner.get("value")
        if inner.get("type") == _CHANNELS and inner.get("values"):
            value = inner["values"][0]
        if isinstance(value, str) and inner.get("custom_id") and value.strip():
            yield str(inner["custom_id"]), whole(value)
        yield from filled(inner)


def uploaded(data: JSON) -> dict[str, str]:
    """Return where the files of a sent form are to be had, by field."""
    told = (data.get("resolved") or {}).get("attachments") or {}
    found = {}
    for part in data.get("components") or ():
        inner = part.get("component") or {}
        if inner.get("type") == _UPLOAD and inner.get("values"):
            url = (told.get(str(inner["values"][0])) or {}).get("url")
            if isinstance(url, str):
                found[str(inner["custom_id"])] = url
    return found


def label_of(message: JSON, custom_id: str) -> str:
    """Return what stands on a button of a message."""
    for row in message.get("components") or ():
        for each in row.get("components") or ():
            if each.get("custom_id") == custom_id:
                return str(each.get("label") or "")
    return ""


def is_talk(data: JSON) -> bool:
    """Tell whether a message is a person's own."""
    author = data.get("author") or {}
    return (
        not author.get("bot")
        and not data.get("webhook_id")
        and int(data.get("type", 0)) in _MESSAGE_KINDS
    )


def whole(text: object) -> str:
    """Return what somebody typed, without what no database and no answer could hold."""
    return str(text).replace("\x00", "").encode(errors="replace").decode()


def addressed(data: JSON, me: str) -> str | None:
    """Return the text of a message that begins with our name; a bare name asks for help."""
    text = whole(data.get("content") or "")[:_TEXT_LIMIT].strip()
    for name in (f"<@{me}>", f"<@!{me}>"):
        if text.startswith(name):
            rest = text.removeprefix(name).strip()
            return "/" + (rest.removeprefix("/") or "help")
    return None


def is_person(data: JSON) -> bool:
    """Tell whether a person wrote a message."""
    return not (data.get("author") or {}).get("bot") and not data.get("webhook_id")


def is_at_the_door(data: JSON) -> bool:
    """Tell whether a member has a guild's rules or questions still before them."""
    flags = int(data.get("flags") or 0)
    answering = flags & _STARTED_ONBOARDING and not flags & _COMPLETED_ONBOARDING
    return bool(data.get("pending") or answering)


def arrived(data: JSON, now: datetime, *, waited: bool = False) -> Joined | None:
    """Return the arrival of somebody who is through the door; nobody's who came long ago, unless
    they `waited` there.
    """
    user = data.get("user") or {}
    joined = data.get("joined_at")
    if is_at_the_door(data) or user.get("bot") or not joined:
        return None
    if not waited and now - datetime.fromisoformat(str(joined)) > _NEWLY:
        return None
    guild, member = str(data["guild_id"]), str(user["id"])
    return Joined(
        event_id=f"joined {guild} {member} {joined}",
        member=Member(PLATFORM, member),
        standing=(Standing(community(guild)),),
        community=community(guild),
    )


def reaction(
    data: JSON, room: Room, at: datetime, standing: tuple[Standing, ...]
) -> Reacted | None:
    """Return a person's reaction; `at` tells one that was taken back from the next."""
    emoji = str((data.get("emoji") or {}).get("name") or "")
    person = Member(PLATFORM, str(data["user_id"]))
    guild = data.get("guild_id")
    if not emoji:
        return None
    return Reacted(
        event_id=f"reaction {data['message_id']} {person.id} {emoji} {at.isoformat()}",
        member=person,
        standing=standing,
        community=community(guild) if guild else None,
        place=room if guild else Direct(person),
        message=MessageRef(room, str(data["message_id"])),
        emoji=emoji,
    )


def _room(data: JSON) -> Room:
    channel = data.get("channel") or {}
    id_ = str(data.get("channel_id") or channel.get("id") or "")
    if int(channel.get("type", 0)) in _THREADS and channel.get("parent_id"):
        return Room(PLATFORM, str(channel["parent_id"]), id_)
    return Room(PLATFORM, id_)
