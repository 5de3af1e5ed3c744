"""Acquisition against a secretariat that misbehaves: every attack is made with the real repository and real keys."""

import inspect
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, MetaFile, Snapshot, Targets, Timestamp  # type: ignore[attr-defined] # see comity.members.roles
from tuf.ngclient import Updater  # type: ignore[attr-defined] # see comity.members.roles

from comity.errors import UnavailableError, UntrustedError
from comity.members import ceremony
from comity.members.directory import Freshness
from comity.members.publication import Publication
from comity.members.roles import ROOT, TARGETS, bureau_path, sign_metadata
from comity.members.standing import Channel, State, Statement, open_channels, state
from comity.peer.directory import DirectoryFollower, acquire
from comity.peer.repository import Repository, names_of
from comity.signer import Ed25519Signer, key_id
from tests.members.network import (
    HOLDERS,
    NOW,
    ONLINE,
    ONLINE_KEYS,
    RULEBOOK,
    SIGNERS,
    Secretariat,
    ask,
    code,
    key,
    member_draft,
    signed,
    small,
)

LT, FR = code("LT"), code("FR")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Line:
    """What lies between: it can be cut, hold files back, exchange them, and count."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.is_cut = False
        self.exchanged: dict[str, bytes | None] = {}
        self.asked: list[str] = []

    def __call__(self, name: str) -> bytes | None:
        self.asked.append(name)
        if self.is_cut:
            raise UnavailableError("No line to the secretariat.")
        return self.exchanged[name] if name in self.exchanged else self.repository.read(name)


@pytest.fixture
def network(tmp_path: Path) -> Secretariat:
    return small(tmp_path / "published")


@pytest.fixture
def line(network: Secretariat) -> Line:
    return Line(network.repository)


@pytest.fixture
def node(network: Secretariat, line: Line, tmp_path: Path) -> DirectoryFollower:
    return DirectoryFollower(tmp_path / "node", network.root, line)


def test_a_node_acquires_who_is_in_the_network(node: DirectoryFollower) -> None:
    found = node.refresh(NOW)
    assert set(found.listings) == {"LT", "FR"}
    assert found.find_signing_key(key_id(key("FR signing").public), NOW) == (FR, key("FR signing").public)
    assert found.is_open(LT, Channel.QUERY, NOW)
    assert found.rulebook == RULEBOOK
    assert found.versions["member-LT"] == 1
    assert (found.verified_at, found.expires_at) == (NOW, NOW + HOUR)


def test_a_suspension_arrives_with_four_files(network: Secretariat, node: DirectoryFollower, line: Line) -> None:
    node.refresh(NOW)
    line.asked.clear()
    network.standing = state(network.standing, Statement(LT, Channel.QUERY, State.SUSPENDED, NOW, None, "why", "M-1"))
    network.publish()
    found = node.refresh(NOW)
    assert not found.is_open(LT, Channel.QUERY, NOW)
    assert found.is_open(LT, Channel.MESSAGE, NOW)
    assert found.is_open(FR, Channel.QUERY, NOW)
    assert len([name for name in line.asked if "root" not in name]) == 4


def test_a_nudge_brings_the_new_directory_without_asking(
    network: Secretariat, node: DirectoryFollower, line: Line
) -> None:
    node.refresh(NOW)
    network.standing = state(network.standing, Statement(LT, Channel.QUERY, State.REVIEW, NOW, None, "why", "M-1"))
    offered = network.publish()
    line.asked.clear()
    found = node.refresh(NOW, offered)
    assert line.asked == ["metadata/2.root.json"]
    assert not found.is_open(LT, Channel.QUERY, NOW)


def test_a_newcomer_takes_all_of_it_from_one_answer(network: Secretariat, node: DirectoryFollower, line: Line) -> None:
    assert node.refresh(NOW, network.repository.current()).is_open(LT, Channel.QUERY, NOW)
    assert line.asked == ["metadata/2.root.json"]


def test_files_that_a_crash_spoilt_are_asked_for_again(
    node: DirectoryFollower, network: Secretariat, tmp_path: Path
) -> None:
    before = node.refresh(NOW)
    for path in (tmp_path / "node" / "cache").rglob("*"):
        if path.is_file() and path.name not in {"timestamp.json", "snapshot.json"}:
            path.write_bytes(b"")
    network.publish(NOW + HOUR / 2)
    node.held = None
    assert node.refresh(NOW + HOUR / 2).hash == before.hash


def test_an_old_or_foreign_nudge_does_no_harm(network: Secretariat, node: DirectoryFollower) -> None:
    old = {"metadata/timestamp.json": network.held.roles["timestamp"]}
    network.publish(NOW + HOUR / 2)
    node.refresh(NOW + HOUR / 2)
    assert node.refresh(NOW + HOUR / 2, old).versions["timestamp"] == 2
    assert node.refresh(NOW + HOUR / 2, {"metadata/timestamp.json": b"{}"}).versions["timestamp"] == 2


def test_a_removed_member_is_gone(network: Secretariat, node: DirectoryFollower) -> None:
    node.refresh(NOW)
    draft = ceremony.remove(network.held.draft(TARGETS), LT, NOW)
    network.repository.accept(signed(draft), NOW)
    network.publish()
    found = node.refresh(NOW)
    assert found.find_member(LT) is None
    assert not found.is_open(LT, Channel.QUERY, NOW)
    assert found.is_open(FR, Channel.QUERY, NOW)


def test_a_member_that_has_not_signed_yet_is_absent_and_says_so(network: Secretariat, node: DirectoryFollower) -> None:
    network.admit("BR", speak=False)
    network.publish()
    listing = node.refresh(NOW).find_member(code("BR"))
    assert listing is not None
    assert listing.bureau is None
    assert "has not published" in listing.absent


def test_one_expired_member_role_concerns_that_member_only(network: Secretariat, node: DirectoryFollower) -> None:
    later = NOW + 364 * DAY
    network.repository.accept(member_draft("FR", 2, later), later)
    network.repository.accept(signed(ceremony.renew_targets(network.held.draft(TARGETS), later)), later)
    root = ceremony.rotate_root(network.held.draft(ROOT), [each.public for each in HOLDERS], 2, ONLINE_KEYS, later)
    network.repository.accept(signed(root), later)
    after = NOW + 366 * DAY
    network.repository.publish(after, SIGNERS)
    found = node.refresh(after)
    listing = found.find_member(LT)
    assert listing is not None
    assert "expired" in listing.absent
    assert not found.is_open(LT, Channel.QUERY, after)
    assert found.find_signing_key(key_id(key("LT signing").public), after) is None
    assert found.is_open(FR, Channel.QUERY, after)
    assert node.refresh(after).find_member(LT) == listing


def test_a_withheld_timestamp_becomes_in_grace_then_stale(
    node: DirectoryFollower, line: Line, network: Secretariat
) -> None:
    line.exchanged["metadata/timestamp.json"] = network.held.roles["timestamp"]
    assert node.refresh(NOW).judge(NOW) is Freshness.FRESH
    network.publish(NOW + HOUR)
    with pytest.raises(UntrustedError, match="has expired"):
        node.refresh(NOW + HOUR)
    held = node.held
    assert held is not None
    assert isinstance(node.refused, UntrustedError)
    assert held.judge(NOW + HOUR) is Freshness.IN_GRACE
    assert held.judge(NOW + 26 * HOUR) is Freshness.STALE
    del line.exchanged["metadata/timestamp.json"]
    assert node.refresh(NOW + HOUR).judge(NOW + HOUR) is Freshness.FRESH
    assert node.refused is None


def test_without_a_line_the_last_good_one_serves_also_after_a_restart(
    node: DirectoryFollower, line: Line, network: Secretariat, tmp_path: Path
) -> None:
    found = node.refresh(NOW)
    line.is_cut = True
    with pytest.raises(UnavailableError, match="No line"):
        node.refresh(NOW + HOUR)
    restarted = DirectoryFollower(tmp_path / "node", network.root, line)
    assert restarted.held == found == node.held


def test_a_damaged_store_is_said_and_acquired_anew(
    node: DirectoryFollower, line: Line, network: Secretariat, tmp_path: Path
) -> None:
    node.refresh(NOW)
    (tmp_path / "node" / "directory.json").write_bytes(b"half")
    restarted = DirectoryFollower(tmp_path / "node", network.root, line)
    assert restarted.held is None
    assert restarted.refused is not None
    assert restarted.refresh(NOW).is_open(LT, Channel.QUERY, NOW)


def exchange(line: Line, changed: Publication) -> None:
    """Serve ``changed`` instead of what the repository holds."""
    line.exchanged |= names_of(changed.roles, changed.files)


def forge(
    network: Secretariat, role: str, signers: list[Ed25519Signer], change: Callable[[Targets], None]
) -> Publication:
    """The network as its online keys can show it, with ``role`` changed and signed by ``signers``."""
    metadata: Metadata[Targets] = Metadata.from_bytes(network.held.roles[role])
    metadata.signatures.clear()
    metadata.signed.version += 1
    change(metadata.signed)
    data = metadata.to_bytes()
    for signer in signers:
        data = sign_metadata(Metadata.from_bytes(data), signer)
    return announce(network, {**network.held.roles, role: data}, network.held.files)


def announce(
    network: Secretariat,
    roles: Mapping[str, bytes],
    files: Mapping[str, bytes] | None = None,
    *,
    without: str = "",
) -> Publication:
    """Sign a snapshot and a timestamp over ``roles``, as whoever has the online keys can."""
    snapshot: Metadata[Snapshot] = Metadata.from_bytes(network.held.roles["snapshot"])
    for role, data in roles.items():
        if f"{role}.json" in snapshot.signed.meta:
            version = Metadata.from_bytes(data).signed.version
            snapshot.signed.meta[f"{role}.json"] = MetaFile.from_data(version, data, ["sha256"])
    snapshot.signed.meta.pop(f"{without}.json", None)
    snapshot.signed.version += 1
    snapshot.signatures.clear()
    data = sign_metadata(snapshot, ONLINE)
    timestamp: Metadata[Timestamp] = Metadata.from_bytes(network.held.roles["timestamp"])
    timestamp.signed.version += 1
    timestamp.signed.snapshot_meta = MetaFile.from_data(snapshot.signed.version, data, ["sha256"])
    timestamp.signatures.clear()
    made = {**roles, "snapshot": data, "timestamp": sign_metadata(timestamp, ONLINE)}
    return Publication(made, network.held.files if files is None else files)


def nothing(signed_: Targets) -> None:
    del signed_


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(
    ("role", "by", "text"),
    [
        ("targets", [HOLDERS[0]], "signed by 1 of 2 needed"),
        ("targets", [HOLDERS[0], ONLINE], "signed by 1 of 2 needed"),
        ("targets", [], "signed by 0 of 2 needed"),
        ("member-LT", [ONLINE], "somebody else"),
        ("member-LT", [key("FR delegation")], "somebody else"),
        ("member-LT", HOLDERS[:2], "somebody else"),
        ("standing", [key("FR delegation")], "somebody else"),
    ],
)
def test_the_online_keys_cannot_speak_for_anybody(
    network: Secretariat,
    line: Line,
    node: DirectoryFollower,
    role: str,
    by: list[Ed25519Signer],
    text: str,
    is_known: bool,  # noqa: FBT001 - pytest gives it by name
) -> None:
    before = node.refresh(NOW) if is_known else None
    exchange(line, forge(network, role, by, nothing))
    with pytest.raises(UntrustedError, match=text) as caught:
        node.refresh(NOW)
    assert caught.value.where == role
    assert node.held == before


@pytest.mark.parametrize("name", ["timestamp", "snapshot"])
def test_what_is_not_signed_online_is_refused(
    network: Secretariat, line: Line, node: DirectoryFollower, name: str
) -> None:
    metadata = Metadata.from_bytes(network.held.roles[name])
    metadata.signatures.clear()
    changed = {**network.held.roles, name: sign_metadata(metadata, key("FR delegation"))}
    if name == "snapshot":
        timestamp: Metadata[Timestamp] = Metadata.from_bytes(network.held.roles["timestamp"])
        timestamp.signed.snapshot_meta = MetaFile.from_data(1, changed[name], ["sha256"])
        timestamp.signatures.clear()
        changed["timestamp"] = sign_metadata(timestamp, ONLINE)
    exchange(line, Publication(changed, network.held.files))
    with pytest.raises(UntrustedError, match="somebody else"):
        node.refresh(NOW)


def test_an_older_directory_than_the_one_held_is_refused_also_after_a_restart(
    network: Secretariat, line: Line, node: DirectoryFollower, tmp_path: Path
) -> None:
    old = network.held
    network.publish(NOW + HOUR / 2)
    node.refresh(NOW + HOUR / 2)
    exchange(line, old)
    restarted = DirectoryFollower(tmp_path / "node", network.root, line)
    for each in (node, restarted):
        with pytest.raises(UntrustedError, match="older than the one held"):
            each.refresh(NOW + HOUR / 2)
        assert each.held is not None
        assert each.held.versions["timestamp"] == 2


def test_an_older_role_in_a_newer_snapshot_is_refused(
    network: Secretariat, line: Line, node: DirectoryFollower
) -> None:
    old = network.held.roles["member-LT"]
    network.repository.accept(member_draft("LT", 2), NOW)
    network.publish()
    node.refresh(NOW)
    exchange(line, announce(network, {**network.held.roles, "member-LT": old}))
    with pytest.raises(UntrustedError, match="older than the one held"):
        node.refresh(NOW)


def test_a_role_left_out_of_a_newer_snapshot_is_refused(
    network: Secretariat, line: Line, node: DirectoryFollower
) -> None:
    node.refresh(NOW)
    exchange(line, announce(network, network.held.roles, without="member-LT"))
    with pytest.raises(UntrustedError, match="hold together"):
        node.refresh(NOW)


@pytest.mark.parametrize("path", ["members.json", "standing.json", "rulebook.json", "members/LT/bureau.json"])
def test_an_altered_file_is_refused(network: Secretariat, line: Line, node: DirectoryFollower, path: str) -> None:
    names = names_of(network.held.roles, network.held.files)
    name = next(each for each, data in names.items() if data == network.held.files[path])
    line.exchanged[name] = bytes(len(network.held.files[path]))
    with pytest.raises(UntrustedError, match="altered"):
        node.refresh(NOW)
    line.exchanged[name] = network.held.files[path] + b" "
    with pytest.raises(UntrustedError, match="longer than was announced"):
        node.refresh(NOW)
    line.exchanged[name] = None
    with pytest.raises(UnavailableError, match="does not have"):
        node.refresh(NOW)


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 9000, b"\xff\xfe", b"x" * 20_000])
def test_other_bytes_for_a_timestamp_are_refused(line: Line, node: DirectoryFollower, data: bytes) -> None:
    line.exchanged["metadata/timestamp.json"] = data
    with pytest.raises(UntrustedError):
        node.refresh(NOW)
    assert node.held is None


def test_a_root_of_another_network_leads_nowhere(line: Line, tmp_path: Path) -> None:
    foreign = signed(
        ceremony.begin([key(f"foreign {number}").public for number in range(3)], 2, ONLINE_KEYS, NOW),
        [key("foreign 0"), key("foreign 1")],
    )
    with pytest.raises(UntrustedError):
        DirectoryFollower(tmp_path / "node", foreign.metadata, line).refresh(NOW)


def test_a_next_root_that_the_present_holders_did_not_sign_is_refused(
    network: Secretariat, line: Line, node: DirectoryFollower
) -> None:
    new = [key(f"usurper {number}") for number in range(3)]
    draft = ceremony.rotate_root(network.held.draft(ROOT), [each.public for each in new], 2, ONLINE_KEYS, NOW)
    line.exchanged["metadata/2.root.json"] = signed(draft, new).metadata
    with pytest.raises(UntrustedError, match="0 of 2 needed"):
        node.refresh(NOW)


def test_a_next_root_of_the_holders_is_followed_from_the_first(network: Secretariat, node: DirectoryFollower) -> None:
    node.refresh(NOW)
    draft = ceremony.rotate_root(network.held.draft(ROOT), [each.public for each in HOLDERS], 2, ONLINE_KEYS, NOW)
    network.repository.accept(signed(draft), NOW)
    network.publish()
    assert node.refresh(NOW).versions["root"] == 2


def test_a_role_that_names_a_file_out_of_bounds_makes_its_member_absent(
    network: Secretariat, line: Line, node: DirectoryFollower
) -> None:
    def grow(targets: Targets) -> None:
        targets.targets[bureau_path(LT)].length = 10**9

    exchange(line, forge(network, "member-LT", [key("LT delegation")], grow))
    found = node.refresh(NOW)
    assert "at most" in found.listings[LT].absent
    assert found.is_open(FR, Channel.QUERY, NOW)


def test_a_member_cannot_name_anothers_file(network: Secretariat, line: Line, node: DirectoryFollower) -> None:
    def reach(targets: Targets) -> None:
        targets.targets[bureau_path(FR)] = targets.targets.pop(bureau_path(LT))

    exchange(line, forge(network, "member-LT", [key("LT delegation")], reach))
    found = node.refresh(NOW)
    assert found.find_bureau(LT, NOW) is None
    bureau = found.find_bureau(FR, NOW)
    assert bureau is not None
    assert bureau.signing_key == key("FR signing").public


def test_a_role_replaced_under_the_same_version_is_noticed(
    network: Secretariat, line: Line, node: DirectoryFollower
) -> None:
    first = node.refresh(NOW)
    twin = member_draft("LT", 1, desk="a second first version")
    files = {**network.held.files, **twin.files}
    exchange(line, announce(network, {**network.held.roles, "member-LT": twin.metadata}, files))
    assert node.refresh(NOW).hash != first.hash


def test_python_tuf_still_judges_expiry_by_the_time_that_is_set(network: Secretariat, tmp_path: Path) -> None:
    """The private clock: ``Updater._trusted_set.reference_time``."""
    assert "self._trusted_set" in inspect.getsource(Updater.__init__)
    repository = network.repository
    for now, is_good in ((NOW, True), (NOW + HOUR - timedelta(seconds=1), True), (NOW + HOUR, False)):
        if is_good:
            assert acquire(tmp_path / "cache", network.root, repository.read, now).verified_at == now
        else:
            with pytest.raises(UntrustedError, match="expired"):
                acquire(tmp_path / "cache", network.root, repository.read, now)


def test_the_moments_of_storing_are_crash_points(network: Secretariat, line: Line, tmp_path: Path) -> None:
    passed: list[str] = []
    DirectoryFollower(tmp_path / "node", network.root, line, passed.append).refresh(NOW)
    assert passed == ["directory.held.before", "directory.held.after"]


def world(folder: Path, count: int) -> tuple[Secretariat, list[str]]:
    """A network of ``count`` members, admitted in one ceremony."""
    letters = "ABCDEFGHIJKLMNOPQRST"
    names = [first + second for first in letters for second in letters][:count]
    made = Secretariat(folder)
    draft = made.held.draft(TARGETS)
    for name in names:
        draft = ceremony.admit(draft, ask(name), NOW)
        made.standing = open_channels(made.standing, code(name), NOW)
    made.repository.accept(signed(draft), NOW)
    for name in names:
        made.repository.accept(member_draft(name), NOW)
    return made, names


def test_a_directory_of_196_members_is_acquired_and_followed(tmp_path: Path) -> None:
    made, names = world(tmp_path / "published", 196)
    made.publish()
    line = Line(made.repository)
    node = DirectoryFollower(tmp_path / "node", made.root, line)
    found = node.refresh(NOW)
    assert all(found.is_open(code(name), Channel.ENTER, NOW) for name in names)
    assert len(found.listings) == 196
    line.asked.clear()
    made.standing = state(
        made.standing, Statement(code(names[-1]), Channel.ENTER, State.SUSPENDED, NOW, None, "why", "M-1")
    )
    made.publish()
    found = node.refresh(NOW)
    assert [name for name in names if not found.is_open(code(name), Channel.ENTER, NOW)] == [names[-1]]
    assert len(line.asked) == 5
