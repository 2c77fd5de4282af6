"""Carrying an action out on Discord."""

from typing import Any, TypeAlias

from bot.adapters.discord import messages
from bot.adapters.discord.guilds import PLATFORM, Guilds
from bot.adapters.discord.interactions import Interactions
from bot.adapters.discord.markdown import forget_texts
from bot.adapters.discord.rest import DiscordError, NotSent, Refused, Rest
from bot.core.actions import (
    AskChoice,
    AskForm,
    Edit,
    File,
    Forget,
    OpenThread,
    Pin,
    Retract,
    Say,
    SetRole,
)
from bot.core.errors import (
    CirclekeeperError,
    Doubt,
    Missed,
    NotShown,
    TryLater,
    Undeliverable,
    Unreachable,
)
from bot.core.ports import Delivery
from bot.core.refs import Direct, MessageRef, Room

JSON: TypeAlias = dict[str, Any]
Shown: TypeAlias = Say | AskChoice | AskForm

_PAUSE = 2.0
_CLOSED = frozenset({50007, 50278})  # no direct messages to this person; no guild shared
_TOKEN_ENDED = frozenset({10015, 50027})  # no such webhook any more
_THREAD_STANDS, _NO_SUCH_MESSAGE, _ARCHIVED, _WANTS_TAG = 160004, 10008, 50083, 40067
_REASON_PIN = (
    "The bot may not pin here: give it the permission Pin Messages in this channel "
    "(Edit Channel, Permissions)."
)
_REASON_TAG = "The forum wants a tag for each post, and has none that everybody may use."
_REASON_ROLE = (
    "The bot may not give this role: it needs the permission Manage Roles, and its own role must "
    "stand above this one (Server Settings, Roles)."
)


