"""When a transfer of ownership is admissible: read by the service and by the wall in the database, so that both say the
same (domain.md section 3.2). A changed number here changes the trigger: it needs a migration.
"""

from accounts.models.people import MAX_ORDINARY_LEAVE_DAYS

MIN_REASON_CHARACTERS = 20
LEAVE_BEGINS_WITHIN_DAYS = 7
"""A long leave counts once it has begun or begins within this many days (7: on the same weekday of next week at the
latest). The owner hands over in their last week, while they can still explain; a leave further off may yet be moved or
called off, until then the customer keeps who owns the ticket. domain.md says how long the leave is, not when it counts.
"""

__all__ = ["LEAVE_BEGINS_WITHIN_DAYS", "MAX_ORDINARY_LEAVE_DAYS", "MIN_REASON_CHARACTERS"]
