"""Held acts over the API: told as such, listed for whom they concern, released by others."""

from .conftest import Caller, Cast
from .test_files import bring, text_of

NUMBERS = tuple(f"31BB{number:05d}" for number in range(6))


def held_by(cast: Cast, author: Caller) -> str:
    """Six records come in; a whole list of one takes the others out, and is held."""
    found = bring(cast, author, text_of(*NUMBERS), is_whole=True)
    author.post(f"/v1/files/{found['id']}/enter", {"is_lawful": True, "going_out": found["difference"]["removed"]})
    cast.network.settle(4)
    found = bring(cast, author, text_of(NUMBERS[0]), is_whole=True)
    going = found["difference"]["removed"]
    answer = author.post(f"/v1/files/{found['id']}/enter", {"is_lawful": True, "going_out": going})
    assert answer.status_code == 202, answer.text
    problem = answer.json()
    assert (problem["code"], problem["held"]) == ("held", problem["entry"])
    assert [(rule["number"], bool(rule["sentence"])) for rule in problem["rules"]] == [("CTY-5.6", True)]
    assert problem["held"][:16] in problem["next_step"]
    name: str = problem["held"]
    return name


def test_a_held_act_is_listed_shown_and_released_by_somebody_else(cast: Cast) -> None:
    author, second = cast.officer("FR", "registrar"), cast.officer("FR", "registrar")
    name = held_by(cast, author)
    [mine] = [each for each in author.get("/v1/held").json()["acts"] if each["id"] == name]
    [theirs] = [each for each in second.get("/v1/held").json()["acts"] if each["id"] == name]
    assert (mine["is_own"], theirs["is_own"], theirs["state"], theirs["released"]) == (True, False, "waiting", 0)
    shown = second.get(f"/v1/held/{name[:12]}").json()
    points = {each["title"]: each["text"] for each in shown["points"]}
    assert points["Taken out for good, or hidden from somebody"] == "5"
    assert NUMBERS[1] in points["Going out"]
    assert "Taken out for good, or hidden from somebody: 5" in shown["gist"]
    assert (theirs["gist"], theirs["needs"]) == (shown["gist"], "It needs one more release, by another officer.")
    unsaid = second.post(f"/v1/held/{name}/release", {"reason": " "})
    assert (unsaid.status_code, unsaid.json()["where"]) == (422, "reason")
    assert author.post(f"/v1/held/{name}/release", {"reason": "Mine."}).status_code == 403
    said = second.post(f"/v1/held/{name}/release", {"reason": "Seen the list."}).json()
    assert said["left"] == 0
    cast.network.settle(4)
    assert [each["id"] for each in second.get("/v1/held").json()["acts"]] == []
    over = second.get("/v1/held?over=true").json()["acts"][0]
    assert (over["id"], over["state"], over["words"][0]["reason"]) == (name, "performed", "Seen the list.")


def test_its_author_takes_it_back_and_others_do_not_see_what_is_not_theirs(cast: Cast) -> None:
    author, desk = cast.officer("FR", "registrar"), cast.officer("FR", "desk")
    name = held_by(cast, author)
    assert [each["id"] for each in desk.get("/v1/held").json()["acts"]] == []
    assert desk.get(f"/v1/held/{name}").status_code == 403
    assert author.post(f"/v1/held/{name}/refuse", {"reason": "A wrong list."}).status_code == 200
    again = author.post(f"/v1/held/{name}/refuse", {})
    assert [rule["number"] for rule in again.json()["rules"]] == ["CTY-5.4"]
    assert author.get("/v1/held/00000000").status_code == 404
    assert author.get("/v1/held/0").status_code == 404
