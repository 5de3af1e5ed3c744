"""The United Nations Security Council's consolidated list, in the UN's own XML, read into records of persons.

Every individual, with all names, dates, places and documents, as they are written. What the list says that the register
has no field for is kept with the record and reported. Its entities are no persons: they are counted and left out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import errors as expat_errors

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]  # it has no types
from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]  # as above

from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import ELEMENT_CHARS_MAX, ELEMENT_DEPTH_MAX, FILE_REPORT_MAX, NOTE_CHARS
from comity.registers.lines import Refusal, RefusedFileError
from comity.registers.names import script_of
from comity.registers.numbers import is_others_number
from comity.registers.record import RecordForm
from comity.registers.un_dates import birth_of, day_of
from comity.texts import _

UN_LIST: Final = "un-security-council"
_ROOT: Final = "CONSOLIDATED_LIST"
_INVALID_TOKEN: Final = expat_errors.codes[expat_errors.XML_ERROR_INVALID_TOKEN]
_PERSON: Final = "INDIVIDUAL"
_ENTITY: Final = "ENTITY"
_SECTIONS: Final = {"INDIVIDUALS", "ENTITIES"}
_SEXES: Final = {"Male": "male", "Female": "female"}
_QUALITIES: Final = {"Good": "good", "Low": "low"}

_NAME_PARTS: Final = {"FIRST_NAME": "first", "SECOND_NAME": "second", "THIRD_NAME": "third", "FOURTH_NAME": "fourth"}
_PLACE: Final = {
    "STREET": "street", "CITY": "city", "ZIP_CODE": "postcode", "STATE_PROVINCE": "province", "COUNTRY": "country",
    "NOTE": "note",
}  # fmt: skip
_DOCUMENT: Final = {
    "TYPE_OF_DOCUMENT": "type", "TYPE_OF_DOCUMENT2": "subtype", "NUMBER": "number", "ISSUING_COUNTRY": "country",
    "COUNTRY_OF_ISSUE": "country_of_issue", "CITY_OF_ISSUE": "city_of_issue", "DATE_OF_ISSUE": "issued_on",
    "NOTE": "note",
}  # fmt: skip
_SILENT: Final = {"SORT_KEY", "SORT_KEY_LAST_MOD", "LIST_TYPE"}  # how the UN sorts, and that this is the UN's list


class _Element:
    """One element that is being read or was."""

    def __init__(self, tag: str, line: int = 0) -> None:
        self.tag = tag
        self.line = line
        self.texts: list[str] = []
        self.children: list[_Element] = []
        self.is_unknown = False
        """Whether it stands for a document's number that is not known any more."""

    @property
    def text(self) -> str:
        """Its own text on one line."""
        return " ".join("".join(self.texts).split())

    def values(self) -> Iterator[str]:
        """The texts of its VALUE children."""
        return (child.text for child in self.children if child.tag == "VALUE" and child.text)


