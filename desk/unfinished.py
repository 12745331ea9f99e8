"""A form that met the sign-in page because the session was over, where no script could ask in time.

What was typed goes along with signing in, signed, within the sign-in form: nothing of it is kept here for a stranger.
It comes back to the person whom the form was made for, and to nobody else: what a composer held as their draft, other
words in the form of their own page. Nothing is sent by that.
"""

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from accounts.models import Agent
from core.errors import DomainError
from desk.composing import id_in, signed_context
from desk.drafts import joined_addresses
from desk.envelopes.tabs import tab_url
from desk.envelopes.thread import mode_of
from desk.forms import DraftForm
from desk.neighbours import from_of, with_from
from desk.workspace import named_ticket
from envelopes.selectors import readable_envelope
from envelopes.vendor_drafts import vendor_mode
from tickets.enums import DraftMode, SendWhen
from tickets.services import keep_above

SALT, MAKER_SALT = "desk.unfinished", "desk.unfinished.made_for"
MAKER = "made_for"
"""Field of a form that is filled again on its own page: signed, whom it was made for."""
KEPT = "unfinished"
"""In the session of whoever has signed in again: the values of such forms by path, until they are sent."""
MAX_KEPT = 3
"""More of them make the session heavy; the oldest goes."""
AGAIN = "typed"
"""In the address of a page that shows it."""
MAX_CHARACTERS = {True: 250_000, False: 60_000}
"""Of all fields of a composer, and of another form; what is longer is left to the browser's history."""
MAX_AGE = timedelta(days=1)
MODES = {"desk:reply": DraftMode.REPLY, "desk:preview": DraftMode.REPLY, "desk:note": DraftMode.NOTE}
NAMED_MODES = ("desk:texts-for", "desk:draft", "desk:draft-file-remove")
"""Where the other buttons of a composer lead; the address names its mode."""
ENVELOPE_FORMS = ("desk:envelope-messages", "desk:envelope-draft", "desk:envelope-draft-file-remove")
"""Of the composer in the tab of an envelope, which the address numbers."""
VENDOR_FORMS = ("desk:envelope-vendor-mails", "desk:envelope-vendor-draft")
"""Of the one to its vendor."""
NOT_TYPED = ("csrfmiddlewaretoken", "context", MAKER)
_WORDS = re.compile(r"[^\w:.+/-]|.{100}")
"""In what was typed, but for single words; not in the ids, numbers, moments and choices that buttons send."""


@dataclass(frozen=True)
class Unfinished:
    person_id: str
    path: str
    origin: str
    """The list that its ticket was opened from."""
    values: list[tuple[str, str]]
    has_files: bool
    reference: str = ""
    mode: str = ""
    """Of a composer, with the ticket its form was made for."""

    @property
    def has_moment(self) -> bool:
        """Whether a reply was to leave later: drafts know nothing of that."""
        when = dict(self.values).get("when", "")
        return self.mode == DraftMode.REPLY and when not in ("", SendWhen.NOW)

    def signed(self) -> str:
        return signing.dumps(asdict(self), salt=SALT, compress=True)


def made_for(person: Agent) -> str:
    """Value of the field `MAKER`."""
    return signing.Signer(salt=MAKER_SALT).sign(str(person.pk))


def unfinished_in(request: HttpRequest) -> Unfinished | None:
    """What stands in a posted form; None if the form names nobody, or holds too much."""
    given = request.POST
    values = _typed_in(given)
    found: dict[str, str] = {}
    if mode := _mode_of(request):
        context = signed_context(str(given.get("context", "")))
        if context is not None:
            reference, _space, place = context.reference.partition(" ")
            is_its_own = place == ("" if mode in DraftMode.values else mode)
            found = {"person_id": context.person_id, "reference": reference, "mode": mode} if is_its_own else {}
    else:
        found = {"person_id": _person_in(str(given.get(MAKER, "")))}
    if not found.get("person_id") or sum(len(name) + len(value) for name, value in values) > MAX_CHARACTERS[bool(mode)]:
        return None
    return Unfinished(
        path=request.path, origin=from_of(request), values=values, has_files=any(request.FILES.values()), **found
    )


def has_words(request: HttpRequest) -> bool:
    """Whether the posted form holds a text that somebody would miss, and not only a choice or nothing."""
    return any(_WORDS.search(value) for _name, value in _typed_in(request.POST))


