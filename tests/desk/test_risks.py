"""What a reply is asked about before it goes: other customers in the text, and text that was not written for them."""

import random
import re
import string
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Contact
from desk.risks import risks_of
from tests.database import connect_as_owner
from tests.desk.conftest import Desk
from tests.desk.pages import context_in, html_of, reply_form, url_of
from tests.factories import CompanyFactory, ContactFactory, TicketFactory
from tickets.models import OutboundMessage, Ticket
from tickets.services import add_note, record_customer_message, release_message, reply_to_customer
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NOTE = "The customer has not paid since March, so do not hurry with this one at all."
COPIED = "has not paid since March, so do not"


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return TicketFactory(team=desk.team, requester=desk.dana, subject="Printer offline", owner=desk.mara)


@pytest.fixture(autouse=True)
def other_customers(desk: Desk) -> None:
    nordwind = CompanyFactory(name="Nordwind Logistik GmbH", domains=["nordwind.example"])
    CompanyFactory(name="Müller & Co.", domains=["mueller.example"])
    ContactFactory(first_name="Li", last_name="Chen", email="li@nordwind.example", company=nordwind)
    ContactFactory(first_name="Anna", last_name="von der Heide", email="anna@mail.example", company=None)
    ContactFactory(first_name="Ben", last_name="Roth", email="ben@acme.example", company=desk.company)


def risks_in(ticket: Ticket, desk: Desk, body: str, *cc: str) -> list[str]:
    return [risk.text for risk in risks_of(ticket, author=desk.mara, body=body, cc=cc, has_files=False)]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("Same as at Nordwind Logistik GmbH, last week.", "Nordwind Logistik GmbH"),
        ("It is Nordwind Logistik GmbH's router.", "Nordwind Logistik GmbH"),
        ("Ask (Müller & Co.) about it", "Müller & Co."),
        ("Hello Li Chen,\nit works.", "Li Chen"),
        ("Write to Anna von der Heide.", "Anna von der Heide"),
        ("Write to LI@Nordwind.example!", "li@nordwind.example, nordwind.example"),
        ("See https://www.nordwind.example/status", "nordwind.example"),
        ("Li Chen of Nordwind Logistik GmbH", "Li Chen, Nordwind Logistik GmbH"),
    ],
)
def test_another_customer_in_the_text_is_a_risk(desk: Desk, ticket: Ticket, body: str, named: str) -> None:
    assert risks_in(ticket, desk, body) == [f"The text names another customer: {named}"]


@pytest.mark.parametrize(
    "body",
    [
        "Hello Dana Roth of Acme GmbH, Ben Roth (ben@acme.example) knows too.",
        "See https://acme.example and write to dana@acme.example.",
        "Regards, Mara Weiss",
        "Nordwind has a north wind, Li and Chen are names.",
        "Nordwind\nLogistik\nGmbH",
        "The company nordwind logistik gmbh in small letters is none of our names.",
        "Ask at service@elsewhere.example.",
        "",
    ],
)
def test_the_own_customer_and_mere_words_are_none(desk: Desk, ticket: Ticket, body: str) -> None:
    assert risks_in(ticket, desk, body) == []


def test_namesakes_of_those_the_reply_is_about_are_none(desk: Desk, ticket: Ticket) -> None:
    CompanyFactory(name="Acme")
    for first, last in (("Dana", "Roth"), ("Mara", "Weiss")):
        ContactFactory(first_name=first, last_name=last, email=f"{first}@namesake.example", company=None)
    assert risks_in(ticket, desk, "Dana Roth, Acme GmbH: Mara Weiss will call.") == []
    assert risks_in(ticket, desk, "Ask at Acme.") == ["The text names another customer: Acme"]


def test_colleagues_of_the_customer_are_none_wherever_they_get_mail(desk: Desk, ticket: Ticket) -> None:
    ContactFactory(first_name="Ulf", last_name="Lang", email="ulf@home.example", company=desk.company)
    ContactFactory(first_name="Ina", last_name="Kurz", email="ina@acme.example", company=None)
    assert risks_in(ticket, desk, "Ulf Lang (ulf@home.example) and Ina Kurz (ina@acme.example) know.") == []


def test_customers_without_a_company_are_not_their_own_risk(desk: Desk) -> None:
    private = ContactFactory(first_name="", last_name="", email="Kim@nordwind.example", company=None)
    ticket = TicketFactory(team=desk.team, requester=private, owner=desk.mara)
    assert risks_in(ticket, desk, "We write to kim@nordwind.example, known from www.nordwind.example.") == []


