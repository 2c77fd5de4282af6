"""Makes an OpenAPI document strict: nothing that it does not name, and unions told apart by type.

A union (`oneOf`, `anyOf`) of objects that each name their `type` becomes a choice by that type:
otherwise one mistake deep inside reads "is not valid under any of the given schemas".
"""

from __future__ import annotations

from typing import Any

from tests.discord.double.copies import copied
from tests.discord.double.guilds import Json

_PREFIX = "#/components/schemas/"


def strict(document: Json) -> Json:
    """Return a strict copy of a document."""
    made: Json = copied(document)
    schemas = made["components"]["schemas"]
    for name in [name for name, each in schemas.items() if "allOf" in each]:
        schemas[name] = _merged(schemas[name], schemas)
    for part in (made["paths"], made["components"]):
        _close(part, schemas)
    return made


def _merged(schema: Json, schemas: Json) -> Json:
    """Return one object instead of several that all must hold."""
    merged: Json = {"type": "object", "properties": {}, "required": []}
    for part in schema["allOf"]:
        if "$ref" in part:
            part = schemas[part["$ref"].removeprefix(_PREFIX)]
        if "properties" not in part:
            return schema
        merged["properties"] |= part["properties"]
        merged["required"] += part.get("required", [])
    return merged


def _close(node: Any, schemas: Json) -> None:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        for each in node:
            _close(each, schemas)
        return
    if not isinstance(node, dict):
        return
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        node.setdefault("additionalProperties", False)
    for key in ("oneOf", "anyOf"):
        if isinstance(node.get(key), list):
            _tell_apart(node, key, schemas)
    for each in node.values():
        _close(each, schemas)


def _tell_apart(node: Json, key: str, schemas: Json) -> None:
    options = node[key]
    objects = [each for each in options if each.get("type") != "null"]
    by_type = [(_types(each, schemas), each) for each in objects]
    known = [kind for kinds, _ in by_type for kind in kinds]
    if len(objects) == 1 and len(options) == 2:  # something, or nothing
        del node[key]
        node |= {"if": {"type": "null"}, "then": True, "else": objects[0]}
        return
    if len(objects) < 2 or not all(kinds for kinds, _ in by_type) or len(set(known)) != len(known):
        return
    del node[key]
    nothing = [{"type": "null"}] if len(objects) < len(options) else []
    node["if"] = {"type": "null"}
    node["then"] = bool(nothing)
    node["else"] = {
        "allOf": [
            {"type": "object", "required": ["type"]},
            {"properties": {"type": {"enum": known}}},
            *(
                {"if": {"properties": {"type": {"enum": kinds}}}, "then": each}
                for kinds, each in by_type
            ),
        ]
    }


def _types(schema: Json, schemas: Json) -> list[Any]:
    if "$ref" in schema:
        schema = schemas.get(schema["$ref"].removeprefix(_PREFIX), {})
    kind = schema.get("properties", {}).get("type", {})
    return list(kind.get("enum", [])) if "type" in schema.get("required", []) else []
