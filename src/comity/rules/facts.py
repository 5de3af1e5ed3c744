"""What a rule may look at. There is no name in it: neither of a member, nor of an officer, nor of a person."""

from dataclasses import dataclass

from comity.rules.alert import AlertFacts
from comity.rules.consignment import ConsignmentFacts
from comity.rules.form import FormFacts
from comity.rules.held import HeldFacts
from comity.rules.measure import MeasureFacts
from comity.rules.message import MessageFacts
from comity.rules.own_record import OwnRecordFacts
from comity.rules.query import QueryFacts
from comity.rules.record import RecordFacts
from comity.rules.session import SessionFacts


@dataclass(frozen=True, kw_only=True)
class Facts(
    AlertFacts,
    ConsignmentFacts,
    FormFacts,
    HeldFacts,
    MeasureFacts,
    MessageFacts,
    OwnRecordFacts,
    QueryFacts,
    RecordFacts,
    SessionFacts,
):
    """The facts of one act, of whichever noun.

    Exchanging any two members everywhere leaves the facts, and therefore the verdict, as they were: that is what makes
    the rulebook neutral, and a test does exchange them. The nouns stand here by hand for the type checker, which
    follows no loop; a test compares them with the nouns' tests.
    """
