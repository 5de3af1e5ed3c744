import json
from pathlib import Path

from tests.cli.conftest import Terminal, ask, begin, found, make_holders, sign


def test_a_key_file_is_never_replaced(comity: Terminal) -> None:
    comity.does("ceremony", "key", "holder.json")
    before = Path("holder.json").read_bytes()
    assert comity("ceremony", "key", "holder.json") == 2
    assert "not replaced" in comity.err
    assert Path("holder.json").read_bytes() == before


def test_a_key_file_is_its_owners_alone_and_has_no_secret_in_clear(comity: Terminal) -> None:
    comity.does("ceremony", "key", "holder.json")
    assert Path("holder.json").stat().st_mode & 0o077 == 0
    assert set(json.loads(Path("holder.json").read_bytes())["public"]) == {"holder"}


def test_without_anybody_to_type_a_passphrase_nothing_is_made(comity: Terminal) -> None:
    Path("empty").write_bytes(b"")
    assert comity("ceremony", "key", "holder.json", "--passphrase-file", "empty") == 2
    assert comity("ceremony", "key", "holder.json", "--passphrase-file", "missing") == 2
    assert comity("ceremony", "key", "holder.json", COMITY_OFFLINE_PASSPHRASE="") == 2
    assert not Path("holder.json").exists()


def test_a_network_needs_two_signatures_of_different_holders(comity: Terminal) -> None:
    holders = make_holders(comity)
    start = ("ceremony", "begin", "GS", "--network", "model.example", "--desk", "+33 4")
    assert comity(*start, *holders, "--threshold", "1") == 2
    assert comity(*start, *holders[:2], *holders[:2]) == 2
    assert comity(*start, "--holder", "abc", *holders) == 2
    assert "64 hexadecimal digits" in comity.err
    assert comity(*start) == 2
    assert not Path("GS").exists()
    assert not Path("GS-delegation.json").exists()


def test_one_signature_publishes_nothing(comity: Terminal) -> None:
    begin(comity)
    sign(comity, "GS/root.draft", 1)
    sign(comity, "GS/targets.draft", 1, 2)
    comity.does("member", "sign", "GS")
    assert comity("directory", "publish", "GS", "GS/root.draft", "GS/targets.draft", "GS/bureau.draft") == 4
    assert "1 of 2" in comity.err
    assert not Path("GS/data/repository").exists()
    assert not Path("GS/root.json").exists()


def test_the_same_holder_twice_counts_once(comity: Terminal) -> None:
    begin(comity)
    sign(comity, "GS/root.draft", 1, 1)
    sign(comity, "GS/targets.draft", 1, 1)
    assert comity("directory", "publish", "GS", "GS/root.draft", "GS/targets.draft") == 4


def test_words_stay_the_same_while_holders_sign(comity: Terminal) -> None:
    begin(comity)
    sign(comity, "GS/root.draft", 1)
    words = comity.found(r"words +(.+)")
    sign(comity, "GS/root.draft", 2)
    assert comity.found(r"words +(.+)") == words
    assert "2 of the holders, of 2 needed" in comity.out


def test_a_key_that_is_no_holders_signs_nothing(comity: Terminal) -> None:
    found(comity)
    ask(comity)
    comity.does("member", "admit", "GS", "LT/request.json")
    comity.does("ceremony", "key", "stranger.json")
    for draft in ("GS/root.draft", "GS/admit-LT.draft"):
        before = Path(draft).read_bytes()
        assert comity("ceremony", "sign", draft, "--key", "stranger.json") == 2
        assert "would not count" in comity.err
        assert Path(draft).read_bytes() == before
    sign(comity, "GS/admit-LT.draft", 1, 1)
    assert "1 of the holders, of 2 needed" in comity.out


def test_a_wrong_passphrase_signs_nothing(comity: Terminal) -> None:
    begin(comity)
    before = Path("GS/root.draft").read_bytes()
    draft = ("ceremony", "sign", "GS/root.draft", "--key", "holder-1.json")
    assert comity(*draft, COMITY_OFFLINE_PASSPHRASE="another") == 5
    assert "does not open" in comity.err
    assert Path("GS/root.draft").read_bytes() == before


def test_a_nodes_key_file_signs_no_draft(comity: Terminal) -> None:
    begin(comity)
    assert comity("ceremony", "sign", "GS/root.draft", "--key", "GS/keys.json") == 2
    assert comity("ceremony", "sign", "GS/keys.json", "--key", "holder-1.json") == 2
    assert comity("ceremony", "sign", "missing.draft", "--key", "holder-1.json") == 2


def test_a_network_is_begun_once(comity: Terminal) -> None:
    begin(comity)
    before = Path("GS/keys.json").read_bytes()
    holders = ["--holder", "ab" * 32, "--holder", "cd" * 32]
    assert comity("ceremony", "begin", "GS", "--network", "other.example", "--desk", "x", *holders) == 2
    assert Path("GS/keys.json").read_bytes() == before


def test_renewed_roles_need_the_present_holders(comity: Terminal) -> None:
    found(comity)
    comity.does("ceremony", "renew", "GS")
    drafts = ("GS/root.draft", "GS/targets.draft")
    sign(comity, drafts[0], 2, 3)
    sign(comity, drafts[1], 3)
    assert comity("directory", "publish", "GS", *drafts) == 4
    sign(comity, drafts[1], 1)
    comity.does("directory", "publish", "GS", *drafts)
    assert "root" in comity.does("directory", "show", "GS")
    assert comity.found(r"root +(\d) ") == "2"


def test_new_holders_cannot_take_over_without_the_old_ones(comity: Terminal) -> None:
    found(comity)
    new = []
    for number in (4, 5):
        comity.does("ceremony", "key", f"holder-{number}.json")
        new += ["--holder", comity.found(r"public key +([0-9a-f]{64})")]
    comity.does("ceremony", "renew", "GS", *new)
    sign(comity, "GS/root.draft", 4, 5)
    assert "2 of the holders, of 2 needed" in comity.out
    assert "0 of the present holders, of 2 needed" in comity.out
    assert comity("directory", "publish", "GS", "GS/root.draft") == 4
    sign(comity, "GS/root.draft", 1, 3)
    sign(comity, "GS/targets.draft", 4, 5)
    comity.does("directory", "publish", "GS", "GS/root.draft", "GS/targets.draft")
    ask(comity)
    comity.does("member", "admit", "GS", "LT/request.json")
    for old in (1, 2):
        assert comity("ceremony", "sign", "GS/admit-LT.draft", "--key", f"holder-{old}.json") == 2
    assert comity("directory", "publish", "GS", "GS/admit-LT.draft") == 4


def test_a_holder_reads_who_is_admitted_before_signing(comity: Terminal) -> None:
    found(comity)
    sign(comity, "GS/targets.draft", 3)
    words = comity.found(r" words +(.+)")
    ask(comity)
    request = comity.found(r"words +(.+)")
    comity.does("member", "admit", "GS", "LT/request.json")
    sign(comity, "GS/admit-LT.draft", 3)
    told = comity.out
    assert "new: LT  Land LT  LTU" in told
    assert "as before: GS" in told
    assert comity.found(r"request +(.+)") == request
    assert comity.found(r"before +version \d+, words (.+)") == words
    assert told.index("new: LT") < told.index("Signed.")


def test_a_holder_reads_who_the_holders_are_before_signing(comity: Terminal) -> None:
    begin(comity)
    sign(comity, "GS/root.draft", 1)
    assert "2 holders" in comity.out
    assert comity.out.count("holder       new: ") == 3
