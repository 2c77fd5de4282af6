"""What an adapter may ask of us, answered from the store."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from bot.core.actions import Field
from bot.core.events import Event
from bot.core.markup import to_plain
from bot.core.ports import FormFacts
from bot.core.refs import Community, Member, MessageRef, Room
from bot.engine.dispatch import Dispatcher
from bot.engine.reading import asks_file, fold
from storage.communities import Communities
from storage.conversations import Questions
from storage.facts import Facts
from storage.members import Members
from storage.outbox import Deliveries
from storage.store import Store
from storage.transaction import Transaction


class StoreMemory:
    """What is kept for one account (see `core.ports.Memory`)."""

    def __init__(self, store: Store, account: str) -> None:
        """Keep it in this store."""
        self.store = store
        self.account = account

    async def recall(self, kind: str, keys: Collection[str] | None = None) -> Mapping[str, str]:
        """Return what the adapter remembered under this kind: all of it, or these keys."""
        return await self.store.transact(lambda tx: Facts(tx, self.account).recall(kind, keys))

    async def remember(self, kind: str, values: Mapping[str, str | None]) -> None:
        """Keep values by key, all or none."""
        await self.store.transact(lambda tx: Facts(tx, self.account).remember(kind, values))


class StoreHost(StoreMemory):
    """The host of one adapter (see `core.ports.Host`)."""

    def __init__(self, store: Store, dispatcher: Dispatcher) -> None:
        """Serve the dispatcher's adapter."""
        super().__init__(store, dispatcher.adapter.account)
        self.dispatcher = dispatcher

    async def receive(self, event: Event) -> None:
        """Take an event; when this returns, it is committed."""
        await self.dispatcher.receive(event)

    async def awaits(
        self,
        kind: Literal["post", "reply", "react", "file"],
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
            if subject is None:
                return False
            if kind == "file":
                return any(asks_file(each) for each in Questions(tx).waiting(subject))
            reply = kind == "reply"
            return Questions(tx).awaiting_post(subject, whole, reply=reply) is not None

        return await self.dispatcher.transact(look)

    async def communities(self, member: Member) -> Collection[Community]:
        """Return where this member is, as far as we heard."""

        def look(tx: Transaction) -> list[Community]:
            subject = Members(tx).find(member)
            found = Members(tx).communities(subject) if subject is not None else []
            rows = [Communities(tx).get(each) for each in found]
            return [Community(row.platform, row.external_id) for row in rows]

        return await self.store.transact(look)

    async def suggest(
        self, command: str, option: str, typed: str, locale: str | None = None
    ) -> Sequence[str]:
        """Return what could complete the option."""
        running = self.dispatcher.running
        feature, found = running.commands.get(command, (None, None))
        meant = next((o for o in found.options if o.name == option), None) if found else None
        if feature is None or meant is None:
            return []
        words, language = running.words, running.words.nearest(locale)
        topics = [
            to_plain(words.render(language, f"{feature.name}/{name}", {})) for name in meant.topics
        ]
        start = fold(typed[:100])
        return [each for each in (*meant.choices, *topics) if fold(each).startswith(start)][:25]

    async def form(self, question: str, member: Member) -> FormFacts | None:
        """Return the form of an open question of this member's."""

        def look(tx: Transaction) -> FormFacts | None:
            found = Questions(tx).get(question)
            if found is None or found.kind != "form" or found.subject is None:
                return None
            if found.subject != Members(tx).find(member):
                return None
            return FormFacts(question, tuple(Field(**each) for each in found.spec["fields"]))

        return await self.store.transact(look, urgent=True)
