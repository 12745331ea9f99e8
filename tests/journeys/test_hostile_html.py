"""Published attacks as mails in a real browser: nothing runs, nothing is requested (email.md section 11).

Once through the ticket's page and its frame, and once the sanitised HTML alone on a page that forbids nothing: each
layer has to be enough without the other.
"""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.parsing import sanitise
from tests.connectors.mail.parsing.test_sanitiser import OWN_VECTORS, VECTORS
from tests.factories.mail import a_mail, arrive, our_mail_on
from tests.journeys.chromium import Watch
from tests.journeys.desk import Desk
from tests.sessions import sign_in_without_form

pytestmark = pytest.mark.django_db(transaction=True)
NUDGE = """() => {
  const kinds = ["mouseover", "mouseenter", "mousemove", "focus", "blur", "load", "error", "toggle", "animationstart"];
  for (const element of document.querySelectorAll("*"))
    for (const kind of kinds) element.dispatchEvent(new Event(kind, {bubbles: true}));
  return document.querySelectorAll("script, iframe, object, embed, base, meta[http-equiv], form, svg, math").length;
}"""
"""Starts what waits for the reader, and counts what should not be there."""
BODY = "Please look at the layout."
SITE = "http://mail.test"


def vectors() -> list[str]:
    published = json.loads(VECTORS.read_text()) if VECTORS.is_file() else []
    return [*OWN_VECTORS, *(vector["html"] for vector in published)]


class Trap(Watch):
    """Also what opens windows or dialogs."""

    def over(self, page: Page) -> None:
        super().over(page)
        self.opened: list[str] = []
        page.on("dialog", lambda dialog: (self.opened.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda popup: self.opened.append(f"window {popup.url}"))
        page.on("download", lambda download: self.opened.append(f"download {download.url}"))


def test_the_sanitised_html_alone_does_nothing_where_everything_is_allowed(chromium: Browser) -> None:
    context = chromium.new_context()
    page, trap = context.new_page(), Trap(SITE)
    requested: list[str] = []
    shown = {"html": ""}
    trap.over(page)

    def answer(route) -> None:
        if route.request.url == f"{SITE}/":
            route.fulfill(content_type="text/html; charset=utf-8", body=f"<!doctype html><body>{shown['html']}</body>")
        elif not route.request.url.endswith("/favicon.ico"):
            requested.append(route.request.url)
            route.abort()

    context.route("**/*", answer)
    for html, vector in {sanitise(vector).html: vector for vector in vectors()}.items():
        shown["html"] = html
        page.goto(f"{SITE}/")
        assert page.evaluate(NUDGE) == 0, vector
        assert (page.url, requested, trap.opened, trap.console) == (f"{SITE}/", [], [], []), vector
    shown["html"] = "<img src=https://evil.example/x.png onerror=alert(1)>"  # the trap itself works
    page.goto(f"{SITE}/")
    assert (requested, trap.opened) == (["https://evil.example/x.png"], ["dialog 1"])
    context.close()


def test_060_hostile_mails_do_nothing_on_the_tickets_page_and_in_its_frame(
    chromium: Browser, desk: Desk, live_site: str
) -> None:
    """All arrive, some tickets full of them; of those that look the same once cleaned, one is opened in the frame."""
    mailbox = Mailbox.objects.get()
    attacks = vectors()
    full = [arrive_together(n, attacks[n : n + ON_ONE_TICKET], mailbox) for n in range(0, len(attacks), ON_ONE_TICKET)]
    context = chromium.new_context(base_url=live_site)
    sign_in_without_form(context, desk.mara, live_site)
    page, trap = context.new_page(), Trap(live_site)
    trap.over(page)
    opened: set[str] = set()
    for mails in full:
        page.goto(f"/t/{mails[0].ticket.reference}/?original={mails[0].entry.pk}")
        expect(page.locator(".entry--customer-in")).to_have_count(len(mails))
        page.locator("iframe").scroll_into_view_if_needed()
        for mail in mails:
            if mail.entry.body_html in opened:
                continue
            opened.add(mail.entry.body_html)
            show_in_frame(page, f"/t/{mail.ticket.reference}/entries/{mail.entry.pk}/html/")
            assert (page.locator("h1").count(), len(page.frames)) == (1, 2), mail.subject
            assert trap.opened == [], mail.subject
            trap.finds_nothing()
    context.close()
    assert len(opened) > len(attacks) // 3


ON_ONE_TICKET = 20


def arrive_together(first: int, attacks: list[str], mailbox: Mailbox) -> list[MailMessage]:
    """A mail and what answers it."""
    mails: list[MailMessage] = []
    answered: dict[str, str] = {}
    for n, vector in enumerate(attacks, start=first):
        html = f"<p>{BODY}</p>{vector}"
        raw = a_mail(sender=f"eve{first}@evil.test", subject=f"Look {n}", body=f"{BODY} {n}", html=html, **answered)
        mails.append(arrive(raw, mailbox))
        answered = answered or {"In_Reply_To": f"<{our_mail_on(mails[0].ticket)}>"}
    assert all(mail.ticket == mails[0].ticket and mail.entry and BODY in mail.entry.body_html for mail in mails)
    return mails


def show_in_frame(page: Page, address: str) -> None:
    """In the frame that the page has made, as it has made it."""
    with page.expect_event("framenavigated", lambda frame: frame.url.endswith(address)):
        page.locator("iframe").evaluate("(frame, address) => { frame.src = address; }", address)
    page.frames[1].wait_for_load_state()
    expect(page.frame_locator("iframe").locator("body")).to_contain_text(BODY)
