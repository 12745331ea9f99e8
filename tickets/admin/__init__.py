"""Tickets and their records in the operators' window: read here, worked on the desk's pages."""

from tickets.admin import acts, records, settings

__all__ = ["acts", "records", "settings"]
