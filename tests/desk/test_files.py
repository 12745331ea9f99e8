"""Files and original mails: authorised, inert, and nothing loads from elsewhere by itself."""

from uuid import uuid4

import pytest
from selectolax.lexbor import LexborHTMLParser

from connectors.mail.parsing import sanitise
from connectors.mail.remote_images import path_of
from tests.connectors.mail.parsing.test_sanitiser import OWN_VECTORS
from tests.desk.conftest import Desk
from tests.desk.pages import html_of, url_of
from tests.factories import TicketFactory
from tickets.models import Attachment, Ticket, TimelineEntry
from tickets.services import NewFile, add_note
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
HTML = (
    '<p style="color:red">Offline</p><script>alert(1)</script><img src="cid:logo@acme">'
    '<img src="cid:gone@acme"><img src="https://track.example/p.png" width="90" height="90">'
    '<a href="javascript:x()">no</a>'
)


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    files = [
        NewFile("Plän für “3”.pdf", b"%PDF-1.4 plan", "application/pdf"),
        NewFile("setup.exe", b"MZ....", "application/octet-stream"),
        NewFile("logo.png", PNG, "image/png", is_inline=True, content_id="logo@acme"),
        NewFile("page.html", b"<html><script>alert(1)</script></html>", "text/html"),
    ]
    message = Message(body_text="Offline", body_html=sanitise(HTML).html, files=files)
    return TicketFactory(team=desk.team, requester=desk.dana, owner=desk.mara, message=message)


def entry_of(ticket: Ticket) -> TimelineEntry:
    entry = ticket.entries.public().first()
    assert entry is not None
    return entry


def attachment(name: str) -> Attachment:
    return Attachment.objects.get(filename=name)


def test_download_is_inert_and_keeps_its_name(desk: Desk, ticket: Ticket) -> None:
    file = Attachment.objects.get(content_type="application/pdf")
    answer = desk.browser(desk.mara).get(f"/attachments/{file.pk}/")
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"%PDF-1.4 plan")  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''Pl%C3%A4n%20f%C3%BCr%20%E2%80%9C3%E2%80%9D.pdf"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"


def test_html_file_is_no_page(desk: Desk, ticket: Ticket) -> None:
    answer = desk.browser(desk.mara).get(f"/attachments/{attachment('page.html').pk}/")
    assert b"".join(answer.streaming_content).startswith(b"<html>")  # type: ignore[attr-defined]
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="page.html"'


def test_files_of_invisible_tickets_blocked_and_missing_ones_are_missing(desk: Desk, ticket: Ticket) -> None:
    page = Attachment.objects.get(content_type="application/pdf")
    assert desk.browser(desk.nina).get(f"/attachments/{page.pk}/").status_code == 404
    assert desk.browser(desk.mara).get(f"/attachments/{attachment('setup.exe').pk}/").status_code == 404
    assert desk.browser(desk.mara).get(f"/attachments/{uuid4()}/").status_code == 404


def test_page_names_blocked_files_and_says_that_nothing_was_scanned(desk: Desk, ticket: Ticket) -> None:
    html = html_of(desk.browser(desk.mara).get(url_of(ticket)))
    assert ("file type .exe is blocked" in html, "Files are not virus-scanned" in html) == (True, True)
    assert f"/attachments/{attachment('setup.exe').pk}/" not in html
    assert "logo.png" not in html  # inline images belong to the mail's own layout


def test_original_layout_is_a_sandboxed_frame_with_its_own_policy(desk: Desk, ticket: Ticket) -> None:
    entry = entry_of(ticket)
    browser = desk.browser(desk.mara)
    page = html_of(browser.get(url_of(ticket), {"original": entry.pk}))
    frame = f'src="{url_of(ticket, f"entries/{entry.pk}/html/")}"'
    assert frame in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    answer = browser.get(url_of(ticket, f"entries/{entry.pk}/html/"))
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    assert (answer.headers["X-Frame-Options"], answer.headers["Referrer-Policy"]) == ("SAMEORIGIN", "no-referrer")
    html = html_of(answer)
    assert ("<script" in html, "javascript:" in html, ' src="https://' in html) == (False, False, False)
    assert ('src="data:image/png;base64,' in html, 'src="data:,"' in html) == (True, True)


def test_remote_images_load_only_after_somebody_allowed_them(desk: Desk, ticket: Ticket) -> None:
    entry = entry_of(ticket)
    browser = desk.browser(desk.mara)
    answer = browser.post(url_of(ticket, "images/"), {"original": entry.pk})
    assert answer.headers["Location"] == f"{url_of(ticket)}?original={entry.pk}"
    frame = browser.get(url_of(ticket, f"entries/{entry.pk}/html/"))
    html = html_of(frame)
    assert path_of("https://track.example/p.png", reader_id=desk.mara.pk) in html
    assert "track.example" not in html  # the browser asks nobody but us
    assert "img-src data: http://testserver/remote-images/;" in frame.headers["Content-Security-Policy"]
    assert Ticket.objects.get(pk=ticket.pk).remote_images_allowed


def images_in(html: str) -> list[dict[str, str | None]]:
    return [image.attributes for image in LexborHTMLParser(html).css("img")]


IMAGES = [
    '<b><img title="a" src="HTTPS://a.example/?a=1&amp;b=2" alt="b"></b>',
    '<img alt="src=" title="cid:1 onerror=run(1) x=" src="cid:logo">',
    "<p title='<img alt='><img src='cid:x'></p>",
]


@pytest.mark.parametrize("vector", [*OWN_VECTORS, *IMAGES])
def test_060_images_are_shown_without_touching_another_attribute(desk: Desk, vector: str) -> None:
    cleaned = sanitise(vector).html or "nothing"
    ticket = TicketFactory(team=desk.team, message=Message(body_text="x", body_html=cleaned))
    Ticket.objects.filter(pk=ticket.pk).update(remote_images_allowed=True)
    html = html_of(desk.browser(desk.mara).get(url_of(ticket, f"entries/{entry_of(ticket).pk}/html/")))
    expected = images_in(cleaned)
    for image in expected:
        if url := image.pop("data-blocked-src", None):
            image["src"] = path_of(url, reader_id=desk.mara.pk)
        elif (image.get("src") or "").startswith("cid:"):
            image["src"] = "data:,"
    assert images_in(html) == expected


def test_originals_of_invisible_tickets_notes_and_other_tickets_are_missing(desk: Desk, ticket: Ticket) -> None:
    entry = entry_of(ticket)
    assert desk.browser(desk.nina).get(url_of(ticket, f"entries/{entry.pk}/html/")).status_code == 404
    note = add_note(ticket.pk, by=desk.mara, body_text="Plain")
    assert desk.browser(desk.mara).get(url_of(ticket, f"entries/{note.pk}/html/")).status_code == 404
    other = TicketFactory(team=desk.team)
    assert desk.browser(desk.mara).get(url_of(other, f"entries/{entry.pk}/html/")).status_code == 404


def test_long_messages_are_cut_on_the_page_and_whole_behind_a_link(desk: Desk) -> None:
    text = "word " * 8_000 + "the end"
    ticket = TicketFactory(team=desk.team, message=Message(body_text=text))
    browser = desk.browser(desk.mara)
    whole = url_of(ticket, f"entries/{entry_of(ticket).pk}/text/")
    page = html_of(browser.get(url_of(ticket)))
    assert ("the end" in page, whole in page) == (False, True)
    answer = browser.get(whole)
    assert (html_of(answer), answer.headers["Content-Type"]) == (text, "text/plain; charset=utf-8")
    assert desk.browser(desk.nina).get(whole).status_code == 404
