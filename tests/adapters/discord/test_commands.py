"""Application commands are made from the one declaration, within Discord's limits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.discord import commands
from bot.app import read_content
from bot.core.commands import Audience, Command, Declared, Option, Texts
from bot.core.content import Folders
from bot.engine.declaring import declare

ROOT = Path(__file__).parents[3]


def nothing(_turn: object, _options: object) -> None:
    return None


def made(*declared: Command) -> list[dict[str, Any]]:
    paths = [each.path for each in declared]
    names = {" ".join(path.split()[:n]) for path in paths for n in (1, 2, 3)}
    does: dict[str, Texts] = {name: {"en": f"does {name}", "fr": f"fait {name}"} for name in names}
    options: dict[str, Texts] = {
        option.name: {"en": option.name} for each in declared for option in each.options
    }
    return commands.payload(Declared(declared, does, options))


@pytest.fixture(scope="module")
def ours() -> dict[str, dict[str, Any]]:
    content = read_content(Folders((ROOT / "prompts",), ROOT / "charter.yaml"))
    payload = commands.payload(declare(content.features, content.words))
    return {each["name"]: each for each in payload}


def test_every_word_of_ours_is_a_command(ours: dict[str, dict[str, Any]]) -> None:
    words = {"start", "hunt", "word", "suggest", "charter", "reflect", "my", "help", "keeper"}
    menus = {"notebook nominate"}
    assert set(ours) == {*words, "notebook", *menus}
    assert {name for name, each in ours.items() if each["type"] == 3} == menus
    groups = {each["name"]: each for each in ours["keeper"]["options"]}
    assert groups["prompt"]["type"] == groups["quiet"]["type"] == 2
    assert groups["setup"]["type"] == 1
    assert [each["name"] for each in groups["quiet"]["options"]] == ["list", "add", "remove"]


def test_moderators_commands_are_theirs_and_of_the_guild(ours: dict[str, dict[str, Any]]) -> None:
    assert ours["keeper"]["default_member_permissions"] == 1 << 5
    assert ours["keeper"]["contexts"] == [0]
    for name in set(ours) - {"keeper", "notebook nominate"}:
        assert ours[name]["default_member_permissions"] is None
        assert ours[name]["contexts"] == [0, 1]


def test_a_command_of_the_menu_of_messages_is_called_something(
    ours: dict[str, dict[str, Any]],
) -> None:
    menu = ours["notebook nominate"]
    assert menu["contexts"] == [0]
    assert menu["name_localizations"]["en-US"] == "Nominate for the notebook"
    assert menu["name_localizations"]["fr"] == "Proposer pour le carnet"
    assert all(len(each) <= 32 for each in menu["name_localizations"].values())
    assert "description" not in menu


def test_descriptions_speak_each_language(ours: dict[str, dict[str, Any]]) -> None:
    assert ours["start"]["description"] == "home, and where you were"
    assert set(ours["start"]["description_localizations"]) == {"fr"}


def test_a_language_is_spoken_wherever_discord_speaks_it(ours: dict[str, dict[str, Any]]) -> None:
    content = read_content(Folders((ROOT / "prompts",), ROOT / "charter.yaml"))
    declared = declare(content.features, content.words)

    def more(texts: Texts) -> Texts:
        return {**texts, **dict.fromkeys(("sl", "hr", "es", "de", "sv"), texts["fr"])}

    several = replace(
        declared,
        does={name: more(texts) for name, texts in declared.does.items()},
        options={name: more(texts) for name, texts in declared.options.items()},
        menus={name: more(texts) for name, texts in declared.menus.items()},
    )
    start = next(each for each in commands.payload(several) if each["name"] == "start")
    told = {"fr", "hr", "es-ES", "es-419", "de", "sv-SE"}
    assert set(start["description_localizations"]) == told


def test_a_command_is_as_long_as_discord_takes() -> None:
    def many(number: int) -> list[Command]:
        choices = tuple(f"{n:02}" + "c" * 98 for n in range(25))
        return [Command(f"w s{n}", nothing, (Option("o", choices=choices),)) for n in range(number)]

    assert made(*many(1))
    with pytest.raises(ValueError, match="longer than Discord takes"):
        made(*many(2))


def test_options_have_their_kind_and_limits(ours: dict[str, dict[str, Any]]) -> None:
    (step,) = ours["hunt"]["options"]
    assert [each["value"] for each in step["choices"]] == [
        "hint",
        "skip",
        "pause",
        "choose",
        "done",
        "buddy",
        "met",
    ]
    (topic,) = ours["help"]["options"]
    assert topic["autocomplete"]
    now = next(each for each in ours["reflect"]["options"] if each["name"] == "now")
    assert now["options"][0]["max_length"] == 4000
    quiet = next(each for each in ours["keeper"]["options"] if each["name"] == "quiet")
    remove = next(each for each in quiet["options"] if each["name"] == "remove")
    assert (remove["options"][0]["type"], remove["options"][0]["min_value"]) == (4, 1)


def test_a_word_cannot_both_run_and_hold_others() -> None:
    with pytest.raises(ValueError, match="cannot both"):
        made(Command("charter", nothing), Command("charter read", nothing))


def test_required_options_come_first_and_long_choices_are_suggested() -> None:
    many = Option("one", choices=tuple(f"c{n}" for n in range(30)))
    options = (Option("free", limit=9000), Option("need", required=True), many)
    (command,) = made(Command("word", nothing, options))
    names = [each["name"] for each in command["options"]]
    assert names == ["need", "free", "one"]
    assert command["options"][1]["max_length"] == 6000
    assert command["options"][2]["autocomplete"]


def test_a_mixed_command_is_for_everybody() -> None:
    (command,) = made(
        Command("mixed one", nothing), Command("mixed two", nothing, audience=Audience.MODERATOR)
    )
    assert command["default_member_permissions"] is None


def test_a_digest_tells_whether_anything_changed() -> None:
    one, other = made(Command("one", nothing)), made(Command("other", nothing))
    assert commands.digest(one) == commands.digest(made(Command("one", nothing)))
    assert commands.digest(one) != commands.digest(other)


def test_what_was_called_is_read_from_its_data() -> None:
    data = {
        "name": "keeper",
        "options": [
            {
                "type": 2,
                "name": "prompt",
                "options": [
                    {
                        "type": 1,
                        "name": "remove",
                        "options": [{"type": 4, "name": "number", "value": 3, "focused": True}],
                    }
                ],
            }
        ],
    }
    assert commands.path_and_options(data) == (
        "keeper prompt remove",
        {"number": "3"},
        "number",
    )
