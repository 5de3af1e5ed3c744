"""A demonstration's folder of an older program: it gets the rules and members of this one, or goes on as it was."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from comity import enrolment
from comity.demo import holding
from comity.demo import network as demonstration
from comity.demo.cast import BUREAUS, GUEST, SECRETARIAT
from comity.demo.chapters import SkippedError
from comity.demo.network import DemoNetwork
from comity.demo.rules import amended, needs_rules
from comity.founding import Offline, amend_rulebook
from comity.members.roles import RULEBOOK_PATH
from comity.members.standing import parse_standing
from comity.peer.repository import read_publication
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, parse_rulebook

OWN = Rule(
    "OWN-1", "of its own", "At most ten bureaus.", "condition", ("message.send",), "count_is_bounded", {"most": 10.0}
)


def with_rule(number: str, rulebook: Rulebook = MODEL_RULEBOOK, **changed: Any) -> Rulebook:
    rules = (msgspec.structs.replace(rule, **changed) if rule.number == number else rule for rule in rulebook.rules)
    return msgspec.structs.replace(rulebook, rules=tuple(rules))


LACKING = "RPD-129.1"
OLDER = msgspec.structs.replace(
    MODEL_RULEBOOK,
    version="2026-09",
    rules=(*(rule for rule in MODEL_RULEBOOK.rules if rule.number != LACKING), OWN),
)


def found(folder: Path, monkeypatch: pytest.MonkeyPatch, rulebook: Rulebook, bureaus: Any = BUREAUS) -> DemoNetwork:
    """A folder that another program founded, under its model rulebook and with its cast."""
    network = DemoNetwork(folder, profile="test")
    with monkeypatch.context() as older:
        older.setattr(enrolment, "MODEL_RULEBOOK", rulebook)
        older.setattr(holding, "MODEL_RULEBOOK", rulebook)
        older.setattr(demonstration, "BUREAUS", bureaus)
        older.setattr(demonstration, "MEMBERS", (SECRETARIAT, *bureaus))
        assert network.found() == []
    return network


def in_force(network: DemoNetwork) -> Rulebook:
    return parse_rulebook(read_publication(network.repository).files[RULEBOOK_PATH])


def amend(network: DemoNetwork, rulebook: Rulebook) -> None:
    """As this network's holders do."""
    _config, keys = network._secretariat()
    assert amend_rulebook(network.repository, keys, network.offline, rulebook, datetime.now(UTC)) is not None


def forget_keys(network: DemoNetwork) -> None:
    state = json.loads((network.folder / "demo.json").read_bytes())
    state["offline"] = msgspec.to_builtins(Offline())
    (network.folder / "demo.json").write_text(json.dumps(state))


def test_an_older_folder_gets_the_models_rules_keeps_its_own_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = found(tmp_path, monkeypatch, OLDER)
    (line,) = network.found()
    assert line == "The rulebook was amended to model organisation 2026-12: 1 rules come, 0 go, 0 change."
    assert in_force(network).find_rule(LACKING) == MODEL_RULEBOOK.find_rule(LACKING)
    assert in_force(network).find_rule("OWN-1") == OWN
    assert network.found() == []


PACED = with_rule("RPD-127.2", values={"per_minute": 5.0})


@pytest.mark.parametrize("has_base", [True, False], ids=["base known", "older folder"])
def test_what_its_holders_amended_survives_every_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_base: bool
) -> None:
    network = found(tmp_path, monkeypatch, MODEL_RULEBOOK)
    own = msgspec.structs.replace(PACED, version="own-1", rules=(*PACED.rules, OWN))
    amend(network, own)
    if not has_base:
        (tmp_path / holding.MODEL).unlink()
    said = network.found()
    assert in_force(network) == own
    assert said == ([] if has_base else ["RPD-127.2 stays as this network has it; the model says otherwise: values."])
    assert network.found() == []
    assert in_force(network) == own


