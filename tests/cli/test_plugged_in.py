"""An adapter that another package brings: named in the settings, found by its entry point."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import accounts
from bot.cli import main
from bot.core.errors import Misconfigured
from bot.settings import check_settings, load_settings
from tests.support.shipped import shipped
from tests.test_cli import ROOT

LITTLE = '''
import asyncio

from bot.core.actions import Affordances, AskChoice, Say
from bot.core.content import Mistake
from bot.core.errors import Misconfigured
from bot.core.events import Added, Posted
from bot.core.ports import Inspection
from bot.core.refs import Community, Direct, Member, MessageRef, Room, RoomFacts, Standing


class Little:
    """A platform of one line: what its settings say is typed, and what is answered is printed."""

    name = account = "little"
    affordances = Affordances(direct_unasked=True)
    connected = True

    def __init__(self, equipment):
        self.settings = equipment.settings
        if "typed" not in self.settings:
            raise Misconfigured("little needs adapters.little.typed.")
        assert any(each.path == "start" for each in equipment.declared.commands)

    async def run(self, host):
        circle, ana = Community("little", "circle"), Member("little", "ana")
        room = RoomFacts(Room("little", "r"), "garden")
        await host.receive(Added(event_id="a", community=circle, name="Garden", rooms=(room,)))
        await host.receive(
            Posted(
                event_id="b",
                member=ana,
                standing=(Standing(circle, True),),
                place=Direct(ana),
                message=MessageRef(Room("little", "d"), "1"),
                text=self.settings["typed"],
            )
        )
        await asyncio.Event().wait()

    async def deliver(self, delivery):
        if isinstance(delivery.action, Say | AskChoice):
            print("heard:", delivery.action.text, flush=True)
        return MessageRef(Room("little", "d"), delivery.key)

    async def find(self, delivery):
        return None

    async def close(self):
        print("closed", flush=True)


class Telling(Little):
    """The same, which can be asked whether it would work."""

    name = "telling"

    async def inspect(self, recall):
        if self.settings["typed"] == "fail":
            raise RuntimeError("the secret is zebra")
        kept = dict(recall("telling.login"))
        wrong = Mistake("Telling", 0, "It may not write.", "Let it.")
        return Inspection([wrong] if self.settings["typed"] == "wrong" else [], [f"Kept: {kept}"])
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a working folder in which the package is installed, as far as Python sees."""
    (tmp_path / "little.py").write_text(LITTLE)
    told = tmp_path / "little-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: little\nVersion: 1.0\n")
    points = (
        "[circlekeeper.adapters]\nlittle = little:Little\nbroken = nowhere:Nothing\n"
        "telling = little:Telling\n"
    )
    (told / "entry_points.txt").write_text(points)
    return tmp_path


def test_it_is_run_and_answers(folder: Path) -> None:
    (folder / "circlekeeper.toml").write_text('[adapters.little]\ntyped_file = "typed"\n')
    (folder / "typed").write_text("keeper status\n")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=folder,
        env={**inherited, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as bot:
        assert bot.stdout is not None
        heard = next((line for line in bot.stdout if "Garden" in line), "")
        bot.terminate()
        bot.stdout.read()
    assert heard == "heard: **Garden** – being prepared; members see nothing yet\n"
    assert bot.returncode == 0


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"LITLE__TYPED": "x"}, "ADAPTERS__LITLE is no adapter that is installed. Install the"),
        ({"LITLE__TYPED": "x"}, "installed are: broken, little, telling."),
        ({"LITTLE__TIPPED": "x"}, "little needs adapters.little.typed."),
        ({"LITTLE__TYPED_FILE": "gone"}, "cannot be read: No such file or directory."),
        ({"BROKEN__TYPED": "x"}, "The adapter broken cannot be loaded: No module named 'nowhere'."),
        ({"LITTLE": "x"}, "CIRCLEKEEPER_ADAPTERS__LITTLE is no setting."),
    ],
)
def test_what_is_wrong_is_told(
    folder: Path, settings: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    environ = {f"CIRCLEKEEPER_ADAPTERS__{name}": value for name, value in settings.items()}
    with pytest.raises(Misconfigured) as wrong:
        accounts.adapters(load_settings(environ, folder), shipped())
    assert told in str(wrong.value)


def test_a_mistake_in_the_file_has_its_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "circlekeeper.toml").write_text('# ours\n[adapters.litle]\ntyped = "x"\n')
    (mistake,) = check_settings({}, folder)
    assert (mistake.line, mistake.what) == (2, "adapters.litle is no adapter that is installed.")


def online(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str, **settings: str) -> str:
    """Return what `check --online` says with these settings."""
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(folder)
    environ = {f"CIRCLEKEEPER_ADAPTERS__{name}": value for name, value in settings.items()}
    unset = {name: None for name in os.environ if name.startswith("CIRCLEKEEPER_")}
    ended = CliRunner().invoke(main, ["check", "--online", *words], env={**unset, **environ})
    assert ended.exit_code == (0 if "Everything is in order." in ended.stdout else 1), ended.output
    return ended.stdout


def test_it_is_asked_whether_it_would_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And closed then; what it remembers it can read, as far as there is a store."""
    said = online(folder, monkeypatch, TELLING__TYPED="right")
    assert said.splitlines() == ["closed", "Kept: {}", "Everything is in order."]
    said = online(folder, monkeypatch, "--json", TELLING__TYPED="wrong")
    assert json.loads(said.removeprefix("closed\n")) == [
        {"file": "Telling", "line": 0, "what": "It may not write.", "mend": "Let it."}
    ]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"LITTLE__TYPED": "x"}, "little: its adapter cannot be asked whether it would work."),
        ({"TELLING__TYPED": "fail"}, "adapters.telling: Its adapter failed when it was asked (Ru"),
        ({"TELLING__TIPPED": "x"}, "adapters.telling: little needs adapters.little.typed. Look in"),
        ({"BROKEN__TYPED": "x"}, "adapters.broken: The adapter broken cannot be loaded: No module"),
    ],
)
def test_what_cannot_be_asked_is_told(
    folder: Path, settings: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = online(folder, monkeypatch, **settings)
    assert told in said
    assert "zebra" not in said
