import json
from pathlib import Path

from tests.cli.conftest import Served, Terminal


def test_a_wrong_password_keeps_no_session(comity: Terminal, served: Served) -> None:
    served.network.officer("LT", "wrong", "inspector")
    assert comity("sign-in", "wrong", "--password-stdin", "--node", served.urls["LT"], typed="guess\n") == 3
    assert not Path("session.json").exists()
    assert "Next:" in comity.err
    assert "guess" not in comity.err


def test_where_nobody_can_type_a_password_it_is_said_how_to_give_it(comity: Terminal, served: Served) -> None:
    assert comity("sign-in", "wrong", "--node", served.urls["LT"]) == 2
    assert "--password-stdin" in comity.err
    assert comity("ceremony", "key", "holder.json", COMITY_OFFLINE_PASSPHRASE=None) == 2
    assert "COMITY_OFFLINE_PASSPHRASE" in comity.err


def test_without_a_session_nothing_is_done(comity: Terminal, served: Served) -> None:
    for words in (
        ("members",),
        ("ledger", "list"),
        ("officer", "list"),
        ("check", "--number", "1", "--country", "FRA"),
    ):
        assert comity(*words, "--node", served.urls["LT"]) == 3
        assert "comity sign-in" in comity.err


def test_a_session_is_kept_for_its_owner_alone_and_holds_no_password(comity: Terminal, served: Served) -> None:
    password = served.network.nodes["LT"].officers.give("keeper", "Keeper", ("inspector",))
    comity.does("sign-in", "keeper", "--password-stdin", "--node", served.urls["LT"], typed=f"{password}\n")
    assert "comity password" in comity.out
    kept = Path("session.json")
    assert kept.stat().st_mode & 0o077 == 0
    assert password not in kept.read_text()
    comity.does("members")  # at the node of the last sign-in


def test_a_session_at_one_node_is_none_at_another(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "local", "inspector")
    assert comity("members", "--node", served.urls["FR"]) == 3


def test_after_signing_out_the_token_is_worth_nothing(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "leaver", "inspector")
    before = Path("session.json").read_bytes()
    comity.does("sign-out")
    assert served.urls["LT"] not in json.loads(Path("session.json").read_bytes())["tokens"]
    Path("session.json").write_bytes(before)
    assert comity("members") == 3


def test_a_password_that_nobody_should_choose_is_refused(comity: Terminal, served: Served) -> None:
    served.officer(comity, "LT", "chooser", "inspector")
    assert comity("password", "--password-stdin", typed="short\n") == 2
    comity.does("password", "--password-stdin", typed="a sentence that only I would write\n")
    assert comity("password", "--password-stdin", typed="yet another sentence of mine\na wrong one\n") == 3
    comity.does(
        "password", "--password-stdin", typed="yet another sentence of mine\na sentence that only I would write\n"
    )


def test_secrets_go_to_no_other_machine_in_clear(comity: Terminal) -> None:
    assert comity("sign-in", "ruta", "--password-stdin", "--node", "http://node.example", typed="x\n") == 2
    assert "https://" in comity.err
    assert comity("sign-in", "ruta", "--password-stdin", "--node", "ftp://127.0.0.1", typed="x\n") == 2
    assert comity("members") == 2
    assert "--node" in comity.err


def test_a_node_that_does_not_run_is_said_to(comity: Terminal) -> None:
    assert comity("status", "--node", "http://127.0.0.1:9") == 5
    assert "does not answer" in comity.err


def test_a_broken_session_file_is_no_session(comity: Terminal, served: Served) -> None:
    Path("session.json").write_text("{")
    assert comity("members", "--node", served.urls["LT"]) == 3
