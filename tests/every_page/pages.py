"""Every page there is, with an address at which the furnished demo desk (`furnishing.py`) shows its contents.

The matrix walks the URLconf and fails for a page that is missing here (tests/matrix/test_pages.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    name: str
    """Of its picture in docs/screenshots; stays the same."""
    route: str
    """As the resolver writes it."""
    path: str
    """With names of `furnishing.Places` in braces; may lead on to the page itself."""
    who: str = "mara"
    """Who looks at it; empty: nobody is signed in."""
    status: int = 200
    has_picture: bool = True
    """Whether one of it stands in docs/screenshots, which are to stay small."""

    @property
    def place(self) -> str:
        """The route, with the step that its address names."""
        name = self.path.partition("?")[0].rstrip("/").rpartition("/")[2]
        return self.route.replace("<slug:name>", name)

    @property
    def is_of_a_ticket(self) -> bool:
        """Its title begins with the reference."""
        return self.route.startswith(("t/<slug:reference>/", "answer/")) and self.status == 200


def _t(
    name: str, step: str = "", *, of: str = "ticket", route: str = "", who: str = "mara", has_picture: bool = True
) -> Page:
    """A page below a ticket."""
    route = route or step.partition("?")[0]
    return Page(name, f"t/<slug:reference>/{route}", f"/t/{{{of}}}/{step}", who, has_picture=has_picture)


PAGES = (
    # Lists
    Page("queue", "queue/<slug:view>/", "/queue/mine/"),
    Page("list", "queue/<slug:view>/", "/queue/all/?q=status:open+-priority:low"),
    Page("list-wide", "queue/<slug:view>/", "/queue/waiting-for-customers/"),
    Page("list-nothing-matches", "queue/<slug:view>/", "/queue/all/?q=status:open+zzzzz"),
    Page("list-wrong-filter", "queue/<slug:view>/", "/queue/all/?q=status:nonsense", status=400),
    Page("view-new", "queue/new/", "/queue/new/?base=all&q=status:new"),
    Page("view-edit", "queue/<slug:view>/edit/", "/queue/{view}/edit/"),
    Page("bulk-acts", "bulk/", "/bulk/"),
    Page("bulk-receipt", "bulk/<uuid:act_id>/", "/bulk/{receipt}/"),
    Page("board", "board/<slug:view>/", "/board/team/"),
    Page("board-lanes", "board/<slug:view>/", "/board/team/?by=agent&lanes=priority", "lea"),
    Page("board-move", "board/<slug:view>/move/", "/board/team/move/?by=priority&card={ticket}"),
    Page("board-edit", "board/<slug:view>/edit/", "/board/{kept_board}/edit/"),
    Page("board-new", "board/new/", "/board/new/?base=team&by=priority"),
    Page("board-limits", "board/limits/<uuid:team_id>/", "/board/limits/{team}/", "lea"),
    Page("search", "search/", "/search/?q=mailbox"),
    Page("recent", "recent/", "/recent/"),
    # The ticket
    _t("ticket"),
    _t("ticket-new", of="new"),
    _t("ticket-of-a-colleague", of="foreign"),
    _t("ticket-waiting", of="waiting"),
    _t("ticket-resolved", of="resolved"),
    _t("ticket-merged", of="merged"),
    _t("ticket-read-only", who="aude"),
    _t("ticket-reply", "?compose=reply"),
    _t("ticket-note", "?compose=note"),
    _t("history", "history/"),
    _t("meetings", "meetings/", has_picture=False),
    _t("meeting", "meetings/{meeting}/", route="meetings/<uuid:meeting_id>/", has_picture=False),
    _t("envelope-meetings", "e/1/meetings/", of="helped", route="e/<int:number>/meetings/", has_picture=False),
    _t("resolve", "resolve/"),
    _t("cancel", "cancel/"),
    _t("reopen", "reopen/", of="resolved"),
    _t("offer", "offer/", of="new", who="lea"),
    _t("change-team", "change_team/", of="new"),
    _t("spam", "spam/", of="new"),
    _t("merge", "merge/"),
    _t("merge-preview", "merge/?reference={sibling}"),
    _t("split", "split/?entry={entry}"),
    _t("requester", "requester/"),
    _t("requester-preview", "requester/?email={colleague}"),
    _t("fields", "fields/"),
    _t("task-new", "tasks/"),
    _t("task-edit", "tasks/{task}/edit/", route="tasks/<uuid:task_id>/edit/"),
    _t("task-assign", "tasks/{task}/assign/", route="tasks/<uuid:task_id>/assign/"),
    _t("task-cancel", "tasks/{task}/cancel/", route="tasks/<uuid:task_id>/<slug:name>/"),
    _t("resolution-new", "resolutions/", of="granted"),
    _t(
        "resolution-approve",
        "resolutions/{asked}/approve/",
        of="asked_on",
        route="resolutions/<uuid:resolution_id>/<slug:name>/",
        who="lea",
    ),
    _t(
        "resolution-reject",
        "resolutions/{asked}/reject/",
        of="asked_on",
        route="resolutions/<uuid:resolution_id>/<slug:name>/",
        who="lea",
    ),
    _t(
        "resolution-withdraw",
        "resolutions/{asked}/withdraw/",
        of="asked_on",
        route="resolutions/<uuid:resolution_id>/<slug:name>/",
        who="jonas",
    ),
    _t("around-resolutions", "around/resolutions/", of="granted", route="around/<slug:name>/"),
    _t("link", "links/"),
    _t("flag-new", "flags/"),
    _t("flag-clear", "flags/{flag}/clear/", route="flags/<uuid:flag_id>/<slug:name>/"),
    _t("flag-waiver", "flags/{flag}/waiver/", route="flags/<uuid:flag_id>/<slug:name>/"),
    _t("flag-sentiment", "flags/{posted}/sentiment/", of="posted_on", route="flags/<uuid:flag_id>/<slug:name>/"),
    _t("around-repeat-contact", "around/repeat-contact/", route="around/<slug:name>/"),
    _t("log", "log/"),
    _t("around-clocks", "around/clocks/", route="around/<slug:name>/", has_picture=False),
    _t("clocks-pause", "clocks/pause/", who="sam", has_picture=False),
    _t("clocks-resume", "clocks/resume/", who="sam", has_picture=False),
    _t("around-company", "around/company/", route="around/<slug:name>/"),
    Page(
        "around-forecast", "t/<slug:reference>/around/<slug:name>/", "/t/{ticket}/around/forecast/", has_picture=False
    ),
    _t("around-similar", "around/similar/", route="around/<slug:name>/"),
    _t("around-score", "around/score/", route="around/<slug:name>/", has_picture=False),
    _t("score", "score/", has_picture=False),
    _t("score-free", "score/free/", has_picture=False),
    Page("new-ticket", "t/new/", "/t/new/"),
    # Approvals and calibration
    Page("approvals", "approvals/", "/approvals/", "lea"),
    Page("calibration", "calibration/", "/calibration/", "max"),
    Page("calibration-week", "calibration/weeks/<uuid:session_id>/", "/calibration/weeks/{week}/", "max"),
    Page("calibration-item", "calibration/items/<uuid:item_id>/", "/calibration/items/{item}/", "lea"),
    Page("calibration-report", "calibration/report/", "/calibration/report/", "sam"),
    # Proposals
    Page("proposals", "proposals/", "/proposals/", "max", has_picture=False),
    Page("proposals-decided", "proposals/", "/proposals/?status=all", "aude", has_picture=False),
    Page("proposal", "proposals/<uuid:proposal_id>/", "/proposals/{proposal}/", "admin", has_picture=False),
    Page("propose", "proposals/new/", "/proposals/new/", "max", has_picture=False),
    Page("propose-new-policy", "proposals/new/policy/", "/proposals/new/policy/", "max", has_picture=False),
    Page(
        "propose-policy",
        "proposals/new/policy/<uuid:policy_id>/",
        "/proposals/new/policy/{policy}/",
        "max",
        has_picture=False,
    ),
    Page(
        "propose-calendar",
        "proposals/new/calendar/<uuid:calendar_id>/",
        "/proposals/new/calendar/{calendar}/",
        "max",
        has_picture=False,
    ),
    Page(
        "propose-rule",
        "proposals/new/alerts/<uuid:rule_id>/",
        "/proposals/new/alerts/{cell}/",
        "max",
        has_picture=False,
    ),
    # Figures
    Page("reports", "reports/", "/reports/", "sam"),
    Page("reports-customers", "reports/<slug:slug>/", "/reports/customers/", "sam"),
    Page("reports-promises", "reports/<slug:slug>/", "/reports/promises/", "sam", has_picture=False),
    Page("reports-own", "reports/", "/reports/", "mara", has_picture=False),
    Page("reports-decisions", "reports/<slug:slug>/", "/reports/decisions/", "sam", has_picture=False),
    Page(
        "reports-wrong-period",
        "reports/",
        "/reports/?first=2026-03-02&last=2026-03-01",
        "sam",
        status=400,
        has_picture=False,
    ),
    Page("reports-flow", "reports/<slug:slug>/", "/reports/flow/", "sam"),
    Page("reports-rows", "reports/rows/", "/reports/rows/?figure=M16&part=base", "sam"),
    *(
        Page(
            f"reports-course-by-{step}",
            "reports/rows/",
            f"/reports/rows/?figure=M16&part=base&by={step}",
            "sam",
            has_picture=False,
        )
        for step in ("day", "week", "month")
    ),
    # Envelopes
    _t("envelope", "e/1/", of="helped", route="e/<int:number>/"),
    _t("envelope-sealed", "e/1/", of="sealed", route="e/<int:number>/"),
    _t("envelope-of-an-expert", "e/1/?compose=envelope", of="helped", route="e/<int:number>/", who="nina"),
    _t("ticket-with-envelopes", of="helped"),
    _t("envelope-new", "envelopes/", of="helped"),
    _t("envelope-decline", "e/3/decline/", of="helped", route="e/<int:number>/decline/", who="jonas"),
    _t("envelope-redirect", "e/1/redirect/", of="helped", route="e/<int:number>/redirect/"),
    _t("envelope-invite", "e/1/invite/", of="helped", route="e/<int:number>/invite/"),
    _t("envelope-release", "e/1/release/", of="helped", route="e/<int:number>/release/", who="nina"),
    _t("envelope-seal", "e/1/complete/", of="helped", route="e/<int:number>/complete/"),
    _t("envelope-withdraw", "e/1/cancel/", of="helped", route="e/<int:number>/cancel/"),
    _t("envelope-next-level", "e/1/envelopes/", of="helped", route="e/<int:number>/envelopes/"),
    _t("envelope-task", "e/1/tasks/", of="helped", route="e/<int:number>/tasks/"),
    _t("envelope-use-in-reply", "e/1/use/?entry={message}", of="helped", route="e/<int:number>/use/"),
    _t("envelope-of-a-vendor", "e/1/?compose=vendor", of="at_vendor", route="e/<int:number>/", who="tim"),
    _t("envelope-vendor-addresses", "e/1/vendor/", of="at_vendor", route="e/<int:number>/vendor/", who="tim"),
    _t("envelope-of-the-legal-team", "e/1/", of="legal", route="e/<int:number>/", who="hanna"),
    Page("my-envelopes", "envelopes/", "/envelopes/"),
    Page("contribution", "envelopes/contribution/", "/envelopes/contribution/", "sam"),
    Page("contribution-of-one", "envelopes/contribution/", "/envelopes/contribution/?of=agent:{nina}", "nina"),
    Page("help-board", "help/", "/help/", "nina"),
    Page("help-board-elsewhere", "help/", "/help/?show=others&by=skill", "jonas"),
    # Own things, people, texts, customers
    Page("alerts", "alerts/", "/alerts/", has_picture=False),
    Page("alerts-of-teams", "alerts/", "/alerts/?show=teams&status=any", "lea", has_picture=False),
    Page("outbox", "outbox/", "/outbox/"),
    Page("schedule", "outbox/<uuid:message_id>/schedule/", "/outbox/{scheduled}/schedule/"),
    Page("reminders", "reminders/", "/reminders/"),
    Page("reminder", "reminders/<uuid:reminder_id>/", "/reminders/{reminder}/", has_picture=False),
    _t("remind", "remind/"),
    Page("notifications", "notifications/", "/notifications/"),
    Page("how-told", "account/notifications/", "/account/notifications/"),
    Page("how-told-of-one", "account/notifications/<slug:event_type>/", "/account/notifications/sla_warning/"),
    Page("what-would-come", "notifications/preview/", "/notifications/preview/"),
    Page("deliveries", "notifications/deliveries/", "/notifications/deliveries/"),
    Page("delivery-failures", "notifications/failures/", "/notifications/failures/", "sam"),
    Page("account", "account/", "/account/"),
    Page("own-calendar", "account/calendar/", "/account/calendar/"),
    Page("own-keys", "account/keys/", "/account/keys/"),
    Page("keys", "keys/", "/keys/"),
    Page("password", "account/password/", "/account/password/"),
    Page("second-factor", "account/second-factor/", "/account/second-factor/", has_picture=False),
    Page("own-absence", "account/absences/new/", "/account/absences/new/"),
    Page("people", "people/", "/people/", "lea"),
    Page("absence-new", "people/<uuid:agent_id>/absences/new/", "/people/{agent}/absences/new/", "lea"),
    Page("absence", "absences/<uuid:absence_id>/", "/absences/{absence}/", "lea"),
    Page("texts", "texts/", "/texts/", "lea"),
    Page("text-new", "texts/<slug:kind>/new/", "/texts/responses/new/"),
    Page("template-new", "texts/<slug:kind>/new/", "/texts/templates/new/"),
    Page("text", "texts/<slug:kind>/<uuid:text_id>/", "/texts/responses/{text}/"),
    Page("signatures", "texts/signatures/<uuid:team_id>/", "/texts/signatures/{team}/", "lea"),
    Page("customers", "customers/", "/customers/"),
    Page("customer", "customers/<uuid:contact_id>/", "/customers/{contact}/"),
    Page("customer-edit", "customers/<uuid:contact_id>/edit/", "/customers/{contact}/edit/", "lea"),
    Page("customer-address", "customers/<uuid:contact_id>/address/", "/customers/{contact}/address/"),
    Page("company", "orgs/<uuid:company_id>/", "/orgs/{company}/"),
    # Mail
    Page("mail", "mail/", "/mail/", "sam"),
    Page("mail-message", "mail/<uuid:message_id>/", "/mail/{mail}/", "sam"),
    Page("mail-quarantined", "mail/<uuid:message_id>/", "/mail/{quarantined}/", "sam"),
    Page("customers-mailbox", "demo/mailbox/", "/demo/mailbox/"),
    # Other systems
    Page("connections", "connections/", "/connections/", "admin", has_picture=False),
    Page(
        "connection-setup",
        "connections/<uuid:connection_id>/setup/",
        "/connections/{microsoft}/setup/",
        "admin",
        has_picture=False,
    ),
    Page("posts", "connections/<uuid:connection_id>/posts/", "/connections/{teams}/posts/", "admin", has_picture=False),
    Page("card", "cards/<str:token>/", "/cards/{card}/", has_picture=False),
    # Without signing in
    Page("sign-in", "login/", "/login/", ""),
    Page("sign-in-refused", "login/microsoft/", "/login/microsoft/", "", status=400, has_picture=False),
    Page("password-forgotten", "password-reset/", "/password-reset/", ""),
    Page("password-mail-sent", "password-reset/sent/", "/password-reset/sent/", ""),
    Page("password-set", "password-reset/<uidb64>/<token>/", "{password_link}", ""),
    Page("password-link-used", "password-reset/<uidb64>/<token>/", "/password-reset/xyz/set-password/", "", 400),
    Page("answer-solved", "answer/<str:token>/", "/answer/{solved}/", ""),
    Page("answer-not-solved", "answer/<str:token>/", "/answer/{not_solved}/", ""),
    Page("offline", "offline/", "/offline/", ""),
    # Refusals
    Page("not-found", "t/<slug:reference>/", "/t/INC-2020-000001/", status=404),
    Page("not-allowed", "t/new/", "/t/new/", "aude", 403),
)
ELSEWHERE = {
    "t/<slug:reference>/entries/<uuid:entry_id>/html/": "a mail's own layout, alone in a sandboxed frame",
    "t/<slug:reference>/e/<int:number>/entries/<uuid:entry_id>/html/": "the same of a mail in an envelope",
    "api/v1/docs/": "for those who write programs; drawn by a library",
}
"""Pages of HTML that are not of our making."""
