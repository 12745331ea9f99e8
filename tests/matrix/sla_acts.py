"""As `acts`: what is promised on a ticket, and pauses by a supervisor's word."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.matrix.cases import Act, Ask, Case, api, one, reads, shown, t


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


def _cell(case: Case) -> dict[str, Any]:
    values = {"threshold_minutes": 60}
    return {"about": "alert_rule", "target": str(case.thing("cell")), "alert_rule": values, "reason": "Too late"}


def _cell_form() -> dict[str, Any]:
    return {"threshold_minutes": "60", "recipients": ["tech"], "is_active": "on", "reason": "Too late"}


POLICY_FORM = {
    "name": "Medium",
    "is_active": "on",
    "order": "1003",
    "retroactive": "on",
    "priority": "medium",
    "first_response_minutes": "120",
    "next_response_minutes": "120",
    "resolution_minutes": "480",
    "time_to_value_minutes": "480",
    "reason": "The board",
}
HOURS_FORM = {"name": "Hours", "timezone": "Europe/Berlin", "hours_0": "08:00–18:00", "reason": "The board"}


def _proposes(step: str, data: dict[str, str]) -> Act:
    return Act(page=lambda _case: Ask("post", f"/proposals/new/{step}", data, goes_to="/proposals/"))


def _decides(name: str, data: dict[str, str] | None = None) -> Act:
    values = {"note": "As agreed"} if data is None else data
    return Act(
        api=lambda case: Ask("post", f"/api/v1/proposals/{case.thing('proposal')}/{name}/", values),
        page=lambda case: Ask(
            "post",
            f"/proposals/{case.thing('proposal')}/{name}/",
            values,
            goes_to=f"/proposals/{case.thing('proposal')}/",
        ),
    )


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
    # Proposals
    "read_proposals": reads("/proposals/", "/proposals/"),
    "read_proposal": one("proposals", "proposal", "proposals"),
    "read_subjects": Act(api=lambda case: Ask("get", "/api/v1/proposals/subjects/")),
    "see_proposable": Act(page=lambda case: Ask("get", "/proposals/new/")),
    "see_new_policy_form": Act(page=lambda case: Ask("get", "/proposals/new/policy/")),
    "see_policy_form": Act(page=lambda case: Ask("get", f"/proposals/new/policy/{case.thing('policy')}/")),
    "see_calendar_form": Act(page=lambda case: Ask("get", f"/proposals/new/calendar/{case.thing('hours')}/")),
    "see_cell_form": Act(page=lambda case: Ask("get", f"/proposals/new/alerts/{case.thing('cell')}/")),
    "preview_proposal": Act(
        api=lambda case: Ask("post", "/api/v1/proposals/preview/", _cell(case)),
        page=lambda case: Ask("post", f"/proposals/new/alerts/{case.thing('cell')}/", _cell_form() | {"preview": "1"}),
    ),
    "propose": Act(
        api=lambda case: Ask("post", "/api/v1/proposals/", _cell(case), status=201),
        page=lambda case: Ask(
            "post", f"/proposals/new/alerts/{case.thing('cell')}/", _cell_form(), goes_to="/proposals/"
        ),
    ),
    "propose_new_policy": _proposes("policy/", {**POLICY_FORM, "name": "Gold", "kind": "sla"}),
    "propose_policy": Act(
        page=lambda case: Ask(
            "post",
            f"/proposals/new/policy/{case.thing('policy')}/",
            POLICY_FORM | {"order": "9"},
            goes_to="/proposals/",
        )
    ),
    "propose_calendar": Act(
        page=lambda case: Ask(
            "post", f"/proposals/new/calendar/{case.thing('hours')}/", HOURS_FORM, goes_to="/proposals/"
        )
    ),
    "accept_proposal": _decides("accept"),
    "decline_proposal": _decides("decline"),
    "withdraw_proposal": _decides("withdraw", {}),
}
