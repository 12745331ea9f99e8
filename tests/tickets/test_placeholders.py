"""Acceptance 143: variables fill, unknown ones block sending, whoever typed them."""

import pytest

from accounts.models import Agent
from core.errors import Invalid
from tests.factories import AbsenceFactory, AgentFactory, CompanyFactory, ContactFactory, TeamFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tickets.enums import TicketStatus
from tickets.models import OutboundMessage, Ticket
from tickets.placeholders import VARIABLES, escaped, fill
from tickets.services import preview_reply, reply_to_customer, resolve_ticket, withdraw_resolution

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket() -> Ticket:
    company = CompanyFactory(name="Acme GmbH")
    dana = ContactFactory(
        first_name="Dana", last_name="Roth", email="dana@acme.example", company=company, language="de"
    )
    mara = AgentFactory(name="Mara Weiss")
    found: Ticket = TicketFactory(
        requester=dana, owner=mara, subject="Printer off", team=TeamFactory(name="Service Desk")
    )
    return found


def test_143_each_variable_has_its_value_on_a_ticket(ticket: Ticket) -> None:
    deputy = AgentFactory(name="Jonas Kern")
    text = "|".join(f"{{{{{name}}}}}" for name in VARIABLES if name not in ("today", "ticket.granted"))
    filled = fill(text, ticket, by=deputy)
    assert filled.text == (
        f"Dana Roth|Dana|Roth|dana@acme.example|Acme GmbH|{ticket.reference}|Printer off|"
        "Mara Weiss|Jonas Kern|Service Desk"
    )
    assert filled.unfilled == ()
    assert fill("{{ Customer.Name }}", ticket, by=deputy).text == "Dana Roth"  # spaces and capitals do not matter


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("Hello {{customer.nmae}},", "{{customer.nmae}}"),
        ("Hello {{ }} there", "{{ }}"),
        ("{{foo}} and {{owner.name}} and {{bar}}", "{{foo}}, {{bar}}"),
    ],
)
def test_143_an_unknown_variable_blocks_sending_and_is_named(ticket: Ticket, body: str, named: str) -> None:
    for send in (reply_to_customer, preview_reply):
        with pytest.raises(Invalid) as refusal:
            send(ticket.pk, by=ticket.owner, body_text=body)
        assert refusal.value.fields == {"body": [f"There is no variable {named}. Write words in its place."]}
    assert OutboundMessage.objects.count() == 0


def test_143_a_variable_without_a_value_blocks_sending_too() -> None:
    private = ContactFactory(first_name="", last_name="", email="kim@mail.example", company=None)
    ticket = TicketFactory(requester=private, owner=AgentFactory())
    with pytest.raises(
        Invalid, match=r"\{\{company\.name\}\}, \{\{customer\.first_name\}\} has no value on this ticket"
    ):
        reply_to_customer(ticket.pk, by=ticket.owner, body_text="Dear {{company.name}}, dear {{customer.first_name}}")
    message = reply_to_customer(ticket.pk, by=ticket.owner, body_text="Dear {{customer.name}}")
    assert message.body_text == "Dear kim@mail.example"


def test_typed_variables_are_filled_when_the_reply_is_frozen(ticket: Ticket) -> None:
    message = reply_to_customer(
        ticket.pk, by=ticket.owner, body_text="Hello {{customer.first_name}}, {{ticket.reference}}"
    )
    assert message.body_text == f"Hello Dana, {ticket.reference}"


def test_a_name_made_of_braces_is_no_variable(ticket: Ticket) -> None:
    ticket.requester.first_name = "{{owner.name}}"
    ticket.requester.save()
    message = reply_to_customer(ticket.pk, by=ticket.owner, body_text="Hello {{customer.first_name}}")
    assert message.body_text == "Hello {{owner.name}}"
    looked_at = fill(
        "Hello {{customer.first_name}}", Ticket.objects.get(pk=ticket.pk), by=ticket.owner, is_read_again=True
    )
    again = reply_to_customer(ticket.pk, by=ticket.owner, body_text=looked_at.text)
    assert again.body_text == "Hello {{owner.name}}"


def test_a_backslash_sends_the_braces_themselves(ticket: Ticket) -> None:
    message = reply_to_customer(ticket.pk, by=ticket.owner, body_text=r"Put \{{ inventory_hostname }} into it.")
    assert message.body_text == "Put {{ inventory_hostname }} into it."
    again = reply_to_customer(ticket.pk, by=ticket.owner, body_text=escaped(message.body_text))
    assert again.body_text == message.body_text


def test_143_the_resolution_the_customer_reads_is_no_way_around(ticket: Ticket) -> None:
    with pytest.raises(Invalid) as refusal:
        resolve_ticket(ticket.pk, by=ticket.owner, code="fixed", note="Done by {{nobody}}")
    assert list(refusal.value.fields) == ["resolution_note"]
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.IN_PROGRESS
    resolve_ticket(ticket.pk, by=ticket.owner, code="fixed", note="Done by {{owner.name}}")
    assert "Done by Mara Weiss" in OutboundMessage.objects.get().body_text
    assert Ticket.objects.get(pk=ticket.pk).resolution_note == "Done by Mara Weiss"


def test_only_what_is_granted_has_a_value(ticket: Ticket) -> None:
    """domain.md section 8: what waits for approval, or was refused, is not told as granted."""
    mara = Agent.objects.get(pk=ticket.owner_id)
    asked = a_resolution(ticket, "150.00")
    assert fill("{{ticket.granted}}", ticket, by=mara).empty == ("{{ticket.granted}}",)
    withdraw_resolution(asked.pk, by=mara)
    a_resolution(ticket, "20.00")
    a_resolution(ticket, "300.00")
    for language, words in {"de": "Gutschrift 20.00 EUR", "en": "Credit 20.00 EUR"}.items():
        ticket.language = language
        assert fill("{{ticket.granted}}", ticket, by=mara).text == words


def test_what_was_granted_is_filled_for_those_alone_who_may_know_it(ticket: Ticket) -> None:
    """Object rule 11. Who sends to the customer may; what is private has no value for others, as if there were none."""
    colleague, deputy = AgentFactory(teams=[ticket.team]), AgentFactory(teams=[ticket.team])
    a_resolution(ticket, "77.77")
    AbsenceFactory(agent=ticket.owner, deputy=deputy)
    for by in (Agent.objects.get(pk=ticket.owner_id), Agent.objects.get(pk=deputy.pk)):
        assert fill("{{ticket.granted}}", ticket, by=by).text == "Gutschrift 77.77 EUR"
        assert reply_to_customer(ticket.pk, by=by, body_text="{{ticket.granted}}").body_text == "Gutschrift 77.77 EUR"
    told = fill("{{ticket.granted}}", ticket, by=colleague)
    assert (told.text, told.empty) == ("{{ticket.granted}}", ("{{ticket.granted}}",))
