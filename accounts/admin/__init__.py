"""People, customers and programs in the operators' window."""

from accounts.admin import calendars, clients, customers, people, records

__all__ = ["calendars", "clients", "customers", "people", "records"]
