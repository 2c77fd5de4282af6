"""The account's own keys: made, kept, brought back and replaced; secret storage."""

from __future__ import annotations

import pytest

from bot.adapters.matrix.encryption import crosssigning, recovery
from bot.adapters.matrix.encryption.crosssigning import Seeds
from bot.adapters.matrix.encryption.keyserver import KeyServer
from bot.adapters.matrix.encryption.login import Asked, Signed, sign_in_depth
from bot.adapters.matrix.transport import NoAnswer, Refused
from bot.core.errors import Misconfigured
from tests.adapters.matrix.key_double import Account, KeyDouble, Somebody, somebody
from tests.support.fake_host import FakeHost


async def logs_in(
    person: Somebody, *, recovery_key: str = "", password: str = "", reset: bool = False
) -> Signed:
    asked = Asked(lambda: password, lambda: recovery_key, reset)
    return await sign_in_depth(person.encryption.own, asked)


async def keeper_and_double() -> tuple[KeyDouble, Somebody]:
    double = KeyDouble()
    return double, await somebody(double, "keeper")


async def test_a_first_login_makes_keys_signs_the_device_and_shows_a_recovery_key_once() -> None:
    _, keeper = await keeper_and_double()
    first = await logs_in(keeper)
    assert (first.keys, first.trusted) == ("made", True)
    assert first.recovery_key
    assert first.recovery_key not in repr(first)
    again = await logs_in(keeper)
    assert again == Signed("kept", None, trusted=True)
    assert (await keeper.start()).signed


async def test_after_the_loss_of_the_store_a_new_device_is_signed_with_the_recovery_key() -> None:
    double, keeper = await keeper_and_double()
    key = (await logs_in(keeper)).recovery_key or ""
    before = double.signing[keeper.user]
    keeper.host, keeper.device = FakeHost(), "TWO"
    assert not (await keeper.start()).signed
    assert await logs_in(keeper, recovery_key=key) == Signed("recovered", None, trusted=True)
    assert double.signing[keeper.user] == before  # nobody has to verify anything again


async def test_a_new_device_beside_the_old_store_is_signed_by_itself() -> None:
    _, keeper = await keeper_and_double()
    await logs_in(keeper)
    keeper.device = "TWO"
    assert (await keeper.start()).signed


@pytest.mark.parametrize("key", ["", "nonsense", "EsT 0OIl", recovery.to_text(bytes(32))])
async def test_without_the_right_recovery_key_nothing_is_changed(key: str) -> None:
    double, keeper = await keeper_and_double()
    await logs_in(keeper)
    before, notes = double.signing[keeper.user], dict(double.notes)
    keeper.host, keeper.device = FakeHost(), "TWO"
    await keeper.start()
    notes = dict(double.notes)
    with pytest.raises(Misconfigured, match="matrix login --reset"):
        await logs_in(keeper, recovery_key=key)
    assert double.signing[keeper.user] == before
    assert double.notes == notes


async def test_a_reset_takes_the_password_and_leads_to_a_new_recovery_key() -> None:
    double, keeper = await keeper_and_double()
    old = await logs_in(keeper)
    keeper.host, keeper.device = FakeHost(), "TWO"
    await keeper.start()
    with pytest.raises(Misconfigured, match="password"):
        await logs_in(keeper, reset=True)
    assert not crosssigning.is_signed_by_owner(
        double.post(keeper.user, "TWO", "keys/query", {"device_keys": {keeper.user: []}}),
        keeper.user,
        "TWO",
    )
    new = await logs_in(keeper, reset=True, password="secret")
    assert (new.keys, new.trusted) == ("reset", True)
    assert new.recovery_key not in (None, old.recovery_key)
    assert double.signing[keeper.user]["auth"]["password"] == "secret"


