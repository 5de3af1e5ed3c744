"""Entering records: the form, the rulebook, the outbox and the keeper."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import MalformedError, TooLargeError, UnauthenticatedError, UnknownError
from comity.exchange.delivery import DeliveryState
from comity.ids import BatchId
from comity.peer.entering import EntryForm
from comity.registers.entering import years_between
from comity.registers.register import latest_expiry
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.testing import DOCUMENTS, Network

FIELDS = {"number": "19AC45678", "country": "FRA", "type": "passport", "loss": "stolen"}


def form(**changed: object) -> EntryForm:
    values: dict[str, object] = {"register": DOCUMENTS, "records": [FIELDS], "is_lawful": True} | changed
    return EntryForm(**values)  # type: ignore[arg-type]


def test_what_is_entered_is_delivered_and_found(network: Network) -> None:
    entered = network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    assert entered.delivery is not None
    assert entered.receipt is not None
    assert (entered.delivery.state, entered.receipt.step) == (DeliveryState.DELIVERED, "delivered")
    assert network.check(network.officer("LT", "ruta", "inspector"), "19AC45678", "FRA").registers[0].answer == "hit"


def test_the_rulebook_refuses_at_home_and_nothing_is_kept(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    inspector = network.officer("FR", "marc", "inspector")
    node = network.nodes["FR"]
    refused = {
        "TD-1.2": node.records.enter(claire, form(records=[FIELDS | {"country": "LTU"}])),
        "RPD-12.1": node.records.enter(claire, form(is_lawful=False)),
        "RPD-21.1": node.records.enter(inspector, form()),
    }
    for rule, entered in refused.items():
        assert entered.verdict is not None
        assert (entered.verdict.outcome, entered.verdict.rules) == ("refused", (rule,))
        assert entered.batch is None
    assert not list(node._files.list_batches())
    assert network.nodes["FR"].condition.state().queued == 0


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"records": []}, "records"),
        ({"records": [{}]}, "records[0].number"),
        ({"records": [FIELDS, FIELDS | {"number": "1\x002"}]}, "records[1].number"),
        ({"records": [FIELDS | {"national_reference": "x" * 10_000_000}]}, "records[0].national_reference"),
        ({"records": [FIELDS | {"loss": "eaten"}]}, "records[0].loss"),
        ({"instruction": "arrest"}, "records[0].instruction"),
        ({"handling": "secret"}, "records[0].handling"),
        ({"audience": ""}, "audience"),
        ({"audience": "none"}, "records[0].audience"),
        ({"audience": "all but FR"}, "records[0].audience"),
        ({"audience": "LT BR"}, "records[0].audience"),
        ({"audience": "all but nobody in particular"}, "audience"),
        ({"audience": "all but QQ"}, "audience"),
        ({"audience": "all BR"}, "audience"),
        ({"audience": "all but"}, "audience"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"expires_on": "0001-01-01T00:00:00+14:00"}, "expires_on"),
        ({"expires_on": "2020-01-01"}, "records[0].expires_at"),
        ({"expires_on": "2099-01-01"}, "records[0].expires_at"),
        ({"register": "people"}, "register"),
    ],
)
def test_a_form_that_is_wrong_names_the_field_and_enters_nothing(
    network: Network, changed: dict[str, object], where: str
) -> None:
    claire = network.officer("FR", "claire", "registrar")
    with pytest.raises(MalformedError) as raised:
        network.nodes["FR"].records.enter(claire, form(**changed))
    assert where in raised.value.where.split(", ")
    assert not list(network.nodes["FR"]._files.list_batches())


def test_more_than_one_batch_holds_by_hand_is_refused(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    with pytest.raises(TooLargeError):
        network.nodes["FR"].records.enter(claire, form(records=[FIELDS] * 1001))


def test_a_batch_that_no_line_carries_is_refused_before_anything_is_kept(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    person = {"status": "missing", "names": [{"whole": "Ona"}], "comment": "x" * 2_000}
    records = [person | {"reference": f"A-{number}"} for number in range(900)]
    with pytest.raises(TooLargeError):
        network.nodes["FR"].records.enter(claire, EntryForm(register="persons", records=records, is_lawful=True))
    assert not list(network.nodes["FR"]._files.list_batches())
    assert network.enter(claire, "19AC45678").receipt is not None, "and nothing waits in the way of the next"


def test_a_batch_waits_while_the_line_is_cut_and_goes_when_it_is_mended(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    network.cut("FR")
    entered = network.enter(claire, "19AC45678")
    assert entered.delivery is not None
    assert (entered.delivery.state, entered.receipt) == (DeliveryState.QUEUED, None)
    assert network.nodes["FR"].condition.state().queued == 1
    network.mend("FR")
    network.turn(10)
    assert entered.batch is not None
    later = network.nodes["FR"].records.find(claire, entered.batch)
    assert later.receipt is not None
    assert later.receipt.step == "delivered"


def test_a_source_suspended_meanwhile_is_told_by_which_rule(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    duty = network.officer("GS", "olga", "duty")
    network.cut("FR")
    entered = network.enter(claire, "19AC45678")
    network.nodes["GS"].measures.set_standing(
        duty, "FR", "enter", "suspended", reason="In doubt.", reference="", until_at=network.now.replace(month=12)
    )
    network.settle()
    network.mend("FR")
    network.turn(10)
    assert entered.batch is not None
    later = network.nodes["FR"].records.find(claire, entered.batch)
    assert later.delivery is not None
    assert later.receipt is not None
    assert (later.delivery.state, later.receipt.rules) == (DeliveryState.REFUSED, ("RPD-131.1",))


def test_what_nobody_takes_for_a_month_runs_out_and_shows(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    network.stop("GS")
    entered = network.enter(claire, "19AC45678")
    network.turn(31 * 86_400)
    assert entered.batch is not None
    claire = network.officer("FR", "claire", "registrar")
    later = network.nodes["FR"].records.find(claire, entered.batch)
    assert later.delivery is not None
    assert later.delivery.state is DeliveryState.EXPIRED


def test_a_batch_of_nobody_here_is_not_found(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    with pytest.raises(UnknownError):
        network.nodes["FR"].records.find(claire, BatchId("0" * 64))
    entered = network.enter(claire, "19AC45678")
    assert entered.batch is not None
    olga = network.officer("GS", "olga", "registrar")
    with pytest.raises(UnknownError):
        network.nodes["GS"].records.find(olga, entered.batch)
    with pytest.raises(UnauthenticatedError):
        network.nodes["GS"].records.find(claire, entered.batch)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds of hypothesis
def test_the_longest_retention_is_ten_years_from_any_day(entered_at: datetime) -> None:
    assert 9.99 < years_between(entered_at, latest_expiry(TRAVEL_DOCUMENTS, entered_at)) <= 10
