"""Settings: where they come from, and what is told when they cannot be."""

from pathlib import Path

import pytest

from bot.core.errors import Misconfigured
from bot.settings import Settings, check_settings, content_folders, load_settings

MATRIX = {
    "CIRCLEKEEPER_MATRIX__HOMESERVER": "https://matrix.example.org/",
    "CIRCLEKEEPER_MATRIX__USER_ID": "@keeper:example.org",
    "CIRCLEKEEPER_MATRIX__ACCESS_TOKEN": "syt_secret",
}


def told(folder: Path, toml: str = "", **environ: str) -> list[tuple[str, int, str, str]]:
    """Return what is told of these settings; variables without their prefix."""
    if toml:
        (folder / "circlekeeper.toml").write_text(toml)
    full = {f"CIRCLEKEEPER_{name}": value for name, value in environ.items()}
    found = check_settings(full, folder)
    if found:
        with pytest.raises(Misconfigured) as raised:
            load_settings(full, folder)
        assert str(raised.value) == "\n".join(map(str, found))
    return [(Path(one.file).name, one.line, one.what, one.mend) for one in found]


def test_nothing_set_is_enough(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path}/circlekeeper.db"
    assert settings.key_file == tmp_path / "circlekeeper.key"
    assert (settings.discord, settings.matrix, settings.http.port) == (None, None, None)
    assert (settings.log_level, settings.log_format) == ("info", "console")


def test_the_environment_is_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "circlekeeper.toml").write_text(
        'log_level = "debug"\nlog_format = "json"\n[discord]\ntoken = "in-the-file"\n'
        'shard_ids = [0, 1]\n[matrix]\nhomeserver = "http://localhost:8008"\n'
    )
    environ = {
        **MATRIX,
        "CIRCLEKEEPER_LOG_LEVEL": "warning",
        "CIRCLEKEEPER_LOG_FORMAT": "",
        "CIRCLEKEEPER_DISCORD__TOKEN": "in-the-environment",
        "CIRCLEKEEPER_MATRIX__INVITERS": "@anna:example.org, example.com",
        "CIRCLEKEEPER_HTTP__PORT": "9000",
        "PATH": "/bin",
    }
    settings = load_settings(environ, tmp_path)
    assert (settings.log_level, settings.log_format) == ("warning", "json")
    assert settings.discord is not None
    assert settings.discord.token.get_secret_value() == "in-the-environment"
    assert settings.discord.shard_ids == (0, 1)
    assert settings.matrix is not None
    assert settings.matrix.homeserver == "https://matrix.example.org"
    assert settings.matrix.inviters == ("@anna:example.org", "example.com")
    assert settings.http.port == 9000
    environ["CIRCLEKEEPER_DISCORD__SHARD_IDS"] = "[2,3]"
    again = load_settings(environ, tmp_path).discord
    assert again is not None
    assert (again.shard_ids, again.shard_count) == ((2, 3), None)
    environ["CIRCLEKEEPER_DISCORD__SHARD_COUNT"] = "4"
    again = load_settings(environ, tmp_path).discord
    assert again is not None
    assert again.shard_count == 4


def test_the_process_own_environment_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "error")
    monkeypatch.setenv("CIRCLEKEEPER_LOG_LEVEL", "error")
    assert load_settings({}, tmp_path).log_level == "info"
    assert Settings().log_level == "info"


def test_paths_are_from_the_folder_and_the_key_lies_beside_the_database(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "ours.yaml").touch()
    environ = {
        **MATRIX,
        "CIRCLEKEEPER_DATABASE_URL": "sqlite:////srv/keeper/data.db?timeout=5",
        "CIRCLEKEEPER_CONTENT": "own",
        "CIRCLEKEEPER_CHARTER": "ours.yaml",
    }
    settings = load_settings(environ, tmp_path)
    url = settings.database_url.get_secret_value()
    assert url == "sqlite:////srv/keeper/data.db?timeout=5"
    assert settings.key_file == Path("/srv/keeper/circlekeeper.key")
    assert settings.matrix is not None
    assert settings.matrix.store is None
    folders = content_folders(settings)
    assert folders.prompts[1] == tmp_path / "own"
    assert folders.charter == tmp_path / "ours.yaml"


def test_shipped_content_is_found(tmp_path: Path) -> None:
    folders = content_folders(load_settings({}, tmp_path))
    assert [folder.name for folder in folders.prompts] == ["prompts"]
    assert folders.charter.is_file()


