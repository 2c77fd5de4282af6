"""The account's own keys, which sign its devices: who trusts the account trusts what they sign.

Clients may keep their keys from devices that their owner has not signed (MSC4153).
"""

import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.adapters.matrix.encryption.own import Own
from bot.adapters.matrix.encryption.shelf import Shelf
from bot.adapters.matrix.encryption.signing import is_signed, signable, with_signature
from bot.adapters.matrix.transport import JSON

USAGES = ("master", "self_signing", "user_signing")
_SEEDS, _COMING = "seeds", "seeds-coming"


@dataclass(frozen=True, slots=True)
class Seeds:
    """What the account's three keys are made from: 32 bytes each."""

    master: bytes = field(repr=False)
    self_signing: bytes = field(repr=False)
    user_signing: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "Seeds":
        """Return seeds that nobody can guess."""
        return cls(*(secrets.token_bytes(32) for _ in USAGES))

    @classmethod
    def from_texts(cls, texts: dict[str, str]) -> "Seeds | None":
        """Read seeds by usage, in base64; None where one is missing or malformed."""
        try:
            seeds = [b64decode(texts[usage] + "=" * (-len(texts[usage]) % 4)) for usage in USAGES]
        except (KeyError, ValueError):
            return None
        return cls(*seeds) if all(len(seed) == 32 for seed in seeds) else None

    @property
    def texts(self) -> dict[str, str]:
        """The seeds by usage, in unpadded base64."""
        return {usage: unpadded(self.of(usage)) for usage in USAGES}

    def of(self, usage: str) -> bytes:
        """Return the seed of a usage."""
        seed: bytes = getattr(self, usage)
        return seed

    def public(self, usage: str) -> str:
        """Return the public key of a usage."""
        return unpadded(self._key(usage).public_key().public_bytes_raw())

    def sign(self, usage: str, value: JSON, user_id: str) -> JSON:
        """Return the object with a signature by the key of this usage."""
        signature = unpadded(self._key(usage).sign(signable(value)))
        return with_signature(value, user_id, f"ed25519:{self.public(usage)}", signature)

    def _key(self, usage: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.of(usage))


async def kept_seeds(shelf: Shelf, *, coming: bool = False) -> Seeds | None:
    """Return the seeds that the store has; `coming`: those that are being published."""
    name = _COMING if coming else _SEEDS
    text = (await shelf.read(name)).get(name)
    return None if text is None else Seeds.from_texts(json.loads(text))


async def keep_seeds(shelf: Shelf, seeds: Seeds, *, coming: bool = False) -> None:
    """Keep the seeds in the store; `coming`: beside those in use, until they are published."""
    shelf.put(_COMING if coming else _SEEDS, json.dumps(seeds.texts))
    if not coming:
        shelf.put(_COMING, None)
    await shelf.commit()


def to_publish(seeds: Seeds, own: Own) -> JSON:
    """Return the three public keys as they are published, signed by one another."""
    keys = {
        usage: {
            "user_id": own.user_id,
            "usage": [usage],
            "keys": {f"ed25519:{seeds.public(usage)}": seeds.public(usage)},
        }
        for usage in USAGES
    }
    return {
        "master_key": own.signed(keys["master"]),
        "self_signing_key": seeds.sign("master", keys["self_signing"], own.user_id),
        "user_signing_key": seeds.sign("master", keys["user_signing"], own.user_id),
    }


async def sign_device(seeds: Seeds, own: Own) -> None:
    """Have our device signed by its owner's keys.

    Raises: `MatrixError`.
    """
    signed = seeds.sign("self_signing", own.device_keys, own.user_id)
    await own.server.upload_signatures({own.user_id: {own.device_id: signed}})


def published_key(answer: JSON, user_id: str, usage: str) -> str | None:
    """Return the public key of a usage that the homeserver shows."""
    theirs = answer.get(f"{usage}_keys")
    shown = theirs.get(user_id) if isinstance(theirs, dict) else None
    keys = shown.get("keys") if isinstance(shown, dict) else None
    found = next(iter(keys.values()), None) if isinstance(keys, dict) else None
    return found if isinstance(found, str) else None


def are_published(seeds: Seeds, answer: JSON, user_id: str) -> bool:
    """Tell whether the homeserver shows just these keys."""
    return all(published_key(answer, user_id, each) == seeds.public(each) for each in USAGES)


def is_signed_by_owner(answer: JSON, user_id: str, device_id: str) -> bool:
    """Judge a device as a strict client does that sees this answer of `/keys/query`."""
    master, signer = (published_key(answer, user_id, each) for each in ("master", "self_signing"))
    device = answer.get("device_keys", {}).get(user_id, {}).get(device_id)
    if master is None or signer is None or not isinstance(device, dict):
        return False
    own_key = device.get("keys", {}).get(f"ed25519:{device_id}")
    return (
        is_signed(answer["self_signing_keys"][user_id], user_id, f"ed25519:{master}", master)
        and is_signed(device, user_id, f"ed25519:{signer}", signer)
        and isinstance(own_key, str)
        and is_signed(device, user_id, f"ed25519:{device_id}", own_key)
    )


def unpadded(raw: bytes) -> str:
    """Return base64 as Matrix writes it."""
    return b64encode(raw).decode().rstrip("=")
