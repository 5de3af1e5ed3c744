"""An invented list in the form of the United Nations'."""

from collections.abc import Iterator
from datetime import UTC, datetime

from comity.audience import Audience
from comity.ids import MemberCode
from comity.registers.persons import PERSONS
from comity.registers.record import RecordForm
from comity.registers.un_list import UnReader

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

PERSON = """<INDIVIDUAL>
  <DATAID>1</DATAID><VERSIONNUM>1</VERSIONNUM>
  <FIRST_NAME>ARVID</FIRST_NAME><SECOND_NAME>MELO</SECOND_NAME><THIRD_NAME>TARKAN</THIRD_NAME>
  <UN_LIST_TYPE>Testland</UN_LIST_TYPE><REFERENCE_NUMBER>TEi.001</REFERENCE_NUMBER>
  <LISTED_ON>2020-02-03-05:00</LISTED_ON><GENDER>Male</GENDER>
  <NAME_ORIGINAL_SCRIPT>&#1575;&#1585;&#1601;&#1610;&#1583;</NAME_ORIGINAL_SCRIPT>
  <COMMENTS1>An invented person.</COMMENTS1>
  <TITLE><VALUE>Dr</VALUE></TITLE>
  <DESIGNATION><VALUE>Captain</VALUE><VALUE>Owner</VALUE></DESIGNATION>
  <NATIONALITY><VALUE>Testland</VALUE></NATIONALITY>
  <LIST_TYPE><VALUE>UN List</VALUE></LIST_TYPE>
  <LAST_DAY_UPDATED><VALUE>2021-01-01</VALUE><VALUE>2022-05-06</VALUE></LAST_DAY_UPDATED>
  <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Melö, Arvid</ALIAS_NAME></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Arvo Tarken; Arve Tarkin</ALIAS_NAME></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Owl</ALIAS_NAME>
    <DATE_OF_BIRTH>1958-02-22</DATE_OF_BIRTH><CITY_OF_BIRTH>Port</CITY_OF_BIRTH>
    <NOTE>Call sign</NOTE></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_ADDRESS><CITY>Harbour</CITY><COUNTRY>Testland</COUNTRY></INDIVIDUAL_ADDRESS>
  <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1958-02-21</DATE></INDIVIDUAL_DATE_OF_BIRTH>
  <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1970</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
  <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1980</FROM_YEAR><TO_YEAR>1983</TO_YEAR>
  </INDIVIDUAL_DATE_OF_BIRTH>
  <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>Nov. 1959</NOTE></INDIVIDUAL_DATE_OF_BIRTH>
  <INDIVIDUAL_PLACE_OF_BIRTH><CITY>Port</CITY></INDIVIDUAL_PLACE_OF_BIRTH>
  <INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>T-0001/234</NUMBER>
    <ISSUING_COUNTRY>Testland</ISSUING_COUNTRY></INDIVIDUAL_DOCUMENT>
  <INDIVIDUAL_DOCUMENT/>
  <SORT_KEY/><SORT_KEY_LAST_MOD/>
</INDIVIDUAL>"""


def person(reference: str, *names: str, **more: str) -> str:
    """One individual of a list: its reference and the parts of its name."""
    parts = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
    said = "".join(f"<{tag}>{name}</{tag}>" for tag, name in zip(parts, names, strict=False))
    said += "".join(f"<{tag}>{text}</{tag}>" for tag, text in more.items())
    return f"<INDIVIDUAL><REFERENCE_NUMBER>{reference}</REFERENCE_NUMBER>{said}</INDIVIDUAL>"


def list_of(*persons: str, entities: int = 0, prolog: str = HEAD) -> bytes:
    """A list of individuals."""
    others = "<ENTITY><FIRST_NAME>Shop</FIRST_NAME></ENTITY>" * entities
    body = "".join(persons)
    text = f"<CONSOLIDATED_LIST><INDIVIDUALS>{body}</INDIVIDUALS><ENTITIES>{others}</ENTITIES></CONSOLIDATED_LIST>"
    return (prolog + text).encode()


def reader() -> UnReader:
    """What reads a list for FR."""
    return UnReader(RecordForm(PERSONS, MemberCode("FR"), Audience.everyone(), now=NOW))


def parts_of(data: bytes, size: int = 700) -> Iterator[bytes]:
    """A file as it is read."""
    return (data[start : start + size] for start in range(0, len(data), size))
