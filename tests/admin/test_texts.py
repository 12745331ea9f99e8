"""Texts of teams and of everybody in the operators' window: an admin writes, others read; personal ones are missing."""

import pytest

from tests.admin.conftest import Office
from tickets.models import CannedResponse, TeamSignature
from tickets.services import create_canned_response

pytestmark = pytest.mark.django_db
ADD = "/admin/tickets/cannedresponse/add/"
VALUES = {"title": "Greeting", "body": "Hello {{customer.name}}", "scope": "global", "team": "", "category": ""}


def test_an_admin_keeps_texts_with_their_history(office: Office) -> None:
    browser = office.browser(office.admin)
    answer = browser.post(ADD, VALUES | {"language": "", "shortcut": ""})
    assert answer.status_code == 302
    text = CannedResponse.objects.get()
    assert (text.scope, text.owner) == ("global", None)
    assert [(row.history_type, row.actor_name) for row in text.history.all()] == [("+", "Admin")]
    signed = browser.post("/admin/tickets/teamsignature/add/", {"team": office.team.pk, "language": "", "text": "Desk"})
    assert (signed.status_code, TeamSignature.objects.get().text) == (302, "Desk")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"body": "Hello {{custmer.name}}"}, "There is no variable {{custmer.name}}"),
        ({"scope": "team"}, "Say which team it is for."),
        ({"scope": "personal"}, "is not one of the available choices"),
    ],
)
def test_what_is_not_right_comes_back(office: Office, values: dict[str, str], said: str) -> None:
    answer = office.browser(office.admin).post(ADD, VALUES | {"language": "", "shortcut": ""} | values)
    assert (answer.status_code, said in answer.content.decode()) == (400, True)
    assert CannedResponse.objects.count() == 0


def test_a_shortcut_that_is_taken_is_told(office: Office) -> None:
    create_canned_response(by=office.admin, title="Greeting", body="x", scope="global", shortcut="hi")
    answer = office.browser(office.admin).post(ADD, VALUES | {"language": "", "shortcut": "hi"})
    assert (answer.status_code, "Another text has this shortcut already." in answer.content.decode()) == (400, True)


def test_personal_texts_are_not_there_and_others_only_read(office: Office) -> None:
    mine = create_canned_response(by=office.agent, title="canary-4711", body="x")
    create_canned_response(by=office.lead, title="Of the desk", body="x", scope="team", team=office.team)
    for who in (office.admin, office.auditor, office.supervisor):
        listed = office.browser(who).get("/admin/tickets/cannedresponse/").content.decode()
        assert ("Of the desk" in listed, "canary-4711" in listed) == (True, False)
        assert office.browser(who).get(f"/admin/tickets/cannedresponse/{mine.pk}/change/").status_code == 404
    for who in (office.auditor, office.supervisor):
        assert office.browser(who).post(ADD, VALUES).status_code == 403
    assert office.browser(office.lead).get("/admin/tickets/cannedresponse/").status_code == 403
