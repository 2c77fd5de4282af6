"""The wheel, built and installed as a host gets it, far from the repository."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = str(Path(sys.executable).with_name("uv"))
# How a program of one's own is installed; pipx is fetched by uv, as a tool that runs once.
INSTALLERS = {
    "uv": ("tool", "install", "--constraints", "{lock}"),
    "pipx": (
        *("tool", "run", "pipx@1.18.4", "install", "--backend", "uv"),
        *("--pip-args", "--constraint {lock}"),
    ),
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the tools that are installed: nothing is downloaded."""
    out = tmp_path_factory.mktemp("wheel")
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT))
    ended = subprocess.run([sys.executable, *build], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder into which the wheel, and nothing else, is installed."""
    target = tmp_path_factory.mktemp("installed")
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target))
    subprocess.run([sys.executable, *pip, str(wheel)], check=True, timeout=120)
    return target


def run(installed: Path, folder: Path, *words: str) -> str:
    """Return what a program of Python's prints, started in a folder; it finds the wheel first."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(installed)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_it_holds_the_program_and_its_words(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    for name in (
        "bot/_content/charter.yaml",
        "bot/_content/prompts/welcome/words.md.j2",
        "bot/_content/prompts/welcome/fr.po",
        "bot/_content/prompts/hunts/content/first-footsteps.yaml",
        "bot/adapters/playground/page/index.html",
        "bot/_content/prompts/playground/fr.po",
        "bot/py.typed",
        "storage/migrations/versions/0001_first_light.py",
    ):
        assert name in names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bot", "storage"}


def test_it_is_what_runs(installed: Path, tmp_path: Path) -> None:
    code = "import bot, storage; print(bot.__file__); print(storage.__file__)"
    for file in run(installed, tmp_path, "-c", code).splitlines():
        assert Path(file).is_relative_to(installed)


def test_check(installed: Path, tmp_path: Path) -> None:
    program = str(installed / "bin" / "circlekeeper")
    assert run(installed, tmp_path, program, "check") == "Everything is in order.\n"


def test_rehearse(installed: Path, tmp_path: Path) -> None:
    program = str(installed / "bin" / "circlekeeper")
    said = run(installed, tmp_path, program, "rehearse", "--weeks", "1", "--json")
    lines = [json.loads(line) for line in said.splitlines()]
    assert lines[0]["author"] == "Circlekeeper"
    assert any("Keep a thought" in line["choices"] for line in lines)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("installer", INSTALLERS)
def test_uv_and_pipx_make_a_program_of_it(wheel: Path, tmp_path: Path, installer: str) -> None:
    """With its parts, in an environment of its own, in the versions that are tried here."""
    programs, empty = tmp_path / "bin", tmp_path / "empty"
    empty.mkdir()
    places = {
        **{f"UV_TOOL_{name}": str(tmp_path / name.lower()) for name in ("DIR", "BIN_DIR")},
        **{f"PIPX_{name}": str(tmp_path / name.lower()) for name in ("HOME", "MAN_DIR")},
        "UV_TOOL_BIN_DIR": str(programs),
        "PIPX_BIN_DIR": str(programs),
    }
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CIRCLEKEEPER_")}
    lock = str(ROOT / "requirements" / "dev.txt")
    words = [word.format(lock=lock) for word in INSTALLERS[installer]]
    ended = subprocess.run(
        [UV, *words, "--python", sys.executable, f"circlekeeper[discord,e2e] @ {wheel.as_uri()}"],
        env={**inherited, **places, "PATH": f"{Path(UV).parent}:{inherited['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    program = programs / "circlekeeper"
    assert program.resolve().is_relative_to(tmp_path)
    token = {"CIRCLEKEEPER_DISCORD__TOKEN": "x" * 60}  # so that the parts for Discord are loaded
    said = subprocess.run(
        [program, "check"], cwd=empty, env={**inherited, **token}, capture_output=True, check=True
    )
    assert said.stdout == b"Everything is in order.\n"
    assert list(empty.iterdir()) == []
