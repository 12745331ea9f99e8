"""How meetings are asked for. Nothing here says what is allowed."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.matrix.cases import Act, Ask, Case, api, t


def wanted(case: Case, *people: str) -> dict[str, Any]:
    starts_at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=7)
    return {
        "title": "Look at it together",
        "starts_at": starts_at.isoformat(),
        "minutes": 30,
        "attendees": list(people) or ["dana@acme.example"],
    }


def typed(values: dict[str, Any]) -> dict[str, Any]:
    """As the page's form has it, by the clock of the person."""
    at = timezone.localtime(timezone.now() + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M")
    return values | {"starts_at": at, "attendees": "\n".join(values["attendees"])}


def one(case: Case, step: str = "") -> str:
    """The meeting of the ticket that is owned, or of the one whose owner is away."""
    own = case.thing("meeting:deputy" if case.column == "deputy" else "meeting")
    return f"{own}/{step + '/' if step else ''}"


def page_of(case: Case, step: str = "") -> str:
    return t(case, "meetings") + one(case, step)


def inside(case: Case, step: str = "") -> str:
    return f"{case.thing('envelope_meeting')}/{step + '/' if step else ''}"


MEETING_ACTS: dict[str, Act] = {
    "read_meetings": Act(
        api=lambda case: Ask("get", api(case, "meetings")), page=lambda case: Ask("get", t(case, "meetings"))
    ),
    "arrange_meeting": Act(
        api=lambda case: Ask("post", api(case, "meetings"), wanted(case), status=201),
        page=lambda case: Ask("post", t(case, "meetings"), typed(wanted(case)), goes_to=t(case, "meetings")),
    ),
    "read_meeting": Act(
        api=lambda case: Ask("get", f"/api/v1/meetings/{one(case)}"),
        page=lambda case: Ask("get", page_of(case)),
    ),
    "change_meeting": Act(
        api=lambda case: Ask("patch", f"/api/v1/meetings/{one(case)}", {"title": "Another", "version": 1}),
        page=lambda case: Ask(
            "post", page_of(case), typed(wanted(case)) | {"version": "1"}, goes_to=t(case, "meetings")
        ),
    ),
    "cancel_meeting": Act(
        api=lambda case: Ask("post", f"/api/v1/meetings/{one(case, 'cancel')}", {}),
        page=lambda case: Ask("post", page_of(case, "cancel"), {}, goes_to=t(case, "meetings")),
    ),
    "retry_meeting": Act(
        api=lambda case: Ask("post", f"/api/v1/meetings/{one(case, 'retry')}", {}),
        page=lambda case: Ask("post", page_of(case, "retry"), {}, goes_to=t(case, "meetings")),
    ),
    "read_envelope_meetings": Act(
        api=lambda case: Ask("get", f"/api/v1/envelopes/{case.envelope}/meetings/"),
        page=lambda case: Ask("get", t(case, "e/1/meetings")),
    ),
    "arrange_envelope_meeting": Act(
        api=lambda case: Ask("post", f"/api/v1/envelopes/{case.envelope}/meetings/", _of_expert(case), status=201),
        page=lambda case: Ask("post", t(case, "e/1/meetings"), typed(_of_expert(case)), goes_to=t(case, "meetings")),
    ),
    "read_envelope_meeting": Act(
        api=lambda case: Ask("get", f"/api/v1/meetings/{inside(case)}"),
        page=lambda case: Ask("get", t(case, "meetings") + inside(case)),
    ),
    "cancel_envelope_meeting": Act(
        api=lambda case: Ask("post", f"/api/v1/meetings/{inside(case, 'cancel')}", {}),
        page=lambda case: Ask("post", t(case, "meetings") + inside(case, "cancel"), {}, goes_to=t(case, "meetings")),
    ),
}


def _of_expert(case: Case) -> dict[str, Any]:
    """Whoever helps in the envelope of the state."""
    return wanted(case, case.world.people["outsider"].email)
