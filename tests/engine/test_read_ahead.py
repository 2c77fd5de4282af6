"""However many schedules come due, what they read is read together."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event

from benchmarks import population
from benchmarks.common import FOLDERS, NullAdapter
from bot.app import App, Content, read_content
from storage.crypto import KeyFile
from storage.opening import open_store


async def test_four_times_as_many_cost_hardly_more_statements(tmp_path: Path) -> None:
    content = read_content(FOLDERS)
    await statements(tmp_path / "warm", 1, content)  # reads the templates, which takes its time
    few, many = [await statements(tmp_path / str(n), n, content) for n in (1, 4)]
    assert many - few <= 3, (few, many)


async def statements(folder: Path, count: int, content: Content) -> int:
    """Let so many prompts and as many check-ins come due at once; return what was executed."""
    key = KeyFile(folder.with_suffix(".key"))
    key.create()
    opened = open_store(f"sqlite:///{folder.with_suffix('.db')}", key.path)
    try:
        due = datetime.now(UTC) - timedelta(minutes=1)
        population.found_circles(opened.store, count)
        population.settle(opened.store, count, count, population.check_ins(lambda _number: due))
        population.plan_prompts(opened.store, count, due)
        app = App(opened.store, content, [NullAdapter()])
        executed: list[str] = []

        def note(_connection: object, _cursor: object, text: str, *_: object) -> None:
            executed.append(text)

        event.listen(opened.store.engine, "before_cursor_execute", note)
        assert await app.tick.once() == 2 * count
        return len(executed)
    finally:
        opened.close()
