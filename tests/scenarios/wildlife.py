"""An organisation of another kind: a network against the trade in wild animals, with a rulebook wholly its own.

What software holds to is the same, so the tests of its rules are those of the model; numbers, sentences, next steps,
purposes, levels, roles and their words have nothing of the model's.
"""

import re
from typing import Any

import msgspec

from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook
from comity.rules.wording import HandlingLevel, Purpose, Role, Wording

PURPOSES = {
    "border-control": "ivory", "search-wanted": "poachers", "locate": "poachers", "investigation": "live-animals",
    "warn": "awareness", "identify": "live-animals", "forensic": "live-animals", "security-check": "poachers",
    "threats": "awareness",
}  # fmt: skip
LEVELS = {"official-use": "open-to-rangers", "restricted": "keep-close", "confidential": "burrow"}
ROLES = {
    "inspector": "ranger", "desk": "dispatcher", "registrar": "clerk", "auditor": "scribe",
    "administrator": "warden", "duty": "coordinator",
}  # fmt: skip
STEPS = {
    "purpose_is_listed": "Escolha uma finalidade: {purposes}.",
    "reference_is_given": "Indique o número da apreensão.",
    "role_includes_act": "Fale com o chefe da reserva.",
    "is_known": "Procure na caixa de entrada.",
}
"""What a refusal says next, by the rule's test."""

WORDS = Wording(
    purposes=(
        Purpose("ivory", "Marfim e chifres", "shift"),
        Purpose("live-animals", "Animais vivos", "given"),
        Purpose("poachers", "Caçadores furtivos", "given"),
        Purpose("awareness", "Sensibilização"),
    ),
    levels=(
        HandlingLevel("open-to-rangers", "Aberto aos guardas"),
        HandlingLevel("keep-close", "Guardar consigo", hides_subject=True),
        HandlingLevel("burrow", "Toca", hides_subject=True),
    ),
    roles=(
        Role("ranger", "Guarda: verifica documentos"),
        Role("dispatcher", "Despachante: escreve mensagens", "message.list"),
        Role("clerk", "Escrivão: regista", "record.enter"),
        Role("scribe", "Cronista: lê o registo"),
        Role("warden", "Chefe da reserva: nomeia guardas"),
        Role("coordinator", "Coordenador: suspende membros"),
    ),
    sayings={"lawful": "A lei do nosso país permite registar isto.", "case": "Número da apreensão"},
)

COMMON = {"desk", "duty", "warn", "locate", "identify", "threats", "investigation", "restricted", "confidential"}
MODEL = re.compile(
    "|".join(
        [
            r"\b(?:RPD|CTY|TD)-\d", r"\bRPD\b", "INTERPOL", "executive committee", "model organisation",
            "For official use only",
            *(re.escape(each.title) for each in MODEL_RULEBOOK.wording.purposes if each.title.lower() not in COMMON),
            *(re.escape(each.title) for each in MODEL_RULEBOOK.wording.roles),
            *(re.escape(rule.sentence) for rule in MODEL_RULEBOOK.rules),
            *(re.escape(rule.next_step) for rule in MODEL_RULEBOOK.rules if rule.next_step),
            *(rf"\b{code}\b" for code in (*PURPOSES, *LEVELS, *ROLES) if code not in COMMON),
        ]
    )
)  # fmt: skip
"""Every word of the model organisation that is no common word of English."""


def wildlife() -> Rulebook:
    """The rulebook, of form 3."""
    rules = tuple(_own(number, rule) for number, rule in enumerate(MODEL_RULEBOOK.rules, 1))
    return Rulebook(3, "Rede da Fauna", "2026", rules, words=WORDS)


def _own(number: int, rule: Rule) -> Rule:
    return msgspec.structs.replace(
        rule,
        number=f"FAUNA-{number}",
        article=f"Carta {number}",
        sentence=f"A carta diz {number}.",
        next_step=STEPS.get(rule.test, "") if rule.effect != "mask" else "",
        values=_values(rule),
    )


def _values(rule: Rule) -> dict[str, Any]:
    values = dict(rule.values)
    if isinstance(purposes := values.get("purposes"), list):
        values["purposes"] = list(dict.fromkeys(PURPOSES[code] for code in purposes))
    if rule.test == "handling_is_known":
        values["levels"] = list(LEVELS.values())
    elif rule.test == "role_covers_handling":
        return {LEVELS[level]: [ROLES[role] for role in roles] for level, roles in values.items()}  # type: ignore[union-attr]
    elif rule.test == "role_includes_act":
        return {ROLES[role]: acts for role, acts in values.items()}
    return values
