"""What a change of the desk writes into an event that people change in Outlook, too: only the fields in which the desk
wants something else than when both were last alike. In these its word goes; the others are left as they are found.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.meetings.calendars import Told, required, times_of, title_of
from connectors.meetings.models import CalendarCopy, Meeting

TITLE, TIMES, PEOPLE = "title", "times", "people"


def kept(meeting: Meeting) -> dict[str, Any]:
    """What the desk wants, as `CalendarCopy.brought` has it."""
    times = [meeting.starts_at.isoformat(), meeting.ends_at.isoformat()]
    return {TITLE: meeting.title, TIMES: times, PEOPLE: list(meeting.attendees)}


def changed(meeting: Meeting, copy: CalendarCopy) -> set[str]:
    """The fields that are the desk's to write; all of them while it is not known what the event was last."""
    wanted = kept(meeting)
    return {name for name, value in wanted.items() if copy.brought.get(name) != value}


def to_write(meeting: Meeting, copy: CalendarCopy, told: Told) -> dict[str, Any]:
    """The values of a change, by the names of the contract; empty where there is nothing to change."""
    ours = changed(meeting, copy)
    values: dict[str, Any] = {}
    if TITLE in ours and told.title != title_of(meeting):
        values["subject"] = title_of(meeting)
    if TIMES in ours and (told.starts_at, told.ends_at) != (meeting.starts_at, meeting.ends_at):
        values |= times_of(meeting)
    if PEOPLE in ours:
        known = copy.brought.get(PEOPLE)
        people = _people(meeting.attendees, told, before=told.answers if known is None else known)
        if people != [one.given for one in told.invited]:
            values["attendees"] = people
    return values


def without(brought: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`brought` while `values` are on their way: whether they have arrived is known once there is an answer."""
    names = {"subject": TITLE, "start": TIMES, "end": TIMES, "attendees": PEOPLE}
    unknown = {names[name] for name in values}
    return {name: value for name, value in brought.items() if name not in unknown}


def _people(wanted: Iterable[str], told: Told, *, before: Iterable[str]) -> list[Mapping[str, Any]]:
    """Who is there stays as they are, but for those whom the desk has taken out; whom it has put in come last."""
    there, standing, known = set(told.answers), dict.fromkeys(wanted), set(before)
    stays = [one.given for one in told.invited if one.address in standing or one.address not in known]
    comes = [required(one) for one in standing if one not in there | known]  # known and gone: taken out in Outlook
    return [*stays, *comes]


def is_alike(meeting: Meeting, told: Told) -> bool:
    return (
        told.title == title_of(meeting)
        and (told.starts_at, told.ends_at) == (meeting.starts_at, meeting.ends_at)
        and set(told.answers) == set(meeting.attendees)
    )
