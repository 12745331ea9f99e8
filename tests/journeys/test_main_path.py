"""The main job with nothing replaced: mail in, ticket, accept, envelope, reply, resolve, reopen, close.

Web server and worker are processes of their own; pages are used as a browser without scripts does.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope
from tests.factories.people import PASSWORD
from tests.journeys.desk import Desk, customer_writes, mails_of, sooner_or_later, text_of
from tests.journeys.plain_browser import PlainBrowser
from tests.live import Worker
from tickets.enums import ClosureCode, EntryKind, TicketStatus, Visibility
from tickets.models import Ticket

DANA = "dana@acme.test"
E, V = EntryKind, Visibility


@dataclass
class Story:
    """One ticket and those who meet over it."""

    desk: Desk
    site: str
    mara: PlainBrowser
    jonas: PlainBrowser
    dana: PlainBrowser
    dora: PlainBrowser
    received: list[EmailMessage] = field(default_factory=list)
    first_message_id: str = ""

    @property
    def ticket(self) -> Ticket:
        return Ticket.objects.select_related("owner").get()

    # a story is told from its beginning to its end
    @property
    def here(self) -> str:
        return f"/t/{self.ticket.reference}/"

    def next_mail(self, what: str) -> EmailMessage:
        """The next mail that Dana receives."""
        count = len(self.received) + 1
        self.received = sooner_or_later(lambda: mails if len(mails := mails_of(DANA)) >= count else None, what=what)
        assert len(self.received) == count
        return self.received[-1]


def test_051_from_a_customers_mail_to_the_closed_ticket(
    desk: Desk, live_site: str, celery_worker_process: Callable[..., Worker]
) -> None:
    celery_worker_process()
    mara, jonas, dana, dora = (PlainBrowser(live_site) for _person in range(4))
    story = Story(desk, live_site, mara, jonas, dana, dora)
    assert mara.sign_in(desk.mara.email, PASSWORD).url == f"{live_site}/queue/mine/"
    jonas.sign_in(desk.jonas.email, PASSWORD)
    dora.sign_in(desk.dora.email, PASSWORD)
    a_mail_becomes_a_ticket_042(story)
    the_first_agent_owns_it_the_second_is_refused(story)
    a_colleague_helps_in_an_envelope_018_020_022(story)
    her_answer_reaches_the_customers_mailbox_048(story)
    the_customers_answer_joins_043(story)
    resolved_and_opened_again_by_one_more_mail_054(story)
    closed_by_the_link_of_the_newest_resolution(story)
    assert told_by(story.ticket) == THE_STORY
    the_customer_has_heard_nothing_of_the_help_024(story)
    sooner_or_later(lambda: story.ticket.flags == ["repeat_contact"], what="the third mail is noticed")


def a_mail_becomes_a_ticket_042(story: Story) -> None:
    story.first_message_id = customer_writes("Printer in ward 3", "It burns.", sender=f"Dana Roth <{DANA}>")
    sooner_or_later(Ticket.objects.first, what="the mail becomes a ticket")
    acknowledgement = story.next_mail("the acknowledgement")
    ticket = story.ticket
    assert (ticket.subject, ticket.status, ticket.owner) == ("Printer in ward 3", TicketStatus.NEW, None)
    assert f"[{ticket.reference}]" in str(acknowledgement["Subject"])
    assert acknowledgement["Auto-Submitted"] == "auto-replied"


def the_first_agent_owns_it_the_second_is_refused(story: Story) -> None:
    """Jonas' page still shows the button when he presses it."""
    his_page = story.jonas.get(story.here)
    queue = story.mara.get("/queue/unowned/")
    assert "Printer in ward 3" in queue.text
    her_page = story.mara.get(story.here)
    accepted = story.mara.submit(her_page, her_page.form(f"{story.here}accept/"))
    assert (accepted.status, accepted.url) == (200, story.site + story.here)
    refused = story.jonas.submit(his_page, his_page.form(f"{story.here}accept/"))
    assert refused.status == 409
    assert f"Ticket {story.ticket.reference} is already owned by Mara Weiss." in refused.text
    assert story.ticket.owner == story.desk.mara


