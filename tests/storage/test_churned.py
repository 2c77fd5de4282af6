"""Members who leave a store in which much was written and deleted: nothing of them is left."""

from benchmarks import churn
from storage.opening import Opened
from storage.store import Store

PEOPLE, LEAVING = 400, 300  # enough for copies to be left between the rows


def test_nothing_of_them_is_left_in_any_file(opened: Opened) -> None:
    people = churn.lived_in(opened.store, PEOPLE, LEAVING)
    churn.erase(opened.store, people.gone)
    assert churn.rewrite(opened.store) == str(LEAVING)
    assert churn.rewrite(opened.store) is None
    assert list(churn.in_files(opened.store, people)) == []


def test_no_row_of_them_is_live_and_nothing_sealed_opens(store: Store) -> None:
    """PostgreSQL keeps dead rows until it clears them away: what is in them was sealed."""
    people = churn.lived_in(store, 60, 20)
    assert {who for _, who in churn.in_rows(store, people)} == set(people.gone)
    assert churn.opens(store, people) == people.gone
    churn.erase(store, people.gone)
    assert list(churn.in_rows(store, people)) == []
    assert churn.opens(store, people) == []
