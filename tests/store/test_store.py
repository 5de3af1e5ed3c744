"""Transactions: whole or not at all, each act by itself, and durable when they return."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from comity.errors import UnavailableError
from comity.exchange.blob import BlobKept, BlobShared, UploadKept, UploadUsed
from comity.exchange.delivery import (
    UNDERWAY,
    Delivery,
    DeliveryMoved,
    DeliveryQueued,
    DeliveryState,
    ReceiptKept,
    new_delivery,
)
from comity.ids import BatchId, BlobId, MemberCode, OfficerId, RegisterName
from comity.ledger.entry import make_entry
from comity.members.officer import Officer, OfficerCreated, PasswordSet, SessionOpened, SignInFailed
from comity.registers.alerting import AlertedThrough
from comity.registers.catalogue import BatchTaken, RegisterChanged
from comity.store import alerts, deliveries, entries, messages, officers
from comity.store import store as store_module
from comity.store.opening import migrate
from comity.store.schema import whole_schema
from comity.store.store import Store
from comity.store.transactions import open_engine
from comity.store.unit import ReadingUnit, WritingUnit
from comity.testing import Crash, crash_at

NOW = datetime(2026, 11, 23, 14, 32, 7, 123456, tzinfo=UTC)
DOCUMENTS = RegisterName("travel-documents")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """With a writer of its own, as a running node has."""
    found = Store(tmp_path / "data", reserve_bytes=0)
    yield found
    found.close()


def entry(number: int) -> object:
    return make_entry("test.done", NOW, str(number).encode(), number.to_bytes(32, "big"))


def take(number: int) -> RegisterChanged:
    return RegisterChanged(DOCUMENTS, MemberCode("FR"), NOW, (BatchTaken(BatchId(f"{number:064x}"), 1, NOW),))


def create(name: str) -> OfficerCreated:
    return OfficerCreated(Officer(OfficerId(name), name, ("inspector",), "hash", is_one_time=True), NOW)


_INDEXES = "select name from sqlite_master where type = 'index' and name not like 'sqlite~_%' escape '~'"


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "node.db")
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), whole_schema()) == []
        assert set(whole_schema().tables) | {"alembic_version"} == set(inspect(connection).get_table_names())
        # What the comparison does not look at.
        for table in whole_schema().tables.values():
            held = inspect(connection).get_pk_constraint(table.name)["constrained_columns"]
            assert held == [column.name for column in table.primary_key], table.name
        made = set(connection.exec_driver_sql(_INDEXES).scalars())
        assert made == {index.name for table in whole_schema().tables.values() for index in table.indexes}
    migrate(engine)  # again is nothing new
    engine.dispose()


def test_one_failing_act_takes_no_other_with_it(store: Store) -> None:
    """Many threads at once, every third act fails in its middle, in whatever groups the writer makes."""
    failures, barrier = [], threading.Barrier(30)

    def run(number: int) -> None:
        def work(unit: WritingUnit) -> None:
            unit.apply(take(number))
            unit.record(entry(number))  # type: ignore[arg-type]
            if number % 3 == 0:
                raise ValueError(number)

        barrier.wait()
        try:
            store.change(work)
        except ValueError as error:
            failures.append(error.args[0])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(failures) == list(range(0, 30, 3))
    held = [
        number for number in range(30) if store.read(lambda unit, n=number: unit.find_batch(take(n).batches[0].batch))
    ]
    assert held == [number for number in range(30) if number % 3]
    assert store.read(lambda unit: unit.position(DOCUMENTS)) == 20
    assert len(store.pending(100)) == 20


def test_positions_have_no_gap_and_a_batch_has_one(store: Store) -> None:
    for number in (1, 2, 1, 3, 2):
        store.change(lambda unit, n=number: unit.apply(take(n)))
    positions = [store.read(lambda unit, n=number: unit.find_batch(take(n).batches[0].batch)) for number in (1, 2, 3)]
    assert [found and found.position for found in positions] == [1, 2, 3]


@pytest.mark.parametrize(("step", "is_durable"), [(1, False), (2, True)])
def test_a_crash_before_the_commit_leaves_nothing_and_after_it_everything(
    tmp_path: Path, step: int, *, is_durable: bool
) -> None:
    store = Store(tmp_path, own_thread=False, boundary=crash_at(step), reserve_bytes=0)

    def work(unit: WritingUnit) -> None:
        unit.apply(take(1))
        unit.record(entry(1))  # type: ignore[arg-type]

    with pytest.raises(Crash):
        store.change(work)
    store.close()
    again = Store(tmp_path, own_thread=False, reserve_bytes=0)
    assert (again.read(lambda unit: unit.find_batch(take(1).batches[0].batch)) is not None) == is_durable
    assert bool(again.pending(10)) == is_durable
    again.close()


def test_a_read_changes_nothing(store: Store) -> None:
    with pytest.raises(TypeError, match="OfficerCreated"):
        store.read(lambda unit: unit.apply(create("ruta")))

    def write(unit: ReadingUnit) -> None:
        officers.create(unit._connection, create("ruta"))

    with pytest.raises(UnavailableError):
        store.read(write)
    assert store.read(lambda unit: unit.find_officer("ruta")) is None


def test_a_read_whose_entry_was_not_durable_gives_nothing(tmp_path: Path) -> None:
    def full(step: str) -> None:
        if step == "segment.write":
            raise OSError

    store = Store(tmp_path, own_thread=False, boundary=full, reserve_bytes=0)
    with pytest.raises(UnavailableError):
        store.read(lambda unit: unit.record(entry(1)))  # type: ignore[arg-type]
    assert store.segment.end == 0
    store.close()


def test_below_the_reserve_nothing_is_written_but_the_ledger_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path, own_thread=False, reserve_bytes=1 << 60)
    assert store.free_bytes < 0
    for run in (store.change, store.read):
        with pytest.raises(UnavailableError, match="disk is full"):
            run(lambda unit: unit.apply(take(1)))
    store.write_rows(lambda connection: entries.record_placed(connection, [], entries.through(connection)))
    store.close()


def test_a_reader_sees_one_moment(store: Store) -> None:
    def look(unit: ReadingUnit) -> tuple[int, int]:
        before = unit.position(DOCUMENTS)
        store.change(lambda writing: writing.apply(take(1)))
        return before, unit.position(DOCUMENTS)

    assert store.read(look) == (0, 0)
    assert store.read(lambda unit: unit.position(DOCUMENTS)) == 1


def test_officers_and_sessions_come_back_as_they_were(store: Store) -> None:
    store.change(lambda unit: unit.apply(create("ruta")))
    for _ in range(5):
        store.change(lambda unit: unit.apply(SignInFailed(OfficerId("ruta"), NOW)))
    paused = store.read(lambda unit: unit.find_officer("ruta"))
    assert paused is not None
    assert (paused.failures, paused.failed_at, paused.is_paused(NOW)) == (5, NOW, True)
    store.change(lambda unit: unit.apply(SessionOpened("hash of a token", OfficerId("ruta"), NOW)))
    opened = store.read(lambda unit: unit.find_session("hash of a token"))
    assert opened is not None
    assert (opened.officer.password, opened.officer.failures, opened.opened_at) == ("", 0, NOW)
    store.change(lambda unit: unit.apply(PasswordSet(OfficerId("ruta"), "other", is_one_time=False)))
    store.change(lambda unit: unit.apply(SignInFailed(OfficerId("nobody"), NOW)))
    assert store.read(lambda unit: unit.find_session("another")) is None
    assert len(store.read_rows(officers.list_officers)) == 1


def test_a_name_in_use_is_not_created_again(store: Store) -> None:
    store.change(lambda unit: unit.apply(create("ruta")))
    with pytest.raises(Exception, match="UNIQUE"):
        store.change(lambda unit: unit.apply(create("ruta")))
    assert store.change(lambda unit: unit.find_officer("ruta")) is not None, "and the writer goes on"


def delivery(name: str, to: str = "GS", second: int = 1, sender: str = "FR") -> Delivery:
    at = NOW.replace(second=second)
    return new_delivery(
        name, "envelope", b"\x00body", sender=MemberCode(sender), to=MemberCode(to), now=at,
        expires_at=NOW.replace(month=12),
    )  # fmt: skip


STORED = set(DeliveryState) - {DeliveryState.UNREADABLE}


def queue(store: Store, *new: Delivery) -> None:
    for each in new:
        store.change(lambda unit, each=each: unit.apply(DeliveryQueued(each)))


def move(store: Store, name: str, before: DeliveryState, after: DeliveryState, to: str = "GS") -> None:
    moved = DeliveryMoved(name, MemberCode(to), before, after, 1, NOW)
    store.change(lambda unit: unit.apply(moved))


def find(store: Store, name: str, to: str = "GS") -> Delivery:
    found = store.read(lambda unit: unit.find_delivery(name, MemberCode(to)))
    assert found is not None
    return found


def test_deliveries_that_are_due_come_oldest_first_and_settled_ones_never(store: Store) -> None:
    queue(store, delivery("late", second=50), delivery("second", second=5), delivery("first", second=3))
    for state in STORED:
        queue(store, delivery(f"is {state}"))
        move(store, f"is {state}", DeliveryState.QUEUED, state)
    due = store.read(lambda unit: unit.due_deliveries(NOW, 10))
    assert [each.id for each in due] == ["first", "second", "is queued", "is relayed"]
    assert due[0].body == b"\x00body"
    assert [each.id for each in store.read(lambda unit: unit.due_deliveries(NOW, 2))] == ["first", "second"]


def test_a_delivery_has_a_life_of_its_own_for_each_recipient(store: Store) -> None:
    queue(store, delivery("one", "LT"), delivery("one", "BR"), delivery("other", "LT"))
    move(store, "one", DeliveryState.QUEUED, DeliveryState.DELIVERED, to="LT")
    states = store.read(lambda unit: [(each.recipient, each.state) for each in unit.list_deliveries("one")])
    assert states == [("BR", DeliveryState.QUEUED), ("LT", DeliveryState.DELIVERED)]
    assert store.read(lambda unit: unit.find_delivery("one", MemberCode("FR"))) is None


def test_what_is_on_its_way_already_stays_as_it_is(store: Store) -> None:
    queue(store, delivery("one"))
    move(store, "one", DeliveryState.QUEUED, DeliveryState.RELAYED)
    queue(store, delivery("one", second=9, sender="XX"))
    held = find(store, "one")
    assert (held.state, held.sender, held.attempts, held.next_at) == (DeliveryState.RELAYED, "FR", 1, NOW)


def test_what_something_else_has_moved_meanwhile_is_not_moved(store: Store) -> None:
    queue(store, delivery("one"))
    move(store, "one", DeliveryState.QUEUED, DeliveryState.DELIVERED)
    move(store, "one", DeliveryState.QUEUED, DeliveryState.QUEUED)
    move(store, "one", DeliveryState.QUEUED, DeliveryState.EXPIRED)
    assert find(store, "one").state is DeliveryState.DELIVERED


def test_a_delivery_keeps_its_bytes_as_long_as_it_is_under_way(store: Store) -> None:
    for state in STORED:
        queue(store, delivery(state))
        move(store, state, DeliveryState.QUEUED, state)
        assert bool(find(store, state).body) == (state in UNDERWAY), state


def test_the_first_receipt_of_each_step_stays(store: Store) -> None:
    to = MemberCode("GS")
    for step, frame in (("relayed", b"1"), ("delivered", b"2"), ("delivered", b"3"), ("opened", b"4")):
        kept = ReceiptKept("one", to, step, frame, NOW)
        store.change(lambda unit, kept=kept: unit.apply(kept))
    store.change(lambda unit: unit.apply(ReceiptKept("one", MemberCode("LT"), "delivered", b"5", NOW)))
    store.change(lambda unit: unit.apply(ReceiptKept("other", to, "delivered", b"6", NOW)))
    held = store.read_rows(lambda connection: deliveries.list_receipts(connection, "one"))
    assert [(each.recipient, each.step, each.frame) for each in held] == [
        ("GS", "relayed", b"1"),
        ("GS", "delivered", b"2"),
        ("GS", "opened", b"4"),
        ("LT", "delivered", b"5"),
    ]
    assert held[0].at == NOW


def test_what_waits_is_counted_for_each_sender(store: Store) -> None:
    queue(store, delivery("one", "LT"), delivery("one", "BR"), delivery("two", "LT", sender="XX"))
    move(store, "one", DeliveryState.QUEUED, DeliveryState.RELAYED, to="LT")
    assert store.read(lambda unit: unit.count_waiting(MemberCode("FR"))) == 2, "what the relay has is under way too"
    move(store, "one", DeliveryState.RELAYED, DeliveryState.EXPIRED, to="LT")
    assert store.read(lambda unit: unit.count_waiting(MemberCode("FR"))) == 1
    assert store.read_rows(deliveries.count_queued) == 2


def test_what_waits_for_a_member_that_is_there_again_is_due_at_once(store: Store) -> None:
    queue(store, *(delivery("one", to, second=50) for to in ("LT", "BR", "FR")))
    move(store, "one", DeliveryState.QUEUED, DeliveryState.DELIVERED, to="FR")
    store.write_rows(lambda connection: deliveries.hasten(connection, NOW, MemberCode("LT")))
    assert [each.recipient for each in store.read(lambda unit: unit.due_deliveries(NOW, 10))] == ["LT"]
    store.write_rows(lambda connection: deliveries.hasten(connection, NOW))
    assert {each.recipient for each in store.read(lambda unit: unit.due_deliveries(NOW, 10))} == {"LT", "BR"}


def test_an_upload_is_its_officers_and_gone_once_a_message_names_it(store: Store) -> None:
    name = BlobId("b" * 64)
    store.change(lambda unit: unit.apply(UploadKept(name, "ruta", b"kept", NOW)))
    for officer, kept in (("ruta", b"kept"), ("jonas", None)):
        assert store.read_rows(lambda connection, who=officer: messages.find_upload(connection, name, who)) == kept
    store.change(lambda unit: unit.apply(UploadUsed(name)))
    assert store.read_rows(lambda connection: messages.find_upload(connection, name, "ruta")) is None


def test_a_blob_is_pulled_by_those_only_with_whom_it_is_shared(store: Store) -> None:
    name = BlobId("b" * 64)
    store.change(lambda unit: unit.apply(BlobKept(name, b"manifest")))
    store.change(lambda unit: unit.apply(BlobShared(name, (MemberCode("LT"), MemberCode("GS")))))
    store.change(lambda unit: unit.apply(BlobShared(name, (MemberCode("LT"),))))
    may = {to: store.read(lambda unit, to=to: unit.may_pull(name, MemberCode(to))) for to in ("LT", "GS", "XX", "FR")}
    assert may == {"LT": True, "GS": True, "XX": False, "FR": False}
    assert store.read(lambda unit: unit.find_manifest(name)) == b"manifest"
    assert store.read(lambda unit: unit.find_manifest(BlobId("c" * 64))) is None


def test_how_far_hits_were_told_of_is_one_place_that_only_moves_on(store: Store) -> None:
    before_everything = store.read_rows(alerts.through)
    assert (before_everything.period, before_everything.index) < ("2026-11", 0)
    later = [AlertedThrough("2026-11", 7, "BR"), AlertedThrough("2026-11", 7, "FR"), AlertedThrough("2026-11", 7),
             AlertedThrough("2026-12", 0)]  # fmt: skip
    for number, place in enumerate(later):
        store.change(lambda unit, place=place: unit.apply(place))
        for earlier in later[:number]:
            store.change(lambda unit, earlier=earlier: unit.apply(earlier))
        assert store.read_rows(alerts.through) == place


def test_two_nodes_do_not_share_a_folder_by_accident(tmp_path: Path) -> None:
    """A second writer waits, and then says so; nothing of the first one's is lost."""
    first = Store(tmp_path, own_thread=False, reserve_bytes=0)
    first.change(lambda unit: unit.apply(take(1)))
    second = Store(tmp_path, own_thread=False, reserve_bytes=0)
    second.change(lambda unit: unit.apply(take(2)))
    assert first.read(lambda unit: unit.position(DOCUMENTS)) == 2
    second.close()
    first.close()


