"""Evidence at the command line: written by officers and auditors, verified with nothing but the file."""

import json
from pathlib import Path

from tests.cli.conftest import Served, Terminal

ASK = ("check", "--number", "70VE00001", "--country", "FRA", "--purpose", "border-control")


def test_a_query_is_exported_and_verified_without_a_node(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ver-1", "inspector")
    comity.does(*ASK, "--evidence", "query.json")
    out = comity.does("verify", "query.json", COMITY_NODE="http://127.0.0.1:1")
    assert "+ LT asked GS" in out
    assert "Not proved:" in out
    assert "Everything signed in this file holds." in out
    root = served.network.founding.folder / "LT" / "root.json"
    assert "Whose keys" not in comity.does("verify", "query.json", "--root", str(root))
    assert comity(*ASK, "--evidence", "query.json") == 2, "a file is never overwritten"


def test_what_was_changed_is_named_and_ends_with_4(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ver-2", "inspector")
    comity.does(*ASK, "--evidence", "query.json")
    file = json.loads(Path("query.json").read_text())
    frame = file["frames"][0]
    file["frames"][0] = frame[:300] + ("A" if frame[300] != "A" else "B") + frame[301:]
    Path("query.json").write_text(json.dumps(file))
    assert comity("verify", "query.json") == 4
    assert "DOES NOT HOLD:" in comity.out
    assert "does not hold" in comity.out
    assert comity("verify", "query.json", "--json") == 4
    assert json.loads(comity.out)["holds"] is False


def test_what_nobody_signed_is_never_among_what_is_proved(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ver-8", "inspector")
    comity.does(*ASK, "--evidence", "query.json")
    whole = json.loads(Path("query.json").read_text())
    for number, (name, said) in enumerate((("network", "elsewhere"), ("member", "ZZ"))):
        Path(f"{number}.json").write_text(json.dumps(whole | {name: said}))
        assert comity("verify", f"{number}.json") == 4
    Path("claimed.json").write_text(json.dumps(whole | {"member": "FR", "verified_at": "2020-01-01T00:00:00Z"}))
    out = comity.does("verify", "claimed.json")
    proved, _title, not_proved = out.partition("Not proved:")
    assert "2020-01-01" not in proved  # the year alone may stand in a hash
    assert "2020-01-01" in not_proved
    assert "That FR made this file" in not_proved


def test_another_networks_root_proves_nothing(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ver-3", "inspector")
    comity.does(*ASK, "--evidence", "query.json")
    Path("other.json").write_text('{"signed": {}}')
    assert comity("verify", "query.json", "--root", "other.json") == 4
    Path("none.json").write_text("none")
    assert comity("verify", "none.json") == 2
    assert comity("verify", "nowhere.json") == 2


def test_an_auditor_exports_entries_and_proves_growth(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ver-4", "inspector")
    comity.does(*ASK)
    served.network.settle()
    served.officer(comity, "LT", "ver-5", "auditor")
    comity.does("ledger", "export", "entries.json", "--about", "70VE00001", "--officer", "ver-4")
    assert "stands at place" in comity.does("verify", "entries.json")
    assert "query.ask" in comity.does("ledger", "list", "--about", "70VE00001 FRA", "--officer", "ver-4")
    checkpoint = next(iter(json.loads(Path("entries.json").read_text())["checkpoints"].values()))
    Path("checkpoint").write_text(checkpoint)
    served.network.settle()
    assert "the first" in comity.does("ledger", "growth", "checkpoint")
    lines = checkpoint.split("\n")
    Path("checkpoint").write_text("\n".join([lines[0], lines[1], "A" * 43 + "=", *lines[3:]]))
    assert comity("ledger", "growth", "checkpoint") == 4


def test_a_message_is_exported_with_what_proves_it(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "ver-6", "desk")
    comity.does("send", "FR", "--subject", "Pier 9", "--text", "Come.")
    name = comity.found(r"([0-9a-f]{64})")
    comity.does("open", name, "--evidence", "message.json")
    assert "LT sent this to FR" in comity.does("verify", "message.json")
