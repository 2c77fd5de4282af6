"""Our own device: its keys, what the homeserver has of them, and whether the two belong together.

A copy of the store that is older than the device would use keys a second time. So each start and
each publishing of one-time keys is numbered, here first and then in our account data: a store that
is behind that number was put back from a copy, and is refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from vodozemac import Account, Curve25519PublicKey

from bot.adapters.matrix.encryption.keyserver import KeyServer
from bot.adapters.matrix.encryption.shelf import PICKLE_KEY, Shelf
from bot.adapters.matrix.encryption.signing import signable, with_signature
from bot.adapters.matrix.rooms import MEGOLM
from bot.adapters.matrix.transport import JSON
from bot.core.errors import Misconfigured

log = structlog.get_logger(__name__)

OLM = "m.olm.v1.curve25519-aes-sha2"
MARK = "io.circlekeeper.device"
_FEW, _ENOUGH = 25, 50
HOW = (
    "Make a new device: `circlekeeper matrix login --new-device`; with a password in the settings, "
    "the bot then uses it by itself. What people wrote meanwhile to the old one cannot be read."
)


class OtherDevice(Misconfigured):
    """The device of the token belongs to another program."""


@dataclass(slots=True)
class Own:
    """Our device, as the others see it."""

    user_id: str
    device_id: str
    account: Account
    server: KeyServer
    shelf: Shelf
    generation: int = 0
    shown: JSON | None = None  # the device with all its signatures, as the homeserver shows it

    @property
    def curve(self) -> str:
        """The key by which others address this device."""
        return self.account.curve25519_key.to_base64()

    @property
    def ed(self) -> str:
        """The key by which this device signs."""
        return self.account.ed25519_key.to_base64()

    @property
    def key_id(self) -> str:
        """The name of the signing key."""
        return f"ed25519:{self.device_id}"

    def signed(self, value: JSON) -> JSON:
        """Return the object with this device's signature."""
        signature = self.account.sign(signable(value)).to_base64()
        return with_signature(value, self.user_id, self.key_id, signature)

    @property
    def device_keys(self) -> JSON:
        """What the homeserver shows of this device, signed."""
        return self.signed(
            {
                "user_id": self.user_id,
                "device_id": self.device_id,
                "algorithms": [OLM, MEGOLM],
                "keys": {f"curve25519:{self.device_id}": self.curve, self.key_id: self.ed},
            }
        )

    def put(self) -> None:
        """Have the account kept with the next commit."""
        kept = {
            "device": self.device_id,
            "account": self.account.pickle(PICKLE_KEY),
            "generation": self.generation,
        }
        self.shelf.put("account", json.dumps(kept))

    async def begin(self, published: JSON | None) -> None:
        """Number this start, and publish the device where the homeserver does not have it yet."""
        self.generation += 1
        self.put()
        await self.shelf.commit()
        new = published is None
        count = await self.server.upload({"device_keys": self.device_keys} if new else {})
        if new:
            log.info("device for encryption made")
        await self._mark()
        await self.top_up(count, fallback=new)

    def has_enough(self, count: int) -> bool:
        """Tell whether so many one-time keys on the homeserver will do."""
        return count >= _FEW

    async def top_up(self, count: int, *, fallback: bool) -> None:
        """Publish one-time keys when the homeserver has few, and a fallback key if it has none."""
        if self.has_enough(count) and not fallback:
            return
        waiting = len(self.account.one_time_keys)  # made by a run that ended before publishing
        if not self.has_enough(count):
            self.account.generate_one_time_keys(max(0, _ENOUGH - count - waiting))
        if fallback and not self.account.fallback_key:  # type: ignore[attr-defined]
            self.account.generate_fallback_key()  # type: ignore[attr-defined]
        self.generation += 1
        self.put()
        await self.shelf.commit()  # whoever uses a key finds us able to answer
        body: JSON = {"one_time_keys": self._named(self.account.one_time_keys)}
        if fallback:
            keys = self.account.fallback_key  # type: ignore[attr-defined]
            body["fallback_keys"] = self._named(keys, fallback=True)
        await self.server.upload(body)
        self.account.mark_keys_as_published()
        self.put()
        await self.shelf.commit()
        await self._mark()

    def _named(self, keys: Mapping[str, Curve25519PublicKey], *, fallback: bool = False) -> JSON:
        more = {"fallback": True} if fallback else {}
        return {
            f"signed_curve25519:{name}": self.signed({"key": key.to_base64(), **more})
            for name, key in keys.items()
        }

    async def _mark(self) -> None:
        mark = {"device_id": self.device_id, "generation": self.generation}
        await self.server.put_note(MARK, mark)


async def own_device(user_id: str, device_id: str, server: KeyServer, shelf: Shelf) -> Own:
    """Return our device, the kept one or a new one, published.

    Raises: `OtherDevice` when another program has keys on it; `Misconfigured` when the store that
        belongs to it is lost, or older than the device; `MatrixError`.
    """
    kept = json.loads((await shelf.read("account")).get("account", "{}"))
    known = kept.get("device") == device_id
    mark = await server.note(MARK)
    published = _published(await server.query([user_id]), user_id, device_id)
    if (why := misfit(kept, mark, device_id)) is not None:
        raise Misconfigured(f"{why} {HOW}")
    if published is not None and not known:
        raise OtherDevice(
            f"The Matrix device {device_id} belongs to another program, which encrypts with it. "
            "The bot needs one of its own for encrypted rooms: `circlekeeper matrix login "
            "--new-device`."
        )
    if known:
        account = Account.from_pickle(kept["account"], PICKLE_KEY)
        own = Own(user_id, device_id, account, server, shelf, kept["generation"])
        if published is not None and published.get("keys") != own.device_keys["keys"]:
            raise Misconfigured(
                f"The homeserver shows other keys for the Matrix device {device_id} than this "
                f"store has. {HOW}"
            )
    else:
        await _put_away(shelf)
        own = Own(user_id, device_id, Account(), server, shelf)
    await own.begin(published)
    return own


def misfit(kept: JSON, mark: JSON, device_id: str) -> str | None:
    """Return why the device and this store do not belong together; None where they do.

    `kept` is what the store has of a device, and `mark` what the account's data says.
    """
    if mark.get("device_id") != device_id:
        return None
    if kept.get("device") != device_id:
        return (
            f"The keys of the Matrix device {device_id} are not in this store: it was lost, or is "
            "another one."
        )
    if int(mark.get("generation", 0)) > kept["generation"]:
        return (
            f"This store is older than the Matrix device {device_id}: it was put back from a copy, "
            "and its keys must not be used a second time."
        )
    return None


async def _put_away(shelf: Shelf) -> None:
    """Forget what only another device of ours could use."""
    for key in await shelf.everything():
        if not key.startswith(("device ", "seeds")):
            shelf.put(key, None)


def _published(answer: JSON, user_id: str, device_id: str) -> JSON | None:
    devices = answer.get("device_keys", {}).get(user_id, {})
    found = devices.get(device_id) if isinstance(devices, dict) else None
    return found if isinstance(found, dict) else None
