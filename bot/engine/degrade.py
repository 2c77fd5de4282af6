"""What a platform cannot show, said in another way: one pure function.

Buttons become numbered choices, a form one question a message, an aside a direct message, and a
long text several messages. A number, a label, a bare word and a reaction all answer the same
question (see `engine.reading`).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from bot.core.actions import (
    Action,
    Affordances,
    AskChoice,
    AskForm,
    Choice,
    Edit,
    Enter,
    OpenThread,
    Pin,
    Poll,
    Say,
    SetRole,
)
from bot.core.markup import escape
from bot.core.refs import Direct

Shown = TypeVar("Shown", Say, AskChoice, AskForm)
NUMBERS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣")
_MOST_REACTIONS = 3


def degrade(action: Action, can: Affordances) -> list[Action]:
    """Return what to do instead, for a platform that can do only this."""
    if isinstance(action, Say | AskChoice | AskForm) and action.encrypted_text and not can.encrypts:
        action = replace(action, encrypted_text="")
    match action:
        case Say() if action.file is not None and not can.files:
            return _written_out(action, can)
        case Say():
            return _split(_aside(action, can), can)
        case AskChoice() if not can.buttons:
            return _split(_aside(_numbered(action, can), can), can)
        case AskForm() if not can.forms and can.buttons and action.choices:
            return degrade(_answerable(action), can)
        case AskForm() if not can.forms:
            return _split(_aside(_first_field(action), can), can)
        case AskForm() if action.choices or action.answers is None:
            return degrade(_with_opener(action), can)
        case AskChoice():
            return _split(_aside(action, can), can)
        case AskForm():
            return _split(_aside(action, can), can)
        case Edit() if action.choices and not can.buttons:
            text = _with_numbers(action.text, action.choices, action.hint)
            return [replace(action, text=text, choices=())]
        case OpenThread() if not can.threads:
            return [
                Say(
                    key=action.key,
                    to=action.to,
                    text=f"**{escape(action.title)}**\n\n{action.text}",
                    lane=action.lane,
                    after=action.after,
                )
            ]
        case Poll() if not can.polls:
            return []
        case Pin() if not can.pins:
            return []
        case SetRole() if not can.roles:
            return []
        case Enter() if not can.enters:
            return []
        case _:
            return [action]


def reactions_for(choices: tuple[Choice, ...]) -> tuple[str, ...]:
    """Return the reactions that stand for choices, where there are few enough."""
    if len(choices) > _MOST_REACTIONS:
        return ()
    return tuple(choice.emoji or NUMBERS[position] for position, choice in enumerate(choices))


def field_text(field_label: str) -> str:
    """Return how a form's field is asked for in a message of its own."""
    return f"**{escape(field_label)}**"


def _aside(action: Shown, can: Affordances) -> Shown:
    """Say in a direct message what cannot be said aside."""
    if action.aside is None or (can.asides and action.answers is not None):
        return action
    return replace(action, to=Direct(action.aside), aside=None)


def _with_opener(ask: AskForm) -> AskChoice:
    """Ask in a message that has the choices, and a button that opens the form."""
    return AskChoice(
        key=ask.key,
        to=ask.to,
        text=ask.text,
        encrypted_text=ask.encrypted_text,
        question=ask.question,
        choices=ask.choices,
        lane=ask.lane,
        after=ask.after,
        aside=ask.aside,
        ask=ask.ask,
        answers=ask.answers,
        before=ask.before,
        opener=ask.opener,
    )


def _numbered(ask: AskChoice, can: Affordances) -> Say:
    emoji = reactions_for(ask.choices)
    shown = ask.encrypted_text
    return Say(
        key=ask.key,
        to=ask.to,
        text=_with_numbers(ask.text, ask.choices, ask.hint),
        encrypted_text=_with_numbers(shown, ask.choices, ask.hint) if shown else "",
        lane=ask.lane,
        after=ask.after,
        aside=ask.aside,
        ask=ask.ask,
        in_thread=ask.in_thread,
        reactions=emoji if can.reactions else (),
        ping=ask.ping,
    )


