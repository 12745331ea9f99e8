"""Which steps lead out of a status: what a refusal lists as `allowed`, and what a page offers."""

from envelopes.enums import EnvelopeStatus

_STEPS: dict[EnvelopeStatus, tuple[str, ...]] = {
    EnvelopeStatus.PENDING: ("accept", "decline", "redirect", "cancel"),
    EnvelopeStatus.ACTIVE: ("messages", "invite", "release", "complete", "cancel", "envelopes", "tasks"),
    EnvelopeStatus.DECLINED: ("redirect", "cancel"),
    EnvelopeStatus.COMPLETED: ("reopen",),
    EnvelopeStatus.CANCELLED: (),
}


def steps_from(status: str) -> tuple[str, ...]:
    """Names as in the API's paths; which of them a person may take, the policies say."""
    return _STEPS[EnvelopeStatus(status)]