def test_changes_that_were_catalogued_before_are_counted_for_their_sources(tmp_path: Path) -> None:
    """A store of the version before goes on: a source's next position follows from what it had changed."""
    engine = open_engine(tmp_path / "node.db")
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(store_module.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for row in (("a", 1, "FR"), ("b", 2, "BR"), ("c", 3, "FR"), ("d", 3, "FR")):
            connection.exec_driver_sql(
                "insert into batch (id, register, position, source, records, entered_at) values (?, 'r', ?, ?, 1, 0)",
                row,
            )
        connection.exec_driver_sql(
            "insert into removal (record, register, position, source, at, is_erased) values ('a.0', 'r', 4, 'FR', 0, 1)"
        )
        connection.commit()
    engine.dispose()
    store = Store(tmp_path, own_thread=False)
    register = RegisterName("r")
    members = [MemberCode(each) for each in ("FR", "BR", "LT")]
    assert store.read(lambda unit: [unit.own_position(register, each) for each in members]) == [3, 1, 0]
    found = store.read(lambda unit: [unit.find_batch(BatchId(each)) for each in "abcd"])
    assert [each.own_position for each in found if each] == [1, 1, 2, 2]
    store.close()


def test_what_entries_were_about_before_is_found_by_their_kinds_too(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "node.db")
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(store_module.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
        for position, kind in enumerate(("query.ask", "message.send", "query.ask")):
            connection.exec_driver_sql(
                "insert into ledger_entry (id, period, position, kind, at, member, officer, purpose, verdict) "
                "values (?, '2026-11', ?, ?, 0, 'FR', '', '', 'allowed')",
                (f"e{position}", position, kind),
            )
            row = (b"key", "2026-11", position)
            connection.exec_driver_sql("insert into ledger_about (about, period, position) values (?, ?, ?)", row)
        connection.exec_driver_sql("insert into ledger_about (about, period, position) values ('key', '2026-11', 9)")
        connection.commit()
    migrate(engine)
    with engine.connect() as connection:
        for kind, places in (("query.ask", [2, 0]), ("message.send", [1]), ("", [2, 1, 0])):
            sought = entries.Sought(kind=kind, about=(b"key",))
            found = entries.list_places(connection, before=None, most=9, sought=sought)
            assert [each.index for each in found] == places
        config.attributes["connection"] = connection
        command.downgrade(config, "0009")
        assert connection.exec_driver_sql("select count(*) from ledger_about").scalar_one() == 3
    engine.dispose()
