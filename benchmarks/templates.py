"""How long a hostile template takes to be refused, or let through as harmless.

A thousand templates put together at random from what Jinja can do: arithmetic that grows, filters,
calls, attributes, nested loops, macros, and broken pieces. Each is checked as it is when a
moderator saves a prompt.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import common  # noqa: E402
from bot.engine.words import TemplateMistake, check_template, render_template  # noqa: E402
from bot.features.prompts.content import VARIABLES  # noqa: E402

COUNT, QUICK_COUNT = 1000, 50
_ATOMS = (
    *("community", "words", "harvest", "purpose", "'a'", "10**9", "9**9**9", "'a'*10**8", "1e9"),
    *(
        "range(10**9)",
        "lipsum()",
        "self",
        "cycler",
        "namespace()",
        "().__class__",
        "x",
        "[1]*10**8",
    ),
    *("community.__class__.__mro__", "community|attr('x')", "'%0999999999d'|format(1)", "none"),
)
_JOINTS = ("+", "*", "**", "~", "/", "%", "in", "and", "or", "==", "<", "is")
_FILTERS = ("upper", "join", "length", "safe", "list", "center(10**9)", "replace('a','b')", "map")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    given = common.options(__doc__, limit=300).parse_args(arguments)
    report = common.bounded(measure(QUICK_COUNT if given.quick else COUNT), given.limit)
    common.show(report, given.json)


async def measure(count: int) -> dict[str, Any]:
    """Check so many templates."""
    return await asyncio.to_thread(_measure, count)


def _measure(count: int) -> dict[str, Any]:
    chance = random.Random(1)
    seconds, refused = list[float](), 0
    for _ in range(count):
        text = template(chance)
        began = time.perf_counter()
        try:
            check_template(text, VARIABLES)
            render_template(text, dict.fromkeys(VARIABLES, "garden"))
        except TemplateMistake:
            refused += 1
        seconds.append(time.perf_counter() - began)
    figures = {
        "templates": count,
        "refused": refused,
        "p50_ms": common.percentile(seconds, 50),
        "p99_ms": common.percentile(seconds, 99),
        "most_ms": 1000 * max(seconds),
    }
    return {
        "benchmark": "templates",
        "machine": common.machine(),
        "figures": {"checking": figures},
        "ratios": {},
    }


def template(chance: random.Random, depth: int = 0) -> str:
    """Put a template together."""
    inner = template(chance, depth + 1) if depth < 6 else "words"
    expression = _expression(chance, 0)
    match chance.randrange(9):
        case 0 | 1:
            return f"{{{{ {expression} }}}}"
        case 2:
            return f"{{% for x in {expression} %}}{inner}{{% endfor %}}"
        case 3:
            return f"{{% if {expression} %}}{inner}{{% endif %}}"
        case 4:
            return f"{{% macro m() %}}{inner}{{% endmacro %}}{{{{ m() }}}}"
        case 5:
            return "".join(template(chance, depth + 3) for _ in range(4)) if depth < 4 else "a"
        case 6:
            return f"{{% set x = {expression} %}}{inner}"
        case 7:
            return "".join(chance.choices("{}%#'()|.*+ nameforin1\n", k=60))
        case _:
            nested = "(" * chance.randrange(400)
            return f"{{{{ {nested}{expression} }}}}"


def _expression(chance: random.Random, depth: int) -> str:
    if depth > 4 or chance.random() < 0.4:
        return chance.choice(_ATOMS)
    left = _expression(chance, depth + 1)
    if chance.random() < 0.3:
        return f"({left})|{chance.choice(_FILTERS)}"
    return f"{left} {chance.choice(_JOINTS)} {_expression(chance, depth + 1)}"


if __name__ == "__main__":
    main()
