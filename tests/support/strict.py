"""A person whose client encrypts, and is strict about it: matrix-js-sdk with Rust crypto."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from asyncio.subprocess import PIPE, Process
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.support.human import Event, Expected, Human, Json
from tests.support.node import installed, program
from tests.support.synapse import Account

JS = Path(__file__).parents[1] / "matrix" / "js"
_PATIENCE = 40.0


class StrictHuman(Human):
    """A `Human` behind another library; what it cannot decrypt stands in `unreadable`.

    `strict=False`: it also trusts devices that their owner has not signed.
    """

    def __init__(self, account: Account, *, strict: bool = True) -> None:
        super().__init__(account)
        self.strict = strict
        self.wires: dict[str, str] = {}
        """The type under which each event went over the wire."""
        self.shields: dict[str, int | None] = {}
        """How a client would warn of each decrypted event: 0 not at all, 1 grey, 2 red."""
        self.unreadable: dict[str, str] = {}
        """Events that could not be decrypted (yet), and why."""
        self._node: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._numbers = itertools.count()
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._news = asyncio.Event()
        self._ready = asyncio.Event()
        self._known: set[str] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def start(self) -> None:
        """Start the client and wait until it has looked around."""
        folder = await asyncio.to_thread(installed, JS, "matrix-js-sdk")
        environment = {
            "PATH": os.environ["PATH"],
            "MODULES": f"{folder}/",
            "HOMESERVER": self.account.homeserver,
            "USER_ID": self.id,
            "TOKEN": self.account.access_token,
            "DEVICE_ID": self.account.device_id,
            "PASSWORD": self.account.password,
            **({"STRICT": "1"} if self.strict else {}),
        }
        self._node = await asyncio.create_subprocess_exec(
            program(folder),
            str(JS / "person.mjs"),
            env=environment,
            stdin=PIPE,
            stdout=PIPE,
            limit=2**22,
        )
        self._reader = asyncio.create_task(self._read())
        async with asyncio.timeout(_PATIENCE):
            await self._ready.wait()

    async def close(self) -> None:
        """End the client."""
        if self._node is not None:
            with suppress(ProcessLookupError):
                self._node.kill()
            await self._node.wait()
        if self._reader is not None:
            await self._reader
        await super().close()

    async def order(self, order: str, **more: object) -> Json:
        """Have the client do something; return what came of it."""
        assert self._node is not None
        assert self._node.stdin is not None
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._node.stdin.write(json.dumps({"id": number, "order": order, **more}).encode() + b"\n")
        async with asyncio.timeout(_PATIENCE):
            said: Json = await answer
        if "error" in said:
            raise AssertionError(f"{self.id} could not {order}: {said['error']}")
        return said

    async def knows(self, room: str, user: str | None = None, *, encrypted: bool = False) -> None:
        """Wait until the client knows of a room, and of somebody in it."""
        await self.order("knows", room=room, user=user, encrypted=encrypted)

    async def trusts(self, user: str) -> dict[str, bool]:
        """Return the devices that the client sees of somebody, and whether their owner signed."""
        devices: dict[str, bool] = (await self.order("trusts", user=user))["devices"]
        return devices

    async def join(self, room: str) -> str:
        """Join a room, or accept its invitation."""
        await self.order("join", room=room)
        self.invites.pop(room, None)
        return room

    async def send(self, room: str, kind: str, content: Mapping[str, Any]) -> str:
        """Send any event, encrypted where the room is; return its id."""
        if room not in self._known:
            encrypted = await self.state(room, "m.room.encryption") is not None
            await self.knows(room, encrypted=encrypted)
            self._known.add(room)
        return str((await self.order("send", room=room, type=kind, content=content))["event_id"])

    async def opened(self, event: Event) -> str:
        """Return the text in a file of an encrypted room, as a client shows it."""
        assert self.wires[event.id] == "m.room.encrypted"
        answer = await self.order("open", file=event.content["file"])
        return b64decode(answer["held"]).decode()

    async def sealed(self, text: str) -> Json:
        """Upload a text as a file for an encrypted room; return how a message names it."""
        answer = await self.order("seal", held=b64encode(text.encode()).decode())
        file: Json = answer["file"]
        return file

    async def messages(self, room: str, kind: str | None = "m.room.message") -> list[Event]:
        """What the client has seen and could read of a room, oldest first."""
        return [
            event
            for event in self.timeline
            if event.room == room and kind in (None, event.type) and event.id not in self.unreadable
        ]

    async def sync(self, wait: float = 0) -> None:
        """Wait until the client tells of something new."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._news.wait()
        self._news.clear()

    def _unheard(self, room: str | None, what: Expected, seconds: float) -> str:
        told = super()._unheard(room, what, seconds)
        return f"{told}\nundecryptable: {self.unreadable or 'nothing'}"

    async def _read(self) -> None:
        assert self._node is not None
        assert self._node.stdout is not None
        async for line in self._node.stdout:
            self._take(json.loads(line))
            self._news.set()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(AssertionError(f"the client of {self.id} has ended"))

    def _take(self, told: Json) -> None:
        if "event" in told:
            raw = told["event"]
            if raw["event_id"] in self._seen and raw["event_id"] not in self.unreadable:
                return
            self._seen.add(raw["event_id"])
            self.wires[raw["event_id"]] = told["wire"]
            self.shields[raw["event_id"]] = told["shield"]
            if told["failed"]:
                self.unreadable[raw["event_id"]] = told["failed"]
                return
            self.unreadable.pop(raw["event_id"], None)
            self.timeline.append(
                Event(
                    raw["event_id"],
                    raw["type"],
                    raw["room_id"],
                    raw["sender"],
                    raw["content"],
                    raw,
                )
            )
        elif "invited" in told:
            member: Json = {"type": "m.room.member", "state_key": self.id, "sender": told["by"]}
            member["content"] = {"membership": "invite", "is_direct": told["direct"]}
            self.invites[told["invited"]] = [member]
        elif "ready" in told:
            self._ready.set()
        elif "id" in told:
            self._answers.pop(told["id"]).set_result(told)
