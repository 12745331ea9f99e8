"""How each act of the matrix is asked for, at the API and on the page. Nothing here says what is allowed."""

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
from tests.factories.people import PASSWORD
from tests.matrix.world import STRANGERS, World
from tickets.links import Answer, sign_answer
from tickets.models import Ticket


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
    def message(self) -> UUID:
        return self.id(self.world.scene(self.state, self.column).message)

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


def field(name: str, value: str) -> Act:
    return Act(
        api=lambda case: Ask("patch", api(case), {name: value, "version": case.version()}),
        page=lambda case: Ask(
            "post", t(case, f"fields/{name}"), {name: value, "version": case.version()}, goes_to=t(case)
        ),
    )


def reply(**more: Any) -> Act:
    def form(case: Case) -> Ask:
        context = context_of(case.ticket, last_seen_seq=10**9).signed()
        if "to_confirm" in more:
            other = case.world.scenes["new"].ticket
            context = context_of(other, last_seen_seq=10**9).signed()
        data = {"context": context, "body": "Please restart it.", "cc": ""}
        return Ask("post", t(case, "reply"), data, goes_to=t(case))

    return Act(
        api=lambda case: Ask("post", api(case, "reply"), {"body": "Please restart it.", **more}, status=201), page=form
    )


def transfer(reason_code: str, reason: str, *, to_self: bool = False) -> Act:
    def values(case: Case) -> dict[str, str]:
        new = case.actor if to_self and case.column not in ("anon", "bare", "client") else case.world.people["agent"]
        return {"new_owner": str(new.pk), "reason_code": reason_code, "reason": reason}  # type: ignore[union-attr]

    return Act(api=lambda case: Ask("post", api(case, "transfer_ownership"), values(case)))


def transfer_form(reason_code: str, reason: str) -> Act:
    def form(case: Case) -> Ask:
        new_owner = str(case.world.people["agent"].pk)  # type: ignore[union-attr]
        data = {"reference": case.ref, "new_owner": new_owner, "reason_code": reason_code, "reason": reason}
        return Ask("post", "/admin/transfer/", data, goes_to="/admin/")

    return Act(page=form)


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


def own_absence() -> Act:
    def own(case: Case) -> Ask:
        person = case.actor if case.actor and case.column not in ("bare", "client") else case.world.people["owner"]
        return Ask("post", "/api/v1/absences/", {"agent": str(person.pk), **absence_values()}, status=201)  # type: ignore[union-attr]

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


def page(method: str, path: str, data: Any = None, *, goes_to: str = "") -> Act:
    return Act(page=lambda case: Ask(method, path.format(case=case), data, goes_to=goes_to.format(case=case)))


def new_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("log.txt", b"It says: paper jam.", "text/plain")


def entry_of(case: Case) -> Any:
    return case.ticket.entries.order_by("seq").first()


TEXT = "Her employment has ended; the ticket goes on with Jonas."
NOTE = {"body": "Seen it."}
REQUESTER = "dana@acme.example"

