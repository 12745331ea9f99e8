"""What the style guide shows: samples of the length German needs; nothing here reads the database."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.safestring import mark_safe

from core.templatetags.ui import relative_time as ago
from desk.recipients import recipients_of

Sample = dict[str, Any]  # what a template takes; the pages of the product pass their own objects
STATUSES = {
    "new": "Neu",
    "in_progress": "In Bearbeitung",
    "waiting_customer": "Wartet auf Kunden",
    "waiting_internal": "Wartet intern",
    "resolved": "Gelöst",
    "closed": "Geschlossen",
    "cancelled": "Abgebrochen",
}
PRIORITIES = {"critical": "Kritisch", "high": "Hoch", "medium": "Mittel", "low": "Niedrig"}
TONES = ("ok", "warn", "danger", "info", "env", "note", "outline")


class ReplyForm(forms.Form):
    context = forms.CharField(widget=forms.HiddenInput, initial="signed")
    cc = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    body = forms.CharField(widget=forms.Textarea)
    attachments = forms.FileField(required=False)


class NoteForm(forms.Form):
    body = forms.CharField(widget=forms.Textarea)
    attachments = forms.FileField(required=False)


class ResolveForm(forms.Form):
    code = forms.ChoiceField(
        label="Lösungsart", choices=[("", "Bitte wählen"), ("fixed", "Behoben"), ("workaround", "Umgehungslösung")]
    )
    note = forms.CharField(
        label="Was hat geholfen?", widget=forms.Textarea, help_text="Steht in der Lösungsnachricht an Dana Roth."
    )


class TicketForm(forms.Form):
    requester = forms.EmailField(
        label="E-Mail-Adresse der Kundin oder des Kunden",
        help_text="Unbekannte Adressen werden als neuer Kontakt angelegt.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    subject = forms.CharField(label="Betreff", max_length=255)
    description = forms.CharField(label="Beschreibung", widget=forms.Textarea)
    priority = forms.ChoiceField(label="Priorität", choices=list(PRIORITIES.items()), initial="medium")
    channel = forms.ChoiceField(
        label="Kanal",
        widget=forms.RadioSelect,
        choices=[("phone", "Telefon"), ("email", "E-Mail"), ("portal", "Serviceportal")],
        initial="phone",
    )
    accept_now = forms.BooleanField(
        label="Ticket sofort selbst annehmen", required=False, help_text="Sie besitzen es dann bis zur Lösung."
    )
    company = forms.CharField(label="Firma", required=False, disabled=True, initial="Acme Logistik GmbH")


def row(number: int, subject: str, minutes_ago: int, **more: Any) -> Sample:
    status = more.pop("status", "in_progress")
    priority = more.pop("priority", "medium")
    sample = {
        "url": "/styleguide/ticket/",
        "reference": f"INC-2026-{number:06}",
        "subject": subject,
        "snippet": "",
        "customer": "Dana Roth",
        "company": "Acme Logistik GmbH",
        "status": status,
        "status_label": STATUSES[status],
        "priority": priority,
        "priority_label": PRIORITIES[priority],
        "owner_name": "Mara Weiss",
        "changed": ago(timezone.now() - timedelta(minutes=minutes_ago)),
        "is_unread": False,
        "flags": [],
        "files_count": 0,
    }
    return sample | more


def queue_groups() -> list[Sample]:
    vip = {"label": "VIP", "tone": "warn", "icon": "star"}
    reopened = {"label": "Wiedereröffnet", "tone": "danger", "icon": "rotate-ccw"}
    attention = [
        row(1042, "Drucker auf Station 3 offline", 4, priority="critical", is_unread=True, flags=[vip],
            snippet="Es ist wieder ausgefallen, diesmal ohne jede Meldung auf dem Bedienfeld."),
        row(1456, "VPN bricht nach der Anmeldung am Gebäudeleitsystem regelmäßig ab", 31, priority="high",
            is_unread=True, customer="Jörg Hölzenbein", company="Stadtwerke Groß-Umstadt", files_count=2,
            snippet="Anbei die Protokolldateien."),
        row(1788, "Rechnung doppelt abgebucht", 52, status="new", owner_name="", customer="Li Wen",
            company="Nordlicht AG", accept_url="#accept", priority="medium",
            snippet="Im Oktober wurden 412,00 € zweimal eingezogen."),
    ]  # fmt: skip
    waiting = [
        row(1789, "Zugriff auf das Projektlaufwerk für drei neue Kolleginnen", 190, status="waiting_customer",
            priority="low", snippet="Wartet auf die Namen der drei Kolleginnen."),
        row(1802, "Softwareverteilung: Aktualisierung der Bildbearbeitung schlägt auf allen Geräten der Abteilung fehl",
            320, status="waiting_internal", priority="high", customer="Anne-Kathrin Müller-Lüdenscheidt",
            company="Landesamt für Geoinformation und Vermessung", flags=[reopened]),
    ]  # fmt: skip
    track = [
        row(2001, "Neues Telefon einrichten", 1_500, priority="low", owner_name="Jonas Kern"),
        row(2007, "Kalender zeigt Termine eine Stunde zu spät", 2_980, status="resolved", customer="Tom Okafor",
            company=""),
        row(2011, "Passwort vergessen", 6_000, status="closed", priority="low"),
        row(2012, "Gewinnspiel", 9_000, status="cancelled", priority="low", owner_name=""),
    ]  # fmt: skip
    return [
        {"label": "Braucht Aufmerksamkeit", "count": len(attention), "rows": attention},
        {"label": "Wartet", "count": len(waiting), "rows": waiting},
        {"label": "Im Plan", "count": len(track), "rows": track},
    ]


def board_cards() -> list[Sample]:
    """An ordinary card, one whose customer waits for an answer, one of nobody with a long subject."""
    card = {
        "reference": "INC-2026-001042", "url": "#", "version": 3, "subject": "Drucker auf Station 3 offline",
        "customer": "Klinikum Auental", "priority": "critical", "priority_label": PRIORITIES["critical"],
        "owner_name": "Mara Weiss", "note": "", "is_urgent": False,
    }  # fmt: skip
    urgent = {
        "reference": "INC-2026-001456", "subject": "VPN bricht ab", "priority": "high",
        "priority_label": PRIORITIES["high"], "note": "Kunde wartet auf eine Antwort", "is_urgent": True,
    }  # fmt: skip
    of_nobody = {
        "reference": "INC-2026-001802", "customer": "Landesamt für Geoinformation und Vermessung", "owner_name": "",
        "subject": "Softwareverteilung: Aktualisierung der Bildbearbeitung schlägt auf allen Geräten der Abteilung "
        "fehl, seit gestern auch auf denen der Außenstelle", "priority": "low", "priority_label": PRIORITIES["low"],
    }  # fmt: skip
    return [card, card | urgent, card | of_nobody]


def toolbar() -> Sample:
    return {
        "filters": [
            {"label": "Alle", "url": "?", "is_current": True, "count": 24},
            {"label": "Ungelesen", "url": "?unread=1", "is_current": False, "count": 2},
            {"label": "Wartet auf Kunden", "url": "?status=waiting_customer", "is_current": False, "count": 5},
            {"label": "Ohne Besitzer", "url": "?unowned=1", "is_current": False, "count": 1},
        ],
        "selects": [
            {
                "name": "priority",
                "label": "Priorität",
                "options": [{"value": "", "label": "Alle", "is_selected": True}]
                + [{"value": code, "label": label, "is_selected": False} for code, label in PRIORITIES.items()],
            },
            {
                "name": "sort",
                "label": "Sortierung",
                "options": [
                    {"value": "score", "label": "Dringlichkeit", "is_selected": True},
                    {"value": "changed", "label": "Letzte Änderung", "is_selected": False},
                ],
            },
        ],
    }


def entries(now: datetime) -> Mapping[str, Sample]:
    day, minute = timedelta(days=1), timedelta(minutes=1)
    picture = {"name": "Bedienfeld.jpg", "size_bytes": 482_113, "url": "#file", "is_image": True}
    log = {"name": "Druckerwarteschlange-Station-3-Protokoll-vom-20-November.log", "size_bytes": 18_220, "url": "#file"}
    blocked = {"name": "Rechnung.exe", "is_blocked": True, "reason": "Dateityp gesperrt", "url": ""}
    return {
        "in": {
            "id": 1, "kind": "entry", "variant": "customer-in", "author_name": "Dana Roth",
            "at": ago(now - day - 50 * minute),
            "channel_icon": "mail", "channel_label": "E-Mail", "addresses": "An service@itil-next.example",
            "body_text": "Guten Tag,\n\nder Drucker auf Station 3 druckt seit heute Morgen nicht mehr. Die "
            "Pflegekräfte laufen für jedes Etikett in das andere Gebäude. Ein Bild vom Bedienfeld hängt an.\n\n"
            "Mit freundlichen Grüßen\nDana Roth",
            "attachments": [picture, log, blocked], "is_unscanned": True, "original_url": "#original",
        },
        "out": {
            "id": 4, "kind": "entry", "variant": "customer-out", "author_name": "Mara Weiss",
            "at": ago(now - day - 20 * minute), "channel_icon": "send", "channel_label": "Antwort an Dana Roth",
            "addresses": "An dana.roth@acme-logistik.example, Kopie an leitung-station3@acme-logistik.example",
            "body_html": mark_safe(
                "<p>Guten Tag Frau Roth,</p>"
                "<p>ich habe den Druckdienst neu gestartet und die Warteschlange geleert:</p>"
                "<ul><li>Etiketten laufen wieder,</li><li>der Ersatzdrucker bleibt bis morgen stehen.</li></ul>"
                "<p>Melden Sie sich bitte, falls es wieder auftritt.</p><p>Mara Weiss</p>"
            ),
            "quoted_text": "Der Drucker auf Station 3 druckt seit heute Morgen nicht mehr.",
            "delivery": "sent", "delivery_text": "Gesendet um 09:22",
        },
        "note": {
            "id": 5, "kind": "entry", "variant": "note", "author_name": "Jonas Kern", "at": ago(now - 95 * minute),
            "body_text": "Gleicher Fehler im September, damals war es die Firmware 4.2. Vor dem Tausch bitte prüfen.",
        },
        "again": {
            "id": 6, "kind": "entry", "variant": "customer-in", "author_name": "Dana Roth", "at": ago(now - 4 * minute),
            "channel_icon": "mail", "channel_label": "E-Mail", "body_text": "Es ist wieder ausgefallen, diesmal ohne "
            "jede Meldung auf dem Bedienfeld.",
            "quoted_text": "Ich habe den Druckdienst neu gestartet und die Warteschlange geleert.",
        },
        "failed": {
            "id": 7, "kind": "entry", "variant": "customer-out", "author_name": "Jonas Kern",
            "on_behalf_of": "Mara Weiss", "at": ago(now - 3 * minute), "channel_label": "Antwort an Dana Roth",
            "body_text": "Guten Tag Frau Roth, ich vertrete Frau Weiss und komme heute um 14 Uhr vorbei.",
            "delivery": "failed", "retry_url": "#outbox",
            "delivery_text": "Nicht zugestellt: der Mailserver lehnt dana.roth@acme-logistik.example ab "
            "(Postfach voll).",
        },
        "automatic": {
            "id": 8, "kind": "entry", "variant": "customer-in", "author_name": "Dana Roth", "at": ago(now - 2 * minute),
            "channel_icon": "mail", "channel_label": "E-Mail", "is_automatic": True,
            "body_text": "Ich bin bis Montag nicht im Büro.",
        },
    }  # fmt: skip


def timeline_days(now: datetime) -> list[Sample]:
    sample = entries(now)
    day, minute = timedelta(days=1), timedelta(minutes=1)
    accepted = {
        "id": 2, "kind": "line", "icon": "hand", "is_ownership": True, "at": ago(now - day - 40 * minute),
        "text": mark_safe("<strong>Mara Weiss</strong> hat das Ticket angenommen"),
    }  # fmt: skip
    events = [
        {"id": 31, "icon": "circle-dot", "text": "Status: Neu → In Bearbeitung", "at": ago(now - day - 40 * minute)},
        {"id": 32, "icon": "flag", "text": "Priorität: Mittel → Kritisch", "at": ago(now - day - 39 * minute)},
        {"id": 33, "icon": "mail", "text": "Eingangsbestätigung an Dana Roth", "at": ago(now - day - 49 * minute)},
    ]
    return [
        {"label": "Gestern", "items": [sample["in"], accepted, {"kind": "events", "events": events}, sample["out"]]},
        {"label": "Heute", "items": [sample["note"], sample["again"]]},
    ]


def outgoing(state: str, now: datetime, seconds: int = 8) -> Sample:
    return {
        "id": state, "state": state, "author_name": "Mara Weiss", "to": "Dana Roth",
        "body_text": "Guten Tag Frau Roth, ich tausche das Gerät heute bis 12 Uhr aus.",
        "release_at": now + timedelta(seconds=seconds), "seconds_left": seconds, "hold_seconds": 10,
        "undo_url": "#undo", "retry_url": "#retry", "schedule_url": "#schedule",
        "moment": "Montag, 24. November 2025, 08:00, Mo 16:00 beim Kunden",
        "problem": "Der Mailserver lehnt dana.roth@acme-logistik.example ab (Postfach voll). "
        "Ihr Text ist gespeichert. Prüfen Sie die Adresse oder rufen Sie an." if state == "failed" else "",
    }  # fmt: skip


def composer_samples() -> Sample:
    reply = {
        "form": ReplyForm(prefix="reply"), "action": "#reply", "recipient_name": "Dana Roth",
        "company_name": "Acme Logistik GmbH", "recipient_address": "dana.roth@acme-logistik.example",
        "recipients": recipients_of("Dana Roth", "dana.roth@acme-logistik.example", ""),
        "may_wait": True, "hold_seconds": 10, "signature_text": "Mara Weiss\nService Desk",
    }  # fmt: skip
    return {"reply": reply, "note": {"form": NoteForm(prefix="note"), "action": "#note"}}


def ticket() -> Sample:
    return {
        "reference": "INC-2026-001042", "subject": "Drucker auf Station 3 offline", "status": "in_progress",
        "status_label": STATUSES["in_progress"], "priority": "critical", "priority_label": PRIORITIES["critical"],
        "customer_name": "Dana Roth", "company_name": "Acme Logistik GmbH", "tier_label": "Premium",
        "owner_name": "Mara Weiss", "is_mine": True,
        "team_name": "Service Desk", "flags": [{"label": "VIP", "tone": "warn", "icon": "star"}],
    }  # fmt: skip


def context_sections() -> list[Sample]:
    return [
        {"title": "Ticket", "items": [
            {"term": "Kanal", "value": "E-Mail"}, {"term": "Team", "value": "Service Desk"},
            {"term": "Kategorie", "value": "Arbeitsplatz / Drucker"}, {"term": "Produkt", "value": ""},
            {"term": "Eröffnet", "value": "19. November, 08:31"},
        ]},
        {"title": "Firma", "items": [
            {"term": "Name", "value": "Acme Logistik GmbH"}, {"term": "Offene Tickets", "value": "4"},
            {"term": "Servicezeiten", "value": "Mo bis Fr, 8 bis 18 Uhr (Berlin)"},
        ]},
    ]  # fmt: skip


def menu_items() -> list[Sample]:
    return [
        {"label": "Auf Kunden warten", "action": "#wait", "icon": "hourglass"},
        {"label": "Ticket lösen …", "url": "#resolve", "dialog": "resolve-dialog", "icon": "circle-check"},
        {"label": "Änderungsprotokoll", "url": "#history", "icon": "history"},
        {"label": "Spam, Absender sperren", "action": "#spam", "icon": "ban", "tone": "danger", "rule_before": True},
    ]
