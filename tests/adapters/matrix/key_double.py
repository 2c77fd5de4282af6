"""A homeserver that only passes keys, and people on it whose devices are our own code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.adapters.matrix.encryption.machine import Encryption, begin
from bot.adapters.matrix.errands import Errands
from bot.adapters.matrix.transport import Answer, NoAnswer, Refused
from tests.support.fake_host import FakeHost, RandomIds, WallClock

Json = dict[str, Any]
ROOM = "!room:home"


@dataclass
class KeyDouble:
    """What the homeserver holds; tests may change it as a bad homeserver would."""

    devices: defaultdict[str, Json] = field(default_factory=lambda: defaultdict(dict))
    one_time: defaultdict[tuple[str, str], Json] = field(default_factory=lambda: defaultdict(dict))
    fallback: dict[tuple[str, str], Json] = field(default_factory=dict)
    boxes: defaultdict[tuple[str, str], list[Json]] = field(
        default_factory=lambda: defaultdict(list)
    )
    notes: dict[tuple[str, str], Json] = field(default_factory=dict)
    signing: dict[str, Json] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    down: bool = False
    password: str | None = None  # by which the account's keys are changed; None: by any
    cut_off: bool = False  # whether the answer to that does not arrive
    no_notes: Refused | None = None  # what it says where it keeps no account data

    def answer(self, user: str, device: str, *, keep: bool = False) -> Json:
        """An answer of /sync; `keep`: it is given once more, as after a crash."""
        key = (user, device)
        events, changed = list(self.boxes[key]), sorted(self.changed)
        if not keep:
            self.boxes[key].clear()
            self.changed.clear()
        return {
            "to_device": {"events": events},
            "device_lists": {"changed": changed, "left": sorted(self.left)},
            "device_one_time_keys_count": {"signed_curve25519": len(self.one_time[key])},
            "device_unused_fallback_key_types": [
                "signed_curve25519" for _ in (1,) if key in self.fallback
            ],
        }

    def post(self, user: str, device: str, path: str, body: Json) -> Json:
        key = (user, device)
        match path:
            case "keys/upload":
                if "device_keys" in body:
                    self.devices[user][device] = body["device_keys"]
                self.one_time[key].update(body.get("one_time_keys", {}))
                if body.get("fallback_keys"):
                    self.fallback[key] = body["fallback_keys"]
                return {"one_time_key_counts": {"signed_curve25519": len(self.one_time[key])}}
            case "keys/query":
                users = body["device_keys"]
                shown = {who: dict(self.devices[who]) for who in users if who in self.devices}
                answer: Json = {"device_keys": shown}
                for kind in ("master", "self_signing", "user_signing"):
                    answer[f"{kind}_keys"] = {
                        who: self.signing[who][f"{kind}_key"]
                        for who in users
                        if who in self.signing
                    }
                return answer
            case "keys/claim":
                return {"one_time_keys": self._claim(body["one_time_keys"])}
            case "keys/device_signing/upload":
                if user in self.signing and "auth" not in body:
                    raise Refused(401, "", session="s")
                if self.password not in (None, body.get("auth", {}).get("password")):
                    raise Refused(401, "M_FORBIDDEN", session="s")
                self.signing[user] = body
                if self.cut_off:
                    raise NoAnswer("TimeoutError")
                return {}
            case "keys/signatures/upload":
                for who, signed in body.items():
                    self.devices[who].update(signed)
                return {}
        raise AssertionError(path)

    def _claim(self, wanted: Mapping[str, Mapping[str, str]]) -> Json:
        found: Json = {}
        for user, devices in wanted.items():
            for device in devices:
                keys = self.one_time[user, device]
                if keys:
                    name = next(iter(keys))
                    found.setdefault(user, {})[device] = {name: keys.pop(name)}
                elif (user, device) in self.fallback:
                    found.setdefault(user, {})[device] = self.fallback[user, device]
        return found

    def put(self, user: str, path: Sequence[str], body: Json) -> Json:
        if path[0] == "user":
            self.notes[user, path[3]] = body
            return {}
        for who, messages in body["messages"].items():
            for device, content in messages.items():
                for each in self.devices[who] if device == "*" else [device]:
                    event = {"type": path[1], "sender": user, "content": content}
                    self.boxes[who, each].append(event)
        return {}


class Account:
    """A caller (see `keyserver.Caller`)."""

    def __init__(self, double: KeyDouble, user: str, device: str) -> None:
        self._double, self._user, self._device = double, user, device

    @property
    def user_id(self) -> str:
        return self._user

    async def call(
        self,
        method: str,
        path: Sequence[str],
        *,
        body: Mapping[str, Any] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        self._double.calls.append("/".join(path[:2]))
        if self._double.down:
            raise NoAnswer("down")
        if path[0] == "user" and self._double.no_notes is not None:
            raise self._double.no_notes
        if method == "GET":
            note = self._double.notes.get((self._user, path[3]))
            if note is None:
                raise Refused(404, "M_NOT_FOUND")
            return note
        if method == "PUT":
            return self._double.put(self._user, path, dict(body or {}))
        return self._double.post(self._user, self._device, "/".join(path), dict(body or {}))


class Somebody:
    """A person on one device; `restart` begins again with what the store has kept."""

    def __init__(self, double: KeyDouble, name: str, device: str = "ONE") -> None:
        self.double = double
        self.user, self.device = f"@{name}:home", device
        self.host = FakeHost()
        self.clock = WallClock()
        self.errands = Errands()
        self.encryption: Encryption

    async def start(self) -> Encryption:
        """Begin, for the first time or again."""
        account = Account(self.double, self.user, self.device)
        self.encryption = await begin(
            account, self.device, self.host, self.errands, self.clock, RandomIds()
        )
        return self.encryption

    async def sync(self, answer: Json | None = None) -> None:
        """Take in what came to this device, and finish what that set going."""
        await self.encryption.receive(answer or self.double.answer(self.user, self.device))
        await self.settle()

    async def settle(self) -> None:
        """Finish what runs in the background."""
        await self.errands.close(5)

    async def says(self, text: str, *people: Somebody, rotation: Sequence[int] = ()) -> Json:
        """Return the event that a message for these people makes."""
        content = await self.encryption.encrypt(
            ROOM,
            [self.user, *(person.user for person in people)],
            rotation,
            "m.room.message",
            {"msgtype": "m.text", "body": text},
        )
        return {
            "type": "m.room.encrypted",
            "event_id": f"$e{content['session_id'][:6]}{len(content['ciphertext'])}{id(content)}",
            "sender": self.user,
            "content": content,
        }

    async def reads(self, event: Json, *, room: str = ROOM) -> str | None:
        """Return the text of an event, None where it cannot be read (yet)."""
        opened = await self.encryption.read(room, event, private=True)
        return None if opened is None else str(opened.content["body"])


async def somebody(double: KeyDouble, name: str, device: str = "ONE") -> Somebody:
    """Return a person who has started."""
    person = Somebody(double, name, device)
    await person.start()
    return person
