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


async def reaches(page: Tab, name: str, *, back: bool = False, within: str = "") -> None:
    """Move the focus with the Tab key alone until it is on what has this name."""
    script = """(within) => {
        const on = document.activeElement;
        if (within && !on.closest("article")?.textContent.includes(within)) return "";
        return on.getAttribute("aria-label") || on.labels?.[0]?.textContent
            || on.querySelector(".name")?.firstChild.textContent || on.textContent || "";
    }"""
    for _ in range(120):
        if str(await page.page.evaluate(script, within)).strip() == name:
            return
        await page.page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"the Tab key never comes to {name!r}")


async def test_a_newcomer_with_the_keyboard_alone(playground: Playground, tab: Opening) -> None:
    """The same way, and nothing is clicked."""
    page = await tab(playground)
    await reaches(page, "Come in as Ana")
    await keys(page, "Enter")
    await page.hears("welcome to Garden of Practice")
    for label, then in (
        ("Start", "1 of 4"),
        ("English", "2 of 4"),
        ("By direct message", "3 of 4"),
        ("Go on", "4 of 4"),
        ("The treasure hunt", "Which hunt"),
        ("First footsteps", "Step 1 of 6"),
        ("Nothing to change", "Step 2 of 6"),
    ):
        await reaches(page, label)
        await keys(page, "Enter")
        await page.hears(then)
    await reaches(page, "Add a sign", within="Step 2 of 6")
    await keys(page, "Enter")
    await reaches(page, "🌱")
    await keys(page, "Enter")
    await page.hears("Step 3 of 6")
    await reaches(page, "Write my answer")
    await keys(page, "Enter")
    await page.page.locator("dialog[open] input, dialog[open] textarea").first.wait_for()
    await page.page.keyboard.type("draft")
    await reaches(page, "Send")
    await keys(page, "Enter")
    await page.hears("Step 4 of 6")
    await reaches(page, "arrivals", back=True)
    await keys(page, "Enter")
    await reaches(page, "Write in arrivals")
    await page.page.keyboard.type("Hello, everybody.")
    await keys(page, "Enter")
    await reaches(page, "Circlekeeper", back=True)
    await keys(page, "Enter")
    await page.hears("Step 5 of 6")
    await reaches(page, "Skip", within="Step 5 of 6")
    await keys(page, "Enter")
    await page.hears("Step 6 of 6")
    await reaches(page, "Write my answer")
    await keys(page, "Enter")
    await page.page.locator("dialog[open] textarea, dialog[open] input").first.wait_for()
    await page.page.keyboard.type("Drafts are wanted here.")
    await reaches(page, "Send")
    await keys(page, "Enter")
    await page.hears("all the way through")
    await reaches(page, "Write to Circlekeeper")
    await page.page.keyboard.type("/charter re")
    await keys(page, "ArrowDown", "Enter", "Enter")
    await page.hears("Part 1 of 4")
    await reaches(page, "I have read it and will try", back=True)
    await keys(page, "Enter")
    await page.hears("Part 2 of 4")
    await page.picture("keyboard")


async def test_a_moderator_sets_up_and_moves_the_clock(empty: Playground, tab: Opening) -> None:
    """The prompt stands in its room at nine o'clock there, in winter and in summer, in a thread."""
    page = await tab(empty)
    await page.be("Mira")
    await page.goes("moderators")
    await page.says("/keeper setup")
    await page.hears("Language")
    await page.answers("English")
    await page.hears("Time zone")
    await page.answers("Write my answer")
    await page.writes("Ljubljana")
    await page.hears("Times are those of Europe/Ljubljana")
    await page.hears("Pick a room for each use")
    await page.answers("Pick from a list")
    form = page.page.locator("dialog[open]")
    for position, room in enumerate(("arrivals", "questions", "charter", "moderators")):
        await form.locator("select").nth(position).select_option(label=room)
    await form.get_by_role("button", name="Send").click()
    await page.answers("Nobody else")
    await page.hears("Charter")
    await page.answers("Start from the 10 clauses")
    await page.hears("Weekly prompts")
    await page.answers("Every Tuesday at 9")
    await page.hears("next three dates")
    await page.answers("Yes")
    await page.hears("Opening")
    await page.answers("Open now")
    await page.hears("The community is open")
    await page.tool("time")
    panel = page.page.locator(".panel[data-panel=time]")
    await panel.get_by_text("The weekly prompt").wait_for()
    await panel.get_by_role("button", name="To the next thing due").click()
    line = panel.locator(".lines li").first
    await line.get_by_text("on Tuesday at 09:00, by the clock of Europe/Ljubljana").wait_for()
    await line.get_by_role("button", name="See it in questions").click()
    card = page.page.locator("main .message", has=page.page.locator(".thread-link")).last
    await card.wait_for()
    assert await card.locator("time").text_content() == "09:00"
    assert await card.locator("time").get_attribute("datetime") == "2026-03-03T08:00:00+00:00"
    await card.locator(".thread-link").click()
    thread = page.page.locator(".panel.thread")
    await thread.locator(".message").nth(1).wait_for()
    await page.picture("moderator")
    await page.tool("time")
    await panel.locator("input[type=datetime-local]").fill("2026-04-01T12:00")
    await panel.get_by_role("button", name="Go there").click()
    await panel.get_by_text("Wednesday, 1 April 2026").wait_for(timeout=20_000)
    assert await card.locator("time").text_content() == "09:00"
    assert await card.locator("time").get_attribute("datetime") == "2026-03-31T07:00:00+00:00"
    await panel.locator("input[type=datetime-local]").fill("2026-03-03T09:00")
    await panel.get_by_role("button", name="Go there").click()
    await panel.get_by_text("Time goes forward only").wait_for()


