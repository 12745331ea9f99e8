"""As `acts`: what is promised on a ticket, and pauses by a supervisor's word."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.matrix.cases import Act, Ask, api


def _until() -> str:
    return (timezone.now() + timedelta(hours=5)).isoformat()


def _pause() -> dict[str, Any]:
    return {"reason": "vendor", "until": _until(), "note": "A part"}


SLA_ACTS: dict[str, Act] = {
    "read_clocks": Act(api=lambda case: Ask("get", api(case, "clocks"))),
    "pause_clocks": Act(api=lambda case: Ask("post", api(case, "clocks/pause"), _pause(), status=201)),
    "resume_clocks": Act(api=lambda case: Ask("post", api(case, "clocks/resume"), {})),
}
