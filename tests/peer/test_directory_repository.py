from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from comity.errors import CorruptError, UnavailableError, UntrustedError
from comity.limits import REPOSITORY_VERSIONS_KEPT
from comity.members.roles import TIMESTAMP
from comity.members.standing import Channel, State, Statement, state
from comity.peer.directory import DirectoryFollower
from comity.peer.repository import Repository
from comity.signer import LockedSigner
from tests.members.network import NOW, ONLINE, SIGNERS, Secretariat, code, member_draft, small

LT = code("LT")


@pytest.fixture
def network(tmp_path: Path) -> Secretariat:
    return small(tmp_path / "published")


def suspend(network: Secretariat) -> None:
    network.standing = state(network.standing, Statement(LT, Channel.QUERY, State.SUSPENDED, NOW, None, "why", "M-1"))


def test_a_folder_opened_again_holds_what_was_published(network: Secretariat, tmp_path: Path) -> None:
    again = Repository(tmp_path / "published")
    assert again.publication.roles == network.held.roles
    assert again.publication.files == network.held.files
    assert again.publish(NOW, SIGNERS) == {}


def test_what_is_new_is_returned_by_name_for_a_nudge(network: Secretariat) -> None:
    suspend(network)
    fresh = network.publish()
    assert sorted(name for name in fresh if name.startswith("metadata/")) == [
        "metadata/2.snapshot.json",
        "metadata/2.standing.json",
        "metadata/timestamp.json",
    ]
    assert all(network.repository.read(name) == data for name, data in fresh.items())


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../keys.json",
        "metadata/../../keys.json",
        "/etc/passwd",
        "metadata/timestamp.json\n",
        "metadata/.timestamp.json.new",
        "targets/members/LT/bureau.json",
        "targets/members/../" + "0" * 64 + ".standing.json",
        "metadata\\timestamp.json",
        "metadata/9.root.json",
    ],
)
def test_only_published_names_are_served(network: Secretariat, name: str) -> None:
    assert network.repository.read(name) is None


def test_what_is_taken_in_is_served_once_it_is_published(network: Secretariat, tmp_path: Path) -> None:
    network.repository.accept(member_draft("LT", 2), NOW)
    assert network.repository.read("metadata/2.member-LT.json") is None
    assert Repository(tmp_path / "published").publication.version("member-LT") == 1
    network.publish()
    assert network.repository.read("metadata/2.member-LT.json") is not None


def test_a_refused_draft_leaves_everything_as_it_was(network: Secretariat) -> None:
    before = network.held
    with pytest.raises(UntrustedError):
        network.repository.accept(member_draft("LT", 2, by="FR delegation"), NOW)
    assert network.held is before


def test_locked_keys_publish_nothing(network: Secretariat) -> None:
    network.repository.accept(member_draft("LT", 2), NOW)
    with pytest.raises(UnavailableError, match="locked"):
        network.repository.publish(NOW, dict.fromkeys(SIGNERS, LockedSigner(ONLINE.public)))
    assert network.repository.read("metadata/2.member-LT.json") is None


STEPS = 8  # a file, the role that names it, the snapshot and the timestamp, before and after each


class CrashError(Exception):
    """The power fails."""


def crash_at(count: int) -> Callable[[str], None]:
    left = [count]

    def boundary(name: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise CrashError(name)

    return boundary


@pytest.mark.parametrize("count", range(1, 10))
def test_a_crash_at_any_step_leaves_a_directory_that_members_accept(
    network: Secretariat, tmp_path: Path, count: int
) -> None:
    node = DirectoryFollower(tmp_path / "node", network.root, network.repository.read)
    node.refresh(NOW)
    suspend(network)
    network.repository = Repository(tmp_path / "published", crash_at(count))
    crashed = False
    try:
        network.publish()
    except CrashError:
        crashed = True
    assert crashed == (count <= STEPS)
    network.repository = Repository(tmp_path / "published")
    found = node.refresh(NOW)
    assert found.is_open(LT, Channel.QUERY, NOW) == (count < STEPS)
    later = NOW + timedelta(minutes=1)
    network.standing = state(
        network.standing, Statement(LT, Channel.MESSAGE, State.SUSPENDED, later, None, "why", "M-2")
    )
    network.publish(later)
    found = node.refresh(later)
    assert not found.is_open(LT, Channel.QUERY, later)
    assert not found.is_open(LT, Channel.MESSAGE, later)


def test_a_damaged_folder_is_said_to_be_so(network: Secretariat, tmp_path: Path) -> None:
    del network
    (tmp_path / "published" / "metadata" / "1.snapshot.json").write_bytes(b"{}")
    with pytest.raises(CorruptError) as caught:
        Repository(tmp_path / "published")
    assert "backup" in caught.value.next_step


def test_an_altered_file_is_noticed_before_it_is_published_again(network: Secretariat, tmp_path: Path) -> None:
    del network
    place = next((tmp_path / "published" / "targets" / "members" / "LT").iterdir())
    place.write_bytes(place.read_bytes().replace(b"desk@example", b"desk@exampel"))
    with pytest.raises(UntrustedError, match="altered"):
        Repository(tmp_path / "published").publish(NOW + timedelta(hours=1), SIGNERS)


def test_old_versions_do_not_pile_up_and_what_is_current_stays(network: Secretariat, tmp_path: Path) -> None:
    for minute in range(1, 20):
        now = NOW + timedelta(minutes=minute)
        what = State.SUSPENDED if minute % 2 else State.OPEN
        network.standing = state(network.standing, Statement(LT, Channel.QUERY, what, now, None, "why", "M-1"))
        network.publish(now)
    folder = tmp_path / "published"
    assert len(list((folder / "metadata").glob("*.standing.json"))) == REPOSITORY_VERSIONS_KEPT
    assert len(list((folder / "targets").glob("*.standing.json"))) <= REPOSITORY_VERSIONS_KEPT + 1
    assert (folder / "metadata" / "1.root.json").exists()
    assert Repository(folder).publication.version(TIMESTAMP) == 20
