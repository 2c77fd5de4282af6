"""What Discord's documented limits refuse of commands, the double refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.discord.double import Double
from tests.discord.raw import Json, Rest, forgive


def command(**more: object) -> Json:
    return {"name": "start", "description": "Come in", **more}


def option(name: str = "topic", **more: object) -> Json:
    return {"type": 3, "name": name, "description": "About what", **more}


def choices(count: int) -> list[Json]:
    return [{"name": f"{n}", "value": f"{n}"} for n in range(count)]


@pytest.mark.parametrize(
    ("commands", "place"),
    [
        ([command(name="Start")], "0.name"),
        ([command(name="two words")], "0.name"),
        ([command(name="x" * 33)], "0.name"),
        ([command(description="x" * 101)], "0.description"),
        ([command(description="")], "0.description"),
        ([command(description_localizations={"sl": "Vstopi"})], "0.description_localizations.sl"),
        ([command(), command()], "1"),
        ([command(options=[option(f"o{n}") for n in range(26)])], "0.options"),
        ([command(options=[option(choices=choices(26))])], "0.options.0.choices"),
        ([command(options=[option(), option("b", required=True)])], "0.options.1"),
        ([command(options=[option(), {**option("b"), "type": 1}])], "0.options"),
        (
            [command(options=[option(f"o{n}", choices=big) for n in range(25)])]
            if (big := [{"name": "n" * 100, "value": f"{n}" * 100} for n in range(2)])
            else [],
            "0",
        ),
    ],
)
async def test_commands_beyond_the_limits_are_refused(
    platform: Double, commands: list[Json], place: str
) -> None:
    async with Rest(platform) as rest:
        path = f"/applications/{platform.world.application_id}/commands"
        refused = await rest("PUT", path, commands)
        assert place in refused.mistakes()
        assert (await rest("GET", path)).body == []
    forgive(platform)


async def test_a_hundred_commands_and_no_more(platform: Double) -> None:
    async with Rest(platform) as rest:
        path = f"/applications/{platform.world.application_id}/commands"
        many: list[Any] = [command(name=f"c{n}") for n in range(101)]
        assert (await rest("PUT", path, many)).code == 30032
        put = (await rest("PUT", path, many[:100])).body
        assert len(put) == 100
        again = (await rest("PUT", path, [command(name="c0", description="Anew")])).body
    assert (again[0]["id"], again[0]["version"] == put[0]["version"]) == (put[0]["id"], False)
