"""A community on a real homeserver, with the bot as a process of its own."""

from tests.support.bot_circle import BotCircle
from tests.support.human import Event, Human
from tests.support.strict import StrictHuman
from tests.support.synapse import Account, MakeAccount


class MatrixCircle(BotCircle):
    """A circle (see `tests.support.circle`) in one public room; people come when they are named."""

    reads = True

    def __init__(
        self, account: MakeAccount, version: str | None = None, database: str | None = None
    ) -> None:
        """Register people with `account`; the room is of this version, the store is SQLite's
        unless a PostgreSQL database is named by its URL.
        """
        super().__init__()
        self._database = database
        self._register = account
        self._version = version
        self._encrypted = False
        self._people: dict[str, Human] = {}
        self._chats: dict[str, str] = {}
        self.room = ""
        self.account: Account

    async def _begin(self) -> None:
        self.account = self._register("keeper")
        self._start_bot(self.account, self._extra())
        mira = await self.person("mira")
        self.room = await mira.create_room(
            "garden", version=self._version, preset="public_chat", encrypted=self._encrypted
        )
        # The host's advice: power to pin, given with the invitation.
        await mira.set_power(self.room, self.account.user_id, 50)
        await mira.invite(self.room, self.account.user_id)
        await mira.hears(self.room, "keeper setup")

    def _extra(self) -> dict[str, str]:
        return {"CIRCLEKEEPER_DATABASE_URL": self._database} if self._database else {}

    async def person(self, name: str) -> Human:
        """Return somebody, who is registered when first named."""
        if name not in self._people:
            human = await self._stack.enter_async_context(self._human(self._register(name)))
            self._people[name] = human
        return self._people[name]

    def _human(self, account: Account) -> Human:
        return Human(account)

    async def chat(self, name: str) -> str:
        """Return the private room with the bot, which the bot makes."""
        if name not in self._chats:
            person = await self.person(name)
            self._chats[name] = await person.direct_with(self.account.user_id)
        return self._chats[name]

    async def joins(self, name: str) -> None:
        """Somebody comes into the community."""
        await (await self.person(name)).join(self.room)

    async def says(self, name: str, text: str, *, room: bool = False) -> None:
        """Somebody types."""
        place = self.room if room else await self.chat(name)
        await (await self.person(name)).says(place, text)

    async def answers(self, name: str, label: str) -> None:
        """Somebody answers in words: there are no buttons."""
        await self.says(name, label)

    async def reacts(self, name: str, emoji: str, text: str) -> None:
        """Somebody reacts to the newest message of the bot's that contains the text."""
        person, chat = await self.person(name), await self.chat(name)
        found = [each for each in await person.messages(chat) if text in each.text]
        await person.react(chat, found[-1].id, emoji)

    async def hears(self, name: str, text: str, *, room: bool = False) -> str:
        """Return the next message of the bot's that contains the text."""
        person = await self.person(name)
        place = self.room if room else await self.chat(name)
        heard: Event = await person.hears(place, text, sender=self.account.user_id)
        return heard.text

    async def hears_nothing(self, name: str) -> None:
        """Fail when the bot says anything more to this person in private."""
        person, chat = await self.person(name), await self.chat(name)
        await person.hears_nothing(chat, sender=self.account.user_id)

    async def writes(self, name: str, text: str) -> str:
        """Somebody writes in the newest prompt's thread; return the event's id."""
        person = await self.person(name)
        there = [each for each in await person.messages(self.room) if each.thread]
        if not there:
            there.append(await person.hears(self.room, lambda each: each.thread is not None))
        root = there[-1].thread
        relation = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": root},
        }
        content = {"msgtype": "m.text", "body": text, "m.relates_to": relation}
        return await person.send(self.room, "m.room.message", content)

    async def nominates(self, name: str, message: str) -> None:
        """Somebody answers a message with the command."""
        relation = {"m.in_reply_to": {"event_id": message}}
        content = {"msgtype": "m.text", "body": "!notebook nominate", "m.relates_to": relation}
        await (await self.person(name)).send(self.room, "m.room.message", content)

    async def settles(self) -> None:
        """It tells here when it has looked."""

    async def fills_in(self, name: str, *texts: str) -> None:
        """Somebody answers one field after the other."""
        for text in texts:
            await self.says(name, text)


class StrictCircle(MatrixCircle):
    """A circle whose people insist on encryption, and on a bot that its owner has signed.

    `encrypted`: the community's room is, too; private conversations are in any case.
    """

    def __init__(self, account: MakeAccount, *, encrypted: bool = False) -> None:
        """Register people with `account`."""
        super().__init__(account, "12")
        self._encrypted = encrypted
        self.printed = ""

    def _before_start(self) -> None:
        self.printed = self.bot.command("matrix", "login")

    def _human(self, account: Account) -> Human:
        return StrictHuman(account)

    async def strict(self, name: str) -> StrictHuman:
        """Return somebody as who they are here."""
        person = await self.person(name)
        assert isinstance(person, StrictHuman)
        return person
