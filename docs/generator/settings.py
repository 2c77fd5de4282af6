"""Every setting, from `bot/settings.py`: its name, its value, and the line written below it."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import bot.settings
from bot.settings import TOML, Settings
from bot.settings_layers import PREFIX
from docs.generator.markdown import code
from docs.generator.schema import kind

_TITLE = f"""# Settings

Each setting can stand in `{TOML}`, in the folder in which the bot is started, or in an environment
variable; where both are there, the variable counts. A name with a dot stands in its section of the
file:

```toml
log_level = "warning"

[matrix]
homeserver = "https://matrix.example.org"
```

A **secret** can also be named by a file that holds nothing else: `password_file` for `password`,
`{PREFIX}MATRIX__PASSWORD_FILE` for `{PREFIX}MATRIX__PASSWORD`. A path is reckoned from the folder
in which the bot is started. `circlekeeper check` names every mistake, with its line.
"""


def page(source: str | None = None) -> str:
    """Return the page; fail where a setting says nothing of itself in the source."""
    said = _said(source or inspect.getsource(bot.settings))
    return "\n".join([_TITLE, "## In no section\n", *_settings(Settings, (), said)])


def _said(source: str) -> dict[tuple[str, str], str]:
    """Return the text below each attribute of each class."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            for name, after in zip(node.body, node.body[1:], strict=False):
                match name, after:
                    case (
                        ast.AnnAssign(target=ast.Name(id=attribute)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        found[node.name, attribute] = inspect.cleandoc(text)
    return found


def _settings(
    model: type[BaseModel], above: tuple[str, ...], said: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    properties = model.model_json_schema()
    sections = []
    for name, info in model.model_fields.items():
        section = section_of(info)
        if section is not None:
            sections.append((section, (*above, name)))
            continue
        keys = (*above, name)
        text = said.get((model.__name__, name))
        if text is None:
            raise LookupError(
                f"bot/settings.py says nothing of {'.'.join(keys)}: write one line below it, in "
                'three double quotes, as the settings beside it have ("""What it is for.""").'
            )
        yield f"### {code('.'.join(keys))}\n"
        yield f"{text}\n"
        yield f"- Variable: {code(PREFIX + '__'.join(keys).upper())}"
        yield f"- Value: {_value(info, properties['properties'][name], properties)}"
        yield f"- Without it: {_default(info)}\n"
    for section, keys in sections:
        yield f"## {code('[' + '.'.join(keys) + ']')}\n"
        yield from _settings(section, keys, said)


def section_of(info: FieldInfo) -> type[BaseModel] | None:
    """Return the section that a field holds, if it is none that has a value."""
    for part in (info.annotation, *get_args(info.annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _value(info: FieldInfo, schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    secret = SecretStr in (info.annotation, *get_args(info.annotation))
    return "a secret" if secret else kind(schema, root)


def _default(info: FieldInfo) -> str:
    default = info.default
    if info.default_factory is not None:
        return "nothing"
    if default is PydanticUndefined:
        return "needed, where its section is used"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default is None or default == ():
        return "nothing"
    return code(str(default))
