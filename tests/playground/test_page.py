"""The page when things go wrong, and where a host plays content of their own."""

from pathlib import Path

from bot.core.content import Folders
from bot.rehearsal.playground import Playground
from tests.playground.conftest import SHIPPED, Opening, staged

EVIL = (
    "<img src=x onerror='window.caught=1'><script>window.caught=1</script><b>bold</b> {{ 7 * 7 }}"
)
PROMPTS = """\
- id: our-own-question
  title:
    en: Our own question
"""


def break_off(playground: Playground) -> None:
    """Let every connection break, without a word."""
    for session in list(playground.adapter.server.sessions):
        request = session.socket._req
        assert request is not None
        assert request.transport is not None
        request.transport.abort()


async def test_markup_in_every_field_stays_text(playground: Playground, tab: Opening) -> None:
    page = await tab(playground)
    await page.page.locator("[data-key='add person']").click()
    await page.page.locator("#person-name").fill("<b onclick=caught()>Eve</b>")
    await page.page.get_by_role("button", name="Add", exact=True).click()
    await page.page.locator("[data-key='come in']").click()
    await page.hears("welcome to")
    await page.goes("square")
    await page.says(EVIL)
    await page.hears(EVIL)
    own = page.page.locator("main .message", has_text="window.caught").last
    await page.picture("evil")
    await own.get_by_role("button", name="Answer in a thread").click()
    thread = page.page.locator(".panel.thread")
    await thread.locator("textarea").fill(EVIL)
    await thread.locator("textarea").press("Enter")
    await thread.locator(".message", has_text="window.caught").nth(1).wait_for()
    await page.goes("direct")
    await page.says("reflect now")
    await page.answers("Write my answer")
    await page.writes(EVIL)
    await page.hears("Kept, for you alone")
    await page.says("reflect look-back")
    await page.hears(EVIL)
    await page.says(f"/word add {EVIL}")
    await page.tool("held")
    await page.page.locator(".held .pair .own", has_text="window.caught").first.wait_for()
    made = "document.querySelectorAll('main b, main script, main img').length"
    assert await page.page.evaluate(f"() => [window.caught ?? null, {made}]") == [None, 0]


async def test_a_long_message_is_folded(playground: Playground, tab: Opening) -> None:
    page = await tab(playground)
    await page.be("Tom")
    await page.goes("square")
    long = "wörter und zeichen " * 5_400
    await page.says(long)
    message = page.page.locator("main .message", has_text="wörter").last
    await message.get_by_role("button", name="Show the whole message").click()
    assert str(await message.locator(".text").text_content()).strip() == long.strip()


async def test_one_that_is_too_long_stays_where_it_was_written(
    playground: Playground, tab: Opening
) -> None:
    page = await tab(playground)
    await page.be("Tom")
    await page.goes("square")
    await page.says("x" * 140_000)
    await page.page.get_by_role("alert").get_by_text("131072 fit here").wait_for()
    assert len(await page.page.locator("main textarea").input_value()) == 140_000


async def test_a_connection_that_breaks_loses_and_doubles_nothing(
    playground: Playground, tab: Opening
) -> None:
    page, other = await tab(playground), await tab(playground)
    for one in (page, other):
        await one.be("Tom")
        await one.goes("square")
    for number in range(5):
        break_off(playground)
        await page.says(f"Number {number} from here.")
        await other.says(f"Number {number} from there.")
    for number in range(5):
        for one in (page, other):
            for side in ("here", "there"):
                await one.hears(f"Number {number} from {side}.")
    said = [each.text for each in playground.adapter.world.messages.values() if each.author]
    for one in (page, other):
        assert await one.page.locator("main .message .text", has_text="Number").count() == 10
    assert len([text for text in said if text.startswith("Number")]) == 10


async def test_a_page_whose_playground_has_ended_says_so(tab: Opening) -> None:
    async with staged() as ending:
        page = await tab(ending)
    await page.page.get_by_text("The connection is lost").wait_for()
    page.wrong.clear()  # the browser complains that nobody is there


async def test_another_language(playground: Playground, tab: Opening) -> None:
    page = await tab(playground)
    await page.page.locator("#language").select_option("fr")
    await page.page.get_by_text("Langue de cette page").wait_for()
    assert await page.page.evaluate("() => document.documentElement.lang") == "fr"
    await page.page.reload()
    await page.page.get_by_text("Langue de cette page").wait_for()


async def test_mistakes_are_shown_with_file_and_line_until_they_are_mended(
    tab: Opening, own_content: Path
) -> None:
    prompts = own_content / "prompts" / "content" / "ours.yaml"
    prompts.write_text(PROMPTS, "utf-8")
    charter = own_content.parent / "charter.yaml"
    charter.write_text("purpose: [", "utf-8")
    async with staged(Folders([*SHIPPED.prompts, own_content], charter)) as broken:
        page = await tab(broken)
        listed = page.page.locator(".mistakes li")
        await listed.first.wait_for()
        shown = " ".join(await listed.all_text_contents())
        assert f"{prompts}:1" in shown
        assert f"{charter}:" in shown
        await page.picture("mistakes")
        prompts.unlink()
        again = page.page.get_by_role("button", name="Read the files again")
        await again.click()
        await page.page.locator(".mistakes li", has_text=str(prompts)).first.wait_for(
            state="detached"
        )
        charter.write_text(SHIPPED.charter.read_text("utf-8"), "utf-8")
        await again.click()
        await page.page.get_by_role("button", name="Come in as Ana").wait_for()
        await page.page.close()  # before what it would connect to again is gone


async def test_a_mistake_made_later_leaves_the_circle_as_it_is(
    tab: Opening, own_content: Path
) -> None:
    async with staged(Folders([*SHIPPED.prompts, own_content], SHIPPED.charter)) as playing:
        page = await tab(playing)
        await page.comes_in("Ana")
        await page.hears("welcome to")
        prompts = own_content / "prompts" / "content" / "ours.yaml"
        prompts.write_text(PROMPTS, "utf-8")
        await page.tool("content")
        await page.page.get_by_role("button", name="Read the files again").click()
        await page.page.locator(".panel .mistakes", has_text="ours.yaml:1").wait_for()
        await page.answers("Start")
        await page.hears("1 of 4")
        prompts.unlink()
        await page.page.get_by_role("button", name="Read the files again").click()
        await page.page.locator(".panel .mistakes").wait_for(state="detached")
        await page.answers("English")
        await page.hears("2 of 4")
        await page.page.close()
