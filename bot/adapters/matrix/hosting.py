"""What a host asks of a Matrix account besides running it: signing in for good, and a check."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.adapters.matrix.client import Client
from bot.adapters.matrix.encrypting import NOT_INSTALLED, is_installed
from bot.adapters.matrix.limits import look_at_limits
from bot.adapters.matrix.signin import DEVICE_NAME, MEMORY, SignIn
from bot.adapters.matrix.transport import JSON, MatrixError, Refused, as_object
from bot.core.content import Mistake
from bot.core.errors import Misconfigured
from bot.core.ports import Clock, Ids, Inspection, Memory, Recall

if TYPE_CHECKING:
    from bot.adapters.matrix.encryption.login import Asked, Signed

_ATTEMPTS = 4  # somebody sits there and waits
_LOGIN = "Stop the bot, run `circlekeeper matrix login`, and start it again."


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the settings say that one becomes the account."""

    homeserver: str
    user_id: str
    access_token: str | None = field(default=None, repr=False)
    device_id: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What came of a login; `access_token` only where the host has to put it into the settings."""

    device_id: str
    signed: Signed
    access_token: str | None = field(default=None, repr=False)


async def log_in(
    credentials: Credentials,
    memory: Memory,
    clock: Clock,
    ids: Ids,
    *,
    password: Callable[[], str],
    recovery_key: Callable[[], str],
    new_device: bool = False,
    reset: bool = False,
    new_recovery_key: bool = False,
) -> LoggedIn:
    """Sign in, and have the device signed by its owner; `password` and `recovery_key` ask for them.

    Raises: `Misconfigured`.
    """
    if not is_installed():
        raise Misconfigured(NOT_INSTALLED)
    from bot.adapters.matrix.encryption.keyserver import KeyServer
    from bot.adapters.matrix.encryption.login import Asked, sign_in_depth
    from bot.adapters.matrix.encryption.own import own_device
    from bot.adapters.matrix.encryption.shelf import Shelf

    def known_password() -> str:
        return credentials.password or password()

    asked: Asked = Asked(known_password, recovery_key, reset, new_recovery_key)
    client = Client(credentials.homeserver, credentials.user_id)
    token, done = None, False
    try:
        await client.call("GET", ["login"])
        if new_device:
            token = await _new_device(client, credentials, memory, known_password())
        else:
            await _sign_in(client, credentials, clock, ids).run(memory)
        server, shelf = KeyServer(client), Shelf(memory)
        own = await own_device(client.user_id, client.device_id or "", server, shelf)
        signed = await sign_in_depth(own, asked)
        done = True
        return LoggedIn(own.device_id, signed, token)
    except MatrixError as error:
        raise Misconfigured(_away(credentials, error)) from error
    finally:
        if token is not None and not done:  # nobody will ever know it
            with suppress(MatrixError):
                await client.call("POST", ["logout"], body={})
        await client.close()


def _sign_in(client: Client, credentials: Credentials, clock: Clock, ids: Ids) -> SignIn:
    token, device, password = (
        credentials.access_token,
        credentials.device_id,
        credentials.password,
    )
    return SignIn(client, clock, ids, token, device, password, _ATTEMPTS)


async def _new_device(
    client: Client, credentials: Credentials, memory: Memory, password: str
) -> str | None:
    """Sign in on a new device; return its token, if it is not kept for the next start."""
    if not password:
        raise Misconfigured(
            "A new device needs the account's password: set CIRCLEKEEPER_MATRIX__PASSWORD, or give "
            "--password-file."
        )
    before = dict(await memory.recall(MEMORY))
    try:
        answer = await client.login(password, None, DEVICE_NAME)
    except Refused as error:
        if error.limited or error.status not in (400, 401, 403):
            raise
        raise Misconfigured(
            f"The homeserver does not accept the password ({error}). Correct it, and try again."
        ) from error
    token, device_id = str(answer["access_token"]), str(answer["device_id"])
    if credentials.password is None:
        return token
    await memory.remember(MEMORY, {"access_token": token, "device_id": device_id})
    if before.get("access_token"):
        client.use_token(before["access_token"], before.get("device_id"))
        with suppress(MatrixError):  # it may be signed out already
            await client.call("POST", ["logout"], body={})
        client.use_token(token, device_id)
    return None


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the homeserver about an account (see `core.ports.Inspectable`)."""

    credentials: Credentials
    encryption: bool | None

    async def inspect(self, recall: Recall) -> Inspection:
        """Return what the host has to mend, and what is good to know."""
        kept = {} if self.credentials.access_token else dict(recall(MEMORY))
        device = json.loads(recall("matrix.encryption").get("account", "{}"))
        return Inspection(*await look(self.credentials, kept, device, encryption=self.encryption))


