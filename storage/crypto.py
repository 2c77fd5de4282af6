"""Sealing at rest: AES-256-GCM per column, under each member's own data key, wrapped by the host's
master key.

A sealed value is `version (1 byte) | nonce (12) | ciphertext and tag`; its associated data names
the place where it stands (table, column, owner), so that a value moved elsewhere does not open. A
wrapped data key carries the master key's id before it, so that keys can be rotated.
"""

import base64
import contextlib
import errno
import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.core.errors import Misconfigured, MissingKey
from storage.randomness import RandomBytes

_VERSION = b"\x01"
_nonces = RandomBytes(12)
_KEY_BYTES = 32
_ID_BYTES = 8
_LOOKUP = "the lookup key"  # takes the place of a subject
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)  # a file system without hard links


def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose.encode()).derive(master)


def _seal(key: bytes, place: str, plain: bytes) -> bytes:
    nonce = _nonces.next()
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def _open(key: bytes, place: str, sealed: bytes) -> bytes:
    if sealed[:1] != _VERSION:
        raise Misconfigured(f"A sealed value in {place.split(':')[0]} has an unknown form.")
    try:
        return AESGCM(key).decrypt(sealed[1:13], sealed[13:], place.encode())
    except InvalidTag as error:
        raise Misconfigured(
            f"A sealed value in {place.split(':')[0]} does not open with this key. Put the key "
            "file back with which the store was sealed."
        ) from error


