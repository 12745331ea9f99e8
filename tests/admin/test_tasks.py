"""Tasks in the operators' window: read with their history, hidden ones by those alone who see them elsewhere."""

from django.urls import reverse

from envelopes.services import add_envelope_task
from tests.admin.conftest import Office
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tickets.models import Task
from tickets.services import create_task, edit_task


def test_tasks_are_read_in_scope_and_nobody_writes_them(office: Office) -> None:
    ticket = TicketFactory(team=office.team, owner=AgentFactory(teams=[office.team]))
    task = create_task(ticket.pk, by=ticket.owner, title="Order toner")
    edit_task(task.pk, by=ticket.owner, title="Order two toners")
    other = TicketFactory(team=office.foreign_team, owner=AgentFactory(teams=[office.foreign_team]))
    create_task(other.pk, by=other.owner, title="Lay a cable")
    browser = office.browser(office.supervisor)
    page = browser.get(reverse("admin:tickets_task_changelist")).content.decode()
    assert ("Order two toners" in page, "Lay a cable" in page) == (True, False)
    one = reverse("admin:tickets_task_change", args=[task.pk])
    assert (browser.get(one).status_code, browser.post(one, {"title": "Other"}).status_code) == (200, 403)
    history = browser.get(reverse("admin:tickets_task_history", args=[task.pk])).content.decode()
    assert ("Order toner" in history, ticket.owner.name in history) == (True, True)
    assert Task.objects.get(pk=task.pk).title == "Order two toners"
    found = browser.get(reverse("admin:tickets_task_changelist"), {"q": ticket.reference.lower()})
    assert [row.pk for row in found.context["cl"].result_list] == [task.pk]


def test_a_task_of_an_envelope_is_shown_to_those_who_read_the_envelope(office: Office) -> None:
    """The supervisor of the ticket's team reads it; of a third team's ticket nobody here but the auditor does."""
    mine = TicketFactory(team=office.team, owner=AgentFactory(teams=[office.team]))
    third = TicketFactory(team=TeamFactory(), owner=AgentFactory())
    for ticket, title in ((mine, "Swap the port"), (third, "Swap the disk")):
        envelope = EnvelopeFactory(ticket=ticket, expert=AgentFactory())
        add_envelope_task(envelope.pk, by=ticket.owner, title=title)
    seen = {}
    for name in ("supervisor", "manager", "auditor"):
        html = office.browser(getattr(office, name)).get(reverse("admin:tickets_task_changelist")).content.decode()
        seen[name] = ("Swap the port" in html, "Swap the disk" in html)
    assert seen == {"supervisor": (True, False), "manager": (True, False), "auditor": (True, True)}
