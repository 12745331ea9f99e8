"""As `acts`: reminders, and the address at which a calendar reads them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.matrix.cases import Act, Ask, Case, page, reads, shown, t


def _later() -> str:
    return (timezone.now() + timedelta(hours=5)).isoformat()


def _one(thing: str, name: str) -> dict[str, Act]:
    """Every act on one reminder, by its name."""

    def step(act: str) -> Act:
        return Act(
            api=lambda case: Ask("post", f"/api/v1/reminders/{case.thing(thing)}/{act}/", {}),
            page=lambda case: Ask("post", f"/reminders/{case.thing(thing)}/{act}/", {}, goes_to="/reminders/"),
        )

    def change(case: Case) -> Ask:
        version = case.world.things[thing].version
        return Ask("patch", f"/api/v1/reminders/{case.thing(thing)}/", {"message": "Other", "version": version})

    def change_on_page(case: Case) -> Ask:
        row = case.world.things[thing]
        at = timezone.localtime(row.trigger_at, row.zone).strftime("%Y-%m-%dT%H:%M")
        given = {"message": "Other", "trigger_at": at, "interval": row.interval, "version": row.version}
        return Ask("post", f"/reminders/{case.thing(thing)}/", given, goes_to="/reminders/")

    return {
        f"read_{name}": Act(api=lambda case: Ask("get", f"/api/v1/reminders/{case.thing(thing)}/")),
        f"see_{name}": Act(page=lambda case: Ask("get", f"/reminders/{case.thing(thing)}/")),
        f"change_{name}": Act(api=change, page=change_on_page),
        **{f"{act}_{name}": step(act) for act in ("snooze", "complete", "cancel")},
    }


def _form(**more: Any) -> dict[str, Any]:
    return {"kind": "custom", "message": "Order paper", "when": "hour", **more}


REMINDER_ACTS: dict[str, Act] = {
    "reminders": reads("/reminders/", "/reminders/"),
    "add_reminder": Act(
        api=lambda case: Ask(
            "post",
            "/api/v1/reminders/",
            {"kind": "custom", "message": "Order paper", "trigger_at": _later()},
            status=201,
        ),
        page=lambda case: Ask("post", "/reminders/", _form(), goes_to="/reminders/"),
    ),
    "add_reminder_of_ticket": Act(
        api=lambda case: Ask("post", "/api/v1/reminders/", {"kind": "check_in", "ticket": case.ref}, status=201)
    ),
    "see_remind_form": shown("remind"),
    "remind": Act(page=lambda case: Ask("post", t(case, "remind"), _form(kind="check_in"), goes_to=t(case))),
    "see_calendar": page("get", "/account/calendar/"),
    "open_calendar": page("post", "/account/calendar/", {"step": "open"}),
    "close_calendar": page("post", "/account/calendar/", {"step": "close"}, goes_to="/account/calendar/"),
    "read_calendar": page("get", "/calendar/{case.world.things[calendar]}/reminders.ics"),
    "read_false_calendar": page("get", "/calendar/nonsense/reminders.ics"),
    **_one("reminder", "own_reminder"),
    **_one("desk_reminder", "reminder_of_the_desk"),
}
