"""What an adapter may ask of us, answered from the store."""

from collections.abc import Mapping, Sequence
from typing import Literal

from bot.core.events import Event
from bot.core.refs import Member, MessageRef, Room
from bot.engine.dispatch import Dispatcher
from storage.conversations import Questions
from storage.facts import Facts
from storage.members import Members
from storage.outbox import Deliveries
from storage.store import Store, Transaction


class StoreHost:
    """The host of one adapter (see `core.ports.Host`)."""

    def __init__(self, store: Store, dispatcher: Dispatcher) -> None:
        """Serve the dispatcher's adapter."""
        self.store = store
        self.dispatcher = dispatcher
        self.account = dispatcher.adapter.account

    async def receive(self, event: Event) -> None:
        """Take an event; when this returns, it is committed."""
        await self.dispatcher.receive(event)

    async def awaits(
        self,
        kind: Literal["post", "react"],
        room: Room,
        member: Member,
        message: MessageRef | None = None,
    ) -> bool:
        """Tell whether somebody waits for this deed; whatever is not awaited is dropped unread."""

        def look(tx: Transaction) -> bool:
            if kind == "react":
                key = Deliveries(tx).behind(message) if message else None
                return key is not None and bool(Questions(tx).on_delivery(key))
            subject = Members(tx).find(member)
            whole = Room(room.platform, room.id)
            return subject is not None and Questions(tx).awaiting_post(subject, whole) is not None

        return await self.store.transact(look)

    async def suggest(self, command: str, option: str, typed: str) -> Sequence[str]:
        """Return what could complete the option."""
        found = self.dispatcher.hearing.commands.get(command)
        choices = next((o.choices for o in found.options if o.name == option), ()) if found else ()
        return [choice for choice in choices if choice.startswith(typed.casefold())][:25]

    async def recall(self, kind: str) -> Mapping[str, str]:
        """Return everything that the adapter remembered under this kind."""
        return await self.store.transact(lambda tx: Facts(tx, self.account).recall(kind))

    async def remember(self, kind: str, values: Mapping[str, str | None]) -> None:
        """Keep values by key, all or none."""
        await self.store.transact(lambda tx: Facts(tx, self.account).remember(kind, values))
