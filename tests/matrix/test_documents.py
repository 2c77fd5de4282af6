"""Somebody who has nothing follows the documents, and has a bot on a real homeserver."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.circle import welcomed
from tests.support.matrix_circle import MatrixCircle
from tests.support.reader import ADDRESS, OURS, ROOT, FollowedBot, Reader, moderators_answers
from tests.support.synapse import Account, MakeAccount

DOCS = ROOT / "docs"


class FollowedCircle(MatrixCircle):
    """A circle whose host follows the page on connecting Matrix."""

    followed: FollowedBot
    reader: Reader

    def _start_bot(
        self, account: Account | Mapping[str, str], extra: Mapping[str, str] | None = None
    ) -> None:
        assert isinstance(account, Account)
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="reader-")))
        home = folder / "home"
        home.mkdir()
        self.reader = Reader(
            home,
            {
                ADDRESS: OURS,
                "https://matrix.example.org": account.homeserver,
                "@keeper:example.org": account.user_id,
            },
            secret=account.password,
        )
        self.bot = self.followed = FollowedBot(DOCS / "connecting" / "matrix.md", self.reader)
        self._stack.callback(self.bot.close)
        self.bot.start()


async def test_from_nothing_to_a_bot_that_welcomes(account: MakeAccount) -> None:
    async with FollowedCircle(account) as circle:
        assert "Everything is in order." in circle.reader.printed
        assert "recovery key" in circle.reader.printed
        for text in circle.followed.in_the_room:
            await circle.says("mira", text, room=True)
        await circle.hears("mira", "Language")
        for answer in moderators_answers(DOCS / "quickstart.md"):
            await circle.says("mira", answer)
        await circle.hears("mira", "The community is open")
        await circle.hears("mira", "Start here", room=True)
        await welcomed(circle, "ana")

        # What a host and a writer do afterwards, beside the bot that runs.
        later = Reader(circle.reader.folder, {})
        for page, told in (
            ("facilitating/writing.md", "in order"),
            ("hosting/backup.md", "sealed"),
        ):
            for block in later.blocks(DOCS / page):
                said = later.runs(block)
            assert told in said
        await circle.says("ana", "charter read")
        await circle.hears("ana", "Part 1 of 4")