ACTS: dict[str, Act] = {
    # Reading
    "read": Act(api=lambda case: Ask("get", api(case)), page=lambda case: Ask("get", t(case))),
    "read_timeline": Act(api=lambda case: Ask("get", api(case, "timeline"))),
    "read_files": Act(api=lambda case: Ask("get", api(case, "attachments"))),
    "read_tasks": Act(api=lambda case: Ask("get", api(case, "tasks"))),
    "read_task": Act(api=lambda case: Ask("get", f"/api/v1/tasks/{case.task}/")),
    "read_mail_html": Act(page=lambda case: Ask("get", t(case, f"entries/{case.id(entry_of(case))}/html"))),
    "read_mail_text": Act(page=lambda case: Ask("get", t(case, f"entries/{case.id(entry_of(case))}/text"))),
    "read_history": shown("history"),
    "download": one("attachments", "file", "attachments"),
    "download_blocked": one("attachments", "blocked_file", "attachments"),
    "list": reads("/tickets/", "/queue/all/"),
    "search": reads("/search/?q=printer", "/search/?q=printer"),
    # Ownership
    "accept": step("accept"),
    "offer": step("offer", lambda case: {"agent": str(case.world.people["agent"].pk)}),  # type: ignore[union-attr]
    "withdraw_offer": step("withdraw_offer"),
    "change_team": Act(  # afterwards it is another team's, and out of sight
        api=lambda case: Ask("post", api(case, "change_team"), {"team": str(case.world.network.pk)}),
        page=lambda case: Ask("post", t(case, "change_team"), {"team": str(case.world.network.pk)}, goes_to="/queue/"),
    ),
    "write_owner": Act(api=lambda case: Ask("patch", api(case), {"owner": "nina", "version": case.version()})),
    "transfer": transfer("termination", TEXT),
    "transfer_to_self": transfer("termination", TEXT, to_self=True),
    "transfer_too_hard": transfer("too_hard", TEXT),
    "transfer_for_leave": transfer("extended_leave", TEXT),
    "transfer_untold": transfer("termination", ""),
    # Conversation
    "reply": reply(),
    "reply_to_another": reply(to_confirm="somebody@else.example"),
    "note": Act(
        api=lambda case: Ask("post", api(case, "note"), NOTE, status=201),
        page=lambda case: Ask("post", t(case, "note"), NOTE, goes_to=t(case)),
    ),
    "attach": Act(
        api=lambda case: Ask("post", api(case, "attachments"), {"file": new_file(), **NOTE}, status=201),
        page=lambda case: Ask("post", t(case, "note"), {"attachments": new_file(), **NOTE}, goes_to=t(case)),
    ),
    "allow_images": page("post", "/t/{case.ref}/images/", goes_to="/t/{case.ref}/"),
    "watch": page("post", "/t/{case.ref}/watch/", goes_to="/t/{case.ref}/"),
    "unwatch": page("post", "/t/{case.ref}/unwatch/", goes_to="/t/{case.ref}/"),
    "outbox": reads("/outbox/", "/outbox/"),
    "outbox_one": Act(api=lambda case: Ask("get", f"/api/v1/outbox/{case.message}/")),
    "undo": Act(
        api=lambda case: Ask("post", f"/api/v1/outbox/{case.message}/undo/", {}),
        page=lambda case: Ask("post", f"/outbox/{case.message}/undo/", goes_to=t(case)),
    ),
    # Life-cycle
    "wait_for_customer": step("wait_for_customer", page="wait"),
    "resume": step("resume"),
    "resolve": step("resolve", {"resolution_code": "fixed", "resolution_note": "Restarted."}),
    "confirm": step("confirm"),
    "reopen": step("reopen", {"reason": "It is off again."}),
    "cancel": step("cancel", {"closure_code": "withdrawn"}),
    "spam": page("post", "/t/{case.ref}/spam/", goes_to="/t/{case.ref}/"),
    "see_resolve_form": shown("resolve"),
    "see_reopen_form": shown("reopen"),
    "see_cancel_form": shown("cancel"),
    "see_spam_form": shown("spam"),
    "see_offer_form": shown("offer"),
    "see_team_form": shown("change_team"),
    # Fields
    "edit_subject": field("subject", "Printer on fire"),
    "change_priority": field("priority", "high"),
    "edit_form": Act(
        page=lambda case: Ask(
            "post",
            t(case, "fields"),
            {
                "version": case.version(),
                "subject": case.ticket.subject,
                "priority": "high",
                "category": "",
                "product": "",
                "tags": "",
            },
            goes_to=t(case),
        )
    ),
    "see_edit_form": shown("fields"),
    "link": Act(
        page=lambda case: Ask(
            "post",
            t(case, "links"),
            {"kind": "related", "reference": case.world.scene("task_mine", case.column).ticket.reference},
            goes_to=t(case),
        )
    ),
    "see_link_form": shown("links"),
    # Tasks
    "add_task": Act(
        api=lambda case: Ask("post", api(case, "tasks"), {"title": "Order paper"}, status=201),
        page=lambda case: Ask("post", t(case, "tasks"), {"title": "Order paper"}, goes_to=t(case)),
    ),
    "see_task_form": shown("tasks"),
    "start_task": task_step("start"),
    "finish_task": task_step("finish"),
    "reopen_task": task_step("reopen"),
    "cancel_task": task_step("cancel", {"reason": "Nobody prints."}),
    "see_cancel_task_form": Act(page=lambda case: Ask("get", t(case, f"tasks/{case.task}/cancel"))),
    # Tickets
    "create": Act(
        api=lambda case: Ask(
            "post",
            "/api/v1/tickets/",
            {"subject": "Off", "requester": {"email": REQUESTER}, "team": str(case.world.desk.pk)},
            status=201,
        ),
        page=lambda case: Ask(
            "post",
            "/t/new/",
            {
                "email": REQUESTER,
                "subject": "Off",
                "description": "It is off.",
                "type": "incident",
                "priority": "low",
                "team": str(case.world.desk.pk),
            },
            goes_to="/",
        ),
    ),
    "see_new_form": page("get", "/t/new/"),
    # People
    "me": reads("/me/"),
    "agents": reads("/agents/"),
    "agent": one("agents", "colleague"),
    "teams": reads("/teams/"),
    "team": Act(api=lambda case: Ask("get", f"/api/v1/teams/{case.id(case.world.desk)}/")),
    "people": page("get", "/people/"),
    "own_absence": own_absence(),
    "see_own_absence_form": page("get", "/account/absences/new/"),
    "absence_of_colleague": absence_of("colleague"),
    "absence_of_stranger": absence_of("stranger"),
    "see_absence_form_of_colleague": Act(
        page=lambda case: Ask("get", f"/people/{case.thing('colleague')}/absences/new/")
    ),
    "absences": reads("/absences/"),
    "absence": Act(api=lambda case: Ask("get", f"/api/v1/absences/{case.thing('absence')}/")),
    "see_absence_form": Act(page=lambda case: Ask("get", f"/absences/{case.thing('absence')}/")),
    "change_absence": Act(
        api=lambda case: Ask("patch", f"/api/v1/absences/{case.thing('absence')}/", {**absence_values(), "version": 1}),
        page=lambda case: Ask(
            "post", f"/absences/{case.thing('absence')}/", {**absence_values(), "version": 1}, goes_to="/people/"
        ),
    ),
    "cancel_absence": Act(
        api=lambda case: Ask("post", f"/api/v1/absences/{case.thing('absence')}/cancel/", {}),
        page=lambda case: Ask("post", f"/absences/{case.thing('absence')}/cancel/", goes_to="/people/"),
    ),
    # The mail ledger
    "ledger": page("get", "/mail/"),
    "ledger_mail": Act(page=lambda case: Ask("get", f"/mail/{case.thing('mail')}/")),
    "ledger_raw": Act(page=lambda case: Ask("get", f"/mail/{case.thing('mail')}/raw/")),
    "retry_mail": Act(
        page=lambda case: Ask("post", f"/mail/{case.thing('mail')}/retry/", goes_to=f"/mail/{case.thing('mail')}/")
    ),
    "release_mail": Act(
        page=lambda case: Ask("post", f"/mail/{case.thing('mail')}/release/", goes_to=f"/mail/{case.thing('mail')}/")
    ),
    # Customers
    "contacts": reads("/contacts/", "/customers/"),
    "contact": one("contacts", "contact", "customers"),
    "companies": reads("/companies/"),
    "company": one("companies", "company", "orgs"),
    "see_contact_form": page("get", "/customers/{case.world.things[contact].pk}/edit/"),
    "edit_contact": page(
        "post",
        "/customers/{case.world.things[contact].pk}/edit/",
        {"first_name": "Dana", "last_name": "Neu", "tier": "standard", "version": 1},
        goes_to="/customers/",
    ),
    # The operators' pages
    "admin_index": page("get", "/admin/"),
    "admin_tickets": page("get", "/admin/tickets/ticket/"),
    "admin_ticket": Act(page=lambda case: Ask("get", f"/admin/tickets/ticket/{case.id(case.ticket)}/change/")),
    "admin_foreign_ticket": Act(
        page=lambda case: Ask(
            "get", f"/admin/tickets/ticket/{case.id(case.world.scenes['foreign_owned'].ticket)}/change/"
        )
    ),
    "admin_transfers": page("get", "/admin/tickets/ownershiptransfer/"),
    "admin_agents": page("get", "/admin/accounts/agent/"),
    "admin_agent": Act(page=lambda case: Ask("get", f"/admin/accounts/agent/{case.thing('colleague')}/change/")),
    "admin_add_agent": page("get", "/admin/accounts/agent/add/"),
    "admin_clients": page("get", "/admin/accounts/apiclient/"),
    "admin_calendars": page("get", "/admin/accounts/businesscalendar/"),
    "admin_transfer_form": page("get", "/admin/transfer/"),
    "admin_redaction_form": page("get", "/admin/redaction/"),
    "admin_transfer": transfer_form("termination", TEXT),
    "admin_transfer_too_hard": transfer_form("too_hard", TEXT),
    "admin_transfer_for_leave": transfer_form("extended_leave", TEXT),
    "admin_transfer_untold": transfer_form("termination", ""),
    # Own things
    "home": page("get", "/", goes_to="/queue/"),
    "notifications": page("get", "/notifications/"),
    "read_notifications": page("post", "/notifications/read/", goes_to="/notifications/"),
    "open_notification": Act(
        page=lambda case: Ask(
            "post",
            f"/notifications/{case.thing('notification')}/open/",
            goes_to=f"/t/{case.world.scenes['owned'].ticket.reference}/",
        )
    ),
    "account": page("get", "/account/"),
    "save_account": page(
        "post",
        "/account/",
        {"availability": "away", "theme": "dark", "density": "compact", "undo_seconds": "20", "language": ""},
        goes_to="/account/",
    ),
    "theme": page("post", "/account/theme/", {"theme": "dark"}, goes_to="/account/"),
    "language": page("post", "/account/language/", {"language": "de"}, goes_to="/account/"),
    "see_password_form": page("get", "/account/password/"),
    "change_password": page(
        "post",
        "/account/password/",
        {
            "old_password": "correct-horse-battery",
            "new_password1": "tin-drum-lantern-7",
            "new_password2": "tin-drum-lantern-7",
        },
        goes_to="/account/",
    ),
    "end_token": Act(api=lambda case: Ask("post", "/api/v1/auth/logout/", {}, status=204)),
    "delete_token": Act(api=lambda case: Ask("delete", "/api/v1/auth/logout/", status=204)),
    # Open to everybody
    "health": page("get", "/healthz"),
    "readiness": page("get", "/readyz"),
    "metrics": page("get", "/metrics"),
    "report_csp": Act(page=lambda case: Ask("post", "/csp-report/", {"csp-report": "{}"}, status=204)),
    "see_demo_mailbox": page("get", "/demo/mailbox/"),
    "write_as_customer": page("post", "/demo/mailbox/", {"name": "Dana"}),
    "description": reads("/schema/"),
    "api_docs": page("get", "/api/v1/docs/"),
    "get_token": Act(
        api=lambda case: Ask(
            "post",
            "/api/v1/auth/token/",
            {"username": case.world.people["agent"].email, "password": PASSWORD},  # type: ignore[union-attr]
        )
    ),
    "see_sign_in": Act(page=lambda case: Ask("get", "/login/", goes_to="" if case.column in STRANGERS else "/")),
    "sign_in": Act(
        page=lambda case: Ask(
            "post",
            "/login/",
            {"username": case.world.people["agent"].email, "password": PASSWORD},  # type: ignore[union-attr]
            goes_to="/",
        )
    ),
    "sign_out": page("post", "/logout/", goes_to="/login/"),
    "see_forgotten_password": page("get", "/password-reset/"),
    "ask_for_password": page(
        "post", "/password-reset/", {"email": "who@ever.example"}, goes_to="/password-reset/sent/"
    ),
    "password_mail_sent": page("get", "/password-reset/sent/"),
    "open_password_link": Act(
        page=lambda case: Ask(
            "get", password_link(case), goes_to=password_link(case).rpartition("/")[0].rpartition("/")[0]
        )
    ),
    "open_false_password_link": page("get", "/password-reset/xyz/set-password/"),
    "set_with_false_link": page("post", "/password-reset/xyz/set-password/", {"new_password1": "x"}),
    "see_solved": page("get", "/answer/{case.solved}/"),
    "say_solved": page("post", "/answer/{case.solved}/"),
    "see_not_solved": page("get", "/answer/{case.not_solved}/"),
    "say_not_solved": page("post", "/answer/{case.not_solved}/", {"text": "It is off again."}),
    "see_false_answer": page("get", "/answer/{case.solved}x/"),
    "say_false_answer": page("post", "/answer/{case.solved}x/"),
}


def password_link(case: Case) -> str:
    user = case.world.people["agent"].user  # type: ignore[union-attr]
    uid = urlsafe_base64_encode(str(user.pk).encode())
    return f"/password-reset/{uid}/{default_token_generator.make_token(user)}/"
