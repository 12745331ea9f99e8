"""Tasks on the ticket page, from adding to cancelling."""

import pytest

from tests.desk.acts.conftest import HTMX
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tickets.enums import TaskStatus
from tickets.models import Task, Ticket
from tickets.services import create_task

pytestmark = pytest.mark.django_db


def test_tasks_from_adding_to_cancelling(desk: Desk, owned: Ticket) -> None:
    browser = desk.browser(desk.mara)
    browser.post(
        url_of(owned, "tasks/"), {"title": "Order roller", "assigned_to": desk.jonas.pk, "due_at": "2026-12-01T09:00"}
    )
    task = Task.objects.get()
    assert (task.title, task.assigned_to, task.status) == ("Order roller", desk.jonas, TaskStatus.TODO)
    assert task.due_at.isoformat() == "2026-12-01T08:00:00+00:00"  # type: ignore[union-attr]
    step = url_of(owned, f"tasks/{task.pk}/")
    worker = desk.browser(desk.jonas)
    for name, status in (
        ("start/", TaskStatus.IN_PROGRESS),
        ("finish/", TaskStatus.DONE),
        ("reopen/", TaskStatus.TODO),
    ):
        assert worker.post(step + name, headers=HTMX).status_code == 200
        assert Task.objects.get().status == status
    assert worker.post(step + "cancel/", {"reason": ""}).status_code == 400
    assert worker.post(step + "cancel/", {"reason": "Not needed"}).status_code == 302
    assert (Task.objects.get().status, Task.objects.get().cancel_reason) == (TaskStatus.CANCELLED, "Not needed")
    assert worker.post(step + "start/").status_code == 409
    assert (worker.post(step + "explode/").status_code, worker.get(step + "start/").status_code) == (404, 405)


def test_a_task_is_assigned_from_the_ticket_page_without_script(desk: Desk, owned: Ticket) -> None:
    task = create_task(owned.pk, by=desk.mara, title="Order roller", is_mandatory=True)
    browser, address = desk.browser(desk.mara), url_of(owned, f"tasks/{task.pk}/assign/")
    assert f'href="{address}"' in html_of(browser.get(url_of(owned)))
    form = html_of(browser.get(address))
    assert (f'action="{address}"' in form, 'name="version" value="1"' in form) == (True, True)
    assert (str(desk.jonas.pk) in form, str(desk.nina.pk) in form) == (True, False)
    answer = browser.post(address, {"version": 1, "assigned_to": desk.jonas.pk, "team": desk.team.pk})
    assert (answer.status_code, answer["Location"]) == (302, url_of(owned))
    task.refresh_from_db(fields=["assigned_to", "team", "version"])
    assert (task.assigned_to, task.team, task.version) == (desk.jonas, desk.team, 2)
    page = html_of(browser.get(url_of(owned)))
    assert (f"{desk.jonas.name} · {desk.team.name}" in page, f"Task given to {desk.jonas.name}" in page) == (True, True)
    stale = browser.post(address, {"version": 1, "assigned_to": "", "team": ""})
    assert (stale.status_code, "version 1 is old" in html_of(stale)) == (409, True)
    unseen = browser.post(address, {"version": 2, "assigned_to": desk.jonas.pk, "team": desk.other_team.pk})
    assert (unseen.status_code, "can see this ticket" in html_of(unseen)) == (400, True)
    worker = desk.browser(desk.jonas)
    assert worker.post(address, {"version": 2, "assigned_to": "", "team": ""}).status_code == 302
    assert (Task.objects.get().assigned_to, address in html_of(worker.get(url_of(owned)))) == (None, False)


def test_a_task_is_edited_and_put_behind_another(desk: Desk, owned: Ticket) -> None:
    first, second = (create_task(owned.pk, by=desk.mara, title=title) for title in ("Order roller", "Fit roller"))
    browser, address = desk.browser(desk.mara), url_of(owned, f"tasks/{second.pk}/edit/")
    values = {"version": 1, "title": "Fit the roller", "description": "", "due_at": "", "is_mandatory": "on"}
    assert browser.post(address, {**values, "title": " "}).status_code == 400
    assert browser.post(address, {**values, "blocked_by": [first.pk]}).status_code == 302
    after = Task.objects.get(pk=second.pk)
    assert (after.title, after.is_mandatory, list(after.blocked_by.all())) == ("Fit the roller", True, [first])
    page = html_of(browser.get(url_of(owned)))
    assert "Waits for: Order roller" in page
    finish = [url_of(owned, f"tasks/{task.pk}/finish/") in page for task in (first, second)]
    assert finish == [True, False]
    circle = browser.post(
        url_of(owned, f"tasks/{first.pk}/edit/"),
        {"version": 1, "title": "Order roller", "blocked_by": [second.pk]},
    )
    assert (circle.status_code, "already waits for this task" in html_of(circle)) == (400, True)
    browser.post(url_of(owned, f"tasks/{first.pk}/finish/"))
    assert "Waits for" not in html_of(browser.get(url_of(owned)))
    assert "checked" in html_of(browser.get(address)), "a finished task that came before stays named"


def test_an_assignee_edits_all_but_what_the_ticket_waits_for(desk: Desk, owned: Ticket) -> None:
    task = create_task(owned.pk, by=desk.mara, title="Order roller", is_mandatory=True, assigned_to=desk.jonas)
    browser, address = desk.browser(desk.jonas), url_of(owned, f"tasks/{task.pk}/edit/")
    assert "is_mandatory" not in html_of(browser.get(address))
    assert browser.post(address, {"version": 1, "title": "Order rollers"}).status_code == 302
    assert (Task.objects.get().title, Task.objects.get().is_mandatory) == ("Order rollers", True)


def test_tasks_of_other_tickets_are_missing_here(desk: Desk, owned: Ticket, free: Ticket) -> None:
    task = create_task(owned.pk, by=desk.mara, title="Order roller")
    for act in ("start/", "edit/", "assign/"):
        assert desk.browser(desk.mara).post(url_of(free, f"tasks/{task.pk}/{act}")).status_code == 404