ASKED, HELPED, SUMMED_UP = "Which fuse is it in?", "The third from the left.", "Fuse 3 was seen to."
"""What is said in the envelope."""


def a_colleague_helps_in_an_envelope_018_020_022(story: Story) -> None:
    """Asked, accepted, written in and sealed: Mara owns the ticket all the while, and it goes on once help is there."""
    page = story.mara.get(f"{story.here}envelopes/")
    team = f"team:{story.desk.back_office.pk}"
    story.mara.submit(page, page.form(f"{story.here}envelopes/"), target=team, reason=ASKED)
    assert (story.ticket.status, story.ticket.owner) == (TicketStatus.WAITING_INTERNAL, story.desk.mara)
    here = f"{story.here}e/1/"
    page = story.dora.get(here)
    assert ASKED in page.text
    page = story.dora.submit(page, page.form(f"{here}accept/"))
    page = story.dora.submit(page, page.form(f"{here}messages/"), body=HELPED)
    assert HELPED in story.mara.get(here).text
    page = story.dora.get(f"{here}complete/")
    story.dora.submit(page, page.form(f"{here}complete/"), summary=SUMMED_UP, outcome="solved")
    envelope = Envelope.objects.get()
    assert (envelope.status, envelope.ticket.owner) == (EnvelopeStatus.COMPLETED, story.desk.mara)
    assert (story.ticket.status, SUMMED_UP in story.mara.get(story.here).text) == (TicketStatus.IN_PROGRESS, True)


def the_customer_has_heard_nothing_of_the_help_024(story: Story) -> None:
    assert len(story.received) == 4
    for mail in story.received:
        words = f"{mail.as_string()} {text_of(mail)}"
        hidden = (ASKED, HELPED, SUMMED_UP, "nvelope", story.desk.back_office.name, story.desk.dora.name)
        assert [word for word in hidden if word in words] == []


def her_answer_reaches_the_customers_mailbox_048(story: Story) -> None:
    """In the same conversation: the reference in the subject, and the headers by which mail programs thread."""
    page = story.mara.get(story.here)
    assert "To customer · Dana Roth" in page.text
    sent = story.mara.submit(page, page.form(f"{story.here}reply/"), body="Hello Dana, please pull the plug.")
    assert (sent.status, "Undo" in sent.text) == (200, True)
    assert len(mails_of(DANA)) == 1, "the reply is held"
    answer = story.next_mail("the answer in the customer's mailbox")
    assert text_of(answer).startswith("Hello Dana, please pull the plug.")
    assert str(answer["From"]) == "Mara Weiss <support@desk.test>"
    assert str(answer["Subject"]) == f"RE: [{story.ticket.reference}] Printer in ward 3"
    assert (str(answer["In-Reply-To"]), str(answer["References"])) == (story.first_message_id,) * 2


def the_customers_answer_joins_043(story: Story) -> None:
    """By its headers alone: the customer has changed the subject."""
    customer_writes("Re: my printer", "I did. It still smells.", sender=DANA, answers=story.received[-1])
    inbound = Ticket.objects.get().entries.filter(kind=E.EMAIL_INBOUND)
    sooner_or_later(lambda: inbound.count() == 2 or None, what="the answer joins")
    assert Ticket.objects.count() == 1
    assert "I did. It still smells." in story.mara.get(story.here).text


def resolve(story: Story, note: str) -> EmailMessage:
    page = story.mara.get(f"{story.here}resolve/")
    form = page.form(f"{story.here}resolve/")
    done = story.mara.submit(page, form, resolution_code="fixed", resolution_note=note)
    assert done.url == story.site + story.here
    return story.next_mail("the resolution mail")


