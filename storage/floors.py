"""Clauses that the host keeps, for law or safety: by the command line alone."""

from typing import Any

from bot.core.errors import Misconfigured
from storage.charter import CharterRows
from storage.communities import Communities
from storage.transaction import Transaction


def set_floor(
    tx: Transaction, community: str, clause: str | None, *, floor: bool
) -> list[dict[str, Any]]:
    """Let the host keep a clause, or give it back; return all clauses of the communities meant.

    Raises: `Misconfigured` where the names fit no clause, or several communities.
    """
    named = [each for each in Communities(tx).all() if community in ("", each.name, each.id)]
    meant = [each for each in named if CharterRows(tx).get(each.id) is not None]
    if not meant:
        if community:
            raise Misconfigured(
                f"No community called {community} has a charter here. `circlekeeper charter floor` "
                "lists the clauses of all."
            )
        raise Misconfigured(
            "No community has a charter here yet. A moderator founds it in chat, with keeper setup."
        )
    found = {each.id: CharterRows(tx).clauses(each.id) for each in meant}
    if clause is not None:
        rows = [row for rows in found.values() for row in rows if row.clause_id == clause]
        if len(rows) != 1:
            many = "Several communities have" if rows else "There is no"
            raise Misconfigured(
                f"{many} a clause {clause}. `circlekeeper charter floor` lists them; --community "
                "names one community."
            )
        rows[0].floor = floor
        tx.session.add(rows[0])
        tx.session.flush()
    names = {each.id: each.name for each in meant}
    return [
        {"community": names[id_], "clause": row.clause_id, "floor": row.floor}
        for id_, rows in found.items()
        for row in rows
    ]
