"""The style guide: every component in every state, and whole pages made of them. Only wired while DEBUG is on."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from desk.actions.keys import acts_of
from desk.styleguide_samples import (
    PRIORITIES,
    STATUSES,
    TONES,
    ReplyForm,
    ResolveForm,
    Sample,
    TicketForm,
    board_cards,
    composer_samples,
    context_sections,
    entries,
    menu_items,
    outgoing,
    queue_groups,
    ticket,
    timeline_days,
    toolbar,
)


def page_context(current: str) -> Sample:
    """What the context processor of the product gives to every page."""
    acts = acts_of(None)
    entries = [
        ("queue", "Meine Warteschlange", "Queue", "inbox", "go_queue", 24, True),
        ("team", "Alle Tickets des Teams", "Team", "users", "", 0, True),
        ("search", "Suche", "Suche", "search", "", 0, True),
        ("new", "Neues Ticket", "Neu", "plus", "new", 0, True),
        ("outbox", "Postausgang", "", "send", "go_outbox", 1, False),
        ("notifications", "Benachrichtigungen", "", "bell", "go_notifications", 3, False),
        ("mailbox", "Postfach des Kunden", "", "mail-open", "", 0, False),
    ]
    return {
        "nav_items": [
            {
                "label": label,
                "short_label": short,
                "url": f"#{name}",
                "icon": icon,
                "act": acts.get(act, ""),
                "badge": badge,
                "badge_is_new": name == "notifications",
                "on_phone": on_phone,
                "is_current": name == current,
            }
            for name, label, short, icon, act, badge, on_phone in entries
        ],
        "account": {"name": "Mara Weiss", "email": "mara.weiss@itil-next.example", "role": "Agentin, Service Desk"},
        "account_url": "#account",
        "theme_url": "#theme",
        "language_url": "#language",
        "logout_url": "#logout",
        "home_url": "/styleguide/list/",
        "search_url": "/styleguide/list/",
        "languages": [{"code": "en", "name": "English"}, {"code": "de", "name": "Deutsch"}],
        "shortcuts_enabled": True,
        "acts": acts,
    }


def chosen_look(request: HttpRequest) -> Sample:
    """Theme and density of the address, so that both can be looked at without an account."""
    return {
        "theme": request.GET.get("theme", "system"),
        "density": request.GET.get("density", "comfortable"),
    }


def index(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    refused = TicketForm(
        {"refused-requester": "dana.roth", "refused-description": "Offline", "refused-priority": "high",
         "refused-channel": "phone"}, prefix="refused"
    )  # fmt: skip
    asking = composer_samples()
    asking["reply"] |= {
        "form": ReplyForm(
            {"asking-body": "Die Zugangsdaten hängen an."}, prefix="asking", files=None, initial={"context": "signed"}
        ),
        "confirm": ["Der Text spricht von einem Anhang, es hängt aber keine Datei an."],
    }
    sample = entries(now)
    context = page_context("") | chosen_look(request) | {
        "statuses": STATUSES, "priorities": PRIORITIES, "tones": TONES, "entries": sample,
        "events": timeline_days(now)[0]["items"][2]["events"], "ownership": timeline_days(now)[0]["items"][1],
        "outgoing_held": outgoing("held", now, seconds=9), "outgoing_sending": outgoing("sending", now),
        "outgoing_scheduled": outgoing("scheduled", now),
        "outgoing_failed": outgoing("failed", now), "form": TicketForm(), "refused": refused, "asking": asking["reply"],
        "groups": queue_groups(), "cards": board_cards(), "toolbar": toolbar(),
        "resolve_form": ResolveForm(prefix="resolve"),
        "sections": context_sections(), "menu_items": menu_items(),
        "columns": [{"label": "Team"}, {"label": "Offen", "is_number": True, "sort_url": "?", "sort": "descending"},
                    {"label": "Gelöst in 7 Tagen", "is_number": True, "sort_url": "?"}],
        "table_rows": [["Service Desk", 24, 181], ["Netzwerk und Gebäudetechnik", 7, 44]],
        "tabs": [{"label": "Verlauf", "url": "#", "is_current": True, "count": 12},
                 {"label": "Aufgaben", "url": "#", "is_current": False, "count": 2},
                 {"label": "Änderungsprotokoll", "url": "#", "is_current": False}],
        "refused_reply": {"recipient_name": "Dana Roth",
                          "reason": "Mara Weiss besitzt dieses Ticket und schreibt der Kundin."},
    }  # fmt: skip
    return render(request, "styleguide/index.html", context)


def ticket_page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = page_context("queue") | chosen_look(request) | composer_samples() | {
        "ticket": ticket(), "days": timeline_days(now), "held": outgoing("held", now, seconds=9),
        "sections": context_sections(), "menu_items": menu_items(), "resolve_form": ResolveForm(prefix="resolve"),
        "filters": [{"label": "Alles", "url": "?", "is_current": True}, {"label": "Kundin", "url": "?show=customer"},
                    {"label": "Intern", "url": "?show=internal"}, {"label": "System", "url": "?show=system"}],
        "open": request.GET.get("open", ""),
    }  # fmt: skip
    for mode in ("reply", "note"):
        context[mode]["is_open"] = context["open"] == mode
    return render(request, "styleguide/ticket.html", context)


def list_page(request: HttpRequest) -> HttpResponse:
    context = page_context("queue") | chosen_look(request) | {"groups": queue_groups(), "toolbar": toolbar()}
    return render(request, "styleguide/list.html", context)


def form_page(request: HttpRequest) -> HttpResponse:
    context = page_context("new") | chosen_look(request) | {"form": TicketForm()}
    return render(request, "styleguide/form.html", context)


def sign_in_page(request: HttpRequest) -> HttpResponse:
    class SignInForm(forms.Form):
        username = forms.EmailField(label="E-Mail-Adresse", widget=forms.EmailInput(attrs={"autocomplete": "username"}))
        password = forms.CharField(
            label="Kennwort", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
        )

    return render(request, "styleguide/sign_in.html", chosen_look(request) | {"form": SignInForm()})


urlpatterns: list[URLPattern] = [
    path("", index, name="styleguide"),
    path("ticket/", ticket_page, name="styleguide-ticket"),
    path("list/", list_page, name="styleguide-list"),
    path("form/", form_page, name="styleguide-form"),
    path("sign-in/", sign_in_page, name="styleguide-sign-in"),
]
