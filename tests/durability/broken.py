"""Broken designs, kept so that the harness is seen to catch them.

Two of them have no outbox at all; the third is the real bot, but what it reads back is nothing.
"""

import asyncio
import sqlite3
from uuid import uuid4

from bot.core.actions import Action, OpenThread, Say
from bot.core.errors import CirclekeeperError, TryLater
from bot.core.ports import Delivery
from bot.core.refs import Direct, Member, MessageRef, Room
from tests.durability.failpoints import FailingWire
from tests.durability.plan import PLATFORM, WorkerSetup
from tests.durability.wire import Happening, Wire

ADVANCE_FIRST = "advance-then-send"
SEND_FIRST = "send-then-advance"
NO_READ_BACK = "outbox-without-read-back"
CONTROLS = (ADVANCE_FIRST, SEND_FIRST, NO_READ_BACK)


class BlindWire(FailingWire):
    """An adapter that cannot read back, and believes that nothing stands."""

    async def find(self, delivery: Delivery) -> MessageRef | None:
        """Find nothing."""
        return None


class Simple(Wire):
    """What a bot without an outbox does: note that it was done and do it, or the other way round.

    Args:
        setup: how it was started.
    """

    def __init__(self, setup: WorkerSetup) -> None:
        """Keep what was done in a small database."""
        super().__init__(setup.double, self._take, self._left)
        self.advance_first = setup.design == ADVANCE_FIRST
        path = setup.store.removeprefix("sqlite:///") + ".simple"
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("pragma synchronous=full")
        self.database.execute("create table if not exists done (id text primary key)")

    async def _left(self) -> dict[str, int]:
        return {"unsent": 0, "due": 0}

    async def _take(self, happening: Happening) -> None:
        for name, action in _wanted(happening):
            if self.database.execute("select 1 from done where id = ?", (name,)).fetchone():
                continue
            if self.advance_first:
                self._done(name)
                await self._send(action)
            else:
                await self._send(action)
                self._done(name)

    def _done(self, name: str) -> None:
        self.database.execute("insert into done values (?)", (name,))

    async def _send(self, action: Action) -> None:
        """Send it; who has noted it as done already sees no reason to try again."""
        while True:
            try:
                await self.deliver(Delivery(action.key, action))
            except TryLater as later:
                await asyncio.sleep(later.after)
            except CirclekeeperError:
                if self.advance_first:
                    return
            else:
                return


def _wanted(happening: Happening) -> list[tuple[str, Action]]:
    """Return what is to be said, each with a name that stays the same."""
    id_, key = happening["id"], uuid4().hex[:20]
    match happening["kind"]:
        case "ask in a hall":
            hall = Room(PLATFORM, happening["hall"])
            return [(id_, Say(key=key, to=hall, text="help", reply_to=MessageRef(hall, id_)))]
        case "prompt":
            room = Room(PLATFORM, id_)
            thread = OpenThread(key=uuid4().hex[:20], to=room, after=key, title="", text="thread")
            return [(f"{id_} card", Say(key=key, to=room, text="card")), (f"{id_} thread", thread)]
        case _:
            return [(id_, Say(key=key, to=Direct(Member(PLATFORM, id_)), text="hello"))]
