"""Which question sets a community offers: a moderator's choice, which takes no set from anybody."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.content import in_locale
from bot.core.errors import BadInput
from bot.core.features import Carry
from bot.core.turn import Answer, Turn
from bot.features.reflection.content import Set
from storage.communities import Communities


class Sets:
    """The sets, and what `/keeper reflect sets` does."""

    def __init__(self, sets: Sequence[Set]) -> None:
        """Offer these."""
        self.all = {each.id: each for each in sets}
        self.carry = Carry("reflection", self.out, self.look, self.take)

    def offered(self, turn: Turn) -> list[Set]:
        """Return the sets that this community offers; never none."""
        off = turn.rows(Communities).get(turn.community.id).sets_off.split()
        sets = list(self.all.values())
        return [each for each in sets if each.id not in off] or sets[:1]

    def show(self, turn: Turn, _options: Mapping[str, str]) -> None:
        """Show a moderator which sets are offered, and let them change it."""
        on = {each.id for each in self.offered(turn)}
        choices = []
        for each in self.all.values():
            words = "choice_set_off" if each.id in on else "choice_set_on"
            if each.id not in on or len(on) > 1:
                title = in_locale(each.title, turn.locale)
                choices.append(turn.choice(each.id, words, title=title))
        choices.append(turn.choice("done", "choice_sets_done"))
        listed = [
            (
                in_locale(each.title, turn.locale),
                in_locale(each.about, turn.locale),
                each.id in on,
            )
            for each in self.all.values()
        ]
        turn.ask("sets.change", "sets", choices, sets=listed)

    def changed(self, turn: Turn, answer: Answer) -> None:
        """Offer a set, or no longer."""
        if answer.choice not in self.all:
            turn.say("sets_kept")
            return
        communities = turn.rows(Communities)
        row = communities.get(turn.community.id)
        off = set(row.sets_off.split()) ^ {answer.choice}
        if off < self.all.keys():
            row.sets_off = " ".join(sorted(off))
            communities.save(row)
        self.show(turn, {})

    # Carried elsewhere

    def out(self, turn: Turn) -> Mapping[str, Any]:
        """Return which sets are not offered."""
        off = turn.rows(Communities).get(turn.community.id).sets_off.split()
        return {"sets_off": off} if off else {}

    def look(self, turn: Turn, part: Mapping[str, Any]) -> list[str]:
        """Say which sets would not be offered any more."""
        fresh = self._fresh(turn, part)
        titles = [in_locale(self.all[each].title, turn.locale) for each in fresh]
        return [turn.text("reflection/import_sets", titles=titles)] if titles else []

    def take(self, turn: Turn, part: Mapping[str, Any]) -> None:
        """Offer those sets no longer."""
        communities = turn.rows(Communities)
        row = communities.get(turn.community.id)
        row.sets_off = " ".join(sorted({*row.sets_off.split(), *self._fresh(turn, part)}))
        communities.save(row)

    def _fresh(self, turn: Turn, part: Mapping[str, Any]) -> list[str]:
        for key in part:
            if key != "sets_off":
                raise BadInput("community/import_key", key=str(key)[:40], known=["sets_off"])
        wanted = part.get("sets_off") or []
        known = isinstance(wanted, list) and all(each in self.all for each in map(str, wanted))
        off = turn.rows(Communities).get(turn.community.id).sets_off.split()
        if not known or not {*off, *wanted} < self.all.keys():
            raise BadInput("community/import_value", key="sets_off", value=str(wanted)[:40])
        return [each for each in wanted if each not in off]