def test_who_takes_part_or_gets_a_copy_may_be_named(desk: Desk, ticket: Ticket) -> None:
    ContactFactory(first_name="Eva", last_name="Lund", email="eva@partner.example", company=None)
    li = ContactFactory(first_name="Ida", last_name="Berg", email="ida@partner.example", company=None)
    body = "Eva Lund and Ida Berg will call."
    assert risks_in(ticket, desk, body) == ["The text names another customer: Eva Lund, Ida Berg"]
    record_customer_message(ticket.pk, by=li, message=Message(body_text="I will help."))
    said = risks_in(ticket, desk, body, "Eva@partner.example")
    assert said == ["Not of Acme GmbH: Eva@partner.example"]


def test_a_long_text_costs_no_more_statements_than_a_short_one(desk: Desk, ticket: Ticket) -> None:
    risks_in(ticket, desk, "")  # reads requester and company, which a page has read
    counts = []
    for body in ("Hello Li Chen, one two three four five six seven.", "Hello Li Chen, Nordwind Again Here. " * 5_000):
        with CaptureQueriesContext(connection) as queries:
            risks_in(ticket, desk, body)
        counts.append(len(queries))
    assert counts == [5, 5]


WORDS = [f"{first}{second}," for first in string.ascii_uppercase for second in string.ascii_uppercase]


@pytest.mark.parametrize(
    ("body", "sizes"),
    [
        (" ".join(random.Random(1).choices(WORDS, k=5_000)), [5_000, 0, 5_000, 5_000, 0]),
        ("A" + "!" * 19_000, []),
        ("A" + "!" * 90, [4, 0]),  # one word is no person's name
        ("a." * 9_990 + "1", []),
        ("a." * 9_990 + "aa", []),
        ("a@" + "b." * 9_900 + "!", []),
        (" ".join(f"n{n}.aa" for n in range(2_000)), [0, 2_000]),
        (" ".join(f"n@{n}.aa" for n in range(1_900)), [0, 1_900, 0, 0, 1_900]),
    ],
    ids=["capitals", "signs", "some signs", "no host", "long host", "no address", "hosts", "addresses"],
)
def test_a_text_made_to_hurt_asks_for_few_things(desk: Desk, ticket: Ticket, body: str, sizes: list[int]) -> None:
    risks_in(ticket, desk, "")
    asked: list[int] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "accounts_co" in sql:
            assert len(params) < 10
            asked.extend(len(param) for param in params if isinstance(param, list))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        assert risks_in(ticket, desk, body) == []
    assert asked == sizes


def test_names_are_found_among_much_else(desk: Desk, ticket: Ticket) -> None:
    noise = "x" * 9_000 + " " + "A!" * 60
    found = "The text names another customer: Anna von der Heide, nordwind.example"
    ContactFactory(first_name="Anna", last_name="", company=None)
    assert risks_in(ticket, desk, f"Anna {noise}, Anna ...") == []  # a first name alone is chance
    assert risks_in(
        ticket, desk, f"{noise}\nAnna von der Heide!!!! a..b a.b.c.d.e.www.nordwind.example... {noise}"
    ) == [found]


@pytest.mark.django_db(transaction=True)
def test_customers_are_found_by_index(desk: Desk, ticket: Ticket) -> None:
    Contact.objects.bulk_create(
        Contact(first_name=f"F{n}", last_name=f"L{n}", email=f"c{n}@many.example") for n in range(5_000)
    )
    with connect_as_owner() as owner:  # what the table was like before tells the planner nothing of it now
        owner.execute("ANALYZE accounts_contact, tickets_ticketparticipant")
    with transaction.atomic(), connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        for way in ("seqscan", "hashjoin", "mergejoin"):  # the table is small here
            cursor.execute(f"SET LOCAL enable_{way} = off")
        risks_in(ticket, desk, "Li Chen\nanna@mail.example")
        (asked,) = [query["sql"] for query in queries if 'FROM "accounts_contact"' in query["sql"]]
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on accounts_contact" not in plan
    assert ("contact_by_name" in plan, "contact_email_once" in plan) == (True, True), plan


def test_words_of_an_internal_note_are_a_risk(desk: Desk, ticket: Ticket) -> None:
    add_note(ticket.pk, by=desk.jonas, body_text=NOTE)
    said = f"The text repeats what was written internally: “{COPIED} …”"
    assert risks_in(ticket, desk, f"Hello Dana,\n{COPIED}.") == [said]
    changed = "HAS NOT PAID since march: so do\nNOT"  # case, punctuation and lines do not count
    assert risks_in(ticket, desk, changed) != []
    assert risks_in(ticket, desk, "has not paid since March, so do wait") == []  # seven words are chance
    other = TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara)
    assert risks_in(other, desk, COPIED) == []


