"""Every table, and what each declares about people; the one list that exports and tests go by."""

from typing import Any

from sqlmodel import SQLModel

from storage import (
    buddies,
    charter,
    contributions,
    greetings,
    hunts,
    lexicon,
    notebook,
    numbers,
    prompts,
    proposals,
    reflection,
    sharing,
    suggestions,
    tables,
)
from storage.conversations import Conversations
from storage.members import Members
from storage.personal import Personal
from storage.schedules import Schedules
from storage.transaction import Transaction

METADATA = SQLModel.metadata
WITHOUT_PEOPLE = (sharing.SharedThought, numbers.MonthBand)  # loaded with the rest of the schema


def _identity(tx: Transaction, row: tables.Subject) -> dict[str, Any]:
    members = Members(tx)
    return {
        "platform": row.platform,
        "account": members.who(row.id).id,
        "settings": members.settings(row.id),
    }


def _membership(_tx: Transaction, row: tables.Membership) -> dict[str, Any]:
    return {"community": row.community_id, "here": row.here, "greeted": row.greeted}


def _conversation(tx: Transaction, row: tables.Conversation) -> dict[str, Any]:
    state = Conversations(tx).state(row.subject_id, row.community_id, row.flow)
    return {"community": row.community_id, "flow": row.flow, "state": state}


def _question(_tx: Transaction, row: tables.Question) -> dict[str, Any]:
    return {"community": row.community_id, "about": row.purpose}


def _outbox(_tx: Transaction, row: tables.Outbox) -> dict[str, Any]:
    return {"flow": row.flow, "state": row.state, "at": row.created_at.isoformat()}


def _schedule(tx: Transaction, row: tables.Schedule) -> dict[str, Any]:
    plan = Schedules(tx).get(row.id)
    assert plan is not None
    return {
        "community": plan.community,
        "kind": plan.kind,
        "next": plan.next_due.isoformat() if plan.next_due else None,
        "zone": plan.zone,
        "rule": plan.rule,
        "about": plan.payload,
    }


PERSONAL = (
    Personal(tables.Subject, "identity", _identity, column="id"),
    Personal(tables.Membership, "communities", _membership),
    Personal(tables.Conversation, "conversations", _conversation),
    *charter.PERSONAL,
    *greetings.PERSONAL,
    *proposals.PERSONAL,
    *reflection.PERSONAL,
    *prompts.PERSONAL,
    *hunts.PERSONAL,
    *buddies.PERSONAL,
    *lexicon.PERSONAL,
    *suggestions.PERSONAL,
    *notebook.PERSONAL,
    *contributions.PERSONAL,
    Personal(tables.Schedule, "schedules", _schedule),
    Personal(tables.Question, "questions", _question),
    Personal(tables.Outbox, "messages", _outbox),
)