def _with_numbers(text: str, choices: tuple[Choice, ...], hint: str) -> str:
    lines = [
        f"{number}. {choice.emoji + ' ' if choice.emoji else ''}{escape(choice.label)}"
        for number, choice in enumerate(choices, 1)
    ]
    return "\n\n".join(part for part in (text, "\n".join(lines), hint) if part)


def _answerable(ask: AskForm) -> AskChoice:
    """Keep the ways to answer without words as buttons, while the words are typed."""
    said = _first_field(replace(ask, choices=()))
    return AskChoice(
        key=ask.key,
        to=ask.to,
        text=said.text,
        encrypted_text=said.encrypted_text,
        question=ask.question,
        choices=ask.choices,
        lane=ask.lane,
        after=ask.after,
        aside=ask.aside,
        ask=ask.ask,
    )


def _first_field(ask: AskForm) -> Say:
    more = []
    if len(ask.fields) > 1:
        more.append(field_text(ask.fields[0].label))
    if ask.choices:
        more.append(ask.hint)
        more.append("\n".join(f"- {escape(choice.label)}" for choice in ask.choices))
    return Say(
        key=ask.key,
        to=ask.to,
        text=_followed(ask.text, more),
        encrypted_text=_followed(ask.encrypted_text, more) if ask.encrypted_text else "",
        lane=ask.lane,
        after=ask.after,
        aside=ask.aside,
        ask=ask.ask,
    )


def _followed(text: str, more: Sequence[str]) -> str:
    return "\n\n".join(part for part in (text, *more) if part)


def _split(action: Say | AskChoice | AskForm, can: Affordances) -> list[Action]:
    """Say what is too long for one message in several; the question comes with the last."""
    if not can.holds((action.encrypted_text,)):
        action = replace(action, encrypted_text="")  # the more cautious one is never wrong
    *first, last = _parts(action.text, can)
    return [
        *(
            Say(
                key=f"{action.key}.{number}",
                to=action.to,
                text=part,
                lane=action.lane,
                after=action.after,
                aside=action.aside,
                answers=action.answers,
                in_thread=not isinstance(action, AskForm) and action.in_thread,
            )
            for number, part in enumerate(first, 1)
        ),
        replace(action, text=last),
    ]


def _written_out(action: Say, can: Affordances) -> list[Action]:
    """Say what is in a file, in as many messages as it takes, each with its own marks."""
    assert action.file is not None
    longest = max(map(len, re.findall("`+", action.file.text)), default=0)
    fence = "`" * max(3, longest + 1)
    said: list[Action] = []
    within = replace(can, text_limit=can.text_limit - 2 * len(fence) - 2)
    parts = _parts(action.file.text, within)
    for number, part in enumerate(parts, 1):
        key = action.key if number == len(parts) else f"{action.key}.f{number}"
        text = f"{fence}\n{part}\n{fence}"
        said.append(_aside(replace(action, key=key, text=text, file=None), can))
    first = replace(action, key=f"{action.key}.f", file=None)
    return [*degrade(first, can), *said]


def _parts(text: str, can: Affordances) -> list[str]:
    parts: list[str] = []
    while not can.holds((text,)):
        limit = can.text_limit
        while not can.holds((text[:limit],)):
            limit = limit * 3 // 4
        cut = text.rfind("\n", 1, limit)
        if cut < limit // 2:
            cut = text.rfind(" ", 1, limit)
        if cut < 1:
            cut = limit
            if (cut - len(text[:cut].rstrip("\\"))) % 2:
                cut -= 1  # a backslash stays with what it makes plain
        if part := text[:cut].rstrip():
            parts.append(part)
        text = text[cut:].lstrip()
    return [*parts, text]
