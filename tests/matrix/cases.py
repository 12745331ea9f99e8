"""A cell of the matrix, and the ways in which acts are asked for. Nothing here says what is allowed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.tokens import default_token_generator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from desk.composing import context_of
from tests.matrix.scenes import World
from tickets.links import Answer, sign_answer
from tickets.models import Task, Ticket


@dataclass(frozen=True)
class Case:
    """One cell: who asks about what. `missing` is the same question about things that do not exist."""

    world: World
    column: str
    state: str
    is_missing: bool = False

    @property
    def ticket(self) -> Ticket:
        return self.world.scene(self.state, self.column).ticket

    @property
    def actor(self) -> Any:
        return self.world.people[self.column]

    @property
    def ref(self) -> str:
        return f"INC-{timezone.now().year}-999999" if self.is_missing else self.ticket.reference

    def id(self, thing: Any) -> UUID:
        found: UUID = uuid4() if self.is_missing else thing.pk
        return found

    @property
    def task(self) -> UUID:
        return self.id(self.world.scene(self.state, self.column).task)

    @property
    def envelope(self) -> UUID:
        return self.id(self.world.scene(self.state, self.column).envelope)

    @property
    def envelope_file(self) -> UUID:
        return self.id(self.world.scene(self.state, self.column).file)

    @property
    def envelope_mail(self) -> UUID:
        return self.id(self.world.scene(self.state, self.column).file.entry)

    def flag(self, name: str) -> UUID:
        return self.id(self.world.scene(self.state, self.column).flags[name])

    def task_version(self) -> int:
        task = self.world.scene(self.state, self.column).task
        return int(Task.objects.values_list("version", flat=True).get(pk=task.pk))

    @property
    def message(self) -> UUID:
        return self.id(self.world.scene(self.state, self.column).message)

    @property
    def resolution(self) -> UUID:
        return self.id(self.world.scene(self.state, self.column).resolution)

    def thing(self, name: str) -> UUID:
        return self.id(self.world.things[name])

    def version(self) -> int:
        return int(Ticket.objects.values_list("version", flat=True).get(pk=self.ticket.pk))

    @property
    def solved(self) -> str:
        return sign_answer(self.ticket, Answer.SOLVED)

    @property
    def not_solved(self) -> str:
        return sign_answer(self.ticket, Answer.NOT_SOLVED)

    def missing(self) -> "Case":
        return replace(self, is_missing=True)


@dataclass(frozen=True)
class Ask:
    method: str
    path: str
    data: Any = None
    goes_to: str = ""
    """Where a page leads after success; empty: it answers itself."""
    status: int = 200
    """What the API, or a page that leads nowhere, answers after success."""


@dataclass(frozen=True)
class Act:
    api: Callable[[Case], Ask] | None = None
    page: Callable[[Case], Ask] | None = None


def t(case: Case, step: str = "") -> str:
    return f"/t/{case.ref}/{step + '/' if step else ''}"


def api(case: Case, step: str = "") -> str:
    return f"/api/v1/tickets/{case.ref}/{step + '/' if step else ''}"


def step(name: str, data: Any = None, *, page: str = "", form: Any = None) -> Act:
    """A step that both know: the same word or `page`, the same values or `form`."""

    def values(given: Any, case: Case) -> Any:
        return given(case) if callable(given) else dict(given or {})

    return Act(
        api=lambda case: Ask("post", api(case, name), values(data, case)),
        page=lambda case: Ask(
            "post", t(case, page or name), values(data if form is None else form, case), goes_to=t(case)
        ),
    )


def shown(name: str) -> Act:
    """A page with a form or a list, below the ticket."""
    return Act(page=lambda case: Ask("get", t(case, name)))


def task_step(name: str, data: Any = None) -> Act:
    return Act(
        api=lambda case: Ask("post", f"/api/v1/tasks/{case.task}/{name}/", data or {}),
        page=lambda case: Ask("post", t(case, f"tasks/{case.task}/{name}"), data or {}, goes_to=t(case)),
    )


def task_change(name: str, data: Callable[[Case], dict[str, str]]) -> Act:
    """A change of the task's values; at the page in the form `name`."""

    def values(case: Case) -> dict[str, Any]:
        return {**data(case), "version": case.task_version()}

    return Act(
        api=lambda case: Ask("patch", f"/api/v1/tasks/{case.task}/", values(case)),
        page=lambda case: Ask("post", t(case, f"tasks/{case.task}/{name}"), values(case), goes_to=t(case)),
    )