class Sending:
    """Sends what one account has to send."""

    def __init__(self, rest: Rest, guilds: Guilds, interactions: Interactions) -> None:
        """Have sent nothing yet."""
        self._rest = rest
        self._guilds = guilds
        self._interactions = interactions
        self._direct: dict[str, str] = {}

    async def deliver(self, delivery: Delivery) -> MessageRef | None:
        """Carry the action out; see `core.ports.Adapter`."""
        action = delivery.action
        try:
            match action:
                case Say() | AskChoice() | AskForm():
                    return await self._show(action, delivery)
                case OpenThread():
                    return await self._open_thread(action, _needs(delivery.on))
                case Edit():
                    await self._edit(action, _needs(delivery.on))
                case Retract():
                    await self._retract(_needs(delivery.on))
                case Pin():
                    await self._pin(_needs(delivery.on))
                case SetRole():
                    await self._set_role(action)
                case Forget():
                    self._direct.pop(action.to.member.id, None)
                    forget_texts()
        except Refused as error:
            if getattr(action, "answers", None) is None:
                raise reason(error, direct=isinstance(action.to, Direct)) from error
            if error.code in _TOKEN_ENDED:
                raise Missed("The time for an answer is over.") from error
            why = reason(error, direct=False)
            raise NotShown(str(why)) if isinstance(why, Undeliverable) else why from error
        except DiscordError as error:
            raise reason(error, direct=isinstance(action.to, Direct)) from error
        return None

    async def channel_for(self, person: str) -> str:
        """Return the direct conversation with somebody, opened where there is none."""
        if person not in self._direct:
            answer = await self._rest.call(
                "POST", "/users/@me/channels", body={"recipient_id": person}
            )
            self._direct[person] = str(answer["id"])
        return self._direct[person]

    async def place_of(self, action: Shown | OpenThread, on: MessageRef | None) -> str:
        """Return the channel or thread in which a message goes."""
        if isinstance(action, OpenThread) or (isinstance(action, Say) and action.in_thread):
            return _thread_of(_needs(on))
        if isinstance(action.to, Direct):
            return await self.channel_for(action.to.member.id)
        return action.to.thread or action.to.id

    async def _show(self, action: Shown, delivery: Delivery) -> MessageRef | None:
        if action.answers is not None:
            return await self._answer(action)
        if action.aside is not None:
            raise Undeliverable("Only the answer to a command or a click can be for one person.")
        payload = messages.with_nonce(messages.message(action), delivery.key)
        if await self.is_post(action):
            return await self._post(action, payload)
        channel = await self.place_of(action, delivery.on)
        path, file = f"/channels/{channel}/messages", _file_of(action)
        sent = await self._rest.call("POST", path, body=payload, file=file)
        return self.ref(action.to, sent, channel)

    async def _answer(self, action: Shown) -> MessageRef | None:
        assert action.answers is not None
        form = None
        if isinstance(action, AskForm):
            text = "\n\n".join((*action.before, action.text))
            form = messages.form(action.question, action.fields, action.answers.id, text)
        sent = await self._interactions.answer(
            action.answers, messages.message(action), action.key, form, _file_of(action)
        )
        if sent is None or "id" not in sent:
            return None
        return self.ref(action.to, sent)

    async def is_post(self, action: Shown) -> bool:
        """Tell whether a message is to be a post of its own in a forum."""
        threaded = not isinstance(action, AskForm) and action.in_thread
        whole = isinstance(action.to, Room) and not action.to.thread and not threaded
        return whole and isinstance(action.to, Room) and await self._guilds.is_forum(action.to.id)

    async def _post(self, action: Shown, payload: JSON) -> MessageRef:
        """Make a post in a forum: it carries no nonce, so it is read back by its mark alone."""
        assert isinstance(action.to, Room)
        message = {key: payload[key] for key in ("flags", "components", "allowed_mentions")}
        path = f"/channels/{action.to.id}/threads"
        body = {"name": messages.title(action.text), "message": message}
        try:
            made = await self._rest.call("POST", path, body=body)
        except Refused as error:
            if error.code != _WANTS_TAG:
                raise
            tagged = {**body, "applied_tags": [await self._tag(action.to.id)]}
            made = await self._rest.call("POST", path, body=tagged)
        return MessageRef(Room(PLATFORM, action.to.id, str(made["id"])), str(made["id"]))

    async def _tag(self, forum: str) -> str:
        """Return the first tag that everybody may give to a post."""
        found = await self._rest.call("GET", f"/channels/{forum}")
        for tag in found.get("available_tags") or ():
            if not tag.get("moderated"):
                return str(tag["id"])
        raise Undeliverable(_REASON_TAG)

    async def _open_thread(self, action: OpenThread, on: MessageRef) -> MessageRef:
        thread = _thread_of(on)
        if on.room.thread is None:
            body = {"name": messages.title(action.title)}
            path = f"/channels/{on.room.id}/messages/{on.id}/threads"
            try:
                await self._rest.call("POST", path, body=body)
            except Refused as error:
                if error.code != _THREAD_STANDS:
                    raise
        payload = messages.with_nonce(messages.message(action), action.key)
        sent = await self._rest.call("POST", f"/channels/{thread}/messages", body=payload)
        return MessageRef(Room(PLATFORM, on.room.id, thread), str(sent["id"]))

    async def _edit(self, action: Edit, on: MessageRef) -> None:
        path = f"/channels/{on.room.thread or on.room.id}/messages/{on.id}"
        found = await self._rest.call("GET", path)
        body = messages.edited(found.get("components") or (), action.text, action.after)
        try:
            await self._rest.call("PATCH", path, body=body)
        except Refused as error:
            if error.code != _ARCHIVED:
                raise
            thread = f"/channels/{on.room.thread or on.room.id}"
            await self._rest.call("PATCH", thread, body={"archived": False})
            await self._rest.call("PATCH", path, body=body)

    async def _retract(self, on: MessageRef) -> None:
        channel = on.room.thread or on.room.id
        try:
            await self._rest.call("DELETE", f"/channels/{channel}/messages/{on.id}")
        except Refused as error:
            if error.code != _NO_SUCH_MESSAGE:
                raise

    async def _pin(self, on: MessageRef) -> None:
        channel = on.room.thread or on.room.id
        try:
            await self._rest.call("PUT", f"/channels/{channel}/messages/pins/{on.id}")
        except Refused as error:
            if error.status == 403:
                raise Undeliverable(_REASON_PIN) from error
            raise

    async def _set_role(self, action: SetRole) -> None:
        found = await self._guilds.roles_around(action.to) if isinstance(action.to, Room) else None
        if found is None:
            raise Undeliverable("The room that tells the server is gone.")
        guild, there = found
        wanted = action.role.casefold().lstrip("@")
        roles = [id_ for id_, name in there if wanted in (name.casefold(), id_)]
        if not roles:
            raise Undeliverable("There is no role of this name.")
        path = f"/guilds/{guild}/members/{action.member.id}/roles/{roles[0]}"
        try:
            await self._rest.call("PUT", path)
        except Refused as error:
            if error.status == 403:
                raise Undeliverable(_REASON_ROLE) from error
            raise

    def ref(self, to: Direct | Room, sent: JSON, channel: str = "") -> MessageRef:
        """Return where a message stands."""
        channel = channel or str(sent.get("channel_id", ""))
        if isinstance(to, Room) and channel in (to.id, to.thread):
            return MessageRef(to, str(sent["id"]))
        return MessageRef(self._guilds.room(channel), str(sent["id"]))


def reason(error: DiscordError, *, direct: bool) -> CirclekeeperError:
    """Say what a failed call means for the action."""
    if isinstance(error, NotSent):
        return TryLater(_PAUSE, "Discord cannot be reached")
    if not isinstance(error, Refused):
        return Doubt(f"Discord gave no answer ({error})")
    if error.status == 429:
        return TryLater(error.retry_after or _PAUSE, "too fast", alone=error.alone)
    if error.status == 401:
        return TryLater(30.0, "signed out")  # the connection ends with the clear sentence
    if error.code in _CLOSED:
        return Unreachable("Direct messages to this member are closed.")
    if error.status in (403, 404):
        if direct:
            return Unreachable("This member cannot be written to on Discord.")
        return Undeliverable("The bot may not post in this channel, or it is gone.")
    return Undeliverable(f"Discord refused it: {error}.")


def _file_of(action: Shown) -> File | None:
    return action.file if isinstance(action, Say) else None


def _thread_of(on: MessageRef) -> str:
    """Return the thread of a message: it has the message's own id, unless it holds it."""
    return on.room.thread or on.id


def _needs(on: MessageRef | None) -> MessageRef:
    if on is None:
        raise Undeliverable("The message that this belongs to was never sent.")
    return on
