"""Names of the kind of connection that takes meetings, and of its settings."""

KIND = "calendar"
MICROSOFT_365, MAILBOX, MEETS_FOR = "microsoft365", "mailbox", "meets_for"
ALL_TEAMS, OF_TEAM = "all", "team:%s"
"""Whose meetings a calendar takes; with the team's id."""
