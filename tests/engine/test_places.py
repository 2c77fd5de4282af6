"""A zone as people name it: never one that is hours off."""

import pytest

from bot.core.errors import BadInput
from bot.engine.places import zone_meant


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Paris", "Europe/Paris"),
        (" new york ", "America/New_York"),
        ("Montréal", "America/Montreal"),
        ("são paulo", "America/Sao_Paulo"),
        ("europe/ljubljana", "Europe/Ljubljana"),
        ("UTC", "UTC"),
    ],
)
def test_a_name_or_a_city(typed: str, zone: str) -> None:
    assert zone_meant(typed) == zone


@pytest.mark.parametrize("typed", ["GMT+1", "utc-5", "UTC + 2", "+05:30", "Etc/GMT+1", "UTC−3"])
def test_an_offset_is_no_zone_since_the_names_of_offsets_mean_the_contrary(typed: str) -> None:
    with pytest.raises(BadInput, match="zone_is_offset"):
        zone_meant(typed)


@pytest.mark.parametrize("typed", ["Mars/Phobos", "", "x" * 60, "localtime", "Факторы", "🌍"])
def test_what_is_no_place_has_neighbours_that_are(typed: str) -> None:
    with pytest.raises(BadInput, match="zone_unknown") as told:
        zone_meant(typed)
    assert not [each for each in told.value.values["near"] if each.startswith("Etc/")]