def test_what_the_customer_has_read_or_written_may_be_repeated(desk: Desk, ticket: Ticket) -> None:
    text = "The green light blinks twice and then the printer is off again."
    add_note(ticket.pk, by=desk.jonas, body_text=f"She says: {text}")
    assert len(risks_in(ticket, desk, text)) == 1
    record_customer_message(ticket.pk, by=desk.dana, message=Message(body_text=text))
    assert risks_in(ticket, desk, text) == []


def test_words_of_another_customer_are_a_risk(desk: Desk, ticket: Ticket) -> None:
    secret = "Our vault in Bremen opens with the code one two three four."
    stranger = ContactFactory(email="li2@nordwind.example")
    theirs = TicketFactory(team=desk.team, requester=stranger, owner=desk.mara)
    record_customer_message(theirs.pk, by=stranger, message=Message(body_text=secret))
    said = "The text repeats what another customer wrote: “Our vault in Bremen opens with the code …”"
    assert risks_in(ticket, desk, f"You wrote: {secret}") == [said]


def test_words_in_tickets_of_the_own_company_or_by_ourselves_are_none(desk: Desk, ticket: Ticket) -> None:
    text = "Hold the green button for ten seconds until it beeps."
    ben = ContactFactory(email="ben2@acme.example", company=desk.company)
    for requester in (desk.dana, ben):
        other = TicketFactory(team=desk.team, requester=requester, owner=desk.mara)
        record_customer_message(other.pk, by=requester, message=Message(body_text=text))
    assert risks_in(ticket, desk, text) == []
    standard = "Switch it off, wait for a minute and switch it on."
    theirs = TicketFactory(team=desk.team, requester=ContactFactory(email="x@nordwind.example"), owner=desk.mara)
    release_message(reply_to_customer(theirs.pk, by=desk.mara, body_text=standard).pk, now=timezone.now() + HOUR)
    assert risks_in(ticket, desk, standard) == []


def test_words_in_tickets_of_the_same_private_customer_are_none(desk: Desk) -> None:
    text = "My own words stand in both of my two tickets."
    private = ContactFactory(email="kim@mail.example", company=None)
    first, second = (TicketFactory(team=desk.team, requester=private, owner=desk.mara) for _n in range(2))
    record_customer_message(first.pk, by=private, message=Message(body_text=text))
    assert risks_in(second, desk, text) == []


def test_049_the_risks_are_named_in_one_dialog_whose_button_names_the_recipient(desk: Desk, ticket: Ticket) -> None:
    """No reason, no dialog; what was written meanwhile has to be seen first and stands over the text."""
    browser = desk.browser(desk.mara)
    values = reply_form(browser, ticket, body="Dear Li Chen, see the file attached.", cc="x@elsewhere.example")
    html = html_of(browser.post(url_of(ticket, "reply/"), values))
    (dialog,) = re.findall(r'<dialog[^>]* id="reply-risks"[^>]* data-dialog-auto.*?</dialog>', html, re.DOTALL)
    assert [text.partition(":")[0] for text in re.findall("<li>([^<]+)</li>", dialog)] == [
        "Not of Acme GmbH",
        "The text speaks of a file, but none is attached.",
        "The text names another customer",
    ]
    assert re.findall(r'form="reply-form">.*?<span>([^<]+)</span>', dialog, re.DOTALL) == [
        "Send to Dana Roth and 1 other anyway"
    ]
    assert 'id="reply-risks"' not in html_of(browser.get(url_of(ticket), {"compose": "reply"}))

    add_note(ticket.pk, by=desk.jonas, body_text="Wait.")
    html = html_of(browser.post(url_of(ticket, "reply/"), values))
    assert ("Written meanwhile" in html, 'id="reply-risks"' in html) == (True, False)


def test_the_page_asks_once_and_again_for_another_name(desk: Desk, ticket: Ticket) -> None:
    add_note(ticket.pk, by=desk.jonas, body_text=NOTE)
    browser = desk.browser(desk.mara)
    body = f"Dear Li Chen, {COPIED}."
    values = reply_form(browser, ticket, body=body)
    asked = html_of(browser.post(url_of(ticket, "reply/"), values))
    assert ("names another customer: Li Chen" in asked, "repeats what was written internally" in asked) == (True, True)
    confirmed = values | {"context": context_in(asked), "confirmed": "1"}
    more = browser.post(url_of(ticket, "reply/"), confirmed | {"body": f"{body} Anna von der Heide"})
    assert (more.status_code, OutboundMessage.objects.count()) == (409, 0)
    assert browser.post(url_of(ticket, "reply/"), confirmed).status_code == 302
    assert OutboundMessage.objects.get().body_text == body
