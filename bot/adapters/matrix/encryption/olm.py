"""Device to device: encrypted messages that carry the keys of rooms."""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Collection
from dataclasses import dataclass

from vodozemac import AnyOlmMessage, Curve25519PublicKey, Session

from bot.adapters.matrix.encryption.devices import Device
from bot.adapters.matrix.encryption.keyserver import KeyServer
from bot.adapters.matrix.encryption.own import OLM, Own
from bot.adapters.matrix.encryption.shelf import PICKLE_KEY, Shelf
from bot.adapters.matrix.encryption.signing import is_signed
from bot.adapters.matrix.transport import JSON, read_json

_SESSIONS = 6  # kept of one device, those used last
_DEVICES = 1000  # whose sessions are held in memory


class Unreadable(Exception):
    """A message to our device that cannot be decrypted."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A decrypted message; `Olm.keep` it in one commit with what it brought."""

    curve: str  # the key of the device that sent it
    plain: JSON
    session: Session
    first: bool  # it used a one-time key of ours up


class Olm:
    """Sessions with devices. Use it under one lock: a session must not move in two ways."""

    def __init__(self, own: Own, server: KeyServer, shelf: Shelf) -> None:
        """Have no session in memory."""
        self._own = own
        self._server = server
        self._shelf = shelf
        self._sessions: dict[str, list[Session]] = {}

    async def load(self, curves: Collection[str]) -> None:
        """Bring the sessions with these devices into memory."""
        for curve in curves:
            if curve in self._sessions:
                self._sessions[curve] = self._sessions.pop(curve)
        missing = [curve for curve in curves if curve not in self._sessions]
        kept = await self._shelf.read(*map(_key, missing)) if missing else {}
        for curve in missing:
            pickles = json.loads(kept.get(_key(curve), "[]"))
            self._sessions[curve] = [Session.from_pickle(one, PICKLE_KEY) for one in pickles]
        for curve in list(self._sessions)[: max(0, len(self._sessions) - _DEVICES - len(curves))]:
            del self._sessions[curve]

    async def ensure(self, devices: Collection[Device], *, new: bool = False) -> list[Device]:
        """Return those devices that we have a session with, made now where there was none.

        `new`: make another one in any case. Commit before anything is sent.
        Raises: `MatrixError`.
        """
        await self.load([device.curve for device in devices])
        lacking = [device for device in devices if new or not self._sessions[device.curve]]
        wanted: dict[str, list[str]] = {}
        for device in lacking:
            wanted.setdefault(device.user, []).append(device.id)
        claimed = await self._server.claim(wanted) if wanted else {}
        made = {device.curve for device in lacking if self._make(device, claimed)}
        return [device for device in devices if device not in lacking or device.curve in made]

    def _make(self, device: Device, claimed: JSON) -> bool:
        by_user = claimed.get(device.user)
        by_name = by_user.get(device.id) if isinstance(by_user, dict) else None
        signed = next(iter(by_name.values()), None) if isinstance(by_name, dict) else None
        if not isinstance(signed, dict):
            return False
        if not is_signed(signed, device.user, f"ed25519:{device.id}", device.ed):
            return False
        try:
            session = self._own.account.create_outbound_session(
                Curve25519PublicKey.from_base64(device.curve),
                Curve25519PublicKey.from_base64(str(signed.get("key"))),
            )
        except ValueError:
            return False
        self._keep(device.curve, session)
        return True

    def encrypt(self, device: Device, event_type: str, content: JSON) -> JSON:
        """Return what is sent to a device that we have a session with; commit before sending."""
        session = self._sessions[device.curve][0]
        payload = {
            "type": event_type,
            "content": content,
            "sender": self._own.user_id,
            "sender_device": self._own.device_id,
            "keys": {"ed25519": self._own.ed},
            "recipient": device.user,
            "recipient_keys": {"ed25519": device.ed},
            # So that they need not ask who we are, and may judge the signatures (MSC4147).
            "sender_device_keys": self._own.shown or self._own.device_keys,
        }
        kind, body = session.encrypt(json.dumps(payload).encode()).to_parts()
        self._keep(device.curve, session)
        return {
            "algorithm": OLM,
            "sender_key": self._own.curve,
            "ciphertext": {device.curve: {"type": kind, "body": _unpadded(body)}},
        }

    async def decrypt(self, sender: str, content: JSON) -> Heard:
        """Decrypt a message to our device.

        Raises: `Unreadable`.
        """
        curve, ciphertext = content.get("sender_key"), content.get("ciphertext")
        mine = ciphertext.get(self._own.curve) if isinstance(ciphertext, dict) else None
        if (
            content.get("algorithm") != OLM
            or not isinstance(curve, str)
            or not isinstance(mine, dict)
        ):
            raise Unreadable("not for this device")
        await self.load([curve])
        try:
            message = AnyOlmMessage.from_parts(mine.get("type"), _bytes(mine.get("body")))  # type: ignore[arg-type]
            session, text, first = self._decrypt(curve, message)
            plain = read_json(text)
        except (ValueError, TypeError, OverflowError) as error:
            raise Unreadable(type(error).__name__) from error
        if not isinstance(plain, dict) or not self._is_for_us(sender, plain):
            raise Unreadable("meant for another")
        return Heard(curve, plain, session, first)

    def keep(self, heard: Heard) -> None:
        """Have the session kept as it is after this message, with the next commit."""
        if heard.first:
            self._own.put()
        self._keep(heard.curve, heard.session)

    def _decrypt(self, curve: str, message: AnyOlmMessage) -> tuple[Session, bytes, bool]:
        first = message.to_pre_key()
        for session in self._sessions[curve]:
            if first is not None and not session.session_matches(first):
                continue
            try:
                plain = session.decrypt(message)
            except ValueError:
                if first is not None:
                    raise
                continue
            return session, plain, False
        if first is None:
            raise ValueError("no session fits")
        sender = Curve25519PublicKey.from_base64(curve)
        session, plain = self._own.account.create_inbound_session(sender, first)
        return session, plain, True

    def _is_for_us(self, sender: str, plain: JSON) -> bool:
        keys = plain.get("recipient_keys")
        return (
            plain.get("sender") == sender
            and plain.get("recipient") == self._own.user_id
            and isinstance(keys, dict)
            and keys.get("ed25519") == self._own.ed
        )

    def _keep(self, curve: str, session: Session) -> None:
        others = [one for one in self._sessions[curve] if one.session_id != session.session_id]
        self._sessions[curve] = [session, *others][:_SESSIONS]
        pickles = [one.pickle(PICKLE_KEY) for one in self._sessions[curve]]
        self._shelf.put(_key(curve), json.dumps(pickles))


def _key(curve: str) -> str:
    return f"olm {curve}"


def _unpadded(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("no text")
    try:
        return b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error as error:
        raise ValueError("no base64") from error