def test_an_amended_folder_gets_what_a_newer_model_brings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = found(tmp_path, monkeypatch, OLDER)
    amend(network, with_rule("RPD-127.2", OLDER, values={"per_minute": 5.0}))
    network.found()
    assert in_force(network).find_rule(LACKING) == MODEL_RULEBOOK.find_rule(LACKING)
    assert in_force(network).version == MODEL_RULEBOOK.version
    assert in_force(network).find_rule("RPD-127.2") == PACED.find_rule("RPD-127.2")


def test_a_folder_that_knows_no_model_of_before_gets_its_rules_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = found(tmp_path, monkeypatch, OLDER)
    (tmp_path / holding.MODEL).unlink()
    (line,) = network.found()
    assert line == "The rulebook was amended to model organisation 2026-12: 1 rules come, 0 go, 0 change."


def test_a_folder_under_the_present_rulebook_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = found(tmp_path, monkeypatch, MODEL_RULEBOOK)
    before = {path: path.read_bytes() for path in network.repository.rglob("*") if path.is_file()}
    assert network.found() == []
    assert {path: path.read_bytes() for path in network.repository.rglob("*") if path.is_file()} == before


def test_a_folder_without_its_holders_keys_goes_on_under_its_own_rulebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = found(tmp_path, monkeypatch, OLDER)
    forget_keys(network)
    assert network.found() == []
    assert in_force(network) == OLDER


def test_where_the_models_rules_may_not_follow_the_folder_goes_on_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = with_rule("CTY-4.5", OLDER, values={}, test="is_new")
    network = found(tmp_path, monkeypatch, older)
    (line,) = network.found()
    assert line.startswith("This network goes on under its own rulebook. Rule CTY-4.5 would ")
    assert in_force(network) == older


def test_a_rulebook_that_this_program_cannot_read_stays_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = found(tmp_path, monkeypatch, MODEL_RULEBOOK)
    files = {RULEBOOK_PATH: MODEL_RULEBOOK.encode().replace(b'"v":3', b'"v":7')}
    monkeypatch.setattr(holding, "read_publication", lambda _folder: SimpleNamespace(files=files))
    (line,) = network.found()
    assert line.startswith("This network goes on under its own rulebook. ")


def test_members_that_are_new_in_the_cast_are_admitted_and_measures_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = found(tmp_path, monkeypatch, MODEL_RULEBOOK, BUREAUS[:1])
    before = read_publication(network.repository)
    (new, *more) = network.found()
    assert new == f"{BUREAUS[1].title} ({BUREAUS[1].code}) was admitted."
    held = read_publication(network.repository)
    assert {each.code for each in held.members().members} == {"GS", GUEST.code, *(each.code for each in BUREAUS)}
    assert len(more) == len(BUREAUS) - 2
    said = set(parse_standing(before.files["standing.json"]).statements)
    assert said <= set(parse_standing(held.files["standing.json"]).statements)
    folder = tmp_path / BUREAUS[1].code
    assert {"keys.json", "root.json", "ca.pem", "pass.jwt", "node.toml"} <= {path.name for path in folder.iterdir()}
    assert (folder / "ca.pem").read_bytes() == (tmp_path / "GS" / "ca.pem").read_bytes()
    assert network.passphrase(BUREAUS[1].code)
    assert network.found() == []


# Steps that need what a folder does not have are skipped, with the reason


def story(network: DemoNetwork, rules: list[str]) -> Any:
    shown = {"rules": [{"number": number} for number in rules]}
    answered = SimpleNamespace(json=lambda: shown)
    return SimpleNamespace(network=network, officer=lambda _who: SimpleNamespace(get=lambda _path: answered))


def test_a_step_that_needs_a_rule_is_skipped_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = found(tmp_path, monkeypatch, OLDER)
    needs_rules(story(network, ["OWN-1", LACKING]), LACKING)
    with pytest.raises(SkippedError, match=f"rulebook does not have {LACKING}"):
        needs_rules(story(network, ["OWN-1"]), "OWN-1", LACKING)
    forget_keys(network)
    with pytest.raises(SkippedError, match="keys of this network's holders"):
        amended(story(network, []))
