"""What PRODUCT.md promises, done by people in the real page."""

from bot.rehearsal.playground import Playground
from tests.playground.conftest import Opening, Tab


async def test_a_newcomer_with_the_mouse(playground: Playground, tab: Opening) -> None:
    """Welcome, the whole hunt with every kind of answer, and the charter with its receipt."""
    page = await tab(playground)
    await page.comes_in("Ana")
    await page.hears("welcome to Garden of Practice")
    await page.answers("Start")
    await page.hears("1 of 4")
    await page.answers("English")
    await page.hears("2 of 4")
    await page.answers("By direct message")
    await page.hears("3 of 4")
    await page.answers("Go on")
    await page.hears("4 of 4")
    await page.answers("The treasure hunt")
    await page.hears("Which hunt")
    await page.answers("First footsteps")
    await page.hears("Step 1 of 6")
    await page.answers("Nothing to change")
    await page.hears("Step 2 of 6")
    step = page.page.locator("main .message", has_text="Step 2 of 6").last
    await step.get_by_role("button", name="Add a sign").click()
    await step.get_by_role("button", name="🌱").click()
    await page.hears("Step 3 of 6")
    await page.answers("Write my answer")
    await page.writes("draft")
    await page.hears("Step 4 of 6")
    await page.goes("square")
    await page.says("Hello, everybody.")
    await page.goes("newcomers")
    await page.says("And here as well.")
    await page.goes("direct")
    await page.hears("Step 5 of 6")
    await page.answers("Introduce myself")
    await page.hears("nothing is posted that you have not seen")
    await page.answers("Not now")
    await page.hears("Step 6 of 6")
    await page.answers("Write my answer")
    await page.writes("Drafts are wanted here.")
    await page.hears("all the way through")
    await page.says("charter read")
    await page.hears("Part 1 of 4")
    await page.answers("I have read it and will try")
    await page.hears("Part 2 of 4")
    await page.answers("Later")
    await page.says("charter history")
    await page.hears("Your receipt")
    await page.picture("newcomer")


async def keys(page: Tab, *pressed: str) -> None:
    for key in pressed:
        await page.page.keyboard.press(key)


async def reaches(page: Tab, name: str, *, back: bool = False) -> None:
    """Move the focus with the Tab key alone until it is on what has this name."""
    script = """() => {
        const on = document.activeElement;
        return on.getAttribute("aria-label") || on.labels?.[0]?.textContent || on.textContent || "";
    }"""
    for _ in range(120):
        if name in str(await page.page.evaluate(script)):
            return
        await page.page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"the Tab key never comes to {name!r}")
