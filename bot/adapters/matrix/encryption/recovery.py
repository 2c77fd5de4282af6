"""Secret storage: the seeds on the homeserver, encrypted with a key that only the host has.

The specification's *Secrets*, `m.secret_storage.v1.aes-hmac-sha2`, and its *Recovery key*.
"""

import hmac
import secrets
from base64 import b64decode

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.adapters.matrix.encryption.crosssigning import USAGES, Seeds, unpadded
from bot.adapters.matrix.encryption.keyserver import KeyServer
from bot.adapters.matrix.transport import JSON

ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2"
_DEFAULT = "m.secret_storage.default_key"
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PREFIX = b"\x8b\x01"


class WrongKey(Exception):
    """The recovery key does not open what is stored."""


def to_text(key: bytes) -> str:
    """Write a recovery key as people write it down."""
    raw = _PREFIX + key
    raw += bytes([_parity(raw)])
    number, letters = int.from_bytes(raw), ""
    while number:
        number, digit = divmod(number, len(_LETTERS))
        letters = _LETTERS[digit] + letters
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def from_text(text: str) -> bytes:
    """Read a recovery key.

    Raises: `WrongKey` where it is none.
    """
    number = 0
    for letter in "".join(text.split()):
        if letter not in _LETTERS:
            raise WrongKey
        number = number * len(_LETTERS) + _LETTERS.index(letter)
    try:
        raw = number.to_bytes(len(_PREFIX) + 33)
    except OverflowError as error:
        raise WrongKey from error
    if not raw.startswith(_PREFIX) or _parity(raw):
        raise WrongKey
    return raw[len(_PREFIX) : -1]


async def is_stored(server: KeyServer) -> bool:
    """Tell whether all three seeds stand under the default key.

    Raises: `MatrixError`.
    """
    key_id = (await server.note(_DEFAULT)).get("key")
    if not isinstance(key_id, str):
        return False
    return all([_encrypted(await server.note(_name(usage)), key_id) for usage in USAGES])


async def store(server: KeyServer, seeds: Seeds) -> str | None:
    """Store the seeds under a new recovery key, and return that as people write it down.

    None where the homeserver has no secret storage.
    Raises: `MatrixError`.
    """
    key, key_id = secrets.token_bytes(32), secrets.token_hex(16)
    check = encrypt(key, "", bytes(32))
    about = {"algorithm": ALGORITHM, "name": "Circlekeeper", "iv": check["iv"], "mac": check["mac"]}
    if not await server.put_note(f"m.secret_storage.key.{key_id}", about):
        return None
    for usage, text in seeds.texts.items():
        secret = {"encrypted": {key_id: encrypt(key, _name(usage), text.encode())}}
        await server.put_note(_name(usage), secret)
    await server.put_note(_DEFAULT, {"key": key_id})  # last: until then the old ones count
    return to_text(key)


async def fetch(server: KeyServer, text: str) -> Seeds:
    """Return the seeds that stand under this recovery key.

    Raises: `WrongKey`, `MatrixError`.
    """
    key = from_text(text)
    key_id = (await server.note(_DEFAULT)).get("key")
    texts: dict[str, str] = {}
    for usage in USAGES:
        sealed = _encrypted(await server.note(_name(usage)), str(key_id))
        if sealed is None:
            raise WrongKey
        texts[usage] = decrypt(key, _name(usage), sealed).decode(errors="replace")
    seeds = Seeds.from_texts(texts)
    if seeds is None:
        raise WrongKey
    return seeds


def encrypt(key: bytes, name: str, plain: bytes) -> JSON:
    """Encrypt a secret of this name."""
    iv = bytearray(secrets.token_bytes(16))
    iv[8] &= 0x7F  # some counters are 63 bits wide
    aes, mac = _keys(key, name)
    ciphertext = _ctr(aes, bytes(iv), plain)
    tag = hmac.digest(mac, ciphertext, "sha256")
    return {"iv": unpadded(bytes(iv)), "ciphertext": unpadded(ciphertext), "mac": unpadded(tag)}


def decrypt(key: bytes, name: str, sealed: JSON) -> bytes:
    """Decrypt a secret of this name.

    Raises: `WrongKey`.
    """
    try:
        iv, ciphertext, tag = (_bytes(sealed[part]) for part in ("iv", "ciphertext", "mac"))
        aes, mac = _keys(key, name)
        if not hmac.compare_digest(hmac.digest(mac, ciphertext, "sha256"), tag):
            raise WrongKey
        return _ctr(aes, iv, ciphertext)
    except (KeyError, TypeError, ValueError) as error:
        raise WrongKey from error


def _keys(key: bytes, name: str) -> tuple[bytes, bytes]:
    both = HKDF(SHA256(), 64, salt=bytes(32), info=name.encode()).derive(key)
    return both[:32], both[32:]


def _ctr(key: bytes, iv: bytes, data: bytes) -> bytes:
    cipher = Cipher(AES(key), CTR(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()


def _parity(raw: bytes) -> int:
    parity = 0
    for byte in raw:
        parity ^= byte
    return parity


def _name(usage: str) -> str:
    return f"m.cross_signing.{usage}"


def _encrypted(note: JSON, key_id: str) -> JSON | None:
    sealed = note.get("encrypted")
    found = sealed.get(key_id) if isinstance(sealed, dict) else None
    return found if isinstance(found, dict) else None


def _bytes(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))
