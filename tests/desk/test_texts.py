"""Canned responses, templates, signatures, formatting on the pages; all of it without JavaScript too."""

import re
from typing import Any

import pytest

from tests.desk.conftest import Desk
from tests.desk.pages import html_of, note_form, reply_form, statements_of, url_of
from tests.factories import TicketFactory
from tests.factories.mail import MailboxFactory
from tickets.models import CannedResponse, Draft, OutboundMessage, TeamSignature, Ticket, TicketTemplate
from tickets.services import create_canned_response, create_ticket_template, release_message, set_team_signature

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    found: Ticket = TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)
    return found


def text_in(html: str, mode: str = "reply") -> str:
    part = html.split(f'id="composer-{mode}"')[1].partition("</details>")[0]
    found = re.search(r"<textarea[^>]*>([^<]*)</textarea>", part)
    assert found
    return found[1]


def canned(desk: Desk, **values: Any) -> CannedResponse:
    found: CannedResponse = create_canned_response(
        by=desk.mara, **{"title": "Restart", "body": "Hello {{customer.first_name}},\nrestart it.", **values}
    )
    return found


def test_143_the_module_is_offered_texts_filled_for_this_ticket(desk: Desk, ticket: Ticket) -> None:
    text = canned(desk, shortcut="re")
    other = canned(desk, title="Other", body="Dear {{company.name}}")
    browser = desk.browser(desk.mara)
    found = browser.get(url_of(ticket, "texts/reply/"), {"q": "re"}).json()["results"]
    assert found == [
        {
            "id": str(text.pk),
            "label": "Restart",
            "hint": "/re · Me alone",
            "text": "Hello Dana,\nrestart it.",
            "unfilled": [],
        }
    ]
    assert [row["id"] for row in browser.get(url_of(ticket, "texts/reply/")).json()["results"]] == [
        str(other.pk),
        str(text.pk),
    ]
    assert browser.get(url_of(ticket, "texts/nonsense/")).status_code == 404


def test_143_without_javascript_a_choice_and_a_button_put_it_in(desk: Desk, ticket: Ticket) -> None:
    text = canned(desk)
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, body="", cc="boss@acme.example")
    asked = html_of(browser.post(url_of(ticket, "texts/reply/"), values))
    assert f'<option value="{text.pk}">Restart</option>' in asked
    assert "A reply needs some text." not in asked
    put = browser.post(url_of(ticket, "texts/reply/"), values | {"body": "Good day.", "text": str(text.pk)})
    html = html_of(put)
    assert (put.status_code, text_in(html)) == (200, "Good day.\n\nHello Dana,\nrestart it.")
    assert 'value="boss@acme.example"' in html
    assert (OutboundMessage.objects.count(), Draft.objects.count()) == (0, 0)
    noted = browser.post(url_of(ticket, "texts/note/"), {"body": "", "text": str(text.pk)})
    assert text_in(html_of(noted), "note") == "Hello Dana,\nrestart it."


def test_143_what_has_no_value_is_said_at_once_and_blocks_sending(desk: Desk, ticket: Ticket) -> None:
    desk.dana.first_name = ""
    desk.dana.save()
    text = canned(desk)
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, body="", text=str(text.pk))
    html = html_of(browser.post(url_of(ticket, "texts/reply/"), values))
    assert "Fill in before you send: {{customer.first_name}}" in html
    refused = browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body="Hello {{customer.first_name}}!"))
    html = html_of(refused)
    assert (refused.status_code, OutboundMessage.objects.count()) == (400, 0)
    assert "{{customer.first_name}} has no value on this ticket. Write words in its place." in html
    assert text_in(html) == "Hello {{customer.first_name}}!"


def test_143_an_unknown_variable_blocks_sending_and_preview_by_page(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    for act in ("reply/", "preview/"):
        refused = browser.post(url_of(ticket, act), reply_form(browser, ticket, body="Hello {{frist_name}}"))
        assert (refused.status_code, OutboundMessage.objects.count()) == (400, 0)
        assert "There is no variable {{frist_name}}. Write words in its place." in html_of(refused)
    sent = browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body="Hello {{customer.name}}"))
    assert (sent.status_code, OutboundMessage.objects.get().body_text) == (302, "Hello Dana Roth")


