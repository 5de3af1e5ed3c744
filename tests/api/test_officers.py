from .conftest import Caller, Cast


def test_an_administrator_creates_an_officer_who_signs_in_once_with_what_was_shown(cast: Cast) -> None:
    administrator = cast.officer("LT", "administrator")
    made = administrator.post("/v1/officers", {"name": "ona.z", "title": "O. Z.", "roles": ["inspector"]})
    assert made.status_code == 201
    form = {"officer": "ona.z", "password": made.json()["one_time_password"]}
    assert cast.nobody().post("/v1/sessions", form).status_code == 201
    assert cast.nobody().post("/v1/sessions", form).status_code == 401
    listed = {each["name"]: each for each in administrator.get("/v1/officers").json()}
    assert listed["ona.z"]["has_one_time_password"]
    assert "argon2" not in administrator.get("/v1/officers").text


def test_a_disabled_officer_is_out_at_once(cast: Cast) -> None:
    administrator = cast.officer("LT", "administrator")
    made = administrator.post("/v1/officers", {"name": "petras.q", "title": "P. Q.", "roles": ["inspector"]}).json()
    form = {"officer": "petras.q", "password": made["one_time_password"]}
    petras = Caller(cast.client("LT"), cast.nobody().post("/v1/sessions", form).json()["token"])
    assert petras.get("/v1/members").status_code == 200
    assert administrator.post("/v1/officers/petras.q/disable", None).status_code == 200
    assert petras.get("/v1/members").status_code == 401


def test_a_name_is_never_used_again(cast: Cast) -> None:
    administrator = cast.officer("LT", "administrator")
    form = {"name": "once.only", "title": "O.", "roles": ["inspector"]}
    assert administrator.post("/v1/officers", form).status_code == 201
    again = administrator.post("/v1/officers", form)
    assert (again.status_code, again.json()["where"]) == (422, "name")
    assert "one_time_password" not in again.text


def test_officers_who_are_not_there_and_roles_that_are_none_are_refused(cast: Cast) -> None:
    administrator = cast.officer("LT", "administrator")
    assert administrator.post("/v1/officers/not.there/reset", None).status_code == 404
    assert administrator.post("/v1/officers/not.there/disable", None).status_code == 404
    bad = {"name": "good.name", "title": "G.", "roles": ["king"]}
    assert administrator.post("/v1/officers", bad).status_code == 422
    assert administrator.post("/v1/officers", bad | {"roles": []}).status_code == 422


def test_others_neither_list_nor_change_officers(cast: Cast) -> None:
    other = cast.officer("LT", "inspector", "registrar", "auditor", "duty")
    form = {"name": "own.friend", "title": "F.", "roles": ["administrator"]}
    for answer in (
        other.get("/v1/officers"),
        other.post("/v1/officers", form),
        other.post("/v1/officers/ona.z/reset", None),
        other.post("/v1/officers/ona.z/disable", None),
    ):
        assert (answer.status_code, answer.json()["rules"][0]["number"]) == (403, "RPD-21.1")
        assert "one_time_password" not in answer.text