def flag_step(name: str, flag: str, data: dict[str, str], *, page: str = "") -> Act:
    """A step of one flag that both know: the same word or `page`."""
    return Act(
        api=lambda case: Ask("post", f"/api/v1/flags/{case.flag(flag)}/{name}/", data),
        page=lambda case: Ask("post", t(case, f"flags/{case.flag(flag)}/{page or name}"), data, goes_to=t(case)),
    )


def field(name: str, value: str) -> Act:
    return Act(
        api=lambda case: Ask("patch", api(case), {name: value, "version": case.version()}),
        page=lambda case: Ask(
            "post", t(case, f"fields/{name}"), {name: value, "version": case.version()}, goes_to=t(case)
        ),
    )


def note(case: Case) -> dict[str, Any]:
    return {
        "body": "Seen it.",
        "context": context_of(case.ticket, last_seen_seq=10**9, by=case.world.people["owner"]).signed(),
    }


def reply(**more: Any) -> Act:
    def form(case: Case) -> Ask:
        context = context_of(case.ticket, last_seen_seq=10**9, by=case.world.people["owner"]).signed()
        if "to_confirm" in more:
            other = case.world.scenes["new"].ticket
            context = context_of(other, last_seen_seq=10**9, by=case.world.people["owner"]).signed()
        data = {"context": context, "body": "Please restart it.", "cc": ""}
        return Ask("post", t(case, "reply"), data, goes_to=t(case))

    return Act(
        api=lambda case: Ask("post", api(case, "reply"), {"body": "Please restart it.", **more}, status=201), page=form
    )


def transfer(reason_code: str, reason: str, *, to_self: bool = False) -> Act:
    def values(case: Case) -> dict[str, str]:
        new = case.actor if to_self and case.column not in ("anon", "bare", "client") else case.world.people["agent"]
        return {"new_owner": str(new.pk), "reason_code": reason_code, "reason": reason}

    return Act(api=lambda case: Ask("post", api(case, "transfer_ownership"), values(case)))


def transfer_form(reason_code: str, reason: str) -> Act:
    def form(case: Case) -> Ask:
        new_owner = str(case.world.people["agent"].pk)
        data = {"reference": case.ref, "new_owner": new_owner, "reason_code": reason_code, "reason": reason}
        return Ask("post", "/admin/transfer/", data, goes_to="/admin/")

    return Act(page=form)


def card(layout: str, column: str) -> Act:
    """A card put into another column, as without script."""
    address = f"/board/team/move/?{layout}"
    return Act(page=lambda case: Ask("post", address, {"card": case.ref, "column": column}, goes_to="/board/team/"))


def limits_form() -> dict[str, str]:
    modes = {
        f"{field}-{column}-mode": "soft"
        for field, columns in {
            "status": ("new", "in_progress", "waiting", "resolved"),
            "priority": ("critical", "high", "medium", "low"),
        }.items()
        for column in columns
    }
    return modes | {"status-waiting-most": "7"}


def absence_values() -> dict[str, str]:
    start = timezone.now().date() + timedelta(days=60)
    return {"kind": "sick", "starts_on": str(start), "ends_on": str(start + timedelta(days=3))}


def absence_of(name: str) -> Act:
    """Another person's absence, recorded on the people page."""
    return Act(
        api=lambda case: Ask(
            "post", "/api/v1/absences/", {"agent": str(case.world.things[name].pk), **absence_values()}, status=201
        ),
        page=lambda case: Ask(
            "post",
            f"/people/{case.thing(name)}/absences/new/",
            absence_values(),
            goes_to="/account/" if case.world.things[name].pk == getattr(case.actor, "pk", None) else "/people/",
        ),
    )


def ledger_step(name: str, thing: str = "mail") -> Act:
    return Act(
        api=lambda case: Ask("post", f"/api/v1/mail/messages/{case.thing(thing)}/{name}/", {}),
        page=lambda case: Ask("post", f"/mail/{case.thing(thing)}/{name}/", goes_to=f"/mail/{case.thing(thing)}/"),
    )


def choice(thing: str) -> Act:
    def data(case: Case) -> dict[str, str]:
        return {"envelope": str(case.world.things["envelope_of_two"].pk)}

    at = "{}/{}/choose/"
    return Act(
        api=lambda case: Ask("post", at.format("/api/v1/mail/messages", case.thing(thing)), data(case)),
        page=lambda case: Ask(
            "post", at.format("/mail", case.thing(thing)), data(case), goes_to=f"/mail/{case.thing(thing)}/"
        ),
    )


