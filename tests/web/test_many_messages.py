"""The pages of messages, where one member has sent more than any page has."""

from comity.limits import WAITING_SHOWN_MAX
from comity.office.forms import FormSent
from tests.exchange.envelopes import forged, receipt_of
from tests.scenarios.test_forms import text_of
from tests.web.conftest import Cast


def test_a_question_stays_in_sight_however_many_another_member_sends(cast: Cast) -> None:
    network = cast.network
    hit = network.check(network.officer("LT", "rutaf", "inspector"), "19AC45678", "FRA")
    fields = {"record": hit.registers[0].hits[0].record, "register": "travel-documents"}
    network.settle(4)
    sent = FormSent(form="confirm-hit", fields=fields, to="FR", within="1-hour")
    question = network.nodes["LT"].forms.send(network.officer("LT", "deskf", "desk"), sent).given
    network.settle(4)
    asked = fields | {"remark": "x"}
    for number in range(70):
        data = forged(network, "FR", sender="XX", text=text_of("confirm-hit", asked | {"remark": str(number)}))["FR"]
        assert receipt_of(network, data, line="XX").step == "delivered"
    desk = cast.officer("FR", "desk")
    inbox = desk.get("/messages")
    assert question in inbox.html
    assert "Further down, and waiting for an answer" in inbox.words
    due = desk.get("/messages?box=due")
    assert question in due.html
    assert due.html.count('<b class="number">XX</b>') == WAITING_SHOWN_MAX
    assert f"{70 - WAITING_SHOWN_MAX} more from XX" in due.words
    of_one = desk.get("/messages?box=due&from=XX")
    assert question not in of_one.html
    assert of_one.html.count('<b class="number">XX</b>') == 70
    assert "Of all members" in of_one.words
    opened = [desk.post("/messages/open", {}).at for _turn in range(3)]
    assert any(question in at for at in opened), "senders take turns"
