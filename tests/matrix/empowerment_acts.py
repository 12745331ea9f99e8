"""How resolutions, approvals and calibration are asked for. Nothing here says what is allowed."""

from typing import Any

from tests.factories.resolutions import VALUES
from tests.matrix.cases import Act, Ask, Case, api, page, reads, shown, t

RESOLUTION = {**VALUES, "amount": "40.00"}
VERDICT = {"outcome": "upheld", "notes": "Looked at twice."}


def decide(name: str, data: dict[str, Any] | None = None) -> Act:
    return Act(
        api=lambda case: Ask("post", f"/api/v1/resolutions/{case.resolution}/{name}/", data or {}),
        page=lambda case: Ask("post", t(case, f"resolutions/{case.resolution}/{name}"), data or {}, goes_to=t(case)),
    )


def of_session(thing: str, data: dict[str, Any]) -> Act:
    def form(case: Case) -> Ask:
        values = {name: "1" for name, value in data.items() if value}
        week = f"/calibration/weeks/{case.thing(thing)}/"
        return Ask("post", f"{week}close/", values, goes_to=week)

    return Act(
        api=lambda case: Ask("post", f"/api/v1/calibration/sessions/{case.thing(thing)}/close/", data), page=form
    )


def _item(case: Case) -> str:
    return f"/calibration/items/{case.thing('item')}/"


def _week(case: Case) -> str:
    return f"/calibration/weeks/{case.world.things['week'].pk}/"


EMPOWERMENT_ACTS: dict[str, Act] = {
    "read_resolutions": Act(api=lambda case: Ask("get", api(case, "resolutions"))),
    "resolutions": reads("/resolutions/?awaiting=me"),
    "resolution_one": Act(api=lambda case: Ask("get", f"/api/v1/resolutions/{case.resolution}/")),
    "create_resolution": Act(
        api=lambda case: Ask("post", api(case, "resolutions"), RESOLUTION, status=201),
        page=lambda case: Ask("post", t(case, "resolutions"), {**RESOLUTION, "currency": "EUR"}, goes_to=t(case)),
    ),
    "see_resolution_form": shown("resolutions"),
    "see_resolutions": shown("around/resolutions"),
    "see_approve_form": Act(page=lambda case: Ask("get", t(case, f"resolutions/{case.resolution}/approve"))),
    "approvals": page("get", "/approvals/"),
    "approve_resolution": decide("approve"),
    "reject_resolution": decide("reject", {"reason": "Out of warranty."}),
    "withdraw_resolution": decide("withdraw"),
    "weeks": reads("/calibration/sessions/", "/calibration/"),
    "week_one": Act(
        api=lambda case: Ask("get", f"/api/v1{_week(case).replace('weeks', 'sessions')}"),
        page=lambda case: Ask("get", _week(case)),
    ),
    "generate_week": Act(
        api=lambda case: Ask("post", "/api/v1/calibration/sessions/", {"iso_year": 2026, "iso_week": 7}, status=201),
        page=lambda case: Ask("post", "/calibration/generate/", {"week": "2026-W07"}, goes_to="/calibration/weeks/"),
    ),
    "close_week": of_session("empty_week", {}),
    "close_week_early": of_session("week", {}),
    "carry_week_over": of_session("week", {"carry_over": True}),
    "items": reads("/calibration/items/"),
    "item_one": Act(api=lambda case: Ask("get", f"/api/v1{_item(case)}"), page=lambda case: Ask("get", _item(case))),
    "review_item": Act(
        api=lambda case: Ask("post", f"/api/v1{_item(case)}review/", VERDICT),
        page=lambda case: Ask("post", _item(case), VERDICT, goes_to=_item(case)),
    ),
    "calibration_report": reads("/calibration/report/", "/calibration/report/"),
    "calibration_export": reads("/calibration/export.csv", "/calibration/export.csv"),
}
