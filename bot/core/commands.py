"""Commands, declared once: a chat platform makes application commands of them, a text platform one
parser.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from bot.core.turn import Turn

Texts: TypeAlias = Mapping[str, str]
"""A text by language."""

Handler = Callable[["Turn", Mapping[str, str]], None]


class Audience(StrEnum):
    """Who may use a command; asked again on every turn."""

    MEMBER = "member"
    MODERATOR = "moderator"


class FirstAnswer(StrEnum):
    """How a command's first answer comes where the platform has ways: a form, for one's eyes, or
    for all.
    """

    FORM = "form"
    ASIDE = "aside"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Option:
    """A word or text after the command; the last option of a command takes the rest of the line.

    Args:
        name: lower case; on text platforms the order of declaration counts.
        limit: characters.
        choices: the only words allowed, if any.
        number: it is a whole number, from 1.
        topics: names of words (blocks of the feature's templates) that are offered while typing.
        message: it is a message, by a link; who types the command in answer to one means that.
    """

    name: str
    limit: int = 200
    required: bool = False
    choices: tuple[str, ...] = ()
    number: bool = False
    topics: tuple[str, ...] = ()
    message: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """What a person types.

    Args:
        path: its words, such as `keeper prompt add`.
        run: the handler; it gets the options that were given.
        private: it concerns oneself, and is never carried out in a room (PRODUCT.md, rule 14).
        menu: it is in the menu of each message as well, which then is its option `message`.
    """

    path: str
    run: Handler
    options: tuple[Option, ...] = ()
    audience: Audience = Audience.MEMBER
    private: bool = False
    first: FirstAnswer = FirstAnswer.ASIDE
    needs_community: bool = True
    menu: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """Every command, and what to say of it in each language.

    Args:
        commands: all of them.
        does: by path; by the words above a path, too: what those hold.
        options: by an option's name.
        menus: what those are called that stand in a message's menu, by path.
    """

    commands: Sequence[Command]
    does: Mapping[str, Texts]
    options: Mapping[str, Texts]
    menus: Mapping[str, Texts] = field(default_factory=dict)
