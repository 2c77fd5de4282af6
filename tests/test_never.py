"""What must not exist (PRODUCT.md, rules 2, 3 and 8): walked over whatever there is.

Commands, tables, metrics and log lines are taken from their registries and the code, so that what
is added later is looked at, too. Receipts of what somebody acknowledged are the one exception.
"""

import ast
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import JSON, LargeBinary

from bot.adapters.memory import BOT
from bot.core.refs import Direct
from bot.operations.metrics import Metrics
from bot.rehearsal.stage import Stage
from storage.registry import METADATA
from storage.reporting import report
from storage.transaction import Transaction
from tests.rehearsal.community import START, WEEK, arrived, opened, welcomed
from tests.test_promises import moderating

ROOT = Path(__file__).parents[1]
# What would be a list or a number that must not exist, in a name of anything.
FORBIDDEN = re.compile(
    r"last_?seen|streak|score|points?\b|leader|rank(?:ing|ed)|senti|ghost|inactiv|activity|"
    r"lurk|skipped|refus|declin|unanswered|unread|not_?ack|objectors?|consented|absent|posts?_by|"
    r"per_member|who_has|seen_at|last_read|last_active"
)
# Columns in clear beside an id of a person, each with what it tells.
CLEAR = {
    "acknowledgement.clause_id": "one's own receipt",
    "acknowledgement.clause_version": "one's own receipt",
    "acknowledgement.at": "one's own receipt",
    "buddy.pair_id": "that two were told of one another, and no more",
    "buddy_wish.kind": "that somebody would like to meet people",
    "charter_question.id": "made up",
    "charter_question.clause_id": "which clause a question is about, until its asker is erased",
    "charter_question.clause_version": "which clause a question is about",
    "conversation.flow": "which flow has a sealed state",
    "conversation.revision": "how often that state was written",
    "harvest.delivery_key": "made up",
    "harvest.kept_at": "when a harvest was kept, which everybody can read",
    "harvest.number": "its number in the notebook",
    "harvest.since": "since when it is where it is",
    "harvest.state": "where it is on its way",
    "harvest.talk_id": "which conversation it is of",
    "harvest.version": "which of its versions is kept",
    "harvest_doubt.version": "which version a question is to",
    "harvest_version.at": "when a version was written, which everybody can read",
    "harvest_version.kept": "whether it is kept",
    "harvest_version.version": "its number",
    "harvest_words.message": "a keyed digest; the row is there only since its author agreed",
    "hunt_clue.id": "made up",
    "hunt_clue.hunt_id": "which hunt a clue is for",
    "hunt_clue.state": "whether a moderator has read it",
    "membership.here": "whether the platform says that they are a member",
    "membership.greeted": "whether the one welcome was sent",
    "membership.left_at": "when somebody left, until their rows are deleted for it",
    "subject.platform": "which platform",
    "subject.lookup": "a keyed digest",
    "suggestion.state": "where a suggestion is on its way",
    "suggestion.revision": "how often it was changed",
    "thought.id": "made up",
    "word_sense.id": "made up",
}


def about_people() -> Iterator[str]:
    """Yield the columns in clear of every table that refers to people."""
    for table in METADATA.sorted_tables:
        refers = [
            column.name
            for column in table.columns
            if any(key.target_fullname == "subject.id" for key in column.foreign_keys)
        ]
        if not refers and table.name != "subject":
            continue
        for column in table.columns:
            plain = not isinstance(column.type, LargeBinary) and not column.foreign_keys
            if plain and not (column.primary_key and column.name in ("id", "seq")):
                yield f"{table.name}.{column.name}"


def test_nothing_in_clear_stands_beside_a_person_but_what_is_listed_here() -> None:
    machinery = ("outbox.", "schedule.", "question.", "proposal.", "prompt.")
    found = {each for each in about_people() if not each.startswith(machinery)}
    assert found == set(CLEAR)


def test_what_carries_messages_and_moments_has_no_text_in_clear() -> None:
    """Outbox, schedules, open questions, prompts and proposals: what is said is sealed."""
    for table in METADATA.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            if name in about_people() and isinstance(column.type, JSON):
                assert name == "schedule.rule", name
            if column.name in ("text", "texts", "body", "message", "answer", "spec", "payload"):
                fine = table.name in ("charter_clause", "hunt_edition")  # everybody reads them
                fine = fine or name == "harvest_words.message"  # a keyed digest
                assert fine or isinstance(column.type, LargeBinary), name


def names() -> Iterator[str]:
    """Yield every name under which something could be counted, listed or exported."""
    for table in METADATA.sorted_tables:
        yield table.name
        yield from (f"{table.name}.{column.name}" for column in table.columns)
    for family in Metrics().registry.collect():
        yield family.name
        for sample in family.samples:
            yield from sample.labels


def test_no_table_column_or_metric_is_named_for_what_must_not_exist() -> None:
    assert [each for each in names() if FORBIDDEN.search(each)] == []


async def test_no_command_option_or_export_is_named_for_what_must_not_exist() -> None:
    stage = await arrived()
    try:
        found = []
        for path, (feature, command) in stage.app.running.commands.items():
            found.append(path)
            for option in command.options:
                found += [option.name, *option.choices]
            found += [carry.name for carry in feature.carries]
        assert len(found) > 60
        assert [each for each in found if FORBIDDEN.search(each.replace(" ", "_"))] == []
    finally:
        stage.close()


