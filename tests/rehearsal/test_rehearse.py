"""`circlekeeper rehearse`: real processes without a network, the same bytes for the same seed."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.adapters.memory import BOT, Line
from bot.cli.rehearse import rehearse as rehearse_command
from bot.core.refs import Direct, Member
from bot.rehearsal import lines as lines_of_people
from bot.rehearsal import rehearse as play
from tests.support.shipped import FOLDERS

ROOT = Path(__file__).parents[2]
WEEKS = 5
Said = dict[str, Any]
# Where a process cannot have a network of its own, Python at least reaches nothing.
_NO_SOCKETS = """
import socket
def refuse(*_):
    raise OSError("no network in a rehearsal")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = refuse
"""


def apart(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return what a command begins with, and its environment, so that it has no network."""
    program = shutil.which("unshare")
    if program is not None:
        for options in ("-n", "-rn"):
            tried = subprocess.run([program, options, "true"], capture_output=True, check=False)
            if tried.returncode == 0:
                return [program, options], {"PYTHONPATH": str(ROOT)}
    (folder / "without").mkdir(exist_ok=True)
    (folder / "without" / "sitecustomize.py").write_text(_NO_SOCKETS)
    return [], {"PYTHONPATH": f"{folder / 'without'}{os.pathsep}{ROOT}"}


