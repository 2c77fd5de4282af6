"""Content without mistakes, for the subcommands that play or say it."""

from bot.app import Content, content_checks, read_content
from bot.core.content import Folders
from bot.core.errors import Misconfigured
from bot.engine.yaml import reading_once
from bot.operations.check import check
from bot.settings import Settings, content_folders


def sound_content(settings: Settings) -> Folders:
    """Return where content lies; raise `Misconfigured` with its first mistakes, if it has any."""
    folders = content_folders(settings)
    if mistakes := check(folders, content_checks()):
        first = "\n".join(str(mistake) for mistake in mistakes[:10])
        raise Misconfigured(
            f"The content has mistakes; mend them, `circlekeeper check` names all.\n{first}"
        )
    return folders


def read_sound_content(settings: Settings) -> Content:
    """Read the content; raise `Misconfigured` with its first mistakes, if it has any."""
    with reading_once():
        return read_content(sound_content(settings))
