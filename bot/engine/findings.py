"""What pydantic finds wrong, in a person's words: what it is, and how to mend it."""

from pydantic_core import ErrorDetails

from bot.engine.yaml import meant, quote

_WANTED = {
    "string": ("text", "Write some text; put a number, a date, true or false in quotes."),
    "int": ("a whole number", "Write a number without quotes, for example 3."),
    "bool": ("true or false", "Write true or false, without quotes."),
    "date": ("a date", "Write it as year-month-day, for example 2026-01-31."),
    "tuple": ("a list", "Write each entry in a line of its own, after a hyphen."),
    "dict": ("made of keys", "Write each key in a line of its own, further to the right."),
    "model": ("made of keys", "Write each key in a line of its own, further to the right."),
}
_GIVEN: tuple[tuple[type, str], ...] = (
    (str, "text"),
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number"),
    (dict, "made of keys"),
    (list, "a list"),
)


def in_words(error: ErrorDetails, name: str) -> tuple[str, str]:
    """Return what is wrong with what has this name, and how to mend it: a plain sentence each."""
    kind, given, ctx = error["type"], error["input"], error.get("ctx", {})
    count = len(given) if hasattr(given, "__len__") else 0
    if mend := ctx.get("mend"):
        return f"{name} {ctx['what']}", mend
    match kind:
        case "missing":
            return f"{name} is missing.", f"Add '{error['loc'][-1]}:' here."
        case "union_tag_not_found":
            return "The key 'kind' is missing.", "Add 'kind:' here."
        case "union_tag_invalid":
            tag, tags = str(ctx.get("tag")), _listed(ctx.get("expected_tags"))
            return f"There is no kind {quote(tag)}.", meant(tag, tags)
        case "literal_error":
            possible = _listed(ctx.get("expected"))
            return f"{name} cannot be {quote(given)}.", meant(str(given), possible)
        case "string_too_long":
            limit = ctx["max_length"]
            length = f"{name} has {count} characters, and {limit} are possible."
            return length, f"Shorten it to {limit} or fewer."
        case "string_too_short":
            return f"{name} is empty.", "Write some text."
        case "too_long" | "too_short":
            limit = ctx["max_length"] if kind == "too_long" else ctx["min_length"]
            most = "at most" if kind == "too_long" else "at least"
            mend = f"Take {count - limit} out." if count > limit else f"Add {limit - count}."
            entries = "entry" if limit == 1 else "entries"
            return f"{name} must have {most} {limit} {entries}, and has {count}.", mend
        case "greater_than_equal" | "less_than_equal":
            most = f"at least {ctx['ge']}" if "ge" in ctx else f"at most {ctx['le']}"
            return f"{name} must be {most}, and is {quote(given)}.", f"Write a number of {most}."
    what = f"{name} is wrong: {error['msg'][:120]}."
    return _of_type(kind, given, name) or (what, "Compare it with a shipped file.")


def only_follows(error: ErrorDetails) -> bool:
    """Tell whether a list is too short only because pydantic leaves out its wrong entries."""
    given = error["input"]
    enough = error["type"] == "too_short" and isinstance(given, list)
    return enough and len(given) >= error["ctx"]["min_length"]


def _of_type(kind: str, given: object, name: str) -> tuple[str, str] | None:
    wanted = _WANTED.get(kind.split("_")[0])
    if not wanted:
        return None
    if given is None:
        return f"{name} is empty.", wanted[1]
    is_now = next((word for of, word in _GIVEN if isinstance(given, of)), "something else")
    return f"{name} must be {wanted[0]}, and is {is_now}.", wanted[1]


def _listed(expected: object) -> list[str]:
    """Return the words of pydantic's "'a', 'b' or 'c'"."""
    return [word.strip().strip("'") for word in str(expected).replace(" or ", ", ").split(",")]
