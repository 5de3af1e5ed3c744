"""Blobs in the store: here as long as anything names them, wanted from everybody who does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import text

from comity.exchange.blob import BlobForgotten, BlobKept, BlobShared, BlobWanted
from comity.ids import BlobId, MemberCode
from comity.store import blobs
from comity.store import store as store_module
from comity.store.store import Store
from comity.store.transactions import open_engine

NOW = datetime(2026, 11, 23, 14, 32, 7, tzinfo=UTC)
BLOB = BlobId("b" * 64)
LT, FR, XX = (MemberCode(each) for each in ("LT", "FR", "XX"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path, own_thread=False, reserve_bytes=0)
    yield found
    found.close()


def do(store: Store, *changes: object) -> None:
    for change in changes:
        store.change(lambda unit, change=change: unit.apply(change))  # type: ignore[misc]


def wanted(by: str, holder: MemberCode, days: float = 1.0) -> BlobWanted:
    return BlobWanted(BLOB, by, holder, NOW, NOW + timedelta(days=days))


def due(store: Store, now: datetime = NOW) -> list[tuple[tuple[str, ...], datetime]]:
    found = store.read_rows(lambda connection: blobs.due_blobs(connection, now, 10))
    return [(tuple(sorted(each.holders)), each.expires_at) for each in found]


def is_here(store: Store) -> bool:
    return store.read_rows(lambda connection: blobs.is_named(connection, BLOB))


def test_every_holder_is_asked_until_the_latest_end_whoever_named_a_blob_first(store: Store) -> None:
    do(store, wanted("first", XX, days=0.1), wanted("second", LT, days=30), wanted("third", LT, days=2))
    assert due(store) == [(("LT", "XX"), NOW + timedelta(days=30))]


def test_a_blob_that_was_given_up_is_pulled_again_when_it_is_named_again(store: Store) -> None:
    do(store, wanted("first", XX))
    [given_up] = store.read_rows(lambda connection: blobs.due_blobs(connection, NOW, 10))
    store.write_rows(lambda connection: blobs.put_off(connection, given_up, None))
    assert due(store) == []
    do(store, wanted("second", LT))
    assert [holders for holders, _end in due(store)] == [("LT", "XX")]


def test_who_pulled_a_blob_says_nothing_of_one_that_was_wanted_anew_meanwhile(store: Store) -> None:
    do(store, wanted("first", XX))
    [pulled] = store.read_rows(lambda connection: blobs.due_blobs(connection, NOW, 10))
    later = NOW + timedelta(seconds=1)
    do(store, BlobWanted(BLOB, "second", LT, later, later + timedelta(days=1)))
    store.write_rows(lambda connection: blobs.put_off(connection, pulled, None))
    assert [holders for holders, _end in due(store, later)] == [("LT", "XX")]


def test_a_blob_that_was_made_here_is_not_pulled_from_who_names_it(store: Store) -> None:
    do(store, BlobKept(BLOB, b"manifest", "own"), wanted("message", XX))
    assert due(store) == []
    [(_name, _manifest, expires_at)] = store.read_rows(lambda connection: blobs.list_whole(connection, "", 10))
    assert expires_at is None, "nobody gave it up"


@pytest.mark.parametrize("order", [("consignment", "message"), ("message", "consignment")])
def test_a_blob_stays_for_its_readers_until_nothing_names_it(store: Store, order: tuple[str, str]) -> None:
    do(store, wanted("message", LT), wanted("consignment", XX), BlobShared(BLOB, (FR,)))
    for name, stays in zip(order, (True, False), strict=True):
        do(store, BlobForgotten(BLOB, "of nobody"), BlobForgotten(BLOB, name))
        assert is_here(store) == stays
        assert store.read(lambda unit: unit.may_pull(BLOB, FR)) == stays


def test_blobs_of_the_version_before_are_named_by_what_is_known_of_them(tmp_path: Path) -> None:
    """A consignment under way names its lots' blobs, and lets go of them; what else named a blob goes on to."""
    lots = {"own": "1" * 64, "theirs": "2" * 64, "taken": "3" * 64}
    engine = open_engine(tmp_path / "node.db")
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(store_module.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        for name, holder in ((lots["own"], ""), (lots["theirs"], "XX"), (lots["taken"], "LT"), (BLOB, "LT")):
            connection.execute(
                text("insert into blob (id, holder, attempts, next_at, expires_at) values (:id, :holder, 0, 1, 2)"),
                {"id": name, "holder": holder},
            )
        for consignment, source, officer, names in (
            ("a", "FR", "claire", ("own",)), ("b", "XX", "", ("theirs", "taken")),
        ):  # fmt: skip
            frame = b"frame\n" + b",".join(b'{"blob":"%s","key":"00"}' % lots[each].encode() for each in names)
            connection.execute(
                text(
                    "insert into consignment (id, source, register, frame, state, at, officer)"
                    " values (:id, :source, 'r', :frame, 'underway', 0, :officer)"
                ),
                {"id": consignment, "source": source, "frame": frame, "officer": officer},
            )
        connection.commit()
    engine.dispose()
    store = Store(tmp_path, own_thread=False, reserve_bytes=0)
    for consignment in ("a", "b"):
        do(store, *(BlobForgotten(BlobId(name), consignment) for name in (*lots.values(), BLOB)))
    assert store.read_rows(blobs.names) == {lots["taken"], BLOB}
    assert [holders for holders, _end in due(store)] == [("LT",), ("LT",)]
    store.close()