def test_a_token_is_taken_without_the_line_break_that_was_copied_with_it(tmp_path: Path) -> None:
    environ = MATRIX | {"CIRCLEKEEPER_MATRIX__ACCESS_TOKEN": " syt_token\n"}
    matrix = load_settings(environ, tmp_path).matrix
    assert matrix is not None
    assert matrix.access_token is not None
    assert matrix.access_token.get_secret_value() == "syt_token"


@pytest.mark.parametrize("token", ["syt_tok\nen", "syt tok", "syt_tokén", "“syt_token”"])
@pytest.mark.parametrize("setting", ["MATRIX__ACCESS_TOKEN", "DISCORD__TOKEN"])
def test_a_token_that_cannot_be_one_is_a_mistake(token: str, setting: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="does not have the form that it needs") as refused:
        load_settings(MATRIX | {f"CIRCLEKEEPER_{setting}": token}, tmp_path)
    assert token not in str(refused.value)


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    url = "postgresql+psycopg://keeper:hidden@db/keeper"
    environ = MATRIX | {"CIRCLEKEEPER_DATABASE_URL": url, "CIRCLEKEEPER_DISCORD__TOKEN": "hush"}
    settings = load_settings(environ, tmp_path)
    assert settings.database_url.get_secret_value() == url
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert not any(secret in shown for secret in ("hidden", "hush", "syt_secret"))
    wrong = environ | {"CIRCLEKEEPER_DATABASE_URL": "mysql://keeper:hidden@db/keeper"}
    wrong["CIRCLEKEEPER_MATRIX__PASSWORD"] = "hush"
    assert not any(
        secret in str(mistake)
        for mistake in check_settings(wrong, tmp_path)
        for secret in ("hidden", "hush", "syt_secret")
    )


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("syt_from_a_file\n")
    environ = dict(MATRIX)
    del environ["CIRCLEKEEPER_MATRIX__ACCESS_TOKEN"]
    environ["CIRCLEKEEPER_MATRIX__ACCESS_TOKEN_FILE"] = str(tmp_path / "token")
    (tmp_path / "circlekeeper.toml").write_text('[discord]\ntoken_file = "token"\n')
    settings = load_settings(environ, tmp_path)
    assert settings.matrix is not None
    assert settings.discord is not None
    assert settings.matrix.access_token is not None
    assert settings.matrix.access_token.get_secret_value() == "syt_from_a_file"
    assert settings.discord.token.get_secret_value() == "syt_from_a_file"


def test_files_of_secrets_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    environ = {
        "DISCORD__TOKEN": "a",
        "DISCORD__TOKEN_FILE": "empty",
        "MATRIX__PASSWORD_FILE": "empty",
        "DATABASE_URL_FILE": "none",
        "MATRIX__HOMESERVER": "http://localhost",
        "MATRIX__USER_ID": "@a:b",
    }
    found = [(what, mend) for _, _, what, mend in told(tmp_path, **environ)]
    assert found == [
        (
            "CIRCLEKEEPER_DATABASE_URL_FILE cannot be read: No such file or directory.",
            "Check the file's name and permissions.",
        ),
        (
            "CIRCLEKEEPER_DISCORD__TOKEN_FILE and CIRCLEKEEPER_DISCORD__TOKEN are both set.",
            "Keep one of the two.",
        ),
        (
            "CIRCLEKEEPER_MATRIX__PASSWORD_FILE must hold one line.",
            "Write the secret into it, and nothing else.",
        ),
    ]


