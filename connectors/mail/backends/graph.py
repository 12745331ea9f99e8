"""A mailbox in Microsoft 365: what is new is told by delta queries and the ledger (integrations.md section 2).

The name of a mail is its immutable id, which stays when it is moved. A link to where reading goes on is kept once all
that was listed before it is stored, so it may be lost, refused or repeated: what the ledger knows is not read again.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import replace
from datetime import date, datetime, time
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
from connectors.mail.backends.graph_reading import Reading, due, errors_of, later, moment_of
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
"""After this long a look ends between two mails or pages, so that other mailboxes have their turn."""
ITEM_GONE = "erroritemnotfound"
"""Code, in lower case, of a mail that is not there; any other 404 says so of its mailbox."""
OF_THE_WAY = frozenset({"not_reached", "not_trusted"})
"""Failures that say nothing about the mail that was asked for."""


class GraphBackend:
    def __init__(self, mailbox: Mailbox, settings: GraphSettings, graph: Graph) -> None:
        self._mailbox, self._settings, self._graph = mailbox, settings, graph
        self._user = settings.user or mailbox.address
        before = mailbox.position if mailbox.position.get("place") == self._place else {}
        self._folders = Folders(graph, self._user, dict(before.get("ids") or {}))
        kept = (before.get("folders") or {}) if before.get("not_before", "") == settings.not_before else {}
        self._readings = [Reading.of(folder, kept.get(folder) or {}) for folder in settings.folders]
        self._put_off: dict[str, dict[str, Any]] = dict(before.get("put_off") or {})
        """Mails that Graph did not hand out, by id, as `later` writes them."""
        self._unsettled: dict[str, dict[str, Any]] = dict(before.get("unsettled") or {})
        """Mails that are stored and could not be marked or moved yet."""
        self._handed_out: set[str] = set()
        """In this look; what of them is not stored stays where it was."""
        self._unread: list[str] = []
        """Why folders could not be read."""
        self._read_to: datetime | None = None

    @property
    def _place(self) -> str:
        """Where links count."""
        return f"{self._mailbox.connection_id}/{self._user.lower()}"

    # Reading --------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Whether all that is configured is there: sign-in, mailbox, folders. Raises MailboxNotReadable."""
        with _Told():
            ids = {self._folders.look_at(folder) for folder in self._settings.folders}
            is_its_own = bool(self._settings.move_to) and self._folders.look_at(self._settings.move_to) in ids
        if is_its_own:
            raise MailboxNotReadable(_("Taken mails are moved to the folder that they come to; name another one."))

    def fetch(self) -> Iterator[tuple[str, bytes] | None]:
        self._refuse_if_off()
        began_at, ends = timezone.now(), monotonic() + BUDGET_SECONDS
        for message_id in self._waiting(now=began_at):
            if monotonic() > ends:
                break
            if message_id is not None and (raw := self._source(message_id)) is not None:
                self._handed_out.add(message_id)
                yield f"{PREFIX}{message_id}", raw
        else:
            self._read_to = None if self._unread else began_at
        self._settle_what_is_left(now=began_at, ends=ends)
        self._tell()

    def _tell(self) -> None:
        """Raises what people have to know of this look."""
        if len(self._unread) == len(self._readings):
            raise MailboxNotReadable(self._unread[0])
        if stuck := errors_of(self._put_off, besides=self._handed_out):
            facts = {"count": len(stuck), "error": stuck[0]}
            raise MailNotReadable(_("%(count)d mails are not handed out and are tried again: %(error)s") % facts)
        if left := errors_of(self._unsettled):
            facts = {"count": len(left), "error": left[0]}
            text = _("%(count)d mails that were taken in are not marked or moved, which is tried again: %(error)s")
            raise MailNotReadable(text % facts)
        if self._unread:
            raise MailNotReadable(self._unread[0])

    def _waiting(self, *, now: datetime) -> Iterator[str | None]:
        """Mails that the ledger does not know, folder by folder; at last those not handed out before. Between
        two pages None: even if nothing in one is new, it has taken its time.
        """
        again = due(self._put_off, now)
        for reading in self._readings:
            try:
                yield from self._of_folder(reading)
            except _FolderNotReadable as failure:  # the others are read all the same
                self._folders.forget(reading.folder)
                self._unread.append(str(failure))
        yield from again

    def _of_folder(self, reading: Reading) -> Iterator[str | None]:
        may_begin_anew = True
        while True:
            asked = reading.link
            try:
                page = self._page(reading)
            except (Gone, RefusedForGood) as forgotten:
                if not asked or not may_begin_anew:
                    raise _FolderNotReadable(str(forgotten)) from forgotten
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
            yield None

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
        reading.note((str(item.get("receivedDateTime") or "") for item in wanted), listed=len(page.items))
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
        came = moment_of(item)
        return self._begin is None or came is None or came >= self._begin

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
        except Gone as gone:
            self._look_again(message_id, gone)
        except Failure as failure:
            if _is_of_the_mailbox(failure):
                raise MailboxNotReadable(str(failure)) from failure
            self._put_it_off(message_id, str(failure))
        return None

    def _look_again(self, message_id: str, gone: Gone) -> None:
        """Somebody may have deleted it, which is nothing to tell; or the whole mailbox is not there for a while."""
        if _is_of_item(gone) and message_id in self._put_off:
            self._forget(message_id)
        else:
            self._put_it_off(message_id, "" if _is_of_item(gone) else str(gone))

    def _put_it_off(self, message_id: str, error: str) -> None:
        kept = later(self._put_off.get(message_id), error)
        self._forget(message_id)
        self._put_off[message_id] = kept
        facts = {"mailbox": str(self._mailbox.pk), "attempts": kept["attempts"]}
        logger.warning("mail not handed out", extra=facts)

    def _forget(self, message_id: str) -> None:
        self._put_off.pop(message_id, None)
        for reading in self._readings:
            reading.settle(message_id)

    def _refuse_if_off(self) -> None:
        connection = self._mailbox.connection
        if connection is None or not connection.is_active:
            raise MailboxNotReadable(_("Its connection to Microsoft 365 is switched off."))

    def names(self, after: str = "") -> Iterator[tuple[list[str], str]]:
        self._refuse_if_off()
        number, _bar, link = after.partition("|")
        first = int(number or 0)
        with _Told():
            for place, reading in enumerate(self._readings[first:], first):
                request = self._listing(MESSAGES, reading.folder, {"$select": SELECTED})
                for page in self._graph.pages(replace(request, link=link)):
                    names = [f"{PREFIX}{item['id']}" for item in page.items if self._is_wanted(item)]
                    is_last = not page.next_link and place + 1 == len(self._readings)
                    next_one = f"{place}|{page.next_link}" if page.next_link else f"{place + 1}|"
                    yield names, "" if is_last else next_one
                link = ""

    # After the mail is stored ---------------------------------------------------------------------------------------

    def done(self, provider_id: str) -> None:
        message_id = provider_id.removeprefix(PREFIX)
        self._forget(message_id)  # it is stored; where marking fails, that is told and tried again
        failure = self._settle_again(message_id)
        if failure is not None and _is_of_the_mailbox(failure):
            raise MailboxNotReadable(str(failure)) from failure
        if failure is not None:
            raise MailNotReadable(str(failure)) from failure

    def _settle_what_is_left(self, *, now: datetime, ends: float) -> None:
        """Once what is new was handed out: none of it waits for this."""
        for message_id in due(self._unsettled, now):
            if monotonic() > ends:
                break
            self._settle_again(message_id)

    def _settle_again(self, message_id: str) -> Failure | None:
        """Also what a kill between storing and moving has left in its folder."""
        try:
            self._settle(message_id)
        except Failure as failure:
            self._unsettled[message_id] = later(self._unsettled.get(message_id), str(failure))
            return failure
        self._unsettled.pop(message_id, None)
        return None

    def _settle(self, message_id: str) -> None:
        """Doing it twice is as good as once: an immutable id stays when the mail is moved."""
        values = {"user-id": self._user, "message-id": message_id}
        if self._settings.after == AfterTaking.MARK:
            request = Request(method="PATCH", route=MESSAGE, values=values, is_repeatable=True)
            request = request.with_json({"isRead": True})
        elif self._settings.after == AfterTaking.MOVE:
            request = Request(method="POST", route=f"{MESSAGE}/move", values=values, is_repeatable=True)
            request = request.with_json({"destinationId": self._folders.id_of(self._settings.move_to)})
        else:
            return
        try:
            self._graph.send(request)
        except Gone as gone:
            if not _is_of_item(gone) or self._is_there(values):  # but of its mailbox, or of the folder
                self._folders.forget(self._settings.move_to)
                raise
            logger.info("a taken mail is gone", extra={"mailbox": str(self._mailbox.pk)})

    def _is_there(self, values: Mapping[str, str]) -> bool:
        try:
            self._graph.get(MESSAGE, values, query={"$select": "id"})
        except Gone:
            return False
        return True

    def read_to(self) -> datetime | None:
        return self._read_to

    def position(self) -> Mapping[str, object]:
        return self._position(frozenset())

    def position_with(self, stored: Collection[str]) -> Mapping[str, object] | None:
        """None where mails are moved: one that a kill leaves in its folder is found there by listing it again. What is
        to be marked is written down with it.
        """
        if self._settings.after == AfterTaking.MOVE:
            return None
        ids = frozenset(name.removeprefix(PREFIX) for name in stored)
        position = dict(self._position(ids))
        if self._settings.after == AfterTaking.MARK:
            position["unsettled"] = self._unsettled | {message_id: {"error": ""} for message_id in ids}
        return position

    def _position(self, stored: Set[str]) -> Mapping[str, object]:
        return {
            "place": self._place,
            "folders": {reading.folder: reading.as_json(stored) for reading in self._readings},
            "not_before": self._settings.not_before,
            "ids": self._folders.found,
            "unsettled": self._unsettled,
            "put_off": {key: kept for key, kept in self._put_off.items() if key not in stored},
        }

    def close(self) -> None:
        """Nothing is open between two requests."""


class _FolderNotReadable(MailboxNotReadable):
    """One of its folders."""


class _Told:
    """A failure of the connection as one of the mailbox."""

    def __init__(self, *, lets_through: tuple[type[Failure], ...] = ()) -> None:
        self._lets_through = lets_through

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Failure) and not isinstance(error, self._lets_through):
            raise MailboxNotReadable(str(error)) from error


def _is_of_item(gone: Gone) -> bool:
    return str(gone.said.facts.get("code", "")).lower() == ITEM_GONE


def _is_of_the_mailbox(failure: Failure) -> bool:
    """Rather than of the one mail that was asked for: then the others fare no better now."""
    if isinstance(failure, HeldBack | CredentialsRefused):
        return True
    return isinstance(failure, Transient) and (not failure.is_breaking or failure.said.code in OF_THE_WAY)
