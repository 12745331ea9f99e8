"""What is measured, as an agent whose team holds a tenth of the tickets."""

import html
import json
import os
import re
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial

from django.conf import settings
from django.db import connection
from django.db.models import Count

from accounts.models import Agent, Contact
from connectors.mail.enums import Backend, Source
from connectors.mail.models import Mailbox
from connectors.mail.services import add_mailbox, take_in
from core.actors import SystemActor
from desk.load import words
from tests.bench.client import Answer, Client
from tests.bench.mails import rates, real_mails
from tests.bench.site import STATEMENTS
from tests.sessions import session_of
from tickets.models import Ticket

ADDRESS = "support@load.itilnext.example"
WARM_UP = 3
MAILS = 500
BIG_MAILS, BIG_BYTES = 3, 30 * 1024 * 1024


@dataclass(frozen=True)
class Figure:
    name: str
    median_ms: float
    p95_ms: float
    best_ms: float
    statements: int
    cpu_ms: float | None
    """Median of the computing in the web process, without waiting."""
    database_ms: float | None
    """Median wait for the database, as seen by the web process."""
    postgres_ms: float | None = None
    """What PostgreSQL itself needs for these statements: planning and execution, summed up."""
    note: str = ""
    share_of_bare: float | None = None
    """Of the rate that the unavoidable part of the work has alone; for mails."""