# --- log lines -----------------------------------------------------------------------------------

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
# What a log line may carry: of machines and rooms, never of a person or their words.
CARRIED = {
    *("again_in", "believed", "code", "count", "delivery", "encrypted", "errand", "error"),
    *("events", "feature", "gate", "guilds", "happened", "hint", "key", "kind", "listener"),
    *(
        "milliseconds",
        "of",
        "outcome",
        "policy",
        "reason",
        "room",
        "rooms",
        "shows",
        "tried",
        "turn",
    ),
    *("values", "waited_s", "where", "why", "wrote"),
}
PERSONAL = {"member", "subject", "text", "texts", "words", "answer", "values", "settings", "typed"}


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call that writes a log line."""
    for folder in ("bot", "storage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in LEVELS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "logger", "_log")
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_no_log_line_carries_a_person_or_their_words() -> None:
    calls = list(log_calls())
    assert len(calls) > 40
    for where, call in calls:
        for part in ast.walk(call.args[0]):
            assert getattr(part, "id", "") not in PERSONAL, where
            if isinstance(part, ast.FormattedValue):
                assert getattr(part.value, "id", "") in CARRIED, f"{where}: put together"
        for keyword in call.keywords:
            if keyword.arg is not None:
                assert keyword.arg in CARRIED, f"{where}: {keyword.arg}"
            value = keyword.value
            if isinstance(value, ast.Call) and getattr(value.func, "id", "") in ("bool", "len"):
                continue
            used = {
                part.attr if isinstance(part, ast.Attribute) else part.id
                for part in ast.walk(value)
                if isinstance(part, ast.Attribute | ast.Name)
            }
            assert not used & PERSONAL, f"{where}: {used & PERSONAL}"


# --- what somebody did, and what can be seen of it -----------------------------------------------

Person = Callable[[Stage], Awaitable[None]]


async def _does(stage: Stage) -> None:
    """Do every step, and read."""
    await stage.says("ana", "hunt")
    await stage.clicks("ana", "First footsteps")
    await stage.clicks("ana", "Nothing to change")
    await stage.clicks("ana", "I use another way")
    await stage.clicks("ana", "I use another way")
    await stage.clicks("ana", "I use another way")
    await stage.clicks("ana", "I use another way")
    await stage.clicks("ana", "Nothing to write down")
    await stage.says("ana", "charter read")
    for label in ("Next part", "Next part", "Next part", "To the end"):
        await stage.clicks("ana", label)
    await _voices(stage, "I consent")


async def _skips(stage: Stage) -> None:
    """Skip every step, and leave everything for later."""
    await stage.says("ana", "hunt")
    await stage.clicks("ana", "First footsteps")
    for _ in range(6):
        await stage.clicks("ana", "Skip")
    await stage.says("ana", "charter read")
    for label in ("Next part", "Next part", "Next part", "Later"):
        await stage.clicks("ana", label)
    await _voices(stage, "I stay aside")


async def _voices(stage: Stage, label: str) -> None:
    await stage.says("tina", "charter change")
    await stage.clicks("tina", "Come freely")
    await stage.says("tina", "Come, or not.")
    await stage.says("tina", "Shorter.")
    await stage.clicks("tina", "Propose it")
    await stage.says("eva", "charter changes")
    await stage.clicks("eva", "Come freely")
    await stage.clicks("eva", "It is worth talking about")
    await stage.until(START + WEEK)
    await stage.says("ana", "charter changes")
    await stage.clicks("ana", "Come freely")
    await stage.clicks("ana", label)


async def seen_of(person: Person) -> dict[str, object]:
    """Return everything that anybody else could look at, after this person's weeks."""
    stage = await arrived()
    try:
        await opened(stage)
        for name in ("ana", "eva", "tina"):
            await welcomed(stage, name)
        await person(stage)
        await stage.until(START + 10 * WEEK)
        aloud = [
            each.text
            for each in stage.chat.seen_by("tom")
            if each.author == BOT and not isinstance(each.place, Direct)
        ]
        count = len(stage.chat.lines)
        for words in moderating(stage):
            await stage.says("mira", words)
        told = [each.text for each in stage.chat.lines[count:] if each.author == BOT]
        url = str(stage.opened.store.engine.url)
        return {
            "rooms": aloud,
            "moderators": told,
            "status": {
                name: value
                for name, value in report(url, datetime(2026, 6, 1, tzinfo=UTC)).items()
                if not name.startswith("outbox sent")
            },
            "columns": stage.opened.store.run(_clear),
        }
    finally:
        stage.close()


def _clear(tx: Transaction) -> dict[str, list[str]]:
    """Return what stands in clear, without ids that are made up and moments."""
    found: dict[str, list[str]] = {}
    for table in METADATA.sorted_tables:
        if table.name in ("outbox", "inbox", "acknowledgement", "fact", "meta", "lease"):
            continue  # what was sent and heard, by random names; receipts; machinery
        rows = []
        for row in tx.session.execute(table.select()):
            shown = [
                str(value)
                for value, column in zip(row, table.columns, strict=True)
                if not isinstance(value, bytes | datetime)
                and column.name not in ("seq", "revision", "id", "key")
                and not re.fullmatch(r"[a-z0-9]{20,}|[0-9a-f]{32,}", str(value))
            ]
            rows.append(" ".join(shown))
        found[table.name] = sorted(rows)
    return found


async def test_nobody_can_see_whether_somebody_did_it_or_skipped_it_or_consented() -> None:
    does, skips = await seen_of(_does), await seen_of(_skips)
    for part, told in does.items():
        assert told == skips[part], part
