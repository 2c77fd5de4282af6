"""The published JSON Schema of a hunt, for editors that check while one writes.

`python -m bot.features.hunts.schema` prints it; `prompts/hunts/hunt.schema.json` is a copy.
"""

import json
import sys

from bot.features.hunts.content import hunt_of
from bot.features.hunts.steps import KINDS


def json_schema() -> str:
    """Return the schema as a file has it."""
    schema = hunt_of(KINDS).model_json_schema(by_alias=True)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A treasure hunt for Circlekeeper",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(json_schema())
