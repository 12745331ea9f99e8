"""The page "Customer's mailbox": write as a customer, see what they received.

It shows customers' mails, so it exists on a demo desk with the `files` backend only, and answers nobody but browsers on
this machine and people who are signed in.
"""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.selectors import contact_for_address
from connectors.mail import demo
from connectors.mail.forms import AnswerForm, LetterForm
from core.client_ip import client_ip

View = Callable[[HttpRequest], HttpResponse]


def demo_only(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not demo.is_available():
            raise Http404
        if not (request.user.is_authenticated or _is_here(request)):
            return redirect_to_login(request.get_full_path())
        return view(request)

    return guarded


def _is_here(request: HttpRequest) -> bool:
    try:
        return ipaddress.ip_address(client_ip(request)).is_loopback
    except ValueError:
        return False


@require_http_methods(["GET", "HEAD", "POST"])
@demo_only
def mailbox(request: HttpRequest) -> HttpResponse:
    """GET `?as=<address>&c=<conversation>`; POST sends a new mail, or with `c` an answer in that conversation."""
    people = demo.customers()
    address = request.GET.get("as", "").strip().lower() or (people[0] if people else "")
    conversations = demo.conversations_of(address) if address else []
    chosen = next((found for found in conversations if found.id == request.GET.get("c")), None)
    is_new = "new" in request.GET or not conversations
    if chosen is None and not is_new:
        chosen = conversations[0]
    if request.method == "POST":
        form = (AnswerForm if chosen else LetterForm)(request.POST, request.FILES)
        if form.is_valid():
            return _send(request, form, chosen)
    else:
        form = AnswerForm(initial=_answer(address, chosen)) if chosen else LetterForm(initial=_letter(address))
    context = {
        "people": [_person(found, is_current=found == address) for found in people],
        "address": address,
        "conversations": [_row(found, address, is_current=found is chosen) for found in conversations],
        "chosen": chosen,
        "letters": [_entry(letter) for letter in chosen.letters] if chosen else [],
        "form": form,
        "here": _here(address, chosen),
        "new_url": f"{reverse('mailbox')}?{urlencode({'as': address, 'new': ''})}",
        "desk_address": next(iter(form.own), ""),
    }
    return render(request, "connectors/mail/mailbox.html", context, status=400 if form.is_bound else 200)


def _send(request: HttpRequest, form: LetterForm, chosen: demo.Conversation | None) -> HttpResponse:
    values = form.cleaned_data
    file = values["attachment"]
    letter = demo.NewLetter(
        name=values["name"],
        address=values["address"],
        to=values["to"],
        subject=values["subject"],
        body=values["body"],
        answers=chosen.newest if chosen else None,
        files=[(file.name, file.read())] if file else [],
    )
    message_id = demo.send(letter)
    text = _("Sent to %(address)s. The desk reads its mailbox every few seconds.") % {"address": letter.to}
    messages.success(request, text)
    return redirect(_here(letter.address, demo.conversation_with(message_id, letter.address)))


def _here(address: str, chosen: demo.Conversation | None) -> str:
    query = {"as": address} | ({"c": chosen.id} if chosen else {"new": ""})
    return f"{reverse('mailbox')}?{urlencode(query)}"


def _letter(address: str) -> dict[str, Any]:
    contact = contact_for_address(address) if address else None
    name = contact.name if contact and contact.name != contact.email else ""
    return {"address": address, "name": name}


def _answer(address: str, chosen: demo.Conversation) -> dict[str, Any]:
    newest = chosen.newest
    subject = newest.subject if newest.subject.upper().startswith("RE:") else f"Re: {newest.subject}"
    mine = next((letter.name for letter in chosen.letters if letter.is_mine), "")
    return _letter(address) | {"to": newest.answer_to, "subject": subject} | ({"name": mine} if mine else {})


def _person(address: str, *, is_current: bool) -> dict[str, Any]:
    return {"address": address, "is_current": is_current, "url": f"{reverse('mailbox')}?{urlencode({'as': address})}"}


def _row(conversation: demo.Conversation, address: str, *, is_current: bool) -> dict[str, Any]:
    return {
        "subject": conversation.subject or _("(no subject)"),
        "name": conversation.newest.name,
        "at": conversation.newest.at,
        "count": len(conversation.letters),
        "is_current": is_current,
        "url": _here(address, conversation),
    }


def _entry(letter: demo.Letter) -> dict[str, Any]:
    """A letter as the entry component takes it, seen from the customer's side."""
    return {
        "id": letter.anchor,
        "variant": "customer-out" if letter.is_mine else "customer-in",
        "author_name": letter.name,
        "at": letter.at,
        "addresses": letter.address,
        "text": letter.text,
        "channel_icon": "send" if letter.is_mine else "mail",
        "channel_label": _("Sent by you") if letter.is_mine else _("Received"),
        "files": [{"name": name, "reason": "", "is_blocked": True} for name in letter.files],
    }
