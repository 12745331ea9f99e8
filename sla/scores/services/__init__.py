"""Every write to scores."""

from sla.scores.services.noting import (
    begin_promised_and_scored,
    count_unanswered,
    look_again,
    note_answer,
    note_customer_message,
    note_help,
)
from sla.scores.services.numbers import lock_score_values, set_score_value
from sla.scores.services.overriding import end_override, override_score, refusal_to_override
from sla.scores.services.refreshing import refresh_due_scores, refresh_now, refresh_soon

__all__ = [
    "begin_promised_and_scored",
    "count_unanswered",
    "end_override",
    "lock_score_values",
    "look_again",
    "note_answer",
    "note_customer_message",
    "note_help",
    "override_score",
    "refresh_due_scores",
    "refresh_now",
    "refresh_soon",
    "refusal_to_override",
    "set_score_value",
]
