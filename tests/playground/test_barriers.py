"""axe-core finds no barrier on any view: light and dark, in English, French, and a language that is
read from the right.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.core.content import Folders
from bot.rehearsal.playground import Playground
from tests.playground.conftest import SHIPPED, Opening, Tab, staged
from tests.playground.pseudo import write_catalogues
from tests.support.node import installed

LANGUAGES = ("en", "fr", "ar")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def axe() -> str:
    """The program that looks."""
    folder = installed(Path(__file__).with_name("js"), "axe-core")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest_asyncio.fixture(scope="session")
async def speaking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playground]:
    """A circle whose bot and page also speak a made-up language that is read from the right."""
    own = tmp_path_factory.mktemp("own")
    write_catalogues(SHIPPED.prompts[0], own, "ar")
    async with staged(Folders([*SHIPPED.prompts, own], SHIPPED.charter)) as made:
        yield made


class Looking:
    """Looks at one page after another, and gathers what is found."""

    def __init__(self, tab: Tab, axe: str, name: str) -> None:
        self.tab, self.axe, self.name = tab, axe, name
        self.found: list[str] = []
        self.views = 0

    async def look(self, view: str) -> None:
        """Look at the view as it is now, light and dark."""
        self.views += 1
        page = self.tab.page
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            light = {"type": "tag", "values": _RULES}
            rules = light if scheme == "light" else {"type": "rule", "values": ["color-contrast"]}
            if not await page.evaluate("() => Boolean(window.axe)"):
                await page.evaluate(f"() => {{ {self.axe} }}")
            script = "async (runOnly) => (await axe.run({ runOnly })).violations"
            for each in await page.evaluate(script, rules):
                where = each["nodes"][0]
                self.found.append(
                    f"{self.name} {view} {scheme}: {each['id']}: {where['html'][:160]} "
                    f"{where['failureSummary'][:300]}"
                )
            await self.tab.picture(f"{view}-{self.name}-{scheme}")
        wide = await page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wide > 0:
            self.found.append(f"{self.name} {view}: {wide} pixels wider than the page")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_barriers(
    speaking: Playground, tab: Opening, axe: str, language: str, width: int
) -> None:
    await speaking.order("again", {"language": language})
    page = await tab(speaking, locale=language, viewport={"width": width, "height": 760})
    narrow = width < 800
    looking = Looking(page, axe, f"{language}-{width}")
    key = page.page.locator

    async def goes(place: str) -> None:
        if narrow:
            await key("[data-key=menu]").click()
        await page.goes(place)

    async def be(name: str) -> None:
        if narrow:
            await key("[data-key=menu]").click()
        await page.be(name)

    direction = await page.page.evaluate("() => document.documentElement.dir")
    assert direction == ("rtl" if language == "ar" else "ltr")
    await looking.look("outside")
    await key("[data-key='come in']").click()
    await key("main .answers button").first.wait_for()
    await looking.look("direct")
    await key("[data-key='choice start']").click()
    await key("main .answers").nth(2).locator("button").first.wait_for()
    await goes("square")
    await looking.look("room")
    await key("main textarea").fill("/ch")
    await key(".offers li").first.wait_for()
    await key("main textarea").press("ArrowDown")
    await looking.look("commands")
    await key("main textarea").fill("/reflect now")
    await key("main textarea").press("Enter")
    await key("main .message.aside [data-key=opener]").wait_for()
    await looking.look("aside")
    await key("main .message.aside [data-key=opener]").click()
    await key("dialog[open] [data-field]").first.wait_for()
    await looking.look("form")
    await page.page.keyboard.press("Escape")
    if narrow:
        await key("[data-key=menu]").click()
        await looking.look("drawer")
        await page.page.keyboard.press("Escape")
    await be("Mira")
    await goes("moderators")
    await looking.look("moderators")
    await page.tool("time")
    await key("[data-key='travel next']").click()
    await key(".lines .what").first.wait_for()
    await looking.look("time")
    await key("[data-key='close panel']").click()
    await goes("questions")
    await key("main .thread-link").last.click()
    await looking.look("thread")
    await key("[data-key='close thread']").click()
    await page.tool("held")
    await key(".held .pair").first.wait_for()
    await looking.look("held")
    await key("[data-key='close panel']").click()
    await page.tool("content")
    await looking.look("content")
    await key("[data-key='close panel']").click()
    if narrow:
        await key("[data-key=menu]").click()
    await key("[data-key=person]").click()
    await looking.look("person")
    await key("[data-key='close panel']").click()
    if narrow:
        await key("[data-key=menu]").click()
    await key("[data-key='add person']").click()
    await looking.look("new-person")
    await page.page.keyboard.press("Escape")
    assert looking.found == []
    assert looking.views >= 12


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_no_barriers_where_the_content_has_mistakes(
    tab: Opening, axe: str, tmp_path: Path, language: str
) -> None:
    charter = tmp_path / "charter.yaml"
    charter.write_text("purpose: [", "utf-8")
    async with staged(Folders(SHIPPED.prompts, charter)) as broken:
        page = await tab(broken, locale=language, viewport={"width": 360, "height": 760})
        await page.page.locator(".mistakes li").first.wait_for()
        looking = Looking(page, axe, language)
        await looking.look("mistakes")
    assert looking.found == []
