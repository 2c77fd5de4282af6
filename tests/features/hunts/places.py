"""Communities to walk in, and hunts that are not shipped."""

from pathlib import Path

from bot.app import Content
from bot.core.content import Folders
from bot.features import hunts
from bot.rehearsal.stage import Stage
from tests.rehearsal.community import ROOM, START, arrived, opened, welcomed
from tests.support.shipped import FOLDERS, shipped
from tests.support.stage import ReadyStage

STEP = """\
  - id: {id}
    title: {{en: Step {id}}}
    text: {{en: Do {id}.}}
    hints: [{{en: First hint for {id}.}}, {{en: Second hint for {id}.}}]
    answer: {{en: Answer of {id}.}}
    place: {{en: place {id}}}
"""


def hunt(*steps: tuple[str, str], version: int = 1, id_: str = "walk") -> str:
    """Return a hunt's file: each step is its id, and what its kind needs, in lines."""
    text = (
        f"schema: 1\nid: {id_}\nversion: {version}\ntitle: {{en: A walk}}\n"
        "about: {en: Around.}\nminutes: 5\nposition: 1\nsteps:\n"
    )
    for name, lines in steps:
        text += STEP.format(id=name)
        text += "".join(f"    {line}\n" for line in lines.split("\n"))
    return text


class Places(ReadyStage):
    """A stage with the hunts of these folders, read anew at each start; the rest is as shipped."""

    def __init__(self, folders: Folders) -> None:
        """Set the stage; nobody is there yet."""
        self._folders = folders
        super().__init__(_with_hunts(folders), START)

    def restart(self, content: Folders | Content | None = None) -> None:
        """End the bot, and start another one on the same store, perhaps with other folders."""
        if isinstance(content, Folders):
            self._folders = content
        super().restart(content if isinstance(content, Content) else _with_hunts(self._folders))


def _with_hunts(folders: Folders) -> Content:
    own = hunts.feature(folders)
    features = [own if each.name == own.name else each for each in shipped().features]
    return Content(features, shipped().words)


def folders(folder: Path, *texts: str) -> Folders:
    """Return the shipped content, extended by these hunts."""
    content = folder / "hunts" / "content"
    content.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (content / f"hunt-{number}.yaml").write_text(text)
    return Folders((*FOLDERS.prompts, folder), FOLDERS.charter)


async def set_up(content: Folders, topics: dict[str, str] | None = None) -> Stage:
    """Return an opened community of one room with this content."""
    stage = Places(content)
    stage.chat.moderators.add("mira")
    stage.chat.people.update({"mira", "tom"})
    await stage.chat.add_bot("Garden", {ROOM: ROOM}, topics)
    await stage.settle()
    await opened(stage)
    return stage


async def walking(stage: Stage, name: str, title: str) -> None:
    """Let somebody begin a hunt."""
    await stage.says(name, "hunt")
    await stage.clicks(name, title)


__all__ = ["ROOM", "arrived", "folders", "hunt", "opened", "set_up", "walking", "welcomed"]
