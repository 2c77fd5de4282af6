"""What a JSON Schema asks for, in a few words."""

from collections.abc import Mapping
from typing import Any

from docs.generator.markdown import code

Schema = Mapping[str, Any]


def kind(schema: Schema, root: Schema) -> str:
    """Return what a value has to be."""
    if "$ref" in schema:
        return f"[{name_of(schema)}](#{name_of(schema).lower()})"
    if "const" in schema:
        return code(str(schema["const"]))
    if "enum" in schema:
        return "one of " + ", ".join(code(str(each)) for each in schema["enum"])
    if "anyOf" in schema or "oneOf" in schema:
        parts = [each for each in schema.get("anyOf") or schema["oneOf"] if each != _NULL]
        return " or ".join(kind(each, root) for each in parts)
    if "allOf" in schema:
        return kind(schema["allOf"][0], root)
    match schema.get("type"):
        case "array":
            return f"a list{_many(schema)}: {kind(schema.get('items', {}), root)}"
        case "object" if isinstance(schema.get("additionalProperties"), Mapping):
            return f"by language: {kind(schema['additionalProperties'], root)}"
        case "string" if schema.get("format") == "date":
            return "a day, as 2026-03-31"
        case "string" if schema.get("format") == "path":
            return "a path"
        case "string":
            return "text" + _limit(schema, "maxLength", "characters")
        case "integer" | "number":
            return "a whole number" + _range(schema)
        case "boolean":
            return "`true` or `false`"
    return "a value"


def name_of(schema: Schema) -> str:
    """Return the name of what a reference points at."""
    return str(schema["$ref"]).rpartition("/")[2]


_NULL = {"type": "null"}


def _many(schema: Schema) -> str:
    low, high = schema.get("minItems"), schema.get("maxItems")
    if low is not None and low == high:
        return f" of {low}"
    if high is not None:
        return f" of {low or 0} to {high}"
    return f" of {low} or more" if low else ""


def _limit(schema: Schema, key: str, what: str) -> str:
    return f", {schema[key]} {what} at most" if key in schema else ""


def _range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f", {low} or more" if low is not None else ""
