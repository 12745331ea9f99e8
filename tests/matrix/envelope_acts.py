"""How help on a ticket is asked for and given, at the API and on the page. Nothing here says what is allowed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from desk.composing import context_of
from tests.matrix.cases import Act, Ask, Case, api, new_file, t, task_change, task_step


def at(case: Case, step: str = "") -> str:
    return f"/api/v1/envelopes/{case.envelope}/{step + '/' if step else ''}"


def tab(case: Case, step: str = "") -> str:
    """The only envelope of the ticket on its page."""
    return t(case, f"e/1/{step}" if step else "e/1")


Values = Callable[[Case], dict[str, Any]]


def step(name: str, data: Values | None = None, *, form: Values | None = None, status: int = 200) -> Act:
    """A step by the same word at both; `form` where the page's fields are called otherwise."""
    filled = form or data

    def page(case: Case) -> Ask:
        return Ask("post", tab(case, name), filled(case) if filled else {}, goes_to="/")

    return Act(
        api=lambda case: Ask("post", at(case, name), data(case) if data else {}, status=status),
        page=page,
    )


def told(name: str) -> Act:
    return Act(api=lambda case: Ask("get", at(case, name)))


def form_of(name: str) -> Act:
    """Where the values of a step are typed."""
    return Act(page=lambda case: Ask("get", tab(case, name)))


def work(name: str) -> Act:
    """A step of the task of the envelope; its tab comes back."""
    return replace(
        task_step(name), page=lambda case: Ask("post", t(case, f"tasks/{case.task}/{name}"), {}, goes_to=tab(case))
    )


def change(name: str, data: Values) -> Act:
    """A change of the task of the envelope, likewise."""
    known = task_change(name, data)

    def page(case: Case) -> Ask:
        return Ask(
            "post",
            t(case, f"tasks/{case.task}/{name}"),
            {**data(case), "version": case.task_version()},
            goes_to=tab(case),
        )

    return replace(known, page=page)


def wanted(case: Case) -> dict[str, Any]:
    return {"target": f"team:{case.world.field_service.pk}", "reason": "Packets drop."}


def message(case: Case, *, mode: str = "e1") -> dict[str, Any]:
    owner = case.world.people["owner"]
    context = context_of(case.ticket, last_seen_seq=10**9, by=owner, mode=mode)
    return {"body": "Which port?", "context": context.signed()}


def because(_case: Case) -> dict[str, Any]:
    return {"reason": "Not my field"}


def asked(case: Case) -> dict[str, Any]:
    return {"team": str(case.world.field_service.pk), "reason": "Packets drop."}