def _typed_in(given: QueryDict) -> list[tuple[str, str]]:
    names = [name for name in given if name not in NOT_TYPED and "password" not in name.lower()]
    return [(name, str(value)) for name in names for value in given.getlist(name)]


def _mode_of(request: HttpRequest) -> str:
    """That of the composer which was sent; empty for other forms, and where its text was to be let go."""
    match = request.resolver_match
    if match is None or "discard" in request.POST:
        return ""
    if match.view_name in ENVELOPE_FORMS:
        return mode_of(match.kwargs["number"])
    if match.view_name in VENDOR_FORMS:
        return vendor_mode(match.kwargs["number"])
    if match.view_name not in NAMED_MODES:
        return str(MODES.get(match.view_name, ""))
    named = match.kwargs.get("mode") or match.kwargs["key"].rpartition("-")[2]
    return str(named) if named in DraftMode.values else ""


def _person_in(mark: str) -> str:
    try:
        return signing.Signer(salt=MAKER_SALT).unsign(mark)
    except signing.BadSignature:
        return ""


def read_unfinished(token: str) -> Unfinished | None:
    """What went along with signing in; None for what we did not sign, or long ago."""
    try:
        return Unfinished(**signing.loads(token, salt=SALT, max_age=MAX_AGE))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def unfinished_of(person: Agent, token: str) -> Unfinished | None:
    """The same, for whom its form was made; None for anybody else."""
    found = read_unfinished(token)
    return found if found is not None and found.person_id == str(person.pk) else None


def give_back(found: Unfinished, *, to: Agent, session: SessionBase) -> str:
    """Where it stands again; empty if the person may not write there any more."""
    if found.mode:
        return _as_draft(found, to)
    others = [(path, values) for path, values in session.get(KEPT, {}).items() if path != found.path]
    session[KEPT] = dict([*others, (found.path, found.values)][-MAX_KEPT:])
    return with_from(f"{found.path}?{urlencode({AGAIN: '1'})}", found.origin)


def _as_draft(found: Unfinished, person: Agent) -> str:
    values: dict[str, Any] = dict(found.values)
    form = DraftForm(values)
    if not form.is_valid():
        return ""
    try:
        ticket = named_ticket(person, found.reference)
        address = _address_of(found, person)
        keep_above(
            ticket.pk,
            by=person,
            mode=found.mode,
            body_text=form.cleaned_data["body"],
            cc=form.cleaned_data["cc"],
            over=form.cleaned_data["draft_version"],
            **({"join_cc": joined_addresses} if found.mode in DraftMode.values else {}),
        )
    except (Http404, DomainError):
        return ""
    return with_from(address, found.origin)


def _address_of(found: Unfinished, person: Agent) -> str:
    """Of the composer; 404 where the person does not read its envelope any more."""
    if found.mode in DraftMode.values:
        query = urlencode([("compose", found.mode), *_files_taken_back(found)])
        return f"{reverse('desk:ticket', args=[found.reference])}?{query}#composer-{found.mode}"
    number = int(found.mode[1:])
    if readable_envelope(person, ticket__reference=found.reference, number=number) is None:
        raise Http404
    if found.mode == vendor_mode(number):
        ticked = [("attachments", value) for name, value in found.values if name == "attachments" and id_in(value)]
        query = urlencode([("compose", "vendor"), *ticked])
        return f"{tab_url(found.reference, number)}?{query}#composer-vendor-{number}"
    return f"{tab_url(found.reference, number)}?compose=envelope#composer-envelope-{number}"


def _files_taken_back(found: Unfinished) -> list[tuple[str, str]]:
    """Which files of a reply that was taken back were to go with it again: the message and each of them."""
    message_id = id_in(dict(found.values).get("restored", ""))
    files = [("kept", value) for name, value in found.values if name == "kept" and id_in(value)]
    return [("restore", str(message_id)), *files] if message_id and files else []


def posted_or_typed(request: HttpRequest) -> QueryDict | None:
    """The posted values; on a page to which `give_back` has led, those that were typed; None for a fresh form."""
    if request.method == "POST":
        return request.POST
    values = request.session.get(KEPT, {}).get(request.path) if AGAIN in request.GET else None
    if values is None:
        return None
    typed = QueryDict(mutable=True)
    for name, value in values:
        typed.appendlist(name, value)
    return typed


def forget_typed(request: HttpRequest) -> None:
    """Once the form of this page has done its work."""
    kept = request.session.get(KEPT, {})
    if request.path in kept:
        request.session[KEPT] = {path: values for path, values in kept.items() if path != request.path}