async def look(
    credentials: Credentials, kept: dict[str, str], device: JSON, *, encryption: bool | None
) -> tuple[list[Mistake], list[str]]:
    """Return what the host has to mend, and what is good to know.

    `kept`: the sign-in that the store remembers, for an account with a password; `device`: the
    device whose keys it has.
    """
    token = credentials.access_token or kept.get("access_token")
    client = Client(credentials.homeserver, credentials.user_id)
    try:
        if token is None:
            return await _look_at_door(client)
        client.use_token(token, credentials.device_id)
        who = await client.whoami()
        if who.get("user_id") != credentials.user_id:
            mend = "CIRCLEKEEPER_MATRIX__USER_ID and the token must fit."
            return [_mistake("The access token belongs to another account.", mend)], []
        wanted = credentials.device_id if credentials.access_token else None
        if wanted and who.get("device_id") not in (None, wanted):
            what = f"The access token belongs to the device {who['device_id']}, not to {wanted}."
            return [_mistake(what, "CIRCLEKEEPER_MATRIX__DEVICE_ID must be the token's own.")], []
        speed = await _speed(client, credentials.homeserver)
        if encryption is False or not is_installed():
            how = "" if is_installed() else f" {NOT_INSTALLED}"
            return [], [f"Matrix: encrypted rooms are left out.{how}", speed]
        wrong, hints = await _look_at_device(client, str(who.get("device_id", "")), device)
        return wrong, [*hints, speed]
    except MatrixError as error:
        if isinstance(error, Refused) and error.signed_out:
            if credentials.password and not credentials.access_token:
                return [], ["Matrix: the bot is signed out; it signs in again at its next start."]
            what = f"The homeserver refuses the access token ({error})."
            return [_mistake(what, "Get a new one: `circlekeeper matrix login --new-device`.")], []
        return [_mistake(_away(credentials, error), "")], []
    finally:
        await client.close()


async def _look_at_door(client: Client) -> tuple[list[Mistake], list[str]]:
    """See whether an account that has not signed in yet can do so with a password."""
    answer = as_object(await client.call("GET", ["login"]))
    flows = [each.get("type") for each in answer.get("flows", ()) if isinstance(each, dict)]
    if "m.login.password" not in flows:
        what = "The homeserver takes no passwords, so the bot cannot sign in by itself."
        mend = "Set CIRCLEKEEPER_MATRIX__ACCESS_TOKEN and CIRCLEKEEPER_MATRIX__DEVICE_ID."
        return [_mistake(what, mend)], []
    return [], ["Matrix: the bot has not signed in yet; start it, or run `matrix login`."]


async def _speed(client: Client, homeserver: str) -> str:
    """Measure what the account may say, where it may make a room for that."""
    try:
        return await look_at_limits(client, homeserver)
    except Refused as error:
        if error.signed_out:
            raise
        return f"Matrix: whether the account is limited could not be measured ({error})."


async def _look_at_device(
    client: Client, device_id: str, kept: JSON
) -> tuple[list[Mistake], list[str]]:
    """Judge our device as the bot does at its start, and as a strict client does."""
    from bot.adapters.matrix.encryption import crosssigning
    from bot.adapters.matrix.encryption.keyserver import KeyServer
    from bot.adapters.matrix.encryption.own import HOW, MARK, misfit

    me, server = client.user_id, KeyServer(client)
    if (why := misfit(kept, await server.note(MARK), device_id)) is not None:
        return [_mistake(why, HOW)], []
    answer = await server.query([me])
    if device_id not in answer.get("device_keys", {}).get(me, {}):
        what = "The bot's device has no keys yet, so nobody can encrypt for it."
        return [_mistake(what, _LOGIN)], []
    if crosssigning.published_key(answer, me, "master") is None:
        what = "A strict client would not talk to the bot: its account signs no devices."
        return [_mistake(what, _LOGIN)], []
    if not crosssigning.is_signed_by_owner(answer, me, device_id):
        what = "A strict client would not talk to the bot: its device is not signed by its owner."
        return [_mistake(what, _LOGIN)], []
    return [], ["Matrix: a strict client would talk to the bot: its device is signed by its owner."]


def _away(credentials: Credentials, error: MatrixError) -> str:
    return (
        f"The homeserver {credentials.homeserver} did not do as it was asked ({error}). See that "
        "it runs, and that CIRCLEKEEPER_MATRIX__HOMESERVER is right; then try again."
    )


def _mistake(what: str, mend: str) -> Mistake:
    return Mistake("Matrix", 0, what, mend)
