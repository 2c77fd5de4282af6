"""Two processes of a host on one PostgreSQL database, with the same Matrix account."""

import asyncio
import tempfile
from pathlib import Path

from tests.support.bot import BotProcess
from tests.support.circle import opened, welcomed
from tests.support.matrix_circle import MatrixCircle
from tests.support.postgres import Server, postgres_server
from tests.support.synapse import MakeAccount

__all__ = ["postgres_server"]


async def test_the_second_takes_over_from_the_first_at_the_same_step(
    account: MakeAccount, postgres_server: Server
) -> None:
    url = postgres_server.fresh_database()
    async with MatrixCircle(account, database=url) as circle:
        await opened(circle)
        await welcomed(circle, "ana")
        with tempfile.TemporaryDirectory(prefix="circlekeeper-") as folder:
            shared = {
                "CIRCLEKEEPER_DATABASE_URL": url,
                "CIRCLEKEEPER_KEY_FILE": str(circle.bot.key),
            }
            with BotProcess(circle.account, Path(folder), shared) as second:
                async with asyncio.timeout(30):
                    while not _waits(second):  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
                await circle.answers("ana", "The treasure hunt")
                await circle.answers("ana", "First footsteps")
                await circle.hears("ana", "Step 1 of 6")
                circle.bot.kill()
                await circle.answers("ana", "Skip")
                await circle.hears("ana", "Step 2 of 6")  # from the other one
                assert any(each["event"] == "account held" for each in second.logged())
                ana = await circle.person("ana")
                said = [each.text for each in await ana.messages(await circle.chat("ana"))]
                for step in ("Step 1 of 6", "Step 2 of 6"):
                    assert sum(step in text for text in said) == 1
        circle.bot.start()  # for the end


def _waits(process: BotProcess) -> bool:
    return any("this one waits" in str(each["event"]) for each in process.logged())
