"""As `acts`: how one is told of things, browsers for push messages, and "I am working on this"."""

from tests.matrix.cases import Act, Ask, Case, api, one, page, reads, t

KEYS = {
    "p256dh": "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
    "auth": "AAAAAAAAAAAAAAAAAAAAAA",
}
"""The point of P-256 that generates it, and a secret that is none."""
ENDPOINT = "https://fcm.googleapis.com/send/matrix"
QUIET = {"quiet_from": "20:00", "quiet_to": "07:00"}
SETTINGS = "/account/notifications/"
CHOSEN = {"channels": ["email"], "timing": "daily_digest"}


def delivery(case: Case) -> str:
    return f"/notifications/deliveries/{case.thing('delivery')}/retry/"


TELLING_ACTS: dict[str, Act] = {
    "see_how_told": page("get", SETTINGS),
    "quiet_hours": reads("/notifications/quiet_hours/"),
    "save_quiet_hours": Act(
        api=lambda case: Ask("patch", "/api/v1/notifications/quiet_hours/", QUIET),
        page=lambda case: Ask("post", SETTINGS, QUIET, goes_to=SETTINGS),
    ),
    "preferences": reads("/notifications/preferences/"),
    "preference": reads("/notifications/preferences/alert/", f"{SETTINGS}alert/"),
    "save_preference": Act(
        api=lambda case: Ask("patch", "/api/v1/notifications/preferences/alert/", CHOSEN),
        page=lambda case: Ask("post", f"{SETTINGS}alert/", CHOSEN, goes_to=SETTINGS),
    ),
    "usual_again": Act(
        api=lambda case: Ask("delete", "/api/v1/notifications/preferences/alert/", status=204),
        page=lambda case: Ask("post", f"{SETTINGS}alert/usual/", goes_to=SETTINGS),
    ),
    "see_preview": page("get", "/notifications/preview/"),
    "deliveries": reads("/notifications/deliveries/", "/notifications/deliveries/"),
    "delivery": one("notifications/deliveries", "delivery"),
    "failures": reads("/notifications/failures/", "/notifications/failures/"),
    "retry_delivery": Act(
        api=lambda case: Ask("post", f"/api/v1{delivery(case)}", {}),
        page=lambda case: Ask("post", delivery(case), goes_to="/notifications/deliveries/"),
    ),
    "push_key": reads("/notifications/subscriptions/key/"),
    "browsers": reads("/notifications/subscriptions/"),
    "allow_browser": Act(
        api=lambda case: Ask(
            "post", "/api/v1/notifications/subscriptions/", {"endpoint": ENDPOINT, "keys": KEYS}, status=201
        ),
        page=lambda case: Ask("post", "/account/browsers/", {"endpoint": ENDPOINT, **KEYS}, goes_to=SETTINGS),
    ),
    "remove_browser": Act(
        api=lambda case: Ask("delete", f"/api/v1/notifications/subscriptions/{case.thing('browser')}/", status=204),
        page=lambda case: Ask("post", f"/account/browsers/{case.thing('browser')}/remove/", goes_to=SETTINGS),
    ),
    "start_working": Act(
        api=lambda case: Ask("post", api(case, "working_on"), {}),
        page=lambda case: Ask("post", t(case, "working"), goes_to=t(case)),
    ),
    "stop_working": Act(
        api=lambda case: Ask("post", api(case, "working_on/stop"), {}, status=204),
        page=lambda case: Ask("post", t(case, "working/stop"), goes_to=t(case)),
    ),
}