def ledger_move(thing: str) -> Act:
    def data(case: Case) -> dict[str, str]:
        return {"ticket": case.world.things["target"].reference}

    return Act(
        api=lambda case: Ask("post", f"/api/v1/mail/messages/{case.thing(thing)}/move/", data(case)),
        page=lambda case: Ask(
            "post", f"/mail/{case.thing(thing)}/move/", data(case), goes_to=f"/mail/{case.thing(thing)}/"
        ),
    )


def own_absence() -> Act:
    def own(case: Case) -> Ask:
        person = case.actor if case.actor and case.column not in ("bare", "client") else case.world.people["owner"]
        return Ask("post", "/api/v1/absences/", {"agent": str(person.pk), **absence_values()}, status=201)

    return Act(api=own, page=lambda case: Ask("post", "/account/absences/new/", absence_values(), goes_to="/account/"))


def reads(api_path: str, page: str = "") -> Act:
    return Act(
        api=lambda case: Ask("get", f"/api/v1{api_path}"), page=(lambda case: Ask("get", page)) if page else None
    )


def one(kind: str, thing: str, page: str = "") -> Act:
    return Act(
        api=lambda case: Ask("get", f"/api/v1/{kind}/{case.thing(thing)}/"),
        page=(lambda case: Ask("get", f"/{page}/{case.thing(thing)}/")) if page else None,
    )


def contact_step(name: str, data: Any = None, *, page: str = "") -> Act:
    """Something done about the customer of the desk's tickets."""

    def ask(path: str, case: Case, **more: str) -> Ask:
        return Ask("post", path.format(case.world.things["contact"].pk), dict(data or {}), **more)  # type: ignore[arg-type]

    return Act(
        api=lambda case: ask(f"/api/v1/contacts/{{}}/{name}/", case),
        page=lambda case: ask(f"/customers/{{}}/{page or name}/", case, goes_to="/customers/"),
    )


def page(method: str, path: str, data: Any = None, *, goes_to: str = "") -> Act:
    return Act(page=lambda case: Ask(method, path.format(case=case), data, goes_to=goes_to.format(case=case)))


TEXTS = {"responses": "canned_responses", "templates": "ticket_templates"}


def _text(kind: str) -> dict[str, str]:
    return {"title": "Greeting", **({"body": "Hello"} if kind == "responses" else {"subject": "New starter"})}


def kept_text(kind: str, scope: str) -> Act:
    """A new text for the person, the desk's team, or everybody."""

    def given(case: Case) -> dict[str, str]:
        return {"team": str(case.world.desk.pk)} if scope == "team" else {}

    return Act(
        api=lambda case: Ask(
            "post", f"/api/v1/{TEXTS[kind]}/", {**_text(kind), "scope": scope, **given(case)}, status=201
        ),
        page=lambda case: Ask(
            "post",
            f"/texts/{kind}/new/",
            {**_text(kind), "audience": f"team:{case.world.desk.pk}" if scope == "team" else scope},
            goes_to="/texts/",
        ),
    )


def changed_text(kind: str, thing: str) -> Act:
    def audience(case: Case) -> str:
        return "personal" if thing == "own_text" else f"team:{case.world.desk.pk}"

    return Act(
        api=lambda case: Ask(
            "patch", f"/api/v1/{TEXTS[kind]}/{case.thing(thing)}/", {"title": "Good day", "version": 1}
        ),
        page=lambda case: Ask(
            "post",
            f"/texts/{kind}/{case.thing(thing)}/",
            {**_text(kind), "audience": audience(case), "version": "1"},
            goes_to="/texts/",
        ),
    )


def removed_text(kind: str, thing: str) -> Act:
    return Act(
        api=lambda case: Ask("delete", f"/api/v1/{TEXTS[kind]}/{case.thing(thing)}/", status=204),
        page=lambda case: Ask("post", f"/texts/{kind}/{case.thing(thing)}/delete/", goes_to="/texts/"),
    )


def new_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("log.txt", b"It says: paper jam.", "text/plain")


def entry_of(case: Case) -> Any:
    return case.ticket.entries.order_by("seq").first()


def password_link(case: Case) -> str:
    user = case.world.people["agent"].user
    uid = urlsafe_base64_encode(str(user.pk).encode())
    return f"/password-reset/{uid}/{default_token_generator.make_token(user)}/"