class Bench:
    def __init__(self, port: int, *, rounds: int) -> None:
        self.rounds = rounds
        self.agent = Agent.objects.filter(teams__name=words.TEAMS[0][0], is_active=True).earliest("email")
        self.team = self.agent.teams.get()
        self.cookies = session_of(self.agent)
        self.client = Client(port, cookies=self.cookies, csrf_cookie=settings.CSRF_COOKIE_NAME)
        self.owned: list[str] = []

    def figures(self) -> Iterable[Figure]:
        yield self.page("own queue", "/queue/mine/")
        yield self.page("team queue, page 1", "/queue/team/")
        yield self.page("list of all, page 1", "/queue/all/")
        yield self.page("list of all, page 20", self.page_20("/queue/all/"))
        yield self.page("filtered list (closed, high)", "/queue/all/?status=closed&priority=high")
        yield self.page("board of the team", "/board/team/")
        yield self.page("board of all, two dimensions", "/board/all/?by=agent&lanes=priority")
        yield self.page("ticket with 5 entries", f"/t/{self.ticket_with(5)}/")
        yield self.page("ticket with 2,000 entries", f"/t/{self.longest_ticket()}/")
        for name, word in (("rare", self.rare_word()), ("common", self.commonest_word())):
            yield self.page(f"search, {name} word", f"/search/?q={word}", note=f"{word}, {self.hits(word):,} tickets")
        yield self.creating()
        yield self.accepting()
        yield self.replying()
        yield from self.mail()

    def pages_of_work(self) -> dict[str, str]:
        """What an agent looks at all day: acceptance 146 names these."""
        return {
            "queue": "/queue/mine/",
            "list": "/queue/all/",
            "ticket": f"/t/{self.ticket_with(5)}/",
            "board": "/board/team/",
            "board in two dimensions": "/board/all/?by=agent&lanes=priority",
        }

    def page(self, name: str, path: str, *, note: str = "") -> Figure:
        for _round in range(WARM_UP):
            self.client.get(path)
        answers = [self.client.get(path) for _round in range(self.rounds)]
        record = re.sub(r"\W+", "-", name) + ".json"
        self.client.get(path, record=record)
        statements = json.loads((STATEMENTS / record).read_text(encoding="utf-8"))
        return _figure(name, answers, 200, postgres_ms=sum(map(_postgres_ms, statements)), note=note)

    def page_20(self, path: str) -> str:
        for _page in range(19):
            found = re.search(r'href="([^"]+)" rel="next"', self.client.get(path).text)
            if found is None:
                raise RuntimeError(f"{path} has no next page")
            link = html.unescape(found[1])
            path = link if link.startswith("/") else path.partition("?")[0] + link
        return path

    def ticket_with(self, entries: int) -> str:
        newest = Ticket.objects.filter(team=self.team, status="closed").order_by("-created_at")[:500]
        ids = list(newest.values_list("pk", flat=True))
        counted = Ticket.objects.filter(pk__in=ids).annotate(count=Count("entries"))
        return counted.filter(count=entries).latest("created_at").reference

    def longest_ticket(self) -> str:
        """The load puts it among the newest of this team."""
        newest = Ticket.objects.filter(team=self.team, status="in_progress").order_by("-created_at")[:5000]
        ids = list(newest.values_list("pk", flat=True))
        return Ticket.objects.filter(pk__in=ids).annotate(c=Count("entries")).latest("c").reference

    def rare_word(self) -> str:
        return words.VOCABULARY[-1]

    def commonest_word(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT word FROM ts_stat('SELECT words FROM tickets_searchdocument TABLESAMPLE SYSTEM (2)')"
                " WHERE length(word) > 2 ORDER BY ndoc DESC LIMIT 1"
            )
            return str(cursor.fetchone()[0])

    def hits(self, word: str) -> int:
        with connection.cursor() as cursor:
            query = "SELECT count(*) FROM tickets_searchdocument WHERE words @@ plainto_tsquery('itilnext', %s)"
            cursor.execute(query, [word])
            return int(cursor.fetchone()[0])

    def creating(self) -> Figure:
        answers = [self._create(number) for number in range(self.rounds + WARM_UP)]
        self.owned = [_reference(answer) for answer in answers]
        return _figure("create (phone)", answers[WARM_UP:], 302)

    def create(self, number: int) -> str:
        """A new ticket of the agent's team; its reference."""
        return _reference(self._create(number))

    def _create(self, number: int) -> Answer:
        values = {
            "email": f"caller{number}@{words.COMPANY_NAMES[0].lower()}.example",
            "name": "Dana Caller",
            "subject": f"Bench: no picture in meeting room {number}",
            "description": "Die Kollegin ruft an: der Bildschirm bleibt seit heute schwarz.",
            "type": "incident",
            "priority": "medium",
            "team": str(self.team.pk),
        }
        return self.client.post("/t/new/", values)

    def accepting(self) -> Figure:
        answers = [self.client.post(f"/t/{reference}/accept/", {}) for reference in self.owned]
        return _figure("accept", answers[WARM_UP:], 302)

    def replying(self) -> Figure:
        def reply(reference: str) -> Answer:
            page = self.client.get(f"/t/{reference}/").text
            context = re.search(r'name="context" value="([^"]*)"', page)
            values = {
                "body": "Thank you, we are looking at it.",
                "context": html.unescape(context[1]) if context else "",
            }
            return self.client.post(f"/t/{reference}/reply/", values)

        return _figure("reply", [reply(reference) for reference in self.owned][WARM_UP:], 302)

    def mail(self) -> Iterable[Figure]:
        """New customers' mails through the whole intake: one by one as each alone needs it, then a full mailbox."""
        mailbox = Mailbox.objects.filter(address=ADDRESS).first() or add_mailbox(
            ADDRESS, backend=Backend.FILES, team=self.team, by=SystemActor("bench")
        )
        senders = list(Contact.objects.values_list("email", flat=True)[:MAILS])
        alone = [_mail(sender, number) for number, sender in enumerate(senders[: self.rounds + WARM_UP])]
        milliseconds = []
        cpu_began_at = time.process_time()
        with connection.execute_wrapper(counter := _Counter()):
            for raw in alone:
                began_at = time.perf_counter()
                take_in(mailbox, raw, provider_id="", source=Source.COMMAND)
                milliseconds.append((time.perf_counter() - began_at) * 1000)
        cpu_ms = (time.process_time() - cpu_began_at) * 1000 / len(alone)
        times = sorted(milliseconds[WARM_UP:])
        figures = (statistics.median(times), _p95(times), times[0], counter.count // len(alone))
        whole, bare = rates(mailbox, [partial(_mail, sender, number) for number, sender in enumerate(senders)])
        share = None  # judged by real mails alone: of short ones, reading takes next to nothing
        note = f"{whole:.0f} mails a second in one process; parsing and one commit a mail bare: {bare:.0f}"
        if mails := real_mails(ADDRESS):
            whole, bare = rates(mailbox, mails)
            share = whole / bare
            note += f"; {len(mails)} real mails: {whole:.0f}, bare {bare:.0f}, {share:.0%} of it"
        yield Figure("one mail in", *figures, cpu_ms=cpu_ms, database_ms=None, note=note, share_of_bare=share)
        yield self.big_mail(mailbox, sender=senders[0])

    def big_mail(self, mailbox: Mailbox, *, sender: str) -> Figure:
        """One of 30 MB, from its bytes to its outcome: so long do those behind it wait."""
        milliseconds = []
        with connection.execute_wrapper(counter := _Counter()):
            for number in range(BIG_MAILS):
                raw = _big_mail(sender, number)
                began_at = time.perf_counter()
                take_in(mailbox, raw, provider_id="", source=Source.COMMAND)
                milliseconds.append((time.perf_counter() - began_at) * 1000)
        times = sorted(milliseconds)
        figures = (statistics.median(times), _p95(times), times[0], counter.count // BIG_MAILS)
        return Figure("a mail of 30 MB in", *figures, cpu_ms=None, database_ms=None)


class _Counter:
    count = 0

    def __call__(self, execute: Callable[..., object], *args: object) -> object:
        self.count += 1
        return execute(*args)


def _mail(sender: str, number: int) -> bytes:
    """In the words of the load, so that search finds in them what it finds elsewhere."""
    slots = {"w": words.VOCABULARY[number % 50], "n": str(number), "s": words.SITES[number % len(words.SITES)]}
    text = "\n".join(sentence.format(**slots) for sentence in words.CUSTOMER["de"][number % 3 :: 3])
    message = EmailMessage()
    message["From"], message["To"] = sender, ADDRESS
    message["Subject"] = words.SUBJECTS["de"][number % 20].format(**slots)
    message["Message-ID"] = f"<bench.{time.time_ns()}.{number}@customer.example>"
    message.set_content(text)
    message.add_alternative("".join(f"<p>{line}</p>" for line in text.splitlines()), subtype="html")
    return message.as_bytes()


def _big_mail(sender: str, number: int) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ADDRESS, "The drawings"
    message["Message-ID"] = f"<big.{time.time_ns()}.{number}@customer.example>"
    message.set_content(f"Drawing {number}")
    message.add_attachment(
        os.urandom(BIG_BYTES * 3 // 4), maintype="application", subtype="octet-stream", filename="x.dwg"
    )
    return message.as_bytes()


def _figure(
    name: str, answers: list[Answer], status: int, *, postgres_ms: float | None = None, note: str = ""
) -> Figure:
    wrong = [answer for answer in answers if answer.status != status]
    if wrong:
        raise RuntimeError(f"{name}: {len(wrong)} of {len(answers)} answered {wrong[0].status}: {wrong[0].text[:2000]}")
    times = sorted(answer.milliseconds for answer in answers)
    return Figure(
        name,
        statistics.median(times),
        _p95(times),
        times[0],
        max(answer.statements for answer in answers),
        statistics.median(answer.cpu_milliseconds for answer in answers),
        statistics.median(answer.database_milliseconds for answer in answers),
        postgres_ms,
        note,
    )


def _reference(answer: Answer) -> str:
    """Of the ticket that a page leads to."""
    return answer.location.rstrip("/").rpartition("/")[2]


def figure_of(name: str, times: list[float], *, note: str = "") -> Figure:
    """Of times that something else than the web process has told, in ms."""
    times = sorted(times)
    p95 = _p95(times)
    return Figure(name, statistics.median(times), p95, times[0], 0, cpu_ms=None, database_ms=None, note=note)


def _p95(times: list[float]) -> float:
    return times[min(int(len(times) * 0.95), len(times) - 1)]


def _postgres_ms(statement: str) -> float:
    """Planning and execution inside PostgreSQL, the median of five; 0 for what is no query."""
    if not statement.lstrip(" \n(").upper().startswith(("SELECT", "WITH")):
        return 0.0
    times: list[float] = []
    with connection.cursor() as cursor:
        for _round in range(5):
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}")
            (plan,) = cursor.fetchone()[0]
            times.append(plan["Planning Time"] + plan["Execution Time"])
    return statistics.median(times)
