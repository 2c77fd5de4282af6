"""The published JSON Schemas of prompts and arcs: what an editor needs to complete and to warn."""

from typing import Any

from bot.features.prompts.content import Arc, File

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, dict[str, Any]]:
    """Return each schema by its file's name in `prompts/prompts/`."""
    return {
        "prompts.schema.json": {"$schema": _DRAFT, **File.model_json_schema()},
        "arc.schema.json": {"$schema": _DRAFT, **Arc.model_json_schema()},
    }