def test_a_stranger_to_the_text_cannot_put_it_in(desk: Desk, ticket: Ticket) -> None:
    text = canned(desk, body="canary-4711")
    browser = desk.browser(desk.jonas)
    html = html_of(browser.post(url_of(ticket, "texts/note/"), {"body": "x", "text": str(text.pk)}))
    assert "canary-4711" not in html
    assert "canary-4711" not in html_of(browser.get(url_of(ticket, "texts/note/")))


def test_texts_cost_the_ticket_page_nothing(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    before = len(statements_of(browser, url_of(ticket)))
    for number in range(3):
        canned(desk, title=f"Text {number}")
    set_team_signature(desk.team, by=desk.lea, language="", text="Service Desk")
    assert len(statements_of(browser, url_of(ticket))) == before


def test_own_texts_from_first_to_last(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    values = {"title": "Greeting", "body": "Hello {{customer.name}}", "audience": "personal", "language": "en"}
    assert browser.post("/texts/responses/new/", values)["Location"] == "/texts/"
    text = CannedResponse.objects.get()
    assert (text.owner, text.language, text.scope) == (desk.mara, "en", "personal")
    assert "Greeting" in html_of(browser.get("/texts/"))
    one = f"/texts/responses/{text.pk}/"
    assert "Hello {{customer.name}}</textarea>" in html_of(browser.get(one))
    browser.post(one, values | {"body": "Good day", "version": "1"})
    stale = browser.post(one, values | {"body": "Other", "version": "1"})
    assert (stale.status_code, "Other</textarea>" in html_of(stale)) == (409, True)
    assert CannedResponse.objects.get().body == "Good day"
    assert '<input type="hidden" name="version" value="2">' in html_of(browser.get("/texts/"))
    assert browser.post(f"{one}delete/", {"version": "1"}).status_code == 409
    browser.post(f"{one}delete/", {"version": "2"})
    assert CannedResponse.objects.count() == 0


def test_a_wrong_variable_comes_back_at_its_field(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    values = {"title": "Greeting", "body": "Hello {{custmer.name}}", "audience": "personal"}
    refused = browser.post("/texts/responses/new/", values)
    html = html_of(refused)
    assert (refused.status_code, "There is no variable {{custmer.name}}" in html) == (400, True)
    assert "Hello {{custmer.name}}</textarea>" in html


def test_audiences_offered_are_those_one_may_keep(desk: Desk) -> None:
    def offered(who: Any) -> list[str]:
        html = html_of(desk.browser(who).get("/texts/responses/new/"))
        part = html.split('name="audience"')[1].partition("</select>")[0]
        return re.findall(r"<option[^>]*>([^<]+)</option>", part)

    assert offered(desk.mara) == ["Me alone"]
    assert offered(desk.lea) == ["Me alone", "Service Desk"]


def test_a_template_fills_in_the_form_of_a_new_ticket(desk: Desk) -> None:
    browser = desk.browser(desk.mara)
    assert 'name="template"' not in html_of(browser.get("/t/new/"))
    template = create_ticket_template(
        by=desk.lea, title="New starter", scope="team", team=desk.team, subject="New starter: ", priority="low",
        description="Name?\nFirst day?", type="service_request", handled_by=desk.other_team,
    )  # fmt: skip
    assert 'name="template"' in html_of(browser.get("/t/new/"))
    html = html_of(browser.get("/t/new/", {"template": str(template.pk)}))
    assert 'value="New starter:"' in html
    assert "Name?\nFirst day?</textarea>" in html
    for chosen in ("low", "service_request", str(desk.other_team.pk)):
        assert f'<option value="{chosen}" selected>' in html
    typed = {"subject": "Rosa starts", "description": "", "type": "incident", "priority": "medium", "email": "r@a.test"}
    posted = {
        **typed,
        "team": str(desk.mara.primary_team_id or ""),
        "template": str(template.pk),
        "filled_in": "",
        "fill_in": "1",
    }
    html = html_of(browser.post("/t/new/", posted))
    assert ('value="Rosa starts"' in html, 'value="r@a.test"' in html) == (True, True)
    assert "Name?\nFirst day?</textarea>" in html
    for chosen in ("low", "service_request", str(desk.other_team.pk)):
        assert f'<option value="{chosen}" selected>' in html
    assert (f'name="filled_in" value="{template.pk}"' in html, Ticket.objects.count()) == (True, 0)
    other = create_ticket_template(by=desk.lea, title="Moves", scope="team", team=desk.team, subject="Move")
    untouched = {"subject": "New starter: ", "description": "Name?\r\nFirst day?\r\n1 May", "priority": "low"}
    html = html_of(
        browser.post("/t/new/", posted | untouched | {"template": str(other.pk), "filled_in": str(template.pk)})
    )
    assert ('value="Move"' in html, "1 May</textarea>" in html) == (True, True)
    assert '<option value="medium" selected>' in html
    elsewhere = html_of(desk.browser(desk.nina).get("/t/new/", {"template": str(template.pk)}))
    assert ("New starter" in elsewhere, "First day" in elsewhere) == (False, False)
    assert TicketTemplate.objects.get(title="New starter").owner is None


def test_signatures_of_author_and_team_stand_below_in_the_customers_language(desk: Desk, ticket: Ticket) -> None:
    MailboxFactory(team=desk.team)
    desk.mara.signature = "Mara Weiss"
    desk.mara.save()
    browser = desk.browser(desk.lea)
    page = f"/texts/signatures/{desk.team.pk}/"
    browser.post(page, {"text_en": "", "text_de": "Ihr {{team.name}}", "text_": "Your {{team.name}}"})
    assert TeamSignature.objects.count() == 2
    mara = desk.browser(desk.mara)
    assert "Mara Weiss<br>Your Service Desk" in html_of(mara.get(url_of(ticket)))
    preview = html_of(mara.post(url_of(ticket, "preview/"), reply_form(mara, ticket)))
    assert "Hello Dana.\n\nMara Weiss\nYour Service Desk" in preview
    Ticket.objects.filter(pk=ticket.pk).update(language="de")
    mara.post(url_of(ticket, "reply/"), reply_form(mara, ticket))
    message = OutboundMessage.objects.get()
    assert message.body_text == "Hello Dana.\n\nMara Weiss\nIhr Service Desk"
    undone = html_of(mara.post(f"/outbox/{message.pk}/undo/", follow=True))
    assert text_in(undone) == "Hello Dana."


def test_formatting_goes_out_as_html_and_is_shown_so(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    MailboxFactory(team=desk.team)
    body = "Please **restart** it:\n\n1. off\n2. on\n\n<script>alert(1)</script>"
    preview = html_of(browser.post(url_of(ticket, "preview/"), reply_form(browser, ticket, body=body)))
    assert "&lt;strong&gt;restart&lt;/strong&gt;" in preview  # in the frame's srcdoc
    assert "Please **restart** it:" in preview  # the text part
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body=body))
    message = OutboundMessage.objects.get()
    assert message.body_text == body
    assert message.body_html.startswith("<p>Please <strong>restart</strong> it:</p>\n<ol>\n<li>off</li>")
    assert "<strong>restart</strong>" in html_of(browser.get(url_of(ticket)))  # still held
    release_message(message.pk, now=message.release_at)
    html = html_of(browser.get(url_of(ticket)))
    assert ("<strong>restart</strong>" in html, "<script>alert" in html) == (True, False)


def test_plain_text_has_no_html_of_its_own(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body="# is no heading here\n\\\\srv\\share"))
    message = OutboundMessage.objects.get()
    assert (message.body_text, message.body_html) == ("# is no heading here\n\\\\srv\\share", "")


def test_braces_that_were_meant_survive_an_undo(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(url_of(ticket, "reply/"), reply_form(browser, ticket, body=r"Put \{{ x }} there"))
    message = OutboundMessage.objects.get()
    assert message.body_text == "Put {{ x }} there"
    undone = html_of(browser.post(f"/outbox/{message.pk}/undo/", follow=True))
    assert text_in(undone) == r"Put \{{ x }} there"


def test_a_mention_by_page_is_offered_typed_or_refused_with_the_text_kept(desk: Desk, ticket: Ticket) -> None:
    browser = desk.browser(desk.mara)
    offered = browser.get(url_of(ticket, "people/"), {"q": "jon"}).json()["results"]
    assert [(row["label"], row["text"]) for row in offered] == [("Jonas Kern", "@Jonas Kern ")]
    refused = browser.post(url_of(ticket, "note/"), note_form(browser, ticket, body="Ask @Nina Vogt"))
    html = html_of(refused)
    assert (refused.status_code, text_in(html, "note")) == (400, "Ask @Nina Vogt")
    assert "Nina Vogt may not see this ticket and would not be told." in html
    assert browser.post(url_of(ticket, "note/"), note_form(browser, ticket, body="Ask @Jonas Kern")).status_code == 302
