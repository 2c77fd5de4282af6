"""People: who a subject id is, what they set for themselves, and where they are members."""

import copy
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert
from sqlmodel import col, select, update

from bot.core.refs import Member
from storage.tables import Membership, Subject
from storage.transaction import PERSON, Transaction

_MEMBER = "subject.member"
_SETTINGS = "subject.settings"
_BY_LOOKUP = select(*PERSON).where(col(Subject.lookup) == bindparam("of_lookup"))
_MANY = select(*PERSON).where(col(Subject.id).in_(bindparam("subjects", expanding=True)))
_SETTINGS_OF = (
    update(Subject)
    .where(col(Subject.id) == bindparam("subject"))
    .values(settings=bindparam("sealed"))
)


class Members:
    """The people of the store."""

    def __init__(self, tx: Transaction) -> None:
        """Work in this transaction."""
        self.tx = tx

    def find(self, member: Member) -> str | None:
        """Return the subject id of somebody known."""
        row = self.tx.execute(_BY_LOOKUP, {"of_lookup": self._lookup(member)}, of=Subject).first()
        if row is None:
            return None
        self.tx.known[Subject, row.id] = row
        return str(row.id)

    def ensure(self, member: Member, fresh_id: str) -> str:
        """Return the subject id of a member, made from `fresh_id` at the first meeting."""
        known = self.find(member)
        if known is not None:
            return known
        key, wrapped = self.tx.vault.new_data_key(fresh_id)
        values = {
            "id": fresh_id,
            "platform": member.platform,
            "lookup": self._lookup(member),
            "member": self.tx.vault.seal(f"{_MEMBER}:{fresh_id}", member.id, key),
            "data_key": wrapped,
        }
        self.tx.execute(insert(Subject), values, of=Subject)
        return fresh_id

    def fetch(self, subjects: Collection[str]) -> None:
        """Read these people at once, for a transaction that needs many."""
        for row in self.tx.execute(_MANY, {"subjects": list(subjects)}, of=Subject):
            self.tx.known[Subject, row.id] = row

    def who(self, subject: str) -> Member:
        """Return the member on the platform; `LookupError` when erased."""
        row = self.tx.person(subject)
        if row is None:
            raise LookupError("This member was erased.")
        return Member(row.platform, self.tx.open(_MEMBER, row.member, subject))

    def settings(self, subject: str) -> dict[str, Any]:
        """Return what the member set: locale, zone, quiet hours, reach, stance, reactions."""
        row = self.tx.person(subject)
        if row is None or row.settings is None:
            return {}
        sealed, settings = self.tx.read_settings.get(subject, (b"", {}))
        if sealed != row.settings:
            settings = json.loads(self.tx.open(_SETTINGS, row.settings, subject))
            self.tx.read_settings[subject] = row.settings, settings
        return copy.deepcopy(settings)

    def save_settings(self, subject: str, settings: Mapping[str, Any]) -> None:
        """Keep the member's settings."""
        sealed = self.tx.seal(_SETTINGS, json.dumps(dict(settings)), subject)
        self.tx.execute(_SETTINGS_OF, {"subject": subject, "sealed": sealed}, of=Subject)
        self.tx.known.pop((Subject, subject), None)

    def membership(self, subject: str, community: str) -> Membership | None:
        """Return the member's row in a community."""
        return self.tx.session.get(Membership, (subject, community))

    def enter(self, subject: str, community: str) -> Membership:
        """Note that somebody is in a community; return the row."""
        row = self.membership(subject, community)
        if row is None:
            row = Membership(subject_id=subject, community_id=community, here=True, greeted=False)
        if not row.here:
            row.here, row.left_at = True, None
        self.tx.session.add(row)
        self.tx.session.flush()
        return row

    def leave(self, subject: str, community: str, now: datetime) -> None:
        """Note that somebody left a community."""
        row = self.membership(subject, community)
        if row is not None:
            row.here, row.left_at = False, now
            self.tx.session.add(row)

    def of(self, community: str) -> list[tuple[str, str, bool]]:
        """Return those known in a community: subject id, the platform's id, whether they are
        there.
        """
        query = (
            select(Subject.id, Subject.member, Membership.here)
            .join(Membership, col(Membership.subject_id) == col(Subject.id))
            .where(Membership.community_id == community)
            .order_by(Subject.id)
        )
        return [
            (subject, self.tx.open(_MEMBER, sealed, subject), here)
            for subject, sealed, here in self.tx.session.exec(query)
        ]

    def communities(self, subject: str) -> list[str]:
        """Return the communities in which somebody is."""
        query = select(Membership.community_id).where(
            Membership.subject_id == subject, col(Membership.here).is_(True)
        )
        return list(self.tx.session.exec(query.order_by(Membership.community_id)))

    def _lookup(self, member: Member) -> str:
        return self.tx.vault.digest("member", f"{member.platform}\0{member.id}")


def note_closed(tx: Transaction, subject: str) -> None:
    """Note that somebody's direct messages are closed, so that none is tried again by itself."""
    members = Members(tx)
    if tx.person(subject) is not None:
        members.save_settings(subject, {**members.settings(subject), "closed": True})
