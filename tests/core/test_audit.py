"""Every business model is in the audit history, or named here with the reason why it is not (ruling 31)."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from simple_history.models import HistoricalChanges

from tests.database import connect_as_owner

OURS = (
    "core",
    "accounts",
    "tickets",
    "envelopes",
    "sla",
    "notifications",
    "reports",
    "mail",
    "live",
    "connections",
    "microsoft365",
    "teams",
    "meetings",
    "entra",
)
NOT_AUDITED = {
    # Append-only by trigger, so they are their own history; what may change on them has a trail elsewhere.
    "tickets.Attachment": "its wall keeps file, name and message; a redaction is an entry of the timeline",
    # Personal: they give no right, change nothing for anybody else, and only their person sets them.
    "tickets.Draft": "unsent words of one person, whom nobody else reads; sent, they are an entry",
    "tickets.DraftFile": "as a draft; sent, it is an attachment",
    "tickets.TicketWatch": "a personal wish to be told, like a bookmark",
    "envelopes.EnvelopeBookmark": "as a watch: how far one person has read",
    "notifications.Notification": "one person's reading list; what happened stands on the timeline",
    "notifications.WorkingOn": "a personal wish not to be disturbed; over by itself within the hour",
    "tickets.BulkAct": "one person's receipt for acts that each ticket's history tells",
    "tickets.BulkOutcome": "a line of that receipt",
    # Rows of queues: their own columns tell the way (status, attempts, moments, last error), a wall freezes the rest.
    "tickets.OutboundMessage": "frozen at the click; released, it is an entry; status and moments are its own trail",
    "mail.Handover": "who has a mail and whether its copy is filed; part of its OutboundMessage's way",
    "mail.GraphDraft": "how far the draft of a mail has come; part of its OutboundMessage's way",
    "mail.GraphSubscription": "what Microsoft is asked to tell us of, kept by a timer",
    "accounts.AccountMail": "a mail on its way; who caused it is in the history of the person it is about",
    "notifications.Delivery": "status, attempts, moments and the last error are its own trail",
    "notifications.DeliveryItem": "what went by which delivery; written once",
    "core.EventDelivery": "work that is due, forgotten when done",
    # Derived, or machinery: nobody decides anything by writing them.
    "connections.Gate": "pauses and failures of another system; over by themselves",
    "connections.Telling": "what admins were told last, forgotten once it is over; what was told are notifications",
    "connections.Place": "requests that are on their way now",
    "teams.ChannelPost": "status, attempts, moments and the last error are its own trail",
    "teams.Unreached": "whom a connection does not reach, for a day",
    "teams.UsedCard": "who has pressed which button and when, written once; the act has its own history",
    "meetings.CalendarCopy": "state, attempts, moments and the last error are its own trail",
    "teams.Turn": "when the next card may go",
    "tickets.TicketReader": "follows from help that is asked for, whose own history tells it",
    "tickets.SearchDocument": "words derived from the timeline",
    "envelopes.EnvelopeWords": "words derived from the threads of envelopes",
    "sla.SlaClock": "follows from facts about it, which are append-only; a breach is kept by a wall",
    "sla.TermsWalk": "how far a timer has come; what was edited is in the history of policies and calendars",
    "sla.TicketScore": "when a timer looks again; the score stands on the ticket, a person's word has its history",
    "sla.AlertWatch": "how far a timer has come; what it led to are alerts",
    "sla.MatrixWalk": "how far a timer has come; what was edited is in the history of the matrix",
    "sla.AlertRecipient": "whom an alert was for and when they were told, written once each",
    "tickets.ReferenceCounter": "the last number given",
    "core.IdempotencyKey": "first answers, kept for a day",
    "core.Heartbeat": "when a job last ended",
    "sla.ClientReminderWatch": "how far a timer has come; what it led to are entries of the timeline",
    "sla.InactivityCheck": "when to look at a ticket again; what is found becomes a reminder, which is audited",
    "live.Change": "ids of what happened, for open pages; forgotten after a day",
}

LINKS_TOLD_ELSEWHERE = {
    "accounts.User_groups": "Django's groups decide nothing here",
    "accounts.User_user_permissions": "Django's permissions decide nothing here",
}


def is_business(model: type[models.Model]) -> bool:
    return (
        model._meta.app_label in OURS
        and not issubclass(model, HistoricalChanges)
        and not getattr(model, "append_only", False)
    )


def test_every_business_model_is_audited_or_exempt_for_a_reason() -> None:
    plain = {model._meta.label for model in apps.get_models() if is_business(model) and not hasattr(model, "history")}
    assert plain == set(NOT_AUDITED)
    assert all(NOT_AUDITED.values())


def test_links_between_models_are_audited_too() -> None:
    """A many-to-many table without a history of its own is told with one of its ends."""
    untold = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.auto_created and is_business(model):
            whole = model._meta.auto_created
            told = getattr(whole.history.model, "_history_m2m_fields", ()) if hasattr(whole, "history") else ()
            if model not in [field.remote_field.through for field in told]:
                untold.append(model._meta.label)
    assert set(untold) == set(LINKS_TOLD_ELSEWHERE)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_application_only_adds_to_every_history() -> None:
    role = str(settings.DATABASES["default"]["USER"])
    tables = [model._meta.db_table for model in apps.get_models() if issubclass(model, HistoricalChanges)]
    assert {"tickets_historicaltag", "tickets_historicaltickettag", "tickets_historicalticketlink"} < set(tables)
    rights = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
    with connect_as_owner() as owner:
        for table in tables:
            asked = [owner.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, right]) for right in rights]
            assert [answer.fetchone() for answer in asked] == [(True,), (True,), (False,), (False,), (False,)], table
