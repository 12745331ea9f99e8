"""Who spoke with the customer, first contacts, how long help takes (metrics.md M1, M7 to M9), by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from envelopes import services as help_services
from reports.enums import Part
from reports.measures.contact import first_contact, single_contact
from reports.measures.figures import Spread
from reports.measures.help_times import escalation_time, expert_response
from tests.factories import AbsenceFactory
from tests.reports.conftest import Desk, at, fresh, march, moment
from tickets import services
from tickets.enums import Channel
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
MINUTE, HOUR = 60, 3600


def replies(ticket: Ticket, when: str, *, by: Any = None) -> None:
    """Released at `when`: it is held ten seconds."""
    with time_machine.travel(at(when) - timedelta(seconds=10), tick=False):
        message = services.reply_to_customer(ticket.pk, by=fresh(by or ticket.owner), body_text="Look here.")
    with moment(when):
        services.release_message(message.pk, now=at(when))


def test_163_m1_single_point_of_contact(desk: Desk) -> None:
    """Four were closed: one with words of its owner alone; one in which the deputy wrote for the owner; one whose owner
    left and whose next owner wrote, too, a break that M1b forgives; and one with the message of its resolution alone,
    which is the owner's, too. 3 of 4 = 75.0 %, with exceptions forgiven 4 of 4.
    """
    plain = desk.accepted("2 09:00", "2 09:10")
    replies(plain, "2 10:00")
    covered = desk.accepted("2 09:00", "2 09:10")
    with moment("2 12:00"):
        AbsenceFactory(agent=desk.mara, deputy=desk.jonas, days=2)
    replies(covered, "2 14:00", by=desk.jonas)
    handed_on = desk.accepted("4 09:00", "4 09:10")
    replies(handed_on, "4 10:00")
    quiet = desk.accepted("5 09:00", "5 09:10", by=desk.nina, team=desk.other)
    for ticket in (plain, covered):
        desk.resolves(ticket, "5 15:00")
        desk.closes(ticket, "6 09:00")
    with moment("6 10:00"):
        desk.mara.employment_ended_on = at("5 12:00").date()
        desk.mara.save(update_fields=["employment_ended_on"])
        services.transfer_ownership(
            handed_on.pk,
            by=fresh(desk.supervisor),
            new_owner=desk.jonas,
            reason_code="termination",
            reason="The colleague has left the company for good.",
        )
    for ticket in (handed_on, quiet):
        desk.resolves(ticket, "9 15:00")
        desk.closes(Ticket.objects.select_related("owner").get(pk=ticket.pk), "10 09:00")
    m1, m1b = single_contact(march(desk.team, desk.other))
    assert (m1.value, m1.numerator, m1.denominator) == (Decimal("75.0"), 3, 4)
    assert m1.ids(Part.COUNTED) == {plain.pk, covered.pk, quiet.pk}
    assert (m1b.value, m1b.numerator, m1b.denominator) == (Decimal("100.0"), 4, 4)


def test_163_m1_without_words_of_a_person_there_is_nothing_to_count(desk: Desk) -> None:
    ticket = desk.resolved("2 09:00", "2 09:10", "2 11:00")
    desk.closes(ticket, "3 09:00")
    cancelled = desk.opened("2 09:00")
    with moment("2 10:00"):
        services.cancel_ticket(cancelled.pk, by=fresh(desk.mara), code="spam")
    assert single_contact(march(desk.team))[0].denominator == 1  # the resolution message was the owner's


def test_163_m7_first_contact_resolution(desk: Desk) -> None:
    """Counted: a mail resolved after 40 minutes of work (Friday 17:50 to Monday 08:30), a call resolved after 30
    minutes. Not: a call after 31 minutes; a mail after 61 minutes of work; one answered twice; one with an envelope;
    one reopened the next day. Not eligible: an alarm of monitoring, resolved at once. 2 of 7 = 28.6 %, of all 2 of 8 =
    25.0 %.
    """
    call = {"channel": Channel.PHONE}
    mail = desk.resolved("6 17:50", "6 17:55", "9 08:30")
    talk = desk.resolved("2 09:00", "2 09:01", "2 09:30", **call)
    desk.resolved("2 09:00", "2 09:01", "2 09:31", **call)
    desk.resolved("2 09:00", "2 09:01", "2 10:01")
    twice = desk.accepted("2 09:00", "2 09:01")
    replies(twice, "2 09:20")
    desk.resolves(twice, "2 09:40")
    helped = desk.accepted("2 09:00", "2 09:01")
    envelope = desk.asks(helped, "2 09:10")
    with moment("2 09:15"):
        help_services.cancel_envelope(envelope.pk, by=fresh(desk.mara), reason="It works.")
    desk.resolves(helped, "2 09:20")
    back = desk.resolved("2 09:00", "2 09:01", "2 09:20")
    desk.reopens(back, "3 09:00")
    desk.resolves(back, "3 10:00")
    desk.resolved("2 09:00", "2 09:01", "2 09:05", channel=Channel.MONITORING)
    m7, m7b = first_contact(march(desk.team))
    assert (m7.value, m7.numerator, m7.denominator) == (Decimal("28.6"), 2, 7)
    assert (m7b.value, m7b.numerator, m7b.denominator) == (Decimal("25.0"), 2, 8)
    assert m7.ids(Part.COUNTED) == m7b.ids(Part.COUNTED) == {mail.pk, talk.pk}
    assert m7.provisional == 2


def test_163_m8_escalation_time(desk: Desk) -> None:
    """From the first envelope: Monday 10:00 to Tuesday 12:00 are 8 + 4 = 12 h of work and 26 h by the wall; the other
    one Monday 10:00 to 15:00, 5 h. Of two the first is the median (ceil 1.0), the second the 90th percentile. Withdrawn
    before an answer: no help.
    """
    slow, quick, vain = (desk.accepted("2 09:00", "2 09:10") for _each in range(3))
    for ticket, answered in ((slow, True), (quick, True), (vain, False)):
        envelope = desk.asks(ticket, "2 10:00")
        with moment("2 11:00"):
            if answered:
                help_services.accept_envelope(envelope.pk, by=fresh(desk.nina))
                help_services.complete_envelope(envelope.pk, by=fresh(desk.nina), summary="Port 7.", outcome="solved")
            else:
                help_services.cancel_envelope(envelope.pk, by=fresh(desk.mara), reason="It works.")
    desk.resolves(slow, "3 12:00")
    desk.resolves(quick, "2 15:00")
    desk.resolves(vain, "2 15:00")
    work, wall, legal = escalation_time(march(desk.team))
    assert work.spread == Spread(p50=5 * HOUR, p90=12 * HOUR, mean=17 * HOUR // 2)
    assert wall.spread == Spread(p50=5 * HOUR, p90=26 * HOUR, mean=31 * HOUR // 2)
    assert work.ids(Part.BASE) == wall.ids(Part.BASE) == {slow.pk, quick.pk}
    assert (legal.value, legal.denominator) == (None, 0)


def test_163_m9_expert_response_time(desk: Desk) -> None:
    """Asked Monday 17:30: accepted 17:40, after 10 minutes; first words Tuesday 08:30, 30 + 30 = 60 minutes of work.
    Asked Monday 10:00: accepted at 10:20 and silent, so pending; withdrawn before an answer: not counted.
    """
    tickets = [desk.accepted("2 09:00", "2 09:10") for _each in range(3)]
    answered, silent, vain = (
        desk.asks(ticket, when) for ticket, when in zip(tickets, ("2 17:30", "2 10:00", "2 10:00"), strict=True)
    )
    for envelope, when in ((answered, "2 17:40"), (silent, "2 10:20")):
        with moment(when):
            help_services.accept_envelope(envelope.pk, by=fresh(desk.nina))
    with moment("3 08:30"):
        help_services.post_in_envelope(answered.pk, by=fresh(desk.nina), body_text="Port 7.")
    with moment("2 11:00"):
        help_services.cancel_envelope(vain.pk, by=fresh(desk.mara), reason="It works.")
    response, accept = expert_response(march(desk.other))
    assert (response.value, response.denominator, response.provisional) == (60 * MINUTE, 1, 1)
    assert accept.spread == Spread(p50=10 * MINUTE, p90=20 * MINUTE, mean=15 * MINUTE)
    assert (accept.denominator, accept.provisional) == (2, 0)
    assert response.ids(Part.BASE) == {answered.pk}
    assert expert_response(march(desk.team))[0].denominator == 0  # asked of the other team
