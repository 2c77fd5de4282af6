"""What encryption needs is loaded only where it is used."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "loaded"),
    [
        ("bot.cli, bot.adapters.matrix", False),
        ("bot.adapters.matrix.encryption.machine", True),
    ],
)
def test_the_library_is_in_memory_only_with_encryption(module: str, loaded: bool) -> None:
    code = f"import sys, {module}; print('vodozemac' in sys.modules, 'peewee' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(loaded), "False"]
