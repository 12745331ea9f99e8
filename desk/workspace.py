"""The ticket page: everything its templates show, read in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import Role, Tier
from accounts.models import Agent
from accounts.selectors import current_absence
from core.labels import label_of
from desk.details import dates_of, details_of
from desk.entry_marks import Marks
from desk.flags import chips_with_reasons, flags_of
from desk.highlighting import Sought
from desk.looking import Look, Overview, author_links, authors_among, named_authors, narrowing, overview_of
from desk.outgoing import outgoing_of
from desk.policies import may_see_history
from desk.promises import clocks_of, head_badge
from desk.resolution_path import path_of
from desk.rows import tier_of
from desk.task_parts import tasks_of
from desk.timeline import days_of, first_unread_of
from notifications.policies import may_work_on_tickets
from sla.reminders.policies import may_have_reminders
from tickets.around import attempts_on, has_surroundings, surroundings_of, with_surroundings
from tickets.enums import ENDED, OPEN, LinkKind, Priority, TicketStatus
from tickets.in_sight import InSight
from tickets.models import Ticket, TicketLink
from tickets.policies import (
    acts_as_owner,
    answers_for_compensation,
    is_in_charge,
    may_accept,
    may_cancel_unowned,
    may_create_task,
    may_edit,
    may_keep_flags,
    may_merge,
    may_note,
    may_prioritise,
    may_reopen,
    may_route,
)
from tickets.querysets import TicketQuerySet
from tickets.selectors import TimelinePage, entries_of, other_tickets_of, timeline_of
from tickets.services.merging import may_be_unmerged

S = TicketStatus
WORKABLE = (S.IN_PROGRESS, S.WAITING_CUSTOMER, S.WAITING_INTERNAL)
Part = dict[str, Any]  # what a template takes


def visible_ticket(agent: Agent, reference: str) -> Ticket:
    """The ticket as its page wants it; 404 for missing and invisible ones alike."""
    return _or_404(_FOR_PAGE.first(agent, reference.upper()))


def _or_404(ticket: Ticket | None) -> Ticket:
    if ticket is None:
        raise Http404
    return ticket


def for_page(tickets: TicketQuerySet, agent: Agent) -> TicketQuerySet:
    """With what the header shows and what stands around it (`around`).

    What is mostly empty (offer, category) is left to be read when asked for: joining it costs every page.
    """
    found = with_surroundings(tickets, agent).select_related("requester__company", "company", "team", "owner")
    return found.defer("description", "description_html", "score_breakdown")


def ticket_to_answer(agent: Agent, reference: str) -> Ticket:
    """As `visible_ticket`, but only to whom a reply goes and who may write it; the service reads the rest."""
    return _or_404(_TO_ANSWER.first(agent, reference.upper()))


def named_ticket(agent: Agent, reference: str) -> Ticket:
    """As `visible_ticket`, but nothing more than which ticket it is: for acts, which read it again under its lock."""
    return _or_404(_NAMED.first(agent, reference.upper()))


ANSWERED = (
    *("reference", "language", "team", "owner__name", "company__name", "company__domains"),
    *("requester__first_name", "requester__last_name", "requester__email", "requester__language"),
    *("requester__undeliverable_at", "requester__undeliverable_code"),
)
_REFERENCE = "INC-SLOT"
_FOR_PAGE = InSight(lambda seen, agent, reference: for_page(seen, agent).filter(reference=reference), _REFERENCE)
_NAMED = InSight(lambda seen, _agent, reference: seen.filter(reference=reference).only("reference"), _REFERENCE)
_TO_ANSWER = InSight(
    lambda seen, _agent, reference: (
        seen.filter(reference=reference).select_related("requester", "company", "owner").only(*ANSWERED)
    ),
    _REFERENCE,
)


@dataclass(frozen=True)
class Abilities:
    """What this person may do with this ticket now. Buttons only: the services check again."""

    accept: bool
    offer: bool
    withdraw_offer: bool
    change_team: bool
    wait: bool
    resume: bool
    resolve: bool
    confirm: bool
    reopen: bool
    cancel: bool
    merge: bool
    unmerge: bool
    reply: bool
    note: bool
    edit: bool
    prioritise: bool
    flag: bool
    add_task: bool
    history: bool
    record_resolution: bool
    resolutions: bool
    """See what the customer was granted."""
    open_envelope: bool
    work_on: bool
    """Say to work on it for an hour."""
    remind: bool
    meet: bool
    """Look at its meetings, or arrange one."""


def abilities_of(agent: Agent, ticket: Ticket, *, is_helping: bool = False) -> Abilities:
    """`is_helping`: as an expert of an active envelope, who reads the main thread and writes in the envelope."""
    owns = acts_as_owner(agent, ticket)
    only_reads = is_helping and not owns and not is_in_charge(agent, ticket)
    is_new = ticket.status == S.NEW and ticket.owner is None
    routes = is_new and may_route(agent, ticket)
    is_ended = ticket.status in ENDED
    return Abilities(
        accept=is_new and may_accept(agent, ticket),
        offer=routes,
        withdraw_offer=routes and ticket.offered_to is not None,
        change_team=routes,
        wait=owns and ticket.status in (S.IN_PROGRESS, S.WAITING_INTERNAL),
        resume=owns and ticket.status in (S.WAITING_CUSTOMER, S.WAITING_INTERNAL),
        resolve=owns and ticket.status in WORKABLE,
        confirm=owns and ticket.status == S.RESOLVED,
        reopen=ticket.status == S.RESOLVED and may_reopen(agent, ticket),
        cancel=(owns and ticket.status in WORKABLE) or (is_new and may_cancel_unowned(agent, ticket)),
        merge=ticket.status in OPEN and may_merge(agent, ticket),
        unmerge=ticket.merged_into_id is not None and may_merge(agent, ticket) and may_be_unmerged(ticket),
        reply=owns and not is_ended,
        note=not is_ended and not only_reads and may_note(agent, ticket),
        edit=not is_ended and may_edit(agent, ticket),
        prioritise=not is_ended and may_prioritise(agent, ticket),
        flag=not is_ended and (is_helping or may_keep_flags(agent, ticket)),
        add_task=not is_ended and may_create_task(agent, ticket),
        history=may_see_history(agent, ticket),
        record_resolution=owns and ticket.status in WORKABLE,
        resolutions=ticket.owner is not None and (is_helping or answers_for_compensation(agent, ticket)),
        open_envelope=owns and ticket.status in OPEN,
        work_on=may_work_on_tickets(agent) and ticket.status in OPEN,
        remind=may_have_reminders(agent),
        meet=_meets(ticket, is_possible=owns and not is_ended),
    )


def _meets(ticket: Ticket, *, is_possible: bool) -> bool:
    """No query: where nobody has read what stands around the ticket, the button is not shown."""
    has_meetings = has_surroundings(ticket) and surroundings_of(ticket).also["meetings"]
    return bool(has_meetings or (is_possible and has_calendar(ticket)))


def meets_in(ticket: Ticket, envelope_id: UUID, *, is_possible: bool) -> bool:
    """As `_meets`, for an envelope whose thread the reader reads."""
    has_met = has_surroundings(ticket) and str(envelope_id) in surroundings_of(ticket).also["met_in"]
    return has_met or (is_possible and has_calendar(ticket))


def has_calendar(ticket: Ticket) -> bool:
    """Whether meetings of its team can be arranged; no query."""
    return has_surroundings(ticket) and bool(surroundings_of(ticket).also["calendar"])


def why_no_reply(agent: Agent, ticket: Ticket) -> str:
    """The reason beside the disabled reply button."""
    if ticket.status in ENDED:
        if ticket.merged_into_id is not None:
            return _("The ticket is merged into another one, where new mail of the customer arrives.")
        return _("The ticket is closed. A new mail of the customer becomes a follow-up.")
    if ticket.owner is None:
        if may_accept(agent, ticket):
            return _("Nobody owns this yet. Accept it, then you write to the customer.")
        return _("Nobody owns this yet; its owner will write to the customer.")
    return _("%(owner)s owns this ticket and writes to the customer.") % {"owner": ticket.owner.name}


def page_of(
    agent: Agent, ticket: Ticket, look: Look, *, able: Abilities, csrf_token: str, read: int | None = None
) -> Part:
    """Context of `desk/ticket.html` without the composers. At most ten queries beside the ticket's own.

    `read` is the newest entry this person had on screen at their last visit.
    """
    around = surroundings_of(ticket)
    only = narrowing(look)
    thread = timeline_of(
        ticket,
        before_seq=look.before,
        only=only,
        has_held=around.has_held,
        has_moved=around.has_moved,
        tells_authors=not look.is_narrowed and look.before is None,
    )
    here = reverse("desk:ticket", args=[ticket.reference])
    seen = _overview(ticket, thread, look, only)
    path = attempts_on(ticket)
    marks = Marks(
        attempts={attempt.seq: attempt for attempt in path},
        may_mark=able.note,
        sought=Sought.of(look.find) if look.find else None,
    )
    return {
        **around_thread(agent, ticket, able),
        "here": here,
        "days": days_of(
            ticket,
            thread.entries,
            original=look.original,
            csrf_token=csrf_token,
            may_split=able.merge,
            may_use=able.reply,
            marks=marks,
        ),
        "first_unread_id": first_unread_of(thread.entries, read=read, reader=agent.pk) if read is not None else "",
        "older_url": look.address(here, before=thread.entries[0].seq) if thread.earlier_count else "",
        "older_count": thread.earlier_count,
        "is_older_part": look.before is not None,
        "newest_url": look.address(here),
        "as_shown_url": look.address(here, before=look.before),
        "held": [outgoing_of(message, agent, name=ticket.requester.name) for message in thread.held],
        "last_seen_seq": seen.newest_seq,
        "hidden_count": seen.hidden_count,
        "found_count": len(thread.entries) + thread.earlier_count,
        "filters": _filters(here, look),
        "authors": author_links(look, here, seen.authors),
        "author_name": seen.authors.get(look.author, ""),
        "look": look,
        "show": look.is_narrowed,
        "path": path_of(path, thread.entries, here),
    }


def around_thread(agent: Agent, ticket: Ticket, able: Abilities) -> Part:
    """Head and panel of the ticket, which stand around each of its threads."""
    around = surroundings_of(ticket)
    return {
        "ticket": ticket,
        "able": able,
        "head": head_of(agent, ticket, timezone.now()),
        "tasks": tasks_of(ticket, agent) if around.has_tasks else [],
        "links": _links(agent, ticket) if around.has_links else [],
        "has_resolutions": around.has_resolutions and able.resolutions,
        "clocks": clocks_of(agent, ticket, timezone.now()),
        "others": other_tickets_of(ticket.requester, besides=ticket, seen_by=agent),
        "details": details_of(ticket),
        "dates": dates_of(ticket),
        "flags": flags_of(agent, ticket),
        "tags": around.tags,
        "is_vip": tier_of(ticket) == Tier.VIP,
        "shows_phone": acts_as_owner(agent, ticket) or is_in_charge(agent, ticket) or agent.has_role(Role.AUDITOR),
    }


def _overview(ticket: Ticket, thread: TimelinePage, look: Look, only: Q | None) -> Overview:
    """The newest entry on screen, how many entries the look hides, and who has written.

    A narrowed or older view counts as if the newest were seen, as it was chosen.
    """
    if not look.is_narrowed and look.before is None:
        earlier = named_authors(thread.earlier_authors)
        return Overview(thread.entries[-1].seq if thread.entries else 0, 0, earlier | authors_among(thread.entries))
    whole = entries_of(ticket, has_moved=surroundings_of(ticket).has_moved).main_thread()
    return overview_of(whole, only)


def head_of(agent: Agent, ticket: Ticket, now: datetime) -> Part:
    """What `components/ticket_head.html` calls `ticket`."""
    may_be_absent = surroundings_of(ticket).may_be_absent
    absence = current_absence(ticket.owner, at=now) if ticket.owner and ticket.is_open and may_be_absent else None
    flags = chips_with_reasons(ticket)
    if ticket.offered_to is not None:
        is_mine = ticket.offered_to.pk == agent.pk
        label = _("Offered to you") if is_mine else _("Offered to %(agent)s") % {"agent": ticket.offered_to.name}
        flags.insert(0, {"label": label, "tone": "info", "icon": "hand"})
    if ticket.reopen_count and ticket.is_open:
        flags.append({"label": _("Reopened"), "tone": "danger", "icon": "rotate-ccw"})
    return {
        "reference": ticket.reference,
        "version": ticket.version,
        "subject": ticket.subject,
        "status": ticket.status,
        "status_label": label_of(TicketStatus, ticket.status),
        "priority": ticket.priority,
        "priority_label": label_of(Priority, ticket.priority),
        "customer_name": ticket.requester.name,
        "company_name": ticket.company.name if ticket.company else "",
        "tier_label": label_of(Tier, tier_of(ticket)),
        "owner_name": ticket.owner.name if ticket.owner else "",
        "is_mine": ticket.owner is not None and ticket.owner.pk == agent.pk,
        "deputy_name": absence.deputy.name if absence and absence.deputy else "",
        "team_name": ticket.team.name,
        "promise": head_badge(ticket, now),
        "flags": flags,
    }


def _filters(here: str, look: Look) -> list[Part]:
    labels = {
        "": _("All"),
        "customer": _("Customer"),
        "internal": _("Internal"),
        "envelopes": _("Envelopes"),
        "system": _("System"),
    }
    return [
        {"label": label, "url": look.address(here, show=show), "is_current": show == look.show}
        for show, label in labels.items()
    ]


def _links(agent: Agent, ticket: Ticket) -> list[Part]:
    """Links in both directions, as far as the other ticket may be seen."""
    links = list(TicketLink.objects.filter(Q(from_ticket=ticket) | Q(to_ticket=ticket)).order_by())
    others = {link.to_ticket_id if link.from_ticket_id == ticket.pk else link.from_ticket_id for link in links}
    visible = Ticket.objects.visible_to(agent).only("reference", "subject").in_bulk(list(others))
    parts = []
    for link in sorted(links, key=lambda link: link.created_at):
        is_from = link.from_ticket_id == ticket.pk
        other = visible.get(link.to_ticket_id if is_from else link.from_ticket_id)
        if other is not None:
            words = link.get_kind_display() if is_from else REVERSED.get(link.kind, LinkKind(link.kind).label)
            parts.append({"kind": words, "reference": other.reference, "subject": other.subject})
    return parts


REVERSED = {
    str(LinkKind.DUPLICATE_OF): gettext_lazy("Has the duplicate"),
    str(LinkKind.FOLLOW_UP_OF): gettext_lazy("Followed by"),
    str(LinkKind.CAUSED_BY): gettext_lazy("Cause of"),
}
"""How a link reads on the ticket it points to."""
