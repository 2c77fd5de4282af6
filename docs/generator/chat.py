"""The words that people type in chat, from what the features declare."""

from collections.abc import Iterator

from bot.app import read_content
from bot.core.commands import Audience, Command, Declared, Option
from bot.engine.declaring import declare
from bot.settings import Settings, content_folders
from docs.generator.markdown import code, table

_TITLE = """# Words in chat

On Discord these are slash commands: `/my settings`. In a Matrix room the same words follow `!`
(`!my settings`; a host may choose another sign), and in a private chat with the bot they need no
sign at all. What a member can reach by a word can also be reached by a button from `start`.

A word marked *private* concerns oneself. In a room it is not carried out: the bot says so, without
repeating what was written, and goes on in private.

What stands in `<angle brackets>` is needed, what stands in `[square brackets]` may be left out.
"""


def page() -> str:
    """Return the page."""
    content = read_content(content_folders(Settings()))
    declared = declare(content.features, content.words)
    return "\n".join(
        [
            _TITLE,
            *_part("For everybody", declared, Audience.MEMBER),
            *_part("For moderators", declared, Audience.MODERATOR),
        ]
    )


def _part(title: str, declared: Declared, audience: Audience) -> Iterator[str]:
    yield f"## {title}\n"
    rows = [
        (
            code(_usage(command)),
            declared.does[command.path]["en"],
            "yes" if command.private else "",
        )
        for command in sorted(declared.commands, key=lambda each: each.path)
        if command.audience is audience
    ]
    yield table(("word", "what it does", "private"), rows)


def _usage(command: Command) -> str:
    return " ".join([command.path, *map(_option, command.options)])


def _option(option: Option) -> str:
    name = "/".join(option.choices) or option.name
    return f"<{name}>" if option.required else f"[{name}]"
