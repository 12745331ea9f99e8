"""When a transfer of ownership is admissible: read by the service and by the wall in the database, so that both say the
same (domain.md section 3.2). A changed number here changes the trigger: it needs a migration.
"""

from accounts.models.people import MAX_ORDINARY_LEAVE_DAYS

MIN_REASON_CHARACTERS = 20

__all__ = ["MAX_ORDINARY_LEAVE_DAYS", "MIN_REASON_CHARACTERS"]
