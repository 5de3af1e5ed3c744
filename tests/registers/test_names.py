import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import MalformedError
from comity.registers.names import fold_all, fold_name, script_of


def meets(one: str, other: str) -> bool:
    return bool({*fold_name(one)} & {*fold_name(other)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jean DUPONT", "Dupont, jean"),
        ("José Núñez", "NUNEZ JOSE"),
        ("Jürgen Groß", "GROSS JURGEN"),
        ("Jürgen Groß", "JUERGEN GROSS"),
        ("Åsa Ødegård", "AASA OEDEGAARD"),
        ("Al-Haq, Amin", "amin al haq"),
        ("O'Neil", "O\N{RIGHT SINGLE QUOTATION MARK}NEIL"),
        ("Ονομα", "onoma"),
        ("Владимир", "Vladimir"),
        ("张伟", "张伟"),
        ("محمد علي", "علي محمد"),
        ("ﬁnn", "Finn"),
        ("Nguyễn Văn", "NGUYEN VAN"),
    ],
)
def test_names_meet_whatever_their_case_accents_script_and_order(one: str, other: str) -> None:
    assert meets(one, other)


@pytest.mark.parametrize(("one", "other"), [("Ali Hassan", "Ali"), ("Ali Hassan", "Alihassan"), ("Ali", "Aly")])
def test_other_names_do_not_meet(one: str, other: str) -> None:
    assert not meets(one, other)


@pytest.mark.parametrize("text", ["", " ", "...", "'", "-", "\N{ZERO WIDTH SPACE}"])
def test_what_has_no_letter_is_no_name(text: str) -> None:
    with pytest.raises(MalformedError):
        fold_name(text)
    assert fold_all([text]) == ()


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    for form in fold_all([text]):
        assert fold_name(form)[0] == form


@pytest.mark.parametrize(
    ("text", "script"), [("Ali", "Latn"), ("محمد", "Arab"), ("Иван", "Cyrl"), ("金", "Hani"), ("123", ""), ("", "")]
)
def test_the_script_of_a_name_is_its_first_letters(text: str, script: str) -> None:
    assert script_of(text) == script
