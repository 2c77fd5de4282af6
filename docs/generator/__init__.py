"""The reference, written from the code whenever the documents are built.

So it is never older than the code, and nobody edits it: `docs/reference/` is not in the repository.
"""

from collections.abc import Callable
from pathlib import Path

from sphinx.application import Sphinx

from docs.generator import chat, files, settings, terminal

PAGES: dict[str, Callable[[], str]] = {
    "chat": chat.page,
    "command-line": terminal.page,
    "settings": settings.page,
    "files": files.page,
}


def write(folder: Path) -> None:
    """Write every page; one that is as it was is left alone, so that a build stays quick."""
    folder.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        file, text = folder / f"{name}.md", page()
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Be an extension of Sphinx."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "reference"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