def _id_of(master: bytes) -> str:
    return hashlib.sha256(b"key id" + master).hexdigest()[: 2 * _ID_BYTES]


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """The host's master key and what follows from it; never printed.

    Args:
        master: 32 random bytes.
        retired: earlier ones, which open what was sealed before; nothing is sealed with them.
        lookup: what digests are made with, where it follows from an earlier one: digests stay.
    """

    master: bytes
    retired: tuple[bytes, ...] = ()
    lookup: bytes | None = None
    key_id: str = field(init=False)
    _lookup: hmac.HMAC = field(init=False)
    _own: tuple[bytes, ...] = field(init=False)
    _wrap: dict[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        """Derive the keys for their purposes."""
        masters = (self.master, *self.retired)
        if any(len(master) != _KEY_BYTES for master in masters):
            raise Misconfigured("The master key must be 32 bytes long.")
        set_ = object.__setattr__
        set_(self, "key_id", _id_of(self.master))
        lookup = self.lookup or _derive(self.master, "lookup")
        set_(self, "_lookup", hmac.new(lookup, digestmod="sha256"))
        set_(self, "_own", tuple(_derive(master, "installation") for master in masters))
        set_(self, "_wrap", {_id_of(master): _derive(master, "wrap") for master in masters})

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys at hand, the current one first."""
        return tuple(self._wrap)

    def of_store(self, recorded: str | None, lookup: str | None) -> "Vault":
        """Return the vault for a store that records this key, and how its digests are made."""
        if lookup is not None:
            return replace(self, lookup=self.unwrap(_LOOKUP, base64.b64decode(lookup)))
        first = next((each for each in self.retired if _id_of(each) == recorded), None)
        return self if first is None else replace(self, lookup=_derive(first, "lookup"))

    def wrapped_lookup(self) -> str:
        """Return what `of_store` finds the key of the digests in."""
        lookup = self.lookup or _derive(self.master, "lookup")
        return base64.b64encode(self.wrap(_LOOKUP, lookup)).decode()

    def digest(self, purpose: str, text: str) -> str:
        """Return a keyed hash (64 hex digits) under which a platform's id can be looked up."""
        # Not `hmac.digest`: it lets go of the interpreter's lock, and waits for all other threads.
        keyed = self._lookup.copy()
        keyed.update(f"{purpose}\0{text}".encode())
        return keyed.hexdigest()

    def new_data_key(self, subject: str) -> tuple[bytes, bytes]:
        """Make a member's data key; return it plain, and wrapped for the store."""
        key = os.urandom(_KEY_BYTES)
        return key, self.wrap(subject, key)

    def wrap(self, subject: str, key: bytes) -> bytes:
        """Seal a member's data key with the current master key."""
        sealed = _seal(self._wrap[self.key_id], f"data key:{subject}", key)
        return bytes.fromhex(self.key_id) + sealed

    def unwrap(self, subject: str, wrapped: bytes) -> bytes:
        """Return a member's data key."""
        key_id = wrapped[:_ID_BYTES].hex()
        if key_id not in self._wrap:
            raise MissingKey(
                f"A member's data key is wrapped by master key {key_id}, "
                f"but the key at hand is {self.key_id}. Put the right key file in place."
            )
        return _open(self._wrap[key_id], f"data key:{subject}", wrapped[_ID_BYTES:])

    def rewrap(self, subject: str, wrapped: bytes) -> bytes | None:
        """Return a data key sealed with the current master key; None where it is."""
        if wrapped[:_ID_BYTES].hex() == self.key_id:
            return None
        return self.wrap(subject, self.unwrap(subject, wrapped))

    def reseal(self, place: str, sealed: bytes) -> bytes | None:
        """Seal anew what is sealed with a retired key of our own; None for whatever else it is."""
        for own in self._own[1:]:
            with contextlib.suppress(Misconfigured):
                return _seal(self._own[0], place, _open(own, place, sealed))
        return None

    def seal(self, place: str, text: str, key: bytes | None = None) -> bytes:
        """Seal a text for a place, under a member's data key or, without one, our own."""
        return _seal(key or self._own[0], place, text.encode())

    def open(self, place: str, sealed: bytes, key: bytes | None = None) -> str:
        """Open what `seal` made for the same place."""
        if key is not None:
            return _open(key, place, sealed).decode()
        for earlier in self._own[:0:-1]:
            with contextlib.suppress(Misconfigured):
                return _open(earlier, place, sealed).decode()
        return _open(self._own[0], place, sealed).decode()


class KeyFile:
    """The master key's file, and beside it the journal of who was erased.

    Neither belongs into a backup of the store: the key, because it opens it; the journal, because
    it must outlive it (`restore` erases again whom it names).
    """

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is read yet."""
        self.path = path
        self.journal = path.with_name(path.name + ".erased")

    def exists(self) -> bool:
        """Tell whether the key file is there."""
        return self.path.exists()

    def create(self) -> Vault:
        """Make a new key; an existing file is never touched.

        Raises: `Misconfigured` when there is a file already, or its folder cannot be written.
        """
        master = os.urandom(_KEY_BYTES)
        try:
            self._write((master,), _publish)
        except FileExistsError as error:
            raise Misconfigured(
                f"There is a key in {self.path} already; it stays. To have a second one, name "
                "another file with CIRCLEKEEPER_KEY_FILE."
            ) from error
        except OSError as error:
            raise Misconfigured(
                f"The key file {self.path} cannot be written: {error.strerror}. Make its folder, "
                "and give this user the right to write there."
            ) from error
        return Vault(master)

    def rotate(self) -> Vault:
        """Put a new key before those that are there; what they sealed they still open.

        Raises: as `load`, and `Misconfigured` when the file cannot be written.
        """
        before = self.load()
        masters = (os.urandom(_KEY_BYTES), before.master, *before.retired)
        self._replace(masters)
        return Vault(masters[0], masters[1:])

    def drop_retired(self) -> None:
        """Keep the current key alone."""
        self._replace((self.load().master,))

    def _replace(self, masters: tuple[bytes, ...]) -> None:
        try:
            self._write(masters, os.replace)
        except OSError as error:
            raise Misconfigured(
                f"The key file {self.path} cannot be written: {error.strerror}. It is as it was."
            ) from error

    def _write(self, masters: tuple[bytes, ...], publish: Callable[[Path, Path], None]) -> None:
        # Under another name first: whoever ends us in the middle leaves no half of a key.
        draft = self.path.with_name(f"{self.path.name}.{os.urandom(4).hex()}.new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(b"".join(base64.b64encode(each) + b"\n" for each in masters))
                file.flush()
                os.fsync(file.fileno())
            publish(draft, self.path)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(self.path.parent)

    def load(self) -> Vault:
        """Read the key.

        Raises: `MissingKey`, or `Misconfigured` when the file holds no key.
        """
        try:
            text = self.path.read_bytes()
        except FileNotFoundError as error:
            raise MissingKey(
                f"The key file {self.path} is not there. Put it back; without it nobody can read "
                "what is sealed."
            ) from error
        except IsADirectoryError as error:
            raise Misconfigured(
                f"The key file {self.path} is a folder. Put the file there that the first start "
                "made, or name it with CIRCLEKEEPER_KEY_FILE."
            ) from error
        except OSError as error:
            raise Misconfigured(
                f"The key file {self.path} cannot be read: {error.strerror}. Give this user the "
                "right to read it."
            ) from error
        try:
            first, *retired = [
                base64.b64decode(line, validate=True) for line in text.split() or [b""]
            ]
            return Vault(first, tuple(retired))
        except (ValueError, Misconfigured) as error:
            raise Misconfigured(
                f"The key file {self.path} does not hold a key (44 characters of base64). "
                "Put back the file that the first start made."
            ) from error

    def record_erasure(self, subject: str) -> None:
        """Write a subject id to the erasure journal, and make sure that it stays."""
        first = not self.journal.exists()
        handle = os.open(self.journal, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a+b") as file:
            # On a full disk a line may have been cut off: this one must not become a part of it.
            file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
            whole = file.read() in (b"", b"\n")
            file.write((b"" if whole else b"\n") + subject.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if first:
            _sync_folder(self.journal.parent)

    def erased(self) -> set[str]:
        """Return the subject ids of everyone who was erased."""
        try:
            return set(self.journal.read_text().split())
        except FileNotFoundError:
            return set()


def _publish(draft: Path, path: Path) -> None:
    """Give a finished file its name, unless there is one of that name."""
    try:
        os.link(draft, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise FileExistsError(path) from error
        draft.rename(path)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
