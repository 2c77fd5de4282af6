"""Reading the notebook: its pages, searching them, questioning one, and a page for outside."""

from collections.abc import Mapping
from typing import Any

from bot.core.actions import Choice, Field, File
from bot.core.errors import BadInput
from bot.core.features import HomeItem, Number
from bot.core.markup import Markdown, to_plain
from bot.core.turn import Answer, Turn
from bot.engine.reading import fold
from bot.features.notebook.gathering import Gathering
from bot.features.notebook.pages import current, local, page
from storage.contributions import Contributions
from storage.notebook import Harvest, HarvestVersion, Notebook

WANTED, DOUBT = 100, 500
_LISTED = 9
_HARVEST = 200  # characters of what prompts show of the last one


class Reading:
    """What `/notebook read` and `search` do."""

    def __init__(self, gathering: Gathering) -> None:
        """Let a new version begin from a page."""
        self.gathering = gathering

    def read(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Show a page by its number; without one, which there are."""
        kept = turn.rows(Notebook).kept(turn.community.id)
        number = options.get("number", "")
        if not number:
            self._list(turn, kept)
            return
        row = next((each for each in kept if str(each.number) == number.strip()), None)
        if row is None:
            raise BadInput("page_unknown", last=kept[0].number if kept else 0)
        self._show(turn, row)

    def search(self, turn: Turn, options: Mapping[str, str]) -> None:
        """Show the pages in which a text occurs, or ask for it."""
        if options.get("text", "").strip():
            self._search(turn, options["text"])
            return
        field = Field("text", turn.text("field_wanted"), limit=WANTED, required=True)
        turn.ask_form("pages.wanted", "ask_wanted", [field])

    def wanted(self, turn: Turn, answer: Answer) -> None:
        """Show the pages in which the text occurs."""
        self._search(turn, answer.text)

    def _search(self, turn: Turn, text: str) -> None:
        looked_for = fold(text)
        rows = turn.rows(Notebook)
        found = [
            row
            for row in rows.kept(turn.community.id)
            if looked_for in fold(self._whole(turn, row))
        ]
        if not found:
            turn.say("not_found", text=text[:WANTED])
        elif len(found) == 1:
            self._show(turn, found[0])
        else:
            self._list(turn, found, wanted=text[:WANTED])

    def _whole(self, turn: Turn, row: Harvest) -> str:
        version = current(turn, row)
        if version is None:
            return ""
        shown = page(turn, row, version)
        parts = [shown["title"], shown["heard"], shown["differ"], shown["question"]]
        return "\n".join([*parts, *(said["text"] for said in shown["words"])])

    def _list(self, turn: Turn, found: list[Harvest], wanted: str = "", past: int = 0) -> None:
        if not found:
            turn.say("nothing_kept")
            return
        rows = turn.rows(Notebook)
        shown = found[past : past + _LISTED]
        choices = [
            Choice(f"page:{row.id}", f"{rows.body(row)['title']} ({row.number})", None, ())
            for row in shown
        ]
        if more := found[past + _LISTED :]:
            choices.append(turn.choice("more", "choice_older"))
        choices.append(turn.choice("no", "choice_enough"))
        about = {"wanted": wanted, "past": past + _LISTED if more else 0}
        pages = [self._line(turn, row) for row in shown]
        turn.ask("pages.shown", "pages", choices, about=about, pages=pages, wanted=wanted)

    def _line(self, turn: Turn, row: Harvest) -> dict[str, Any]:
        rows = turn.rows(Notebook)
        return {
            "number": row.number,
            "title": rows.body(row)["title"],
            "at": local(turn, row.kept_at or row.since),
            "questioned": bool(turn.rows(Contributions).doubts(row)),
        }

    def _show(self, turn: Turn, row: Harvest, version: HarvestVersion | None = None) -> None:
        newest = current(turn, row)
        version = version or newest
        if version is None or newest is None:
            turn.say("page_gone")
            return
        doubts = turn.rows(Contributions).doubts(row) if version is newest else ()
        names = ["outside"]
        if version is newest:
            own = any(doubt.subject == turn.subject for doubt in doubts)
            names += ["undoubt" if own else "doubt", "version"]
        if row.version > 1:
            names.append("before")
        names.append("no")
        turn.ask(
            "pages.page",
            "page",
            [turn.choice(each, f"choice_page_{each}") for each in names],
            about={"harvest": row.id, "version": version.version},
            page=page(turn, row, version),
            newest=version is newest,
            doubts=[doubt.text for doubt in doubts],
        )

    def chosen(self, turn: Turn, answer: Answer) -> None:
        """Open a page or a version of one, show older ones, or leave."""
        what, _, id_ = answer.choice.partition(":")
        rows = turn.rows(Notebook)
        match what:
            case "no":
                turn.say("left")
            case "more":
                kept, wanted = rows.kept(turn.community.id), str(answer.about["wanted"])
                if wanted:
                    kept = [row for row in kept if fold(wanted) in fold(self._whole(turn, row))]
                self._list(turn, kept, wanted, int(answer.about["past"]))
            case "version":
                row = rows.get(str(answer.about["harvest"]))
                version = rows.version(row.id, int(id_)) if row is not None else None
                self._open(turn, row, version)
            case _:
                self._open(turn, rows.get(id_))

    def _open(self, turn: Turn, row: Harvest | None, version: HarvestVersion | None = None) -> None:
        if row is None or row.community_id != turn.community.id:
            turn.say("page_gone")
        else:
            self._show(turn, row, version)

    def page_answered(self, turn: Turn, answer: Answer) -> None:
        """Do what was chosen on a page."""
        rows = turn.rows(Notebook)
        row = rows.get(str(answer.about["harvest"]))
        version = rows.version(row.id, int(answer.about["version"])) if row is not None else None
        if answer.choice == "no":
            turn.say("left")
        elif row is None or version is None:
            turn.say("page_gone")
        elif answer.choice == "outside":
            self._show_outside(turn, row, version)
        elif answer.choice == "before":
            choices = [
                turn.choice(f"version:{number}", "choice_version", number=number)
                for number in range(row.version, 0, -1)
            ][:_LISTED]
            choices.append(turn.choice("no", "choice_enough"))
            turn.ask("pages.shown", "ask_version", choices, about=answer.about)
        elif answer.choice == "doubt":
            field = Field("text", turn.text("field_doubt"), limit=DOUBT, required=True)
            choices = [turn.choice("no", "choice_not_now")]
            turn.ask_form("pages.doubt", "ask_doubt", [field], choices=choices, about=answer.about)
        elif answer.choice == "undoubt":
            turn.rows(Contributions).take_back(turn.subject, row)
            turn.say("undoubted")
        elif row.state == "checking" or not self.gathering.is_free(turn, row):
            turn.say("gathered_by_another")
        else:
            self.gathering.take(turn, row)

    def _show_outside(self, turn: Turn, row: Harvest, version: HarvestVersion) -> None:
        """Show what may be read outside, with the same as a file where there are files."""
        shown = page(turn, row, version, outside=True)
        text = turn.text("outside_page", page=shown, community=turn.community.name)
        name = to_plain(turn.text("outside_name", number=shown["number"]))
        file = File(f"{name}.txt", to_plain(text)) if turn.can.files else None
        turn.say("page_outside", page=Markdown(text), file=file)

    def doubted(self, turn: Turn, answer: Answer) -> None:
        """Keep the question with the page, without a name."""
        row = turn.rows(Notebook).get(str(answer.about["harvest"]))
        if answer.choice or not answer.text.strip():
            turn.say("left")
        elif row is None or row.version != answer.about["version"]:
            turn.say("page_renewed")
            self._open(turn, row)
        else:
            turn.rows(Contributions).doubt(turn.new_id(), row, turn.subject, answer.text.strip())
            turn.say("doubted")

    # What the others may show

    def home(self, turn: Turn) -> list[HomeItem]:
        """Return the door to the notebook."""
        return [HomeItem(turn.text("home"), "notebook", order=42)]

    def variables(self, turn: Turn) -> list[tuple[str, str]]:
        """Return what was heard in the harvest that was kept last, for prompts to show."""
        row = turn.rows(Notebook).last(turn.community.id)
        version = current(turn, row) if row is not None else None
        heard = str(turn.rows(Notebook).written(version)["heard"]) if version is not None else ""
        line = " ".join(heard.split())
        shown = line if len(line) <= _HARVEST else line[:_HARVEST].rsplit(" ", 1)[0] + " …"
        return [("harvest", shown)]

    def numbers(self, turn: Turn) -> list[Number]:
        """Return how many harvests were kept in this month, which everybody can see."""
        month = f"{local(turn, turn.now):%Y-%m}"
        kept = turn.rows(Notebook).kept(turn.community.id)
        count = sum(
            f"{local(turn, row.kept_at):%Y-%m}" == month for row in kept if row.kept_at is not None
        )
        return [Number("harvests", turn.text("number_kept"), count, of_people=False)]
