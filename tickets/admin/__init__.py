"""Tickets and their records in the operators' window: read here, worked on the desk's pages."""

from tickets.admin import acts, decisions, records, settings

__all__ = ["acts", "decisions", "records", "settings"]
