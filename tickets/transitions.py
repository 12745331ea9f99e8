"""Which steps lead out of a status: what a refusal lists as `allowed`, and what a page offers."""

from tickets.enums import TaskStatus, TicketStatus

_STEPS: dict[TicketStatus, tuple[str, ...]] = {
    TicketStatus.NEW: ("accept", "offer", "change_team", "merge_into", "cancel"),
    TicketStatus.IN_PROGRESS: ("reply", "wait_for_customer", "resolve", "merge_into", "cancel", "transfer_ownership"),
    TicketStatus.WAITING_CUSTOMER: ("reply", "resume", "resolve", "merge_into", "cancel", "transfer_ownership"),
    TicketStatus.WAITING_INTERNAL: (
        "reply",
        "wait_for_customer",
        "resume",
        "resolve",
        "merge_into",
        "cancel",
        "transfer_ownership",
    ),
    TicketStatus.RESOLVED: ("confirm", "reopen", "transfer_ownership"),
    TicketStatus.CLOSED: (),
    TicketStatus.CANCELLED: (),
}


TASK_STEPS: dict[TaskStatus, tuple[str, ...]] = {
    TaskStatus.TODO: ("start", "finish", "cancel"),
    TaskStatus.IN_PROGRESS: ("finish", "cancel"),
    TaskStatus.DONE: ("reopen",),
    TaskStatus.CANCELLED: (),
}


def transitions_from(status: TicketStatus) -> tuple[str, ...]:
    """Names as in the API's paths; which of them a person may take, the policies say."""
    return _STEPS[status]
