"""Content without mistakes, for the subcommands that play or say it."""

from bot.app import content_checks
from bot.core.content import Folders
from bot.core.errors import Misconfigured
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