class _Target:
    """What the parser calls: it keeps one individual at a time, within bounds."""

    def __init__(self) -> None:
        self.line_of: Callable[[], int] = lambda: 0
        self.individuals: list[_Element] = []
        self.left_out: Counter[str] = Counter()
        self._open: list[_Element] = []
        self._chars = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins. What its attributes say is kept as elements of their names."""
        if not self._open and tag != _ROOT:
            raise MalformedError(_("This is not the United Nations' consolidated list."), where="file")
        if len(self._open) >= ELEMENT_DEPTH_MAX:
            raise TooLargeError(_("The file's elements lie too deep in one another."), where="file")
        element = _Element(tag, self.line_of())
        if self._is_kept():
            self._open[-1].children.append(element)
        self._open.append(element)
        self._count(len(tag))
        if self._is_kept():
            for name, text in attributes.items():
                said = _Element(f"@{name}")
                said.texts.append(text)
                element.children.append(said)
                self._count(len(name) + len(text))

    def data(self, text: str) -> None:
        """Text of the element at hand."""
        self._count(len(text))
        if self._is_kept():
            self._open[-1].texts.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        element = self._open.pop()
        if tag == _PERSON:
            self.individuals.append(element)
        elif tag == _ENTITY or (len(self._open) == 1 and tag not in _SECTIONS):
            self.left_out[tag] += 1
        if tag in (_PERSON, _ENTITY):
            self._chars = 0

    def close(self) -> None:
        """The file ends."""

    def _is_kept(self) -> bool:
        return any(element.tag == _PERSON for element in self._open)

    def _count(self, chars: int) -> None:
        self._chars += chars
        if self._chars > ELEMENT_CHARS_MAX:
            raise TooLargeError(
                _("One person has more than {most} characters.").format(most=ELEMENT_CHARS_MAX), where="file"
            )


class UnReader:
    """Reads one list. ``notes`` says at its end what of it has no field of its own."""

    def __init__(self, form: RecordForm) -> None:
        self._form = form
        self._refusals: list[Refusal] = []
        self._refused = 0
        self._seen: set[str] = set()
        self._strange: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know who enters it."""
        strange = (
            _("{count} times {tag}: the register has no such field; kept under “Other statements”.").format(
                count=count, tag=tag
            )
            for tag, count in sorted(self._strange.items())
        )
        unknown = (
            _(
                "{count} times {tag}: it may be what a spreadsheet made of the number, and finds nobody; kept under "
                "“Other statements”."
            ).format(count=count, tag=tag)
            for tag, count in sorted(self._unknown.items())
        )
        left_out = (
            _("{count} times {tag}: no person, left out.").format(count=count, tag=tag)
            for tag, count in sorted(self._left_out.items())
        )
        return (*strange, *unknown, *left_out)

    def read(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """The records of a list; RefusedFileError at its end if one of them cannot be entered.

        MalformedError where it is no such list, is cut off, or has entities or a document type of its own.
        """
        target = _Target()
        parser = DefusedXMLParser(target=target, forbid_dtd=True)
        target.line_of = lambda: int(parser.parser.CurrentLineNumber)
        for part in parts:
            _feed(parser.feed, part)
            yield from self._take(target)
        _feed(lambda _nothing: parser.close(), b"")
        yield from self._take(target)
        self._left_out = target.left_out
        if self._refused:
            raise RefusedFileError(tuple(self._refusals), self._refused)
        if not self._seen:
            raise MalformedError(_("The list has no persons."), where="file")

    def _take(self, target: _Target) -> Iterator[bytes]:
        taken, target.individuals = target.individuals, []
        for individual in taken:
            try:
                fields = self._translate(individual)
                reference = str(fields.get("reference", ""))
                if reference in self._seen:
                    raise MalformedError(_("reference: Another person of the list has the same."), where="reference")
                self._seen.add(reference)
                record = self._form.fill(fields)
            except InputError as error:
                self._refused += 1
                if len(self._refusals) < FILE_REPORT_MAX:
                    self._refusals.append(Refusal(individual.line, error.where, error.message))
                continue
            if not self._refused:
                yield record.encode()

    def _translate(self, individual: _Element) -> dict[str, object]:
        """One individual as fields and groups."""
        said = _Said()
        for child in individual.children:
            reader = _READERS.get(child.tag)
            if reader is None:
                if child.tag not in _SILENT:
                    self._keep_other(said, child)
                continue
            for strange in reader(said, child):
                self._keep_other(said, strange)
            if child.text and child.tag in _CONTAINERS:
                self._keep_other(said, _bare(child))
        if said.primary:
            said.add("names", {"kind": "primary", "quality": "good", "script": "Latn", **said.primary}, first=True)
        return {**said.fields, **said.groups, "list": UN_LIST, "status": "sanctioned"}

    def _keep_other(self, said: "_Said", element: _Element, path: str = "") -> None:
        name = f"{path}{element.tag}"
        if element.text:
            (self._unknown if element.is_unknown else self._strange)[name] += 1
            for start in range(0, len(element.text), NOTE_CHARS):
                said.add("others", {"element": name, "text": element.text[start : start + NOTE_CHARS]})
        for child in element.children:
            self._keep_other(said, child, f"{name}/")


class _Said:
    """What has been read of one individual."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.primary: dict[str, str] = {}
        self.groups: dict[str, list[dict[str, str]]] = {}

    def add(self, group: str, entry: dict[str, str], *, first: bool = False) -> None:
        """Add an entry, unless it says nothing."""
        said = {name: text for name, text in entry.items() if text}
        if said.keys() - {"kind"}:
            entries = self.groups.setdefault(group, [])
            entries.insert(0 if first else len(entries), said)


_Reader = Callable[[_Said, _Element], Iterable[_Element]]
"""Takes one element into what is said, and gives back what of it has no field."""


def _field(name: str) -> _Reader:
    def read(said: _Said, element: _Element) -> Iterable[_Element]:
        if element.text and name in said.fields:
            return [element]
        if element.text:
            said.fields[name] = element.text
        return element.children

    return read


def _part(name: str) -> _Reader:
    def read(said: _Said, element: _Element) -> Iterable[_Element]:
        if element.text and name in said.primary:
            return [element]
        if element.text:
            said.primary[name] = element.text
        return element.children

    return read


def _values(group: str, field: str) -> _Reader:
    def read(said: _Said, element: _Element) -> Iterable[_Element]:
        for text in element.values():
            said.add(group, {field: text})
        return [child for child in element.children if child.tag != "VALUE"]

    return read


def _entry(group: str, names: Mapping[str, str], **constant: str) -> _Reader:
    def read(said: _Said, element: _Element) -> Iterable[_Element]:
        found, strange = _split(element, names)
        said.add(group, {**constant, **found})
        return strange

    return read


def _read_document(said: _Said, element: _Element) -> Iterable[_Element]:
    """A document; what stands for its number and is none, or nobody knows any more, is kept with the rest."""
    found, strange = _split(element, _DOCUMENT)
    if "number" in found and not is_others_number(found["number"]):
        del found["number"]
        unknown = [each for each in element.children if each.tag == "NUMBER" and each.text and each not in strange]
        for each in unknown:
            each.is_unknown = True
        strange += unknown
    said.add("documents", found)
    return strange


def _read_listed(said: _Said, element: _Element) -> Iterable[_Element]:
    if not (day := day_of(element.text)) or "listed_on" in said.fields:
        return [element]
    said.fields["listed_on"] = day
    return element.children


def _read_sex(said: _Said, element: _Element) -> Iterable[_Element]:
    if element.text not in _SEXES:
        return [element]
    said.fields["sex"] = _SEXES[element.text]
    return element.children


def _read_original(said: _Said, element: _Element) -> Iterable[_Element]:
    said.add("names", {"kind": "original-script", "script": script_of(element.text), "whole": element.text})
    return element.children


_ALIAS: Final = {
    "ALIAS_NAME": "whole", "QUALITY": "quality", "DATE_OF_BIRTH": "birth", "CITY_OF_BIRTH": "city",
    "COUNTRY_OF_BIRTH": "country", "NOTE": "note",
}  # fmt: skip


def _read_alias(said: _Said, element: _Element) -> Iterable[_Element]:
    found, strange = _split(element, _ALIAS)
    place = ", ".join(filter(None, (found.pop("city", ""), found.pop("country", ""))))
    name = found.get("whole", "")
    if not name:
        return element.children
    quality = found.pop("quality", "")
    if quality and quality not in _QUALITIES:
        strange += [child for child in element.children if child.tag == "QUALITY"]
    shown = {"quality": _QUALITIES.get(quality, ""), "script": script_of(name), "birthplace": place}
    said.add("names", {"kind": "alias", **found, **shown})
    return strange


_BIRTH: Final = {
    "TYPE_OF_DATE": "type", "DATE": "date", "YEAR": "year", "FROM_YEAR": "from", "TO_YEAR": "to", "NOTE": "note",
}  # fmt: skip


def _read_birth(said: _Said, element: _Element) -> Iterable[_Element]:
    found, strange = _split(element, _BIRTH)
    if not found.keys() - {"type"}:
        return [*strange, *(child for child in element.children if child.tag == "TYPE_OF_DATE" and child.text)]
    said.add("births", birth_of(found))
    return strange


def _read_updates(said: _Said, element: _Element) -> Iterable[_Element]:
    texts = sorted(day_of(text) or text for text in element.values())
    for text in texts:
        said.add("updates", {"on": text})
    if days := [text for text in texts if day_of(text)]:
        said.fields["updated_on"] = days[-1]
    return [child for child in element.children if child.tag != "VALUE"]


_READERS: Final[Mapping[str, _Reader]] = {
    "DATAID": _field("source_id"),
    "VERSIONNUM": lambda _said, element: element.children,  # a change of it alone is no change of what is said
    "REFERENCE_NUMBER": _field("reference"),
    "UN_LIST_TYPE": _field("programme"),
    "LISTED_ON": _read_listed,
    "COMMENTS1": _field("comment"),
    "GENDER": _read_sex,
    **{tag: _part(name) for tag, name in _NAME_PARTS.items()},
    "NAME_ORIGINAL_SCRIPT": _read_original,
    "INDIVIDUAL_ALIAS": _read_alias,
    "INDIVIDUAL_DATE_OF_BIRTH": _read_birth,
    "INDIVIDUAL_PLACE_OF_BIRTH": _entry("places", _PLACE, kind="birth"),
    "INDIVIDUAL_ADDRESS": _entry("places", _PLACE, kind="address"),
    "INDIVIDUAL_DOCUMENT": _read_document,
    "NATIONALITY": _values("nationalities", "country"),
    "TITLE": _values("titles", "text"),
    "DESIGNATION": _values("designations", "text"),
    "LAST_DAY_UPDATED": _read_updates,
}


_CONTAINERS: Final = {
    "INDIVIDUAL_ALIAS", "INDIVIDUAL_DATE_OF_BIRTH", "INDIVIDUAL_PLACE_OF_BIRTH", "INDIVIDUAL_ADDRESS",
    "INDIVIDUAL_DOCUMENT", "NATIONALITY", "TITLE", "DESIGNATION", "LAST_DAY_UPDATED",
}  # fmt: skip
"""Elements that have no text of their own."""


def _bare(element: _Element) -> _Element:
    """An element's own text alone."""
    found = _Element(element.tag)
    found.texts = element.texts
    return found


def _split(element: _Element, names: Mapping[str, str]) -> tuple[dict[str, str], list[_Element]]:
    """What has a field, by the field; and the rest."""
    found: dict[str, str] = {}
    strange: list[_Element] = []
    for child in element.children:
        name = names.get(child.tag)
        if name is None or (name in found and child.text) or child.children:
            strange.append(child)
        elif child.text:
            found[name] = child.text
    return found, strange


def _feed(feed: Callable[[bytes], Any], part: bytes) -> None:
    try:
        feed(part)
    except DefusedXmlException as error:
        raise MalformedError(
            _("The file declares a document type or entities: that is not read."), where="file"
        ) from error
    except ParseError as error:
        line, _column = getattr(error, "position", (0, 0))
        if getattr(error, "code", 0) == _INVALID_TOKEN:
            raise MalformedError(
                _("The file's XML breaks in line {line}: a sign there is no text in its encoding, or no XML.").format(
                    line=line
                ),
                where=f"line {line}",
                next_step=_("Save it as UTF-8, or let its first line name the encoding that it has."),
            ) from error
        raise MalformedError(
            _("The file's XML ends or breaks in line {line}.").format(line=line), where=f"line {line}"
        ) from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise MalformedError(_("The file's encoding cannot be read."), where="encoding") from error
