"""`circlekeeper matrix login`: the account's device signed by its owner, and all of it verified.

Done again it changes nothing that is in order. Where the store is lost the seeds come back from the
homeserver with the recovery key; where both are lost, `reset` makes new ones with the password.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.adapters.matrix.encryption import crosssigning, recovery
from bot.adapters.matrix.encryption.crosssigning import Seeds
from bot.adapters.matrix.encryption.own import Own
from bot.adapters.matrix.transport import JSON, Refused
from bot.core.errors import Misconfigured

_LOST = (
    "The account signs its devices with keys that are not in this store. Give their recovery key, "
    "if you have it; else make new ones with `circlekeeper matrix login --reset` and the password. "
    "Whoever has verified the account must then do so again."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What only the host can tell; "" where they have nothing to tell."""

    password: Callable[[], str] = field(repr=False)
    recovery_key: Callable[[], str] = field(repr=False)
    reset: bool = False
    new_recovery_key: bool = False


@dataclass(frozen=True, slots=True)
class Signed:
    """What was done."""

    keys: str  # kept, made, recovered, reset
    recovery_key: str | None = field(repr=False)  # to be shown, once
    trusted: bool  # would a strict client speak with the bot
    stored: bool = True  # the keys stand in secret storage


async def sign_in_depth(own: Own, asked: Asked) -> Signed:
    """See to the account's keys, the device's signature and secret storage.

    Raises: `Misconfigured`, `MatrixError`.
    """
    answer = await own.server.query([own.user_id])
    seeds, how = await _seeds(own, asked, answer)
    answer = await own.server.query([own.user_id])
    if not crosssigning.is_signed_by_owner(answer, own.user_id, own.device_id):
        await crosssigning.sign_device(seeds, own)
    shown, stored = None, True
    fresh = how in ("made", "reset") or asked.new_recovery_key
    if fresh or not await recovery.is_stored(own.server):
        shown = await recovery.store(own.server, seeds)
        if shown is not None and await recovery.fetch(own.server, shown) != seeds:
            raise Misconfigured("The homeserver does not give back what was stored. Try again.")
        stored = shown is not None
    await crosssigning.keep_seeds(own.shelf, seeds)
    answer = await own.server.query([own.user_id])
    trusted = crosssigning.is_signed_by_owner(answer, own.user_id, own.device_id)
    return Signed(how, shown, trusted, stored)


async def _seeds(own: Own, asked: Asked, answer: JSON) -> tuple[Seeds, str]:
    master = crosssigning.published_key(answer, own.user_id, "master")
    if master is not None and asked.reset:
        return await _publish(own, asked, Seeds.new()), "reset"
    # A run that was killed while it published them kept them as the coming ones.
    coming = await crosssigning.kept_seeds(own.shelf, coming=True)
    kept = await crosssigning.kept_seeds(own.shelf)
    if kept is not None and crosssigning.are_published(kept, answer, own.user_id):
        return kept, "kept"
    if coming is not None and crosssigning.are_published(coming, answer, own.user_id):
        return coming, "made" if kept is None else "reset"
    if master is None:
        return await _publish(own, asked, coming or kept or Seeds.new()), "made"
    text = asked.recovery_key()
    if not text:
        raise Misconfigured(_LOST)
    try:
        found = await recovery.fetch(own.server, text)
    except recovery.WrongKey as error:
        raise Misconfigured(f"That recovery key does not open what is stored. {_LOST}") from error
    if not crosssigning.are_published(found, answer, own.user_id):
        raise Misconfigured(f"What is stored under that recovery key is outdated. {_LOST}")
    return found, "recovered"


async def _publish(own: Own, asked: Asked, seeds: Seeds) -> Seeds:
    # The old ones go only when these have taken their place: a mistyped password costs nothing.
    await crosssigning.keep_seeds(own.shelf, seeds, coming=True)
    body = crosssigning.to_publish(seeds, own)
    try:
        await own.server.upload_signing_keys(body)
    except Refused as error:
        if error.status != 401 or not error.session:
            raise
        password = asked.password()
        if not password:
            raise Misconfigured(
                "The homeserver wants the account's password before it changes the keys: set "
                "CIRCLEKEEPER_MATRIX__PASSWORD, or give --password-file."
            ) from error
        await _upload_proven(own, {**body, "auth": _proof(own, password, error.session)})
    return seeds


async def _upload_proven(own: Own, body: JSON) -> None:
    try:
        await own.server.upload_signing_keys(body)
    except Refused as error:
        if error.status not in (401, 403):
            raise
        raise Misconfigured(
            "The homeserver does not take the account's password for changing the keys. Nothing "
            "was changed: correct it in CIRCLEKEEPER_MATRIX__PASSWORD or --password-file, and try "
            "again. Where people sign in on a website, that may be needed for this, too."
        ) from error


def _proof(own: Own, password: str, session: str) -> JSON:
    return {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": own.user_id},
        "password": password,
        "session": session,
    }
