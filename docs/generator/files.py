"""The files that a facilitator writes, from the models that read them."""

import inspect
from collections.abc import Iterator

from pydantic import BaseModel

from bot.features.charter.content import Charter
from bot.features.hunts.content import hunt_of
from bot.features.hunts.steps import KINDS
from bot.features.prompts.content import Arc, File
from bot.features.reflection.content import Set
from docs.generator.markdown import code, table
from docs.generator.schema import Schema, kind

_TITLE = """# Files

What each file may hold. [Writing prompts, hunts and a charter](../facilitating/writing.md)
tells how to go about it; `circlekeeper check` names what is missing or too much, with file and
line. *By language* means that a text stands once for each language: `en: …`, `fr: …`.
"""
_FILES: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("Weekly prompts", "prompts/content/<kind>.yaml", File),
    ("An arc of four prompts", "prompts/content/arcs/<id>.yaml", Arc),
    ("A treasure hunt", "hunts/content/<id>.yaml", hunt_of(KINDS)),
    ("A set of questions", "reflection/content/<id>.yaml", Set),
    ("A charter", "charter.yaml", Charter),
)


def page() -> str:
    """Return the page."""
    return "\n".join([_TITLE, *_parts()])


def _parts() -> Iterator[str]:
    for title, path, model in _FILES:
        schema = model.model_json_schema(by_alias=True)
        yield f"## {title}\n"
        yield f"The file is {code(path)}, in the folder of your content.\n"
        if model is Charter:
            yield "The setting `charter` names this file; it may lie anywhere.\n"
        yield from _object({**schema, "description": inspect.getdoc(model) or ""}, schema)
        for name, part in schema.get("$defs", {}).items():
            if "properties" in part:
                yield f"### {name}\n"
                yield from _object(part, schema)


def _object(schema: Schema, root: Schema) -> Iterator[str]:
    yield f"{schema.get('description', '')}\n"
    needed = schema.get("required", ())
    rows = [
        (code(key), kind(part, root), "yes" if key in needed else "no")
        for key, part in schema["properties"].items()
    ]
    yield table(("key", "what it holds", "needed"), rows)
