"""What must do no harm: strangers, long messages, connections that break, two tabs, a clock turned
back.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from bot.adapters.playground.inbound import MOST
from bot.rehearsal.playground import Playground
from tests.playground.conftest import ROOT
from tests.playground.page_client import PageClient

LONG = "wörter und zeichen " * 5_400  # a little more than 100 kB


def address(playground: Playground) -> str:
    return f"http://127.0.0.1:{playground.adapter.server.port}"


@pytest.mark.parametrize("path", ["/", "/index.html", "/wrong/", "/wrong/live", "/wrong/main.js"])
async def test_without_the_token_there_is_nothing(playground: Playground, path: str) -> None:
    async with ClientSession() as session, session.get(address(playground) + path) as answer:
        assert answer.status == 403
        assert "terminal" in await answer.text()


@pytest.mark.parametrize("origin", ["http://example.org", "http://127.0.0.1:1", "null", None])
async def test_another_page_cannot_connect(playground: Playground, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    async with ClientSession() as session:
        with pytest.raises(WSServerHandshakeError) as refused:
            await session.ws_connect(f"{playground.adapter.server.link}live", headers=headers)
    assert refused.value.status == 403


async def test_another_name_for_this_machine_is_refused(playground: Playground) -> None:
    headers = {"Host": f"rebound.example.org:{playground.adapter.server.port}"}
    link = playground.adapter.server.link
    async with ClientSession() as session, session.get(link, headers=headers) as answer:
        assert answer.status == 403


async def test_the_page_may_load_and_send_nothing_elsewhere(playground: Playground) -> None:
    link = playground.adapter.server.link
    async with ClientSession() as session, session.get(link) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.status == 200
        assert "default-src 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        page = await answer.text()
    assert "<script>" not in page
    assert "style=" not in page


async def test_nothing_outside_the_page_is_served(playground: Playground) -> None:
    link = playground.adapter.server.link
    async with ClientSession() as session:
        for path in ("..%2fserver.py", "%2e%2e/server.py", "nothing.js", "adapter.py"):
            async with session.get(f"{link}{path}") as answer:
                assert answer.status in (403, 404)


async def test_a_message_of_100_kb_in_a_room_stands_whole(playground: Playground) -> None:
    assert len(LONG.encode()) > 100_000
    async with PageClient(playground.adapter.server.link) as page:
        answer = await page.ask(**{"do": "say", "as": "Tom", "room": "square", "text": LONG})
        assert "refused" not in answer
        assert LONG in page.texts()


async def test_a_private_message_of_100_kb_is_answered(playground: Playground) -> None:
    async with PageClient(playground.adapter.server.link) as page:
        deed = {"do": "say", "as": "Tom", "text": f"reflect now {LONG}"}
        assert "refused" not in await page.ask(**deed)
        await page.until(lambda: any("characters at most" in each for each in page.texts()))


async def test_a_longer_one_is_refused_with_the_limit(playground: Playground) -> None:
    async with PageClient(playground.adapter.server.link) as page:
        deed = {"do": "say", "as": "Tom", "room": "square", "text": "x" * (MOST + 1)}
        answer = await page.ask(**deed)
        assert answer["refused"] == "refused_long"
        assert answer["values"]["limit"] == str(MOST)
        assert all(len(text) <= MOST for text in page.texts())


async def test_what_cannot_be_read_is_passed_over(playground: Playground) -> None:
    async with PageClient(playground.adapter.server.link) as page:
        assert page._socket is not None
        for junk in ("", "{", "[1]", '"x"', '{"hello": []}', '{"do": 7, "id": {}}'):
            await page._socket.send_str(junk)
        for deed in (
            {"do": "fly", "as": "Tom"},
            {"do": "say", "as": "Nobody", "text": "hello"},
            {"do": "say", "as": "Tom", "room": "cellar", "text": "hello"},
            {"do": "say", "as": "Tom", "room": "moderators", "text": "hello"},
            {"do": "say", "as": "Ana", "room": "square", "text": "not here yet"},
            {"do": "choose", "as": "Tom", "message": "m1", "choice": "open"},
            {"do": "react", "as": "Tom", "message": "m1", "emoji": "<b>"},
            {"do": "submit", "as": "Tom", "message": "m1000", "values": [1]},
        ):
            assert "refused" in await page.ask(**deed)


async def test_what_was_said_before_the_line_broke_is_said_once(playground: Playground) -> None:
    async with PageClient(playground.adapter.server.link) as page:
        deed = {"do": "say", "as": "Tom", "text": "my settings", "id": "once-1"}
        await page.send(**deed)
        await page.drop()
        async with PageClient(playground.adapter.server.link) as other:
            await other.ask(**{"do": "say", "as": "Mira", "room": "square", "text": "meanwhile"})
        await page.connect()
        assert page.greetings[-1]["fresh"] is False
        for _ in range(2):  # the answer was lost, so the page asks again
            assert "refused" not in await page.ask(**deed)
        await page.until(lambda: any("This is how it is set" in each for each in page.texts()))
        texts = page.texts()
        assert texts.count("my settings") == 1
        assert texts.count("meanwhile") == 1
        assert len([each for each in texts if "This is how it is set" in each]) == 1


async def test_an_order_goes_on_without_its_page_and_is_carried_out_once(
    playground: Playground,
) -> None:
    before = playground.clock.now()
    async with PageClient(playground.adapter.server.link) as page:
        order = {"order": "travel", "to": "week", "id": "travel-1"}
        await page.send(**order)
        await page.drop()
        await page.connect()
        assert "refused" not in await page.ask(**order)
    assert (playground.clock.now() - before).days == 7


async def test_the_same_person_in_two_tabs(playground: Playground) -> None:
    link = playground.adapter.server.link
    async with PageClient(link) as one, PageClient(link) as other:
        await one.ask(**{"do": "change", "as": "Ana", "here": True})
        await other.until(lambda: any(each.get("choices") for each in _private(other, "Ana")))
        asked = _private(other, "Ana")[-1]["id"]
        for page in (one, other):
            await page.ask(**{"do": "choose", "as": "Ana", "message": asked, "choice": "start"})
        await one.until(lambda: any("not open any more" in each for each in one.texts()))
        await one.until(lambda: any("1 of 4" in each for each in one.texts()))
        await other.until(lambda: other.number >= one.number)
        await one.until(lambda: one.number >= other.number)
        assert one.messages == other.messages
        assert len([each for each in one.texts() if "1 of 4" in each]) == 1


def _private(page: PageClient, name: str) -> list[dict[str, object]]:
    return [each for each in page.messages.values() if each.get("person") == name]


@pytest.mark.parametrize("date", ["2026-03-02T08:59", "2020-01-01", "0001-01-01T00:00"])
async def test_a_clock_moved_back_is_refused_with_the_reason(
    playground: Playground, date: str
) -> None:
    before = playground.clock.now()
    async with PageClient(playground.adapter.server.link) as page:
        answer = await page.ask(order="travel", to="date", date=date)
    assert answer["refused"] == "refused_back"
    assert answer["values"]["now"] == before.isoformat()
    assert playground.clock.now() == before


@pytest.mark.parametrize(
    ("date", "why"),
    [("", "date"), ("soon", "date"), ("2026-02-30", "date"), ("2039-01-01", "far")],
)
async def test_a_date_that_cannot_be(playground: Playground, date: str, why: str) -> None:
    async with PageClient(playground.adapter.server.link) as page:
        answer = await page.ask(order="travel", to="date", date=date)
    assert answer["refused"] == f"refused_{why}"


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "tom", "a\u0000b"])
async def test_a_name_that_cannot_be(playground: Playground, name: str) -> None:
    async with PageClient(playground.adapter.server.link) as page:
        answer = await page.ask(do="arrive", name=name)
    assert answer["refused"] in ("refused_name", "refused_taken")


def test_a_second_one_on_the_same_port(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, "-m", "bot", "try", "--no-open", "--port"]
    with subprocess.Popen(
        [*words, "0"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as first:
        try:
            assert first.stdout is not None
            link = next(line.strip() for line in first.stdout if "http://" in line)
            port = link.split(":")[2].split("/")[0]
            second = subprocess.run(
                [*words, port],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            first.terminate()
    assert second.returncode == 2
    assert f"port {port}" in second.stderr
    assert "--port 0" in second.stderr
    assert "Traceback" not in second.stderr
    assert first.returncode == 0
    assert list(tmp_path.iterdir()) == []