async def test_a_reset_with_a_wrong_password_says_so_and_loses_no_keys() -> None:
    double, keeper = await keeper_and_double()
    await logs_in(keeper)
    before = double.signing[keeper.user]
    double.password = "secret"
    with pytest.raises(Misconfigured, match="does not take the account's password"):
        await logs_in(keeper, reset=True, password="mistyped")
    with pytest.raises(Misconfigured, match="wants the account's password"):
        await logs_in(keeper, reset=True)
    assert double.signing[keeper.user] == before
    assert (await logs_in(keeper)).keys == "kept"
    keeper.device = "TWO"
    assert (await keeper.start()).signed


async def test_a_reset_cut_off_after_it_published_the_keys_goes_on_with_the_next_login() -> None:
    double, keeper = await keeper_and_double()
    old = await logs_in(keeper)
    double.cut_off = True
    with pytest.raises(NoAnswer):
        await logs_in(keeper, reset=True, password="secret")
    double.cut_off = False
    again = await logs_in(keeper)
    assert (again.keys, again.trusted) == ("reset", True)
    assert again.recovery_key not in (None, old.recovery_key)
    assert (await logs_in(keeper)).keys == "kept"
    keeper.device = "TWO"
    assert (await keeper.start()).signed


@pytest.mark.parametrize(
    "refusal", [Refused(404, "M_UNRECOGNIZED"), Refused(405, ""), Refused(400, "M_UNRECOGNIZED")]
)
async def test_without_secret_storage_the_device_is_signed_and_the_host_is_told(
    refusal: Refused,
) -> None:
    double = KeyDouble(no_notes=refusal)
    keeper = await somebody(double, "keeper")
    done = await logs_in(keeper)
    assert done == Signed("made", None, trusted=True, stored=False)
    assert (await keeper.start()).signed
    # Both lost: the password leads back, as everywhere.
    keeper.host, keeper.device = FakeHost(), "TWO"
    await keeper.start()
    with pytest.raises(Misconfigured, match="--reset"):
        await logs_in(keeper)
    again = await logs_in(keeper, reset=True, password="secret")
    assert (again.keys, again.trusted, again.stored) == ("reset", True, False)


async def test_a_device_signed_by_another_key_is_not_trusted() -> None:
    double, keeper = await keeper_and_double()
    await logs_in(keeper)
    eve = Seeds.new()
    signer = crosssigning.to_publish(eve, keeper.encryption.own)["self_signing_key"]
    double.signing[keeper.user]["self_signing_key"] = signer  # not signed by the master key
    await crosssigning.sign_device(eve, keeper.encryption.own)
    assert not (await keeper.start()).signed


def test_a_recovery_key_is_written_as_the_specification_has_it() -> None:
    # The pair that other implementations are tested with.
    key = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    text = recovery.to_text(key)
    assert text == "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d"
    assert {len(part) for part in text.split()} == {4}
    assert recovery.from_text(text.replace(" ", "  ")) == key
    wrong = text[:-1] + ("1" if text[-1] != "1" else "2")
    with pytest.raises(recovery.WrongKey):
        recovery.from_text(wrong)


async def test_what_was_changed_on_the_homeserver_is_not_taken_for_a_secret() -> None:
    double, keeper = await keeper_and_double()
    key = (await logs_in(keeper)).recovery_key or ""
    server = KeyServer(Account(double, keeper.user, keeper.device))
    assert await recovery.fetch(server, key) is not None
    note = double.notes[keeper.user, "m.cross_signing.master"]["encrypted"]
    for sealed in note.values():
        sealed["ciphertext"] = "A" + sealed["ciphertext"][1:]
        sealed["mac"] = sealed["mac"][::-1]
    with pytest.raises(recovery.WrongKey):
        await recovery.fetch(server, key)


async def test_who_has_no_device_or_whose_owner_did_not_sign_us_is_not_reached() -> None:
    double, keeper = await keeper_and_double()
    ana = await somebody(double, "ana")
    assert not await keeper.encryption.reaches(ana.user)  # we are not signed
    await logs_in(keeper)
    await keeper.start()
    assert await keeper.encryption.reaches(ana.user)
    assert not await keeper.encryption.reaches("@nobody:home")
