"""A mailbox in Microsoft 365: what is new is told by delta queries and the ledger (integrations.md section 2).

The name of a mail is its immutable id, which stays when it is moved. A link to where reading goes on is kept once all
that was listed before it is stored, so it may be lost, refused or repeated: what the ledger knows is not read again.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.selectors import calendar_of
from connectors.base.client import Request
from connectors.base.failures import CredentialsRefused, Failure, Gone, HeldBack, RefusedForGood, Transient
from connectors.mail import selectors
from connectors.mail.backends.base import MailboxNotReadable, MailNotReadable
from connectors.mail.backends.graph_folders import FOLDER, Folders
from connectors.mail.backends.graph_settings import GraphSettings
from connectors.mail.enums import AfterTaking
from connectors.mail.models import Mailbox
from connectors.microsoft365.graph import Graph, Page

logger = logging.getLogger(__name__)

PREFIX = selectors.GRAPH_PREFIX
MESSAGES = f"{FOLDER}/messages"
MESSAGE = "/users/{user-id}/messages/{message-id}"
SELECTED = "id,receivedDateTime,isDraft"
PAGE_SIZE = 50
BUDGET_SECONDS = 30.0
"""After this long a look ends between two mails, so that other mailboxes have their turn; the next one goes on."""
OVERLAP = timedelta(days=2)
"""Where Graph has forgotten the link, reading begins anew so long before the newest mail that was seen."""
MOST_OF_A_FILTER = 5000
"""Graph shows no more mails of a list that begins at a moment."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
"""Between two attempts at a mail that Graph does not hand out."""
OF_THE_WAY = frozenset({"not_reached", "not_trusted"})
"""Failures that say nothing about the mail that was asked for."""


@dataclass
class Reading:
    """One folder: the link to its next page, and pages whose mails are not all stored yet, with their own links."""

    folder: str
    link: str = ""
    seen_to: str = ""
    """When the newest mail that was listed came: ISO 8601, UTC, as Graph writes it."""
    listed: int = 0
    """In a list that begins at `begins`."""
    begins: str = ""
    open_pages: list[tuple[str, set[str]]] = field(default_factory=list)

    @classmethod
    def of(cls, folder: str, kept: Mapping[str, Any]) -> "Reading":
        facts = {name: kept[name] for name in ("link", "seen_to", "begins") if isinstance(kept.get(name), str)}
        return cls(folder, **facts, listed=kept["listed"] if isinstance(kept.get("listed"), int) else 0)

    def as_json(self, stored: Set[str] = frozenset()) -> dict[str, object]:
        """As it stands once mails of these ids are `stored`, too."""
        link = next((link for link, left in self.open_pages if not left <= stored), self.link)
        return {"link": link, "seen_to": self.seen_to, "begins": self.begins, "listed": self.listed}

    def begin_anew(self) -> None:
        """At the overlap, or at the very first where such a list has been cut off."""
        is_cut = bool(self.begins) and self.listed >= MOST_OF_A_FILTER
        self.link, self.listed, self.begins = "", 0, "" if is_cut or not self.seen_to else _before(self.seen_to)

    def end_round(self) -> None:
        if self.begins and self.listed >= MOST_OF_A_FILTER:
            self.begin_anew()
        self.begins, self.listed = "", 0

    def settle(self, message_id: str) -> None:
        for _link, left in self.open_pages:
            left.discard(message_id)