async def test_a_check_in_opens_with_the_last_words(playground: Playground, tab: Opening) -> None:
    """And what is kept can be looked at, as its author sees it and as the host does."""
    words = "I asked, and then I counted to ten."
    page = await tab(playground)
    await page.be("Tom")
    await page.says("my settings")
    await page.hears("This is how it is set")
    await page.says("reflect now")
    await page.answers("Write my answer")
    await page.writes("Somebody quiet spoke first.")
    await page.hears("Kept, for you alone")
    await page.says(f"reflect now {words}")
    await page.hears("You have kept a second thought")
    await page.answers("Yes")
    await page.hears("How often")
    await page.answers("Every other week")
    await page.hears("Three beats")
    await page.chooses("Three beats")
    await page.hears("When it is time")
    await page.answers("Write to me here")
    await page.tool("time")
    panel = page.page.locator(".panel[data-panel=time]")
    for _ in range(4):
        if await panel.locator(".lines", has_text="A private check-in, for Tom").count():
            break
        await panel.get_by_role("button", name="A week later").click()
        await page.page.wait_for_timeout(600)
    check_in = page.page.locator("main .message", has_text=words).last
    await check_in.get_by_text("And since then?").wait_for()
    await page.chooses("It happened")
    await page.tool("held")
    pair = page.page.locator(".held .pair", has_text=words).first
    await pair.wait_for()
    assert words in str(await pair.locator(".own").text_content())
    stored = str(await pair.locator(".stored").text_content())
    assert words not in stored
    assert "sealed" in stored
    await page.picture("held")


async def test_what_a_message_offers_and_a_file_taken_along(
    playground: Playground, tab: Opening
) -> None:
    """A message is nominated by its own button, with the keyboard; settings go out and come in."""
    page = await tab(playground)
    await page.tool("time")
    await page.page.get_by_role("button", name="To the next thing due").click()
    await page.page.get_by_role("button", name="See it in questions").first.click()
    await page.be("Tom")
    await page.goes("square")
    await page.says("I counted to ten, and somebody quiet spoke.")
    await page.hears("I counted to ten")
    await page.be("Mira")
    await page.goes("square")
    message = page.page.locator("main .message", has_text="I counted to ten").last
    nominate = message.get_by_role("button", name="Nominate for the notebook")
    await nominate.focus()
    await keys(page, "Enter")
    await page.hears("Whoever wrote it is asked in private")
    await page.be("Tom")
    await page.goes("direct")
    await page.says("notebook mine")
    await page.hears("Somebody would like to keep what you wrote")
    await page.be("Mira")
    await page.goes("direct")
    await page.says("keeper export")
    await page.hears("one file, to keep or to carry")
    async with page.page.expect_download() as waiting:
        await page.page.locator("main [data-key=file]").last.click()
    given = await (await waiting.value).path()
    text = given.read_text()
    assert text.startswith("circlekeeper: 1")
    await page.says("keeper import")
    for content, told in (
        (b"\x00\xff\x00", "cannot read"),
        (text.replace("zone: Europe/Ljubljana", "zone: Europe/Paris").encode(), "Europe/Paris"),
    ):
        await page.answers("Choose a file")
        form = page.page.locator("dialog[open]")
        await form.locator("input[type=file]").set_input_files(
            {"name": "circle.yaml", "mimeType": "application/yaml", "buffer": content}
        )
        await form.get_by_role("button", name="Send").click()
        await form.wait_for(state="detached")
        await page.hears(told)
    await page.answers("Take it in")
    await page.hears("Done")