def rehearse(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> str:
    """Return what a rehearsal prints."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    before, path = apart(folder)
    ended = subprocess.run(
        [*before, sys.executable, "-m", "bot", "rehearse", *words],
        cwd=folder,
        env={**inherited, **path, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


def lines(output: str) -> list[Said]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("rehearsal")
    env = {"PYTHONHASHSEED": "1"}
    return rehearse(folder, "--weeks", str(WEEKS), "--json", env=env)


@pytest.fixture(scope="module")
def played(output: str) -> list[Said]:
    return lines(output)


def of_bot(played: list[Said], place: str, text: str = "") -> list[Said]:
    """Return what the bot said there."""
    return [
        each
        for each in played
        if (each["author"], each["place"]) == ("Circlekeeper", place) and text in each["text"]
    ]


def prompts(played: list[Said]) -> list[Said]:
    return [each for each in of_bot(played, "#garden") if "Keep a thought" in each["choices"]]


def test_every_line_has_the_same_five_parts(played: list[Said]) -> None:
    for each in played:
        assert list(each) == ["at", "place", "author", "text", "choices"]
        assert datetime.fromisoformat(each["at"]).tzinfo is not None
        assert all(isinstance(each[name], str) for name in ("place", "author", "text"))
        assert all(isinstance(label, str) for label in each["choices"])
    times = [datetime.fromisoformat(each["at"]) for each in played]
    assert times == sorted(times)
    assert {each["author"] for each in played} == {"Circlekeeper", "Mira", "Tom", "Ana", "Inès"}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, output: str) -> None:
    again = rehearse(
        tmp_path, "--weeks", str(WEEKS), "--json", "--seed", "1", env={"PYTHONHASHSEED": "2"}
    )
    assert again == output
    assert list(tmp_path.glob("*.db")) == []


def test_another_seed_gives_other_prompts(tmp_path: Path, played: list[Said]) -> None:
    other = lines(rehearse(tmp_path, "--weeks", str(WEEKS), "--json", "--seed", "7"))
    assert [each["text"] for each in prompts(other)] != [each["text"] for each in prompts(played)]
    assert [each["at"] for each in prompts(other)] == [each["at"] for each in prompts(played)]


def test_nobody_sees_anything_before_the_opening(played: list[Said]) -> None:
    """Setting up is private but for the line on arrival and its command."""
    opened = next(
        number for number, each in enumerate(played) if "The community is open" in each["text"]
    )
    before = [each for each in played[:opened] if each["place"] != "private with Mira"]
    assert [each["author"] for each in before] == ["Circlekeeper", "Mira", "Circlekeeper"]
    assert played[opened + 1]["text"].startswith("Start here.")


def test_a_newcomer_is_welcomed_and_finishes_a_hunt(played: list[Said]) -> None:
    said = of_bot(played, "private with Ana")
    assert said[0]["text"].startswith("Hello, and welcome to Garden of Practice.")
    assert said[0]["choices"] == ["Start", "Later", "No thanks"]
    (celebration,) = of_bot(played, "private with Ana", "all the way through First footsteps")
    assert celebration["text"].count("•") == 6


def test_acknowledging_gives_a_receipt(played: list[Said]) -> None:
    (receipt,) = of_bot(played, "private with Ana", "Your receipt")
    assert "Why we gather (version 1), 4 March 2026" in receipt["text"]
    assert "Listen to understand" not in receipt["text"]


def test_a_prompt_a_week_at_the_same_local_time(played: list[Said]) -> None:
    """The clocks change on 29 March 2026, between the fourth and the fifth."""
    times = [datetime.fromisoformat(each["at"]) for each in prompts(played)]
    assert [f"{at:%A %H:%M}" for at in times] == ["Tuesday 09:00"] * WEEKS
    assert [at.day for at in times] == [3, 10, 17, 24, 31]
    assert {at.utcoffset() for at in times[:4]} != {times[4].utcoffset()}
    assert len({each["text"] for each in prompts(played)}) == WEEKS
    threads = of_bot(played, "#garden (thread)")
    assert [each["at"] for each in threads] == [each["at"] for each in prompts(played)]


def test_check_ins_open_with_the_members_last_words(played: list[Said]) -> None:
    invitations = of_bot(played, "private with Ana", "And since then?")
    times = [datetime.fromisoformat(each["at"]) for each in invitations]
    assert [f"{at:%A %-d %B %H:%M}" for at in times] == [
        "Wednesday 18 March 18:00",
        "Wednesday 1 April 18:00",
    ]
    for each in invitations:
        kept = played[: played.index(each)]
        number = max(i for i, one in enumerate(kept) if one["text"].startswith("Kept, for you"))
        words = kept[number - 1]["text"].removeprefix("reflect now ")
        assert words in each["text"]


def test_somebody_is_spoken_to_in_french(played: list[Said]) -> None:
    """Later means later: between the two, nothing is written to her."""
    said = [each for each in played if each["place"] == "private with Inès"]
    later = next(i for i, each in enumerate(said) if each["text"] == "[Later]")
    assert "I will not write again" in said[later + 1]["text"]
    assert (said[later + 2]["author"], said[later + 2]["text"]) == ("Inès", "start")
    assert of_bot(played, "private with Inès", "comment puis-je te joindre")
    assert "Avec des mots plus simples" in said[-1]["text"]


CHARTER = """\
schema: 1
version: 2.0.0
purpose: {en: To mend bicycles together, fr: Réparer des vélos ensemble}
sections:
  - id: one
    title: {en: One, fr: Un}
    clauses:
      - id: unfinished-is-welcome
        version: 3
        title: {en: Half a bicycle, fr: Un demi-vélo}
        text: {en: A draft is a draft., fr: Un brouillon est un brouillon.}
        intent: {en: To begin., fr: Commencer.}
        why: {en: It rolls., fr: Cela roule.}
amendment:
  who: member
  seconds: 1
  windows: {clarify: 3, react: 3, consent: 7}
  min_consents: 5
  integrate_rounds: 2
  review_after: 180
history: []
"""
OURS = """\
schema: 1
kind: puzzle
prompts:
"""
ONE = """\
  - id: ours-{number}
    title: {{en: Spokes {number}, fr: Rayons {number}}}
    text: {{en: 'Why spokes? ({{{{ community }}}})', fr: Pourquoi ?}}
    easier: {{en: Why?, fr: Pourquoi ?}}
    starters: {{en: [One…, Two…, Three…], fr: [Un…, Deux…, Trois…]}}
    intent: {{en: To turn., fr: Tourner.}}
    note: {{en: Begin., fr: Commence.}}
"""


def test_a_hosts_own_content_is_played(tmp_path: Path) -> None:
    folder = tmp_path / "ours" / "prompts" / "content"
    folder.mkdir(parents=True)
    # So many that every seed meets one of them in the first weeks.
    own = OURS + "".join(ONE.format(number=number) for number in range(200))
    (folder / "ours.yaml").write_text(own)
    (tmp_path / "ours.yaml").write_text(CHARTER)
    env = {"CIRCLEKEEPER_CONTENT": "ours", "CIRCLEKEEPER_CHARTER": "ours.yaml"}
    played = lines(rehearse(tmp_path, "--weeks", "3", "--json", env=env))
    assert any("Why spokes? (Garden of Practice)" in each["text"] for each in prompts(played))
    assert of_bot(played, "#garden", "To mend bicycles together")
    (receipt, *_) = of_bot(played, "private with Ana", "Your receipt")
    assert "Half a bicycle (version 3)" in receipt["text"]


def test_people_read_the_same_and_no_line_is_too_wide(tmp_path: Path, played: list[Said]) -> None:
    shown = rehearse(tmp_path, "--weeks", str(WEEKS), env={"COLUMNS": "72"})
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 72
    for each in played:
        assert " ".join(each["text"].split()) in " ".join(shown.split())
    assert shown.count("══ week 3") == 3
    assert "Nothing of it was kept." in shown
    assert [line for line in shown.splitlines() if "clocks have changed" in line]


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["for people", "for programs"])
def test_who_reads_no_further_is_told_of_no_failure(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """As with `circlekeeper rehearse | head`."""
    before, path = apart(tmp_path)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    with subprocess.Popen(
        [*before, sys.executable, "-m", "bot", "rehearse", "--weeks", "1", *options],
        cwd=tmp_path,
        env={**inherited, **path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as played:
        assert played.stdout is not None
        assert played.stderr is not None
        assert played.stdout.readline()
        played.stdout.close()
        assert played.stderr.read() == b""
        assert played.wait(timeout=60) == 0


async def test_a_rehearsal_in_another_language() -> None:
    """Once its language is chosen, the bot says no word of English to those who speak it."""
    said: list[Line] = []
    await play(FOLDERS, 10, 1, said.append, "fr")
    chosen = next(n for n, line in enumerate(said) if line.text.startswith("Langue des salons"))
    spoken = [line for line in said[chosen:] if line.author == BOT]
    late = [line for line in spoken if line.place == Direct(Member("memory", "Inès"))]
    theirs = (" the ", " you ", " your ")
    quoted = re.compile("|".join(map(re.escape, _quoted())))
    for line in spoken:
        if line not in late:
            assert not any(word in quoted.sub("", line.text) for word in theirs), line.text
    assert any("Il y a huit semaines" in line.text for line in spoken)


def _quoted() -> list[str]:
    """Return what people say, which the bot gives back as it was said."""
    thoughts = (*lines_of_people.THOUGHTS, *(text or "" for _, text in lines_of_people.CHECK_INS))
    own = (lines_of_people.OWN_PROMPT, lines_of_people.KEPT, lines_of_people.INTRODUCTION)
    return [each for each in (*lines_of_people.EXPECTATIONS, *thoughts, *own) if len(each) > 3]


def test_a_language_that_is_not_spoken() -> None:
    ended = CliRunner().invoke(rehearse_command, ["--language", "xx"])
    assert ended.exit_code == 2
    assert "I do not speak “xx”. Possible are: en, fr." in ended.output


def test_content_with_mistakes_is_not_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template that cannot be read is told in its line, as `run` does."""
    (tmp_path / "welcome").mkdir()
    (tmp_path / "welcome" / "words.md.j2").write_text("\n{% block offer %}Hi {% endblok %}")
    monkeypatch.setenv("CIRCLEKEEPER_CONTENT", str(tmp_path))
    ended = CliRunner().invoke(rehearse_command, [])
    assert ended.exit_code == 2
    assert "welcome/words.md.j2:2: This template cannot be read" in ended.output
