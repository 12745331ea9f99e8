"""How the acts on lists are asked for. Nothing here says what is allowed."""

from tests.matrix.cases import Act, Ask, Case, page


def _list(case: Case, thing: str, step: str = "") -> str:
    slug = "my-nothing" if case.is_missing else case.world.things[thing].slug
    return f"/queue/{slug}/{step + '/' if step else ''}"


def _at_api(kind: str, thing: str) -> dict[str, Act]:
    """What programs ask of one saved view or board, by its name."""

    def api(method: str, data: dict[str, object] | None = None, status: int = 200) -> Act:
        return Act(api=lambda case: Ask(method, f"/api/v1/{kind}/{case.thing(thing)}/", data, status=status))

    return {
        f"read_{thing}": api("get"),
        f"change_{thing}": api("patch", {"position": 3, "version": 1}),
        f"remove_{thing}": api("delete", status=204),
    }


def _view(thing: str) -> dict[str, Act]:
    """Every act on one saved view, by its name."""

    def post(step: str, data: dict[str, str], goes_to: str = "/queue/") -> Act:
        return Act(page=lambda case: Ask("post", _list(case, thing, step), data, goes_to=goes_to))

    return {
        f"open_{thing}": Act(page=lambda case: Ask("get", _list(case, thing))),
        **_at_api("views", thing),
        f"save_{thing}": post("save", {"q": "status:new"}),
        f"begin_with_{thing}": post("start", {}),
        f"pin_{thing}": post("pin", {"place": "last"}),
        f"export_{thing}": Act(page=lambda case: Ask("get", _list(case, thing) + "export.csv")),
        f"see_form_of_{thing}": Act(page=lambda case: Ask("get", _list(case, thing, "edit"))),
        f"edit_{thing}": post("edit", {"view-name": "Other", "view-scope": "personal", "view-version": "1"}),
        f"delete_{thing}": post("delete", {}),
    }


def _board(thing: str) -> dict[str, Act]:
    """Every act on one named board, by its name."""

    def at(case: Case, step: str = "") -> str:
        slug = "my-nothing" if case.is_missing else case.world.things[thing].slug
        return f"/board/{slug}/{step}"

    def post(step: str, data: dict[str, str]) -> Act:
        return Act(page=lambda case: Ask("post", at(case, f"{step}/"), data, goes_to="/board/"))

    kept = {"view-name": "Other", "view-scope": "personal", "view-version": "1", **BOARD}
    return {
        f"open_{thing}": Act(page=lambda case: Ask("get", at(case))),
        **_at_api("boards", thing),
        f"save_{thing}": post("save", {"by": "priority"}),
        f"see_form_of_{thing}": Act(page=lambda case: Ask("get", at(case, "edit/"))),
        f"edit_{thing}": post("edit", kept),
        f"delete_{thing}": post("delete", {}),
    }


BOARD = {"view-sort_by": "due", "view-column-new": "1"}


def _created_board(scope: str) -> Act:
    def values(case: Case) -> dict[str, str]:
        team = {"view-team": str(case.world.desk.pk)} if scope == "team" else {}
        return {"view-name": "New ones", "view-scope": scope, "base": "all", **BOARD, **team}

    def asked(case: Case) -> dict[str, str]:
        team = {"team": str(case.world.desk.pk)} if scope == "team" else {}
        return {"name": "New ones", "scope": scope, "column_field": "priority", **team}

    return Act(
        api=lambda case: Ask("post", "/api/v1/boards/", asked(case), status=201),
        page=lambda case: Ask("post", "/board/new/", values(case), goes_to="/board/"),
    )


def _created(scope: str) -> Act:
    """A view for these readers; shared ones with the team Service Desk."""

    def values(case: Case, prefix: str = "") -> dict[str, str]:
        team = {f"{prefix}team": str(case.world.desk.pk)} if scope == "team" else {}
        return {f"{prefix}name": "New ones", f"{prefix}scope": scope, **team}

    return Act(
        api=lambda case: Ask("post", "/api/v1/views/", {**values(case), "base": "all"}, status=201),
        page=lambda case: Ask("post", "/queue/new/", {**values(case, "view-"), "base": "all"}, goes_to="/queue/"),
    )


def _many(act: str, **values: str) -> Act:
    """An act on one ticket of a list, which is refused or done by itself: the page is the same."""
    return Act(
        page=lambda case: Ask(
            "post",
            "/queue/all/bulk/",
            {"act": act, "confirmed": "1", "ticket": case.world.scenes["new"].ticket.reference, **values},
            goes_to="/bulk/",
        )
    )


LIST_ACTS: dict[str, Act] = {
    "many_accept": _many("accept"),
    "many_priority": _many("priority", priority="high"),
    "peek": Act(page=lambda case: Ask("get", f"/t/{case.ref}/peek/", goes_to=f"/t/{case.ref}/")),
    "list_beside": Act(page=lambda case: Ask("get", f"/t/{case.ref}/list/?from=all", goes_to="/queue/all/")),
    "go_on": Act(page=lambda case: Ask("get", f"/t/{case.ref}/next/?from=all", goes_to="/t/")),
    "go_back": Act(page=lambda case: Ask("get", f"/t/{case.ref}/previous/?from=all", goes_to="/t/")),
    "see_inline": Act(
        page=lambda case: Ask("get", f"/t/{case.ref}/inline/priority/", goes_to=f"/t/{case.ref}/fields/")
    ),
    "edit_inline": Act(
        page=lambda case: Ask(
            "post", f"/t/{case.ref}/inline/priority/", {"priority": "high"}, goes_to=f"/t/{case.ref}/"
        )
    ),
    "see_receipt": Act(page=lambda case: Ask("get", f"/bulk/{case.thing('receipt')}/")),
    "undo_receipt": Act(page=lambda case: Ask("post", f"/bulk/{case.thing('receipt')}/undo/", {}, goes_to="/bulk/")),
    "stop_running": Act(page=lambda case: Ask("post", f"/bulk/{case.thing('running')}/stop/", {}, goes_to="/bulk/")),
    "views": Act(api=lambda case: Ask("get", "/api/v1/views/")),
    "see_view_form": page("get", "/queue/new/?base=all&q=status:new"),
    "keep_own_view": _created("personal"),
    "keep_team_view": _created("team"),
    "keep_global_view": _created("global"),
    "keep_look": page("post", "/queue/all/save/", {"sort": "created_at"}, goes_to="/queue/all/"),
    "begin_with_list": page("post", "/queue/all/start/", {}, goes_to="/queue/all/"),
    **_view("own_view"),
    **_view("team_view"),
    "boards": Act(api=lambda case: Ask("get", "/api/v1/boards/")),
    "see_board_form": page("get", "/board/new/?base=all&by=priority&q=status:new"),
    "keep_own_board": _created_board("personal"),
    "keep_team_board": _created_board("team"),
    "keep_global_board": _created_board("global"),
    **_board("own_board"),
    **_board("team_board"),
    "see_many": page("get", "/bulk/"),
}