ENVELOPE_ACTS: dict[str, Act] = {
    "read_envelopes": Act(api=lambda case: Ask("get", api(case, "envelopes"))),
    "open_envelope": Act(
        api=lambda case: Ask("post", api(case, "envelopes"), asked(case), status=201),
        page=lambda case: Ask("post", t(case, "envelopes"), wanted(case), goes_to=t(case)),
    ),
    "list_envelopes": Act(api=lambda case: Ask("get", "/api/v1/envelopes/?status=pending&mine=true")),
    "expert_contribution": Act(
        api=lambda case: Ask("get", "/api/v1/metrics/expert_contribution/"),
        page=lambda _case: Ask("get", "/envelopes/contribution/"),
    ),
    "read_envelope": Act(api=lambda case: Ask("get", at(case)), page=lambda case: Ask("get", tab(case))),
    "read_messages": told("messages"),
    "read_envelope_tasks": told("tasks"),
    "read_envelope_files": told("attachments"),
    "download_envelope_file": Act(
        api=lambda case: Ask("get", f"/api/v1/attachments/{case.envelope_file}/"),
        page=lambda case: Ask("get", f"/attachments/{case.envelope_file}/"),
    ),
    "post_message": step("messages", lambda case: {"body": "Which port?"}, form=message, status=201),
    "post_files": Act(
        api=lambda case: Ask("post", at(case, "attachments"), {"file": new_file(), "body": "See."}, status=201),
        page=lambda case: Ask("post", tab(case, "messages"), {"attachments": new_file(), **message(case)}, goes_to="/"),
    ),
    "add_envelope_task": step("tasks", lambda case: {"title": "Swap the port"}, status=201),
    "accept_envelope": step("accept"),
    "decline_envelope": step("decline", because),
    "redirect_envelope": step(
        "redirect",
        lambda case: {"team": str(case.world.field_service.pk)},
        form=lambda case: {"target": f"team:{case.world.field_service.pk}"},
    ),
    "invite": step("invite", lambda case: {"agent": str(case.world.things["colleague"].pk)}),
    "offer_help": step("offer"),
    "withdraw_help_offer": step("withdraw_offer"),
    "take_help_offer": step("take_offer", lambda case: {"agent": str(case.world.people["agent"].pk)}),
    "name_vendor": step(
        "vendor",
        lambda case: {"vendor_addresses": ["otto@vendor.test"]},
        form=lambda case: {"vendor_addresses": "otto@vendor.test"},
    ),
    "read_vendor_mails": told("vendor_mails"),
    "write_to_vendor": step(
        "vendor_mails",
        lambda case: {"subject": "Switch 7", "body": "Which firmware?"},
        form=lambda case: {**message(case, mode="v1"), "cc": "Switch 7"},
        status=201,
    ),
    "undo_vendor_mail": Act(
        api=lambda case: Ask("post", f"/api/v1/vendor_mails/{case.message}/undo/"),
        page=lambda case: Ask("post", tab(case, f"vendor_mails/{case.message}/undo"), goes_to=tab(case)),
    ),
    "release_envelope": step("release", because),
    "complete_envelope": step("complete", lambda case: {"summary": "A bad port.", "outcome": "solved"}),
    "cancel_envelope": step("cancel", because),
    "reopen_envelope": step("reopen"),
    "next_level": step("envelopes", asked, form=wanted, status=201),
}
ENVELOPE_PAGES: dict[str, Act] = {
    "start_envelope_task": work("start"),
    "edit_envelope_task": change("edit", lambda _case: {"title": "Swap both ports"}),
    "assign_envelope_task": change("assign", lambda case: {"assigned_to": str(case.world.people["outsider"].pk)}),
    "see_envelope_form": Act(page=lambda case: Ask("get", t(case, "envelopes"))),
    "see_decline_form": form_of("decline"),
    "see_redirect_form": form_of("redirect"),
    "see_vendor_form": form_of("vendor"),
    "see_invite_form": form_of("invite"),
    "see_release_form": form_of("release"),
    "see_seal_form": form_of("complete"),
    "see_withdraw_form": form_of("cancel"),
    "see_next_level_form": form_of("envelopes"),
    "see_envelope_task_form": form_of("tasks"),
    "see_use_in_reply": form_of("use"),
    "use_in_reply": Act(page=lambda case: Ask("post", tab(case, "use"), {"body": "A bad port."})),
    "keep_envelope_draft": Act(
        page=lambda case: Ask(
            "post", tab(case, "draft"), {"body": "Half a sen", "draft_version": "0"}, goes_to=tab(case)
        )
    ),
    "keep_envelope_draft_file": Act(
        page=lambda case: Ask("post", tab(case, "draft/files"), {"file": new_file()}, goes_to=tab(case))
    ),
    "remove_envelope_draft_file": Act(
        page=lambda case: Ask(
            "post", tab(case, f"draft/files/{case.thing('draft_file')}/remove"), {"body": "Half a sen"}
        )
    ),
    "read_envelope_mail_html": Act(page=lambda case: Ask("get", tab(case, f"entries/{case.envelope_mail}/html"))),
    "read_envelope_mail_text": Act(page=lambda case: Ask("get", tab(case, f"entries/{case.envelope_mail}/text"))),
    "keep_vendor_draft": Act(
        page=lambda case: Ask(
            "post", tab(case, "vendor_mails/draft"), {"body": "Half a sen", "draft_version": "0"}, goes_to=tab(case)
        )
    ),
    "mark_envelope_read": Act(page=lambda case: Ask("post", tab(case, "read"), {"seq": "1"}, status=204)),
    "my_envelopes": Act(page=lambda _case: Ask("get", "/envelopes/")),
    "help_board": Act(page=lambda _case: Ask("get", "/help/")),
}
