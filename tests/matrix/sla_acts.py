"""As `acts`: what is promised on a ticket, and pauses by a supervisor's word."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.matrix.cases import Act, Ask, Case, api, reads, shown, t


def _until() -> str:
    return (timezone.now() + timedelta(hours=5)).isoformat()


def _pause() -> dict[str, Any]:
    return {"reason": "vendor", "until": _until(), "note": "A part"}


def _override() -> dict[str, Any]:
    return {"score": "250", "reason": "The board meets", "until": _until()}


def _pause_form() -> dict[str, str]:
    until = timezone.localtime(timezone.now() + timedelta(days=2))
    return {"reason": "vendor", "until": until.strftime("%Y-%m-%dT%H:%M"), "note": "A part"}


def _acknowledge(case: Case) -> Ask:
    alert = case.world.things["alert"]
    return Ask("post", f"/api/v1/tickets/{alert.ticket.reference}/alerts/{alert.pk}/acknowledge/", {})


def _override() -> dict[str, Any]:
    return {"score": "250", "reason": "The board meets", "until": _until()}


def _acknowledge_on_ticket(case: Case) -> Ask:
    alert = case.world.things["alert"]
    here = f"/t/{alert.ticket.reference}/"
    return Ask("post", f"{here}alerts/{alert.pk}/acknowledge/", {}, goes_to=here)


SLA_ACTS: dict[str, Act] = {
    "read_alerts": Act(api=lambda case: Ask("get", api(case, "alerts"))),
    "acknowledge_alert": Act(api=_acknowledge, page=_acknowledge_on_ticket),
    "read_own_alerts": reads("/alerts/", "/alerts/"),
    "acknowledge_on_page_of_alerts": Act(
        page=lambda case: Ask("post", f"/alerts/{case.thing('alert')}/acknowledge/", {}, goes_to="/alerts/")
    ),
    "read_forecast": Act(
        api=lambda case: Ask("get", api(case, "alerts/forecast")),
        page=lambda case: Ask("get", t(case, "around/forecast")),
    ),
    "read_clocks": Act(api=lambda case: Ask("get", api(case, "clocks"))),
    "read_score": Act(api=lambda case: Ask("get", api(case, "score"))),
    "see_score": shown("around/score"),
    "see_score_form": shown("score"),
    "see_free_form": shown("score/free"),
    "override_score": Act(
        api=lambda case: Ask("post", api(case, "score"), _override(), status=201),
        page=lambda case: Ask(
            "post", t(case, "score"), {"score": "250", "hours": "4", "reason": "The board meets"}, goes_to=t(case)
        ),
    ),
    "free_score": Act(
        api=lambda case: Ask("delete", api(case, "score")),
        page=lambda case: Ask("post", t(case, "score/free"), {}, goes_to=t(case)),
    ),
    "pause_clocks": Act(
        api=lambda case: Ask("post", api(case, "clocks/pause"), _pause(), status=201),
        page=lambda case: Ask("post", t(case, "clocks/pause"), _pause_form(), goes_to=t(case)),
    ),
    "resume_clocks": Act(
        api=lambda case: Ask("post", api(case, "clocks/resume"), {}),
        page=lambda case: Ask("post", t(case, "clocks/resume"), {}, goes_to=t(case)),
    ),
    "see_pause_form": shown("clocks/pause"),
    "see_resume_form": shown("clocks/resume"),
    "see_why_due": shown("around/clocks"),
}