class GraphBackend:
    def __init__(self, mailbox: Mailbox, settings: GraphSettings, graph: Graph) -> None:
        self._mailbox, self._settings, self._graph = mailbox, settings, graph
        self._user = settings.user or mailbox.address
        before = mailbox.position if mailbox.position.get("place") == self._place else {}
        self._folders = Folders(graph, self._user, dict(before.get("ids") or {}))
        kept = before.get("folders") or {}
        self._readings = [Reading.of(folder, kept.get(folder) or {}) for folder in settings.folders]
        self._put_off: dict[str, dict[str, Any]] = dict(before.get("put_off") or {})
        """Mails that Graph did not hand out, by id: `attempts`, `next_at` (ISO 8601), `error`."""
        self._handed_out: set[str] = set()
        """In this look; what of them is not stored stays where it was."""
        self._failure: MailboxNotReadable | None = None
        self._read_to: datetime | None = None

    @property
    def _place(self) -> str:
        """Where links count."""
        return f"{self._mailbox.connection_id}/{self._user.lower()}"

    # Reading --------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Whether all that is configured is there: sign-in, mailbox, folders. Raises MailboxNotReadable."""
        with _Told():
            for folder in filter(None, (*self._settings.folders, self._settings.move_to)):
                self._folders.look_at(folder)

    def fetch(self) -> Iterator[tuple[str, bytes] | None]:
        self._refuse_if_off()
        began_at, ends = timezone.now(), monotonic() + BUDGET_SECONDS
        for message_id in self._waiting(now=began_at):
            if monotonic() > ends:
                break
            if (raw := self._source(message_id)) is not None:
                self._handed_out.add(message_id)
                yield f"{PREFIX}{message_id}", raw
        else:
            self._read_to = began_at
        if stuck := [kept for key, kept in self._put_off.items() if key not in self._handed_out]:
            facts = {"count": len(stuck), "error": stuck[0].get("error", "")}
            raise MailNotReadable(_("%(count)d mails are not handed out and are tried again: %(error)s") % facts)
        if self._failure is not None:
            raise MailNotReadable(str(self._failure)) from self._failure

    def _waiting(self, *, now: datetime) -> Iterator[str]:
        """Mails that the ledger does not know, folder by folder; at last those that were not handed out before."""
        again = [key for key, kept in self._put_off.items() if str(kept.get("next_at", "")) <= now.isoformat()]
        for reading in self._readings:
            yield from self._of_folder(reading)
        yield from again

    def _of_folder(self, reading: Reading) -> Iterator[str]:
        may_begin_anew = True
        while True:
            asked = reading.link
            try:
                page = self._page(reading)
            except (Gone, RefusedForGood) as forgotten:
                if not asked or not may_begin_anew:
                    raise MailboxNotReadable(str(forgotten)) from forgotten
                facts = {"mailbox": str(self._mailbox.pk), "said": forgotten.said.code}
                logger.warning("delta link refused", extra=facts)
                may_begin_anew = False
                reading.begin_anew()
                continue
            fresh = self._fresh(reading, page)
            reading.open_pages.append((asked, set(fresh)))
            reading.link = page.next_link or page.delta_link
            yield from fresh
            if not page.next_link:
                reading.end_round()
                break

    def _page(self, reading: Reading) -> Page:
        query = {"$select": SELECTED}
        if reading.begins:
            query["$filter"] = f"receivedDateTime ge {reading.begins}"
        with _Told(lets_through=(Gone, RefusedForGood)):
            request = self._listing(f"{MESSAGES}/delta", reading.folder, query)
            return self._graph.page(replace(request, link=reading.link))

    def _listing(self, route: str, folder: str, query: Mapping[str, str]) -> Request:
        values = {"user-id": self._user, "mailFolder-id": self._folders.id_of(folder)}
        headers = {"Prefer": f"odata.maxpagesize={PAGE_SIZE}"}
        return Request(method="GET", route=route, values=values, query=query, headers=headers)

    def _fresh(self, reading: Reading, page: Page) -> list[str]:
        """Ids of a page that are to be read, oldest first; not what is gone, a draft, or waits for its next attempt."""
        wanted = [item for item in page.items if self._is_wanted(item)]
        reading.listed += len(page.items)
        came = [str(item.get("receivedDateTime") or "") for item in wanted]
        now = _written(timezone.now())  # a mail that was brought from elsewhere may say that it came tomorrow
        reading.seen_to = max(reading.seen_to, *(moment for moment in came if moment <= now), "")
        known = self._known([item["id"] for item in wanted])
        if self._settings.after == AfterTaking.MOVE:
            for message_id in sorted(known):
                self._settle_again(message_id)
        taken = known | self._handed_out | self._put_off.keys()
        fresh = [item for item in wanted if item["id"] not in taken]
        fresh.sort(key=lambda item: str(item.get("receivedDateTime") or ""))
        return list(dict.fromkeys(item["id"] for item in fresh))

    def _known(self, ids: list[str]) -> set[str]:
        names = selectors.names_in_ledger(self._mailbox, [f"{PREFIX}{message_id}" for message_id in ids])
        return {name.removeprefix(PREFIX) for name in names}

    def _is_wanted(self, item: Any) -> bool:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str) or "@removed" in item:
            return False
        if item.get("isDraft"):
            return False
        came = item.get("receivedDateTime")
        return self._begin is None or not isinstance(came, str) or datetime.fromisoformat(came) >= self._begin

    @cached_property
    def _begin(self) -> datetime | None:
        """When the chosen day begins where the team works."""
        if not self._settings.not_before:
            return None
        zone = ZoneInfo(calendar_of(self._mailbox.team).timezone)
        return datetime.combine(date.fromisoformat(self._settings.not_before), time.min, zone)

    def _source(self, message_id: str) -> bytes | None:
        """None where it is gone, or not handed out: then it is tried again later, and those after it go on."""
        try:
            return self._graph.source(self._user, message_id)
        except Gone:  # somebody has deleted it meanwhile
            self._forget(message_id)
        except Failure as failure:
            if _is_of_the_mailbox(failure):
                raise MailboxNotReadable(str(failure)) from failure
            self._put_it_off(message_id, failure)
        return None

    def _put_it_off(self, message_id: str, failure: Failure) -> None:
        attempts = int(self._put_off.get(message_id, {}).get("attempts", 0)) + 1
        pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
        self._forget(message_id)
        next_at = (timezone.now() + pause).isoformat()
        self._put_off[message_id] = {"attempts": attempts, "next_at": next_at, "error": str(failure)[:300]}
        logger.warning("mail not handed out", extra={"mailbox": str(self._mailbox.pk), "attempts": attempts})

    def _forget(self, message_id: str) -> None:
        self._put_off.pop(message_id, None)
        for reading in self._readings:
            reading.settle(message_id)

    def _refuse_if_off(self) -> None:
        connection = self._mailbox.connection
        if connection is None or not connection.is_active:
            raise MailboxNotReadable(_("Its connection to Microsoft 365 is switched off."))

    def names(self) -> Iterator[str]:
        self._refuse_if_off()
        with _Told():
            for reading in self._readings:
                request = self._listing(MESSAGES, reading.folder, {"$select": SELECTED})
                for page in self._graph.pages(request):
                    yield from (f"{PREFIX}{item['id']}" for item in page.items if self._is_wanted(item))

    # After the mail is stored ---------------------------------------------------------------------------------------

    def done(self, provider_id: str) -> None:
        message_id = provider_id.removeprefix(PREFIX)
        self._forget(message_id)  # it is stored; where marking fails, that is told
        try:
            self._settle(message_id)
        except Failure as failure:
            if _is_of_the_mailbox(failure):
                raise MailboxNotReadable(str(failure)) from failure
            raise MailNotReadable(str(failure)) from failure

    def _settle_again(self, message_id: str) -> None:
        """What a kill between storing and moving has left in its folder; it keeps no new mail waiting."""
        try:
            self._settle(message_id)
        except Failure as failure:
            self._failure = MailboxNotReadable(str(failure))

    def _settle(self, message_id: str) -> None:
        """Doing it twice is as good as once: an immutable id stays when the mail is moved."""
        values = {"user-id": self._user, "message-id": message_id}
        try:
            if self._settings.after == AfterTaking.MARK:
                request = Request(method="PATCH", route=MESSAGE, values=values, is_repeatable=True)
                self._graph.send(request.with_json({"isRead": True}))
            elif self._settings.after == AfterTaking.MOVE:
                request = Request(method="POST", route=f"{MESSAGE}/move", values=values, is_repeatable=True)
                destination = self._folders.id_of(self._settings.move_to)
                self._graph.send(request.with_json({"destinationId": destination}))
        except Gone:
            logger.info("a taken mail is gone", extra={"mailbox": str(self._mailbox.pk)})

    def read_to(self) -> datetime | None:
        return self._read_to

    def position(self) -> Mapping[str, object]:
        return self._position(frozenset())

    def position_with(self, stored: Collection[str]) -> Mapping[str, object] | None:
        """None where mails are moved: one that a kill leaves in its folder is found there by listing it again."""
        if self._settings.after == AfterTaking.MOVE:
            return None
        return self._position(frozenset(name.removeprefix(PREFIX) for name in stored))

    def _position(self, stored: Set[str]) -> Mapping[str, object]:
        return {
            "place": self._place,
            "folders": {reading.folder: reading.as_json(stored) for reading in self._readings},
            "ids": self._folders.found,
            "put_off": {key: kept for key, kept in self._put_off.items() if key not in stored},
        }

    def close(self) -> None:
        """Nothing is open between two requests."""


class _Told:
    """A failure of the connection as one of the mailbox."""

    def __init__(self, *, lets_through: tuple[type[Failure], ...] = ()) -> None:
        self._lets_through = lets_through

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Failure) and not isinstance(error, self._lets_through):
            raise MailboxNotReadable(str(error)) from error


def _is_of_the_mailbox(failure: Failure) -> bool:
    """Rather than of the one mail that was asked for: then the others fare no better now."""
    if isinstance(failure, HeldBack | CredentialsRefused):
        return True
    return isinstance(failure, Transient) and (not failure.is_breaking or failure.said.code in OF_THE_WAY)


def _before(moment: str) -> str:
    return _written(datetime.fromisoformat(moment) - OVERLAP)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
