"""Whoever follows the documents is told where they are wrong."""

from pathlib import Path

import pytest

from tests.support.reader import FollowedBot, PageWrong, Reader, moderators_answers

PAGE = """
# A page

<!-- follow -->
```sh
mkdir nest
cd nest
echo "for SOMEBODY" > name
```

Not this one:

```sh
exit 7
```

<!-- follow: secret -->
```sh
(umask 077; cat > secret)
```

<!-- follow: stays -->
```sh
sleep 60
```

<!-- follow: room -->
```text
!keeper setup
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    file = tmp_path / "page.md"
    file.write_text(PAGE)
    return file


def bot(page: Path) -> FollowedBot:
    reader = Reader(page.parent / "home", {"SOMEBODY": "Ana"}, secret="hush")
    return FollowedBot(page, reader)


def test_it_is_followed_to_its_end(page: Path) -> None:
    followed = bot(page)
    followed.start()
    assert followed.in_the_room == ["!keeper setup"]
    nest = page.parent / "home" / "nest"
    assert (nest / "name").read_text() == "for Ana\n"
    assert (nest / "secret").read_text() == "hush\n"
    assert (nest / "secret").stat().st_mode & 0o777 == 0o600
    assert followed.pid is not None
    followed.close()
    assert followed.pid is None


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("mkdir nest", "mkdri nest", r"page\.md:6: mkdri nest"),
        ("cd nest", "cd nets", r"page\.md:6: "),
        ("SOMEBODY", "ANYBODY", "no longer says SOMEBODY"),
        ("<!-- follow: stays -->", "", "leads to no bot"),
        ("<!-- follow: room -->", "", "leads to no bot"),
    ],
)
def test_what_is_wrong_is_told(page: Path, right: str, wrong: str, told: str) -> None:
    page.write_text(PAGE.replace(right, wrong))
    followed = bot(page)
    with pytest.raises(PageWrong, match=told):
        followed.start()
    followed.close()


def test_the_answers_of_the_quick_start() -> None:
    page = Path(__file__).parents[2] / "docs" / "quickstart.md"
    answers = moderators_answers(page)
    assert (answers[0], answers[-1]) == ("English", "Open now")
