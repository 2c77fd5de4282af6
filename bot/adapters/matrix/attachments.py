"""Files in encrypted rooms: sealed before they are uploaded, opened after they came. Pure."""

import base64
import hashlib
import hmac
import os
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

JSON: TypeAlias = dict[str, Any]


class Broken(ValueError):
    """A file that is not what its message says."""


def seal(held: bytes) -> tuple[bytes, JSON]:
    """Return a file as it is uploaded, and what opens it (spec: Sending encrypted attachments)."""
    key, counter = os.urandom(32), os.urandom(8) + bytes(8)
    sealed = Cipher(AES(key), CTR(counter)).encryptor().update(held)
    return sealed, {
        "v": "v2",
        "key": {
            "kty": "oct",
            "key_ops": ["encrypt", "decrypt"],
            "alg": "A256CTR",
            "k": _text(key, base64.urlsafe_b64encode),
            "ext": True,
        },
        "iv": _text(counter, base64.b64encode),
        "hashes": {"sha256": _text(hashlib.sha256(sealed).digest(), base64.b64encode)},
    }


def unseal(sealed: bytes, about: JSON) -> bytes:
    """Open a file.

    Raises: `Broken`.
    """
    try:
        key = base64.urlsafe_b64decode(_padded(about["key"]["k"]))
        counter = base64.b64decode(_padded(about["iv"]))
        digest = base64.b64decode(_padded(about["hashes"]["sha256"]))
        if not hmac.compare_digest(hashlib.sha256(sealed).digest(), digest):
            raise Broken("not what was sent")
        return Cipher(AES(key), CTR(counter)).decryptor().update(sealed)
    except (KeyError, TypeError, ValueError) as error:
        raise Broken("cannot be opened") from error


def _text(held: bytes, encode: Any) -> str:  # noqa: ANN401 - one of base64's functions
    return str(encode(held).decode().rstrip("="))


def _padded(text: object) -> str:
    if not isinstance(text, str):
        raise Broken("no text")
    return text + "=" * (-len(text) % 4)
