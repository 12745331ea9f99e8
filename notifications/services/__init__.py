"""Every write of this app: telling people, deciding how it reaches them, handing it over, and what they want of it."""

from notifications.services.gathering import plan_due
from notifications.services.handing_over import deliver_due, forget_old, retry_delivery
from notifications.services.preferences import keep_preference, keep_quiet_hours, usual_again
from notifications.services.telling import mark_read, notify, read_notification, read_of_bulk_act
from notifications.services.working import end_work_on, forget_work_done, start_working, stop_working

__all__ = [
    "deliver_due",
    "end_work_on",
    "forget_old",
    "forget_work_done",
    "keep_preference",
    "keep_quiet_hours",
    "mark_read",
    "notify",
    "plan_due",
    "read_notification",
    "read_of_bulk_act",
    "retry_delivery",
    "start_working",
    "stop_working",
    "usual_again",
]