def resolved_and_opened_again_by_one_more_mail_054(story: Story) -> None:
    resolution = resolve(story, "New printer.")
    assert len(links_in(resolution)) == 2
    customer_writes(str(resolution["Subject"]), "The new one burns too.", sender=DANA, answers=resolution)
    sooner_or_later(lambda: story.ticket.status == TicketStatus.IN_PROGRESS or None, what="it is open again")
    assert (story.ticket.owner, story.ticket.reopen_count) == (story.desk.mara, 1)


def closed_by_the_link_of_the_newest_resolution(story: Story) -> None:
    """The link of the earlier resolution asks nothing any more; looking at the new one changes nothing, its button
    does.
    """
    old_solved, _old_not_solved = links_in(story.received[-1])
    solved, _not_solved = links_in(resolve(story, "No printer."))
    assert story.dana.get(old_solved).forms == []
    question = story.dana.get(solved)
    assert (question.status, story.ticket.status) == (200, TicketStatus.RESOLVED)
    assert story.dana.submit(question, question.forms[0]).status == 200
    ticket = story.ticket
    assert (ticket.status, ticket.closure_code, ticket.owner) == (
        TicketStatus.CLOSED,
        ClosureCode.CONFIRMED,
        story.desk.mara,
    )
    assert ticket.customer_confirmed_at is not None


def links_in(mail: EmailMessage) -> list[str]:
    return re.findall(r"https?://\S+/answer/\S+/", text_of(mail))


def told_by(ticket: Ticket) -> list[tuple[str, str, str, str]]:
    """(kind, visibility, author, what) of every entry in order, but for the flag that a worker sets in its own time and
    for what stands in the envelope.
    """
    return [
        (entry.kind, entry.visibility, entry.author_name, step_of(entry.facts))
        for entry in ticket.entries.main_thread().exclude(kind=EntryKind.FLAG).in_order()
    ]


def step_of(facts: dict[str, Any]) -> str:
    match facts.get("event"):
        case "status":
            return f"{facts['from']} -> {facts['to']}"
        case "accepted":
            return f"accepted by {facts['owner']}"
    return str(facts.get("outbound", ""))


THE_STORY = [
    (E.EMAIL_INBOUND, V.PUBLIC, "Dana Roth", ""),
    (E.EMAIL_OUTBOUND, V.PUBLIC, "ITIL-NEXT", "acknowledgement"),
    (E.OWNERSHIP, V.INTERNAL, "Mara Weiss", "accepted by Mara Weiss"),
    (E.ENVELOPE_CREATED, V.INTERNAL, "Mara Weiss", ""),
    (E.STATUS_CHANGE, V.INTERNAL, "Mara Weiss", "in_progress -> waiting_internal"),
    (E.ENVELOPE_COMPLETED, V.INTERNAL, "Dora Lang", ""),
    (E.STATUS_CHANGE, V.INTERNAL, "Dora Lang", "waiting_internal -> in_progress"),
    (E.EMAIL_OUTBOUND, V.PUBLIC, "Mara Weiss", "reply"),
    (E.EMAIL_INBOUND, V.PUBLIC, "Dana Roth", ""),
    (E.STATUS_CHANGE, V.INTERNAL, "Mara Weiss", "in_progress -> resolved"),
    (E.EMAIL_OUTBOUND, V.PUBLIC, "Mara Weiss", "resolution"),
    (E.EMAIL_INBOUND, V.PUBLIC, "Dana Roth", ""),
    (E.STATUS_CHANGE, V.INTERNAL, "Dana Roth", "resolved -> in_progress"),
    (E.STATUS_CHANGE, V.INTERNAL, "Mara Weiss", "in_progress -> resolved"),
    (E.EMAIL_OUTBOUND, V.PUBLIC, "Mara Weiss", "resolution"),
    (E.STATUS_CHANGE, V.INTERNAL, "Dana Roth", "resolved -> closed"),
]