def test_every_mistake_is_told_at_once_where_it_stands(tmp_path: Path) -> None:
    toml = """\
log_level = "loud"
contnt = "own"
charter = "none.yaml"
database_url = "sqlite://"

[discord]
shard_ids = [0, -1]
api_url = "discord.com"

[matrix]
user_id = "keeper"
access_token = "a"
http.port = 3
"""
    environ = {
        "MATRIX__PASSWORD": "b",
        "LOG_FORMT": "json",
        "HTTP__PORT": "many",
        "CONTENT": "none",
        "MATRIX": "on",
        "QUITE_SOMETHING_ELSE": "1",
    }
    database = "Write sqlite:///circlekeeper.db or postgresql://user:password@host/name."
    form = "does not have the form that it needs."
    assert told(tmp_path, toml, **environ) == [
        (
            "circlekeeper.toml",
            1,
            "log_level has a value that is not known.",
            "Possible are: 'debug', 'info', 'warning' or 'error'.",
        ),
        ("circlekeeper.toml", 2, "contnt is no setting.", "Write content, if you meant that."),
        ("circlekeeper.toml", 3, "charter names nothing that is there.", "Check the path."),
        ("circlekeeper.toml", 4, f"database_url {form}", database),
        ("circlekeeper.toml", 6, "discord.token is missing.", "Set it."),
        (
            "circlekeeper.toml",
            7,
            "discord.shard_ids is out of range.",
            "Write a number greater than or equal to 0.",
        ),
        (
            "circlekeeper.toml",
            8,
            f"discord.api_url {form}",
            "Write it whole, for example https://example.org.",
        ),
        ("circlekeeper.toml", 13, "matrix.http.port is no setting.", "Take it out."),
        (
            "environment",
            0,
            "CIRCLEKEEPER_CONTENT names nothing that is there.",
            "Check the path.",
        ),
        (
            "environment",
            0,
            "CIRCLEKEEPER_HTTP__PORT is not a whole number.",
            "Write a number, for example 8080.",
        ),
        (
            "environment",
            0,
            "CIRCLEKEEPER_LOG_FORMT is no setting.",
            "Write CIRCLEKEEPER_LOG_FORMAT, if you meant that.",
        ),
        (
            "environment",
            0,
            "CIRCLEKEEPER_MATRIX is a section.",
            "Write its settings below it, or after two underscores.",
        ),
        (
            "environment",
            0,
            "CIRCLEKEEPER_MATRIX needs one way to log in.",
            "Set matrix.access_token or matrix.password, and not both.",
        ),
        ("environment", 0, "CIRCLEKEEPER_QUITE_SOMETHING_ELSE is no setting.", "Take it out."),
    ]


def test_a_user_and_a_homeserver_have_a_form(tmp_path: Path) -> None:
    toml = '[matrix]\nhomeserver = "matrix.example.org"\nuser_id = "keeper"\npassword = "a"\n'
    assert [one[1:3] for one in told(tmp_path, toml + 'inviters = ["a b"]\nprefix = ""\n')] == [
        (2, "matrix.homeserver does not have the form that it needs."),
        (3, "matrix.user_id does not have the form that it needs."),
        (5, "matrix.inviters does not have the form that it needs."),
        (6, "matrix.prefix does not have the form that it needs."),
    ]


@pytest.mark.parametrize("missing", ["ACCESS_TOKEN", "HOMESERVER", "USER_ID"])
def test_a_matrix_account_is_whole(tmp_path: Path, missing: str) -> None:
    environ = {name: value for name, value in MATRIX.items() if not name.endswith(missing)}
    (mistake,) = check_settings(environ, tmp_path)
    assert mistake.file == "environment"


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://h/d", "postgres://h/d", "keeper.db"],
)
def test_databases_that_cannot_be(tmp_path: Path, url: str) -> None:
    assert [one[0] for one in told(tmp_path, DATABASE_URL=url)] == ["environment"]


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = [\n", 2), ("a = 1\na = 2\n", 2), ("x\n", 1)],
)
def test_what_is_no_toml(tmp_path: Path, text: str, line: int) -> None:
    (found,) = told(tmp_path, text)
    assert found[:2] == ("circlekeeper.toml", line)
    assert found[2].startswith("This is not valid TOML: ")


def test_a_binary_file_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "circlekeeper.toml").write_bytes(b"\xff\xfe")
    (mistake,) = check_settings({}, tmp_path)
    assert mistake.what == "This file cannot be read."


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    environ = {
        "CIRCLEKEEPER_REQUIRE_ALL": "1",
        "CIRCLEKEEPER_DISCORD_OPENAPI": "/data/openapi.json",
        "CIRCLEKEEPER_SERVICE_HOST": "10.0.0.1",
        "CIRCLEKEEPER_SERVICE_PORT_HTTP": "80",
        "CIRCLEKEEPER_PORT": "tcp://10.0.0.1:80",
        "CIRCLEKEEPER_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    assert check_settings(environ, tmp_path) == []
    assert len(check_settings({"CIRCLEKEEPER_PORT": "80"}, tmp_path)) == 1


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.log_level = "debug"  # type: ignore[misc]
