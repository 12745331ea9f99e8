"""The main job with nothing replaced: mail in, ticket, accept, reply, resolve, reopen, close (acceptance 051, 042, 043, 048).

Web server and worker are processes of their own; pages are used as a browser without scripts does.
"""

import re
from collections.abc import Callable
from typing import Any

from tests.factories.people import PASSWORD
from tests.journeys.desk import Desk, customer_writes, mails_of, sooner_or_later, text_of
from tests.journeys.plain_browser import PlainBrowser
from tests.live import Worker
from tickets.enums import ClosureCode, EntryKind, TicketStatus, Visibility
from tickets.models import Ticket

DANA = "dana@acme.test"
E, V = EntryKind, Visibility


def the_ticket() -> Ticket | None:
    return Ticket.objects.select_related("owner").first()


def received(count: int) -> Callable[[], list[Any] | None]:
    def look() -> list[Any] | None:
        mails = mails_of(DANA)
        return mails if len(mails) >= count else None

    return look


def status_is(status: TicketStatus) -> Callable[[], Ticket | None]:
    return lambda: Ticket.objects.filter(status=status).select_related("owner").first()


def test_051_from_a_customers_mail_to_the_closed_ticket(
    desk: Desk, live_site: str, celery_worker_process: Callable[..., Worker]
) -> None:
    celery_worker_process()
    mara, jonas, dana = PlainBrowser(live_site), PlainBrowser(live_site), PlainBrowser(live_site)
    assert mara.sign_in(desk.mara.email, PASSWORD).url == f"{live_site}/queue/mine/"
    jonas.sign_in(desk.jonas.email, PASSWORD)

    # A mail becomes a ticket, and the customer hears that it has arrived (042)
    first = customer_writes("Printer in ward 3", "It burns since this morning.", sender=f"Dana Roth <{DANA}>")
    ticket = sooner_or_later(the_ticket, what="the mail becomes a ticket")
    here = f"/t/{ticket.reference}/"
    [acknowledgement] = sooner_or_later(received(1), what="the acknowledgement")
    assert (ticket.subject, ticket.status, ticket.owner) == ("Printer in ward 3", TicketStatus.NEW, None)
    assert f"[{ticket.reference}]" in str(acknowledgement["Subject"])
    assert acknowledgement["Auto-Submitted"] == "auto-replied"

    # Mara accepts from the queue; Jonas, whose page still shows the button, is refused
    his_page = jonas.get(here)
    queue = mara.get("/queue/unowned/")
    assert "Printer in ward 3" in queue.text
    accepted = mara.submit(queue, queue.form(f"{here}accept/"))
    assert (accepted.status, accepted.url) == (200, live_site + here)
    refused = jonas.submit(his_page, his_page.form(f"{here}accept/"))
    assert refused.status == 409
    assert f"Ticket {ticket.reference} is already owned by Mara Weiss." in refused.text
    assert Ticket.objects.get().owner_id == desk.mara.pk

    # She answers; the customer finds it in the same conversation (048)
    page = mara.get(here)
    assert "To customer · Dana Roth" in page.text
    sent = mara.submit(page, page.form(f"{here}reply/"), body="Hello Dana, please pull the plug.")
    assert (sent.status, "Undo" in sent.text) == (200, True)
    assert len(mails_of(DANA)) == 1, "the reply is held"
    answer = sooner_or_later(received(2), what="the answer in the customer's mailbox")[1]
    assert text_of(answer).startswith("Hello Dana, please pull the plug.")
    assert str(answer["From"]) == "Mara Weiss <support@desk.test>"
    assert str(answer["Subject"]) == f"RE: [{ticket.reference}] Printer in ward 3"
    assert (str(answer["In-Reply-To"]), str(answer["References"])) == (first, first)

    # The customer's answer joins the ticket (043)
    customer_writes("Re: my printer", "I did. It still smells.", sender=DANA, answers=answer)
    sooner_or_later(
        lambda: Ticket.objects.get().entries.filter(kind=E.EMAIL_INBOUND).count() == 2 or None, what="the answer joins"
    )
    assert Ticket.objects.count() == 1
    assert "I did. It still smells." in mara.get(here).text

    # Resolved, with two links; one more mail opens it again, the owner stays
    form_page = mara.get(f"{here}resolve/")
    done = mara.submit(form_page, form_page.form(f"{here}resolve/"), resolution_code="fixed", resolution_note="New printer.")
    assert done.url == live_site + here
    resolution = sooner_or_later(received(3), what="the resolution mail")[2]
    assert len(links_in(text_of(resolution))) == 2
    customer_writes(str(resolution["Subject"]), "The new one burns too.", sender=DANA, answers=resolution)
    again = sooner_or_later(status_is(TicketStatus.IN_PROGRESS), what="it is open again")
    assert (again.owner, again.reopen_count) == (desk.mara, 1)

    # Resolved again; the old link does nothing any more, the new one closes
    form_page = mara.get(f"{here}resolve/")
    mara.submit(form_page, form_page.form(f"{here}resolve/"), resolution_code="fixed", resolution_note="No printer.")
    last = sooner_or_later(received(4), what="the second resolution mail")[3]
    old_solved, _old = links_in(text_of(resolution))
    assert dana.get(old_solved).forms == [], "the link of the earlier resolution asks nothing any more"
    solved, _not_solved = links_in(text_of(last))
    question = dana.get(solved)
    assert (question.status, Ticket.objects.get().status) == (200, TicketStatus.RESOLVED), "looking changes nothing"
    thanks = dana.submit(question, question.forms[0])
    assert thanks.status == 200
    ticket.refresh_from_db()
    assert (ticket.status, ticket.closure_code) == (TicketStatus.CLOSED, ClosureCode.CONFIRMED)
    assert (ticket.owner, ticket.customer_confirmed_at is None) == (desk.mara, False)
    assert told_by(ticket) == THE_STORY


def links_in(text: str) -> list[str]:
    return re.findall(r"https?://\S+/answer/\S+/", text)


def told_by(ticket: Ticket) -> list[tuple[str, str, str, str]]:
    """(kind, visibility, author, what) of every entry in order."""
    return [
        (entry.kind, entry.visibility, entry.author_name, step_of(entry.facts))
        for entry in ticket.entries.in_order()
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
