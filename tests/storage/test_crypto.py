"""Sealing: what is sealed opens at its own place, for its own person, with its own key."""

import pytest

from bot.core.errors import Misconfigured, MissingKey
from bot.core.refs import Member
from storage.crypto import Vault
from storage.members import Members
from storage.store import Store
from storage.transaction import Transaction

OTHER = Vault(bytes(32))


def test_what_is_sealed_opens_at_its_place(vault: Vault) -> None:
    sealed = vault.seal("thought.body:ana", "zebra")
    assert b"zebra" not in sealed
    assert vault.open("thought.body:ana", sealed) == "zebra"


def test_the_same_text_is_never_sealed_alike(vault: Vault) -> None:
    assert vault.seal("a", "zebra") != vault.seal("a", "zebra")


@pytest.mark.parametrize("elsewhere", ["question.spec:ana", "thought.body:tom", "thought.body:"])
def test_a_value_moved_elsewhere_does_not_open(vault: Vault, elsewhere: str) -> None:
    sealed = vault.seal("thought.body:ana", "zebra")
    with pytest.raises(Misconfigured, match=f"sealed value in {elsewhere.split(':')[0]} does not"):
        vault.open(elsewhere, sealed)


def test_a_value_changed_anywhere_does_not_open(vault: Vault) -> None:
    sealed = vault.seal("thought.body:ana", "zebra")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(Misconfigured):
            vault.open("thought.body:ana", bytes(changed))


def test_a_value_does_not_open_with_another_key(vault: Vault) -> None:
    with pytest.raises(Misconfigured, match="does not open with this key"):
        OTHER.open("thought.body:ana", vault.seal("thought.body:ana", "zebra"))


def test_a_data_key_wrapped_by_another_master_key_names_both(vault: Vault) -> None:
    _, wrapped = vault.new_data_key("ana")
    with pytest.raises(MissingKey) as raised:
        OTHER.unwrap("ana", wrapped)
    assert vault.key_id in str(raised.value)
    assert OTHER.key_id in str(raised.value)


def test_a_data_key_given_to_somebody_else_does_not_unwrap(vault: Vault) -> None:
    key, wrapped = vault.new_data_key("ana")
    assert vault.unwrap("ana", wrapped) == key
    with pytest.raises(Misconfigured):
        vault.unwrap("tom", wrapped)


def test_a_hash_tells_nothing_without_the_key_and_keeps_purposes_apart(vault: Vault) -> None:
    hashed = vault.digest("member", "ana")
    assert hashed == vault.digest("member", "ana")
    assert hashed != vault.digest("room", "ana")
    assert hashed != OTHER.digest("member", "ana")


def test_a_vault_does_not_print_its_key(vault: Vault) -> None:
    assert repr(vault.master) not in repr(vault)
    assert vault.master.hex() not in repr(vault)


def test_a_row_moved_to_another_member_does_not_open(store: Store) -> None:
    """Neither with the other's data key nor with the installation's."""

    def move(tx: Transaction) -> None:
        members = Members(tx)
        for name in ("ana", "tom"):
            members.ensure(Member("memory", name), name)
        sealed = tx.seal("thought.body", "zebra", "ana")
        assert tx.open("thought.body", sealed, "ana") == "zebra"
        for other in ("tom", None):
            with pytest.raises(Misconfigured):
                tx.open("thought.body", sealed, other)

    store.run(move)
