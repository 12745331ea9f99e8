"""Files in envelopes on the ticket's page: kept while writing, shown in the thread, for its readers alone."""

import re
from typing import Any

import pytest

from connectors.mail.parsing import sanitise
from desk.entry_files import content_of
from desk.envelopes.tabs import tab_url
from envelopes import services
from envelopes.models import Envelope
from tests.desk.conftest import Desk
from tests.desk.envelopes.conftest import message_form
from tests.desk.pages import file, html_of, note_form, reply_form, statements_of, url_of
from tests.factories import AgentFactory, EnvelopeFactory, TicketFactory
from tickets.models import Attachment, Draft, DraftFile, OutboundMessage, Ticket, TimelineEntry
from tickets.services import NewFile, keep_draft, keep_draft_files
from tickets.services import draft_files as limits
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
HTML = '<p>See <img src="cid:port@vendor"> and <img src="https://track.example/p.png" width="90" height="90"></p>'


@pytest.fixture
def tab(ticket: Ticket, envelope: Envelope) -> str:
    return tab_url(ticket.reference, 1)


def chosen(html: str) -> list[str]:
    """Names of the files in the envelope's composer."""
    part = html.split('id="composer-envelope-1"')[1].partition("</details>")[0]
    return re.findall(r'<span class="file__name">([^<]+)</span>', part)


def kept(desk: Desk, ticket: Ticket, *names: str, mode: str = "e1") -> list[str]:
    files = [NewFile(name, name.encode()) for name in names]
    return [str(row.pk) for row in keep_draft_files(ticket.pk, by=desk.nina, mode=mode, files=files)]


def came_by_mail(envelope: Envelope, *files: NewFile, html: str = HTML, text: str = "See") -> TimelineEntry:
    message = Message(body_text=text, body_html=sanitise(html).html, email_from="vera@vendor.test", files=files)
    Envelope.objects.filter(pk=envelope.pk).update(kind="external_vendor", vendor_addresses=["vera@vendor.test"])
    sender = "vera@vendor.test"
    return services.post_mail(envelope.pk, senders=[sender], sender=sender, message=message).entry


def test_a_file_is_kept_at_once_in_its_tab_alone_and_goes_with_the_message(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str
) -> None:
    nina = desk.browser(desk.nina)
    answer = nina.post(f"{tab}draft/files/", {"file": file()}, headers=JSON)
    row = DraftFile.objects.get()
    assert answer.json() == {"files": [{"id": str(row.pk), "note": ""}]}
    page = html_of(nina.get(tab))
    assert (chosen(page), f'data-files-url="{tab}draft/files/"' in page) == (["plan.txt"], True)
    assert "plan.txt" not in html_of(nina.get(url_of(ticket)))
    nina.post(f"{tab}messages/", message_form(nina, tab, draft_file=str(row.pk), attachments=[file("b.txt", b"b")]))
    entry = TimelineEntry.objects.get(body_text="Port 7.")
    found = [(one.filename, content_of(one)) for one in entry.attachments.order_by("-filename")]
    assert (found, DraftFile.objects.count()) == ([("plan.txt", b"the plan"), ("b.txt", b"b")], 0)
    html = html_of(desk.browser(desk.mara).get(tab))
    for one in entry.attachments.all():
        assert f'href="/attachments/{one.pk}/"' in html
    assert "Files are not virus-scanned" in html


def test_what_is_kept_for_one_envelope_goes_into_no_other_and_to_no_customer(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str
) -> None:
    EnvelopeFactory(ticket=ticket, team=desk.other_team, expert=desk.nina)
    mara, nina = desk.browser(desk.mara), desk.browser(desk.nina)
    hers = [str(row.pk) for row in keep_draft_files(ticket.pk, by=desk.mara, mode="e1", files=[NewFile("a.txt", b"a")])]
    other, reply = kept(desk, ticket, "two.txt", mode="e2"), kept(desk, ticket, "r.txt", mode="reply")
    nina.post(f"{tab}messages/", message_form(nina, tab, draft_file=[*hers, *other, *reply, "nonsense"]))
    mara.post(url_of(ticket, "note/"), note_form(mara, ticket, draft_file=hers))
    mara.post(url_of(ticket, "reply/"), reply_form(mara, ticket, draft_file=hers))
    assert (Attachment.objects.count(), DraftFile.objects.count()) == (0, 3)
    assert OutboundMessage.objects.get().attachments.count() == 0


def test_without_javascript_the_draft_keeps_files_and_a_button_takes_one_out(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str
) -> None:
    nina = desk.browser(desk.nina)
    answer = nina.post(
        f"{tab}draft/", {"body": "", "draft_version": "0", "attachments": [file("a.txt"), file("b.txt", b"b")]}
    )
    assert answer["Location"] == f"{tab}?compose=envelope"
    page = html_of(nina.get(answer["Location"]))
    assert (chosen(page), "data-draft-badge>" in page.split('id="composer-envelope-1"')[1]) == (
        ["a.txt", "b.txt"],
        True,
    )
    first = DraftFile.objects.get(filename="a.txt")
    theirs = f"{tab}draft/files/{first.pk}/remove/"
    desk.browser(desk.mara).post(theirs)
    assert DraftFile.objects.count() == 2, "another person's"
    back = html_of(nina.post(theirs, {"body": "Half a sentence"}))
    assert (chosen(back), "Half a sentence</textarea>" in back) == (["b.txt"], True)
    nina.post(f"{tab}draft/", {"discard": "1"})
    assert DraftFile.objects.count() == 0


def test_files_of_a_message_that_was_not_written_stay_in_the_composer(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nina = desk.browser(desk.nina)
    empty = nina.post(f"{tab}messages/", message_form(nina, tab, body=" ", attachments=[file()]))
    assert (empty.status_code, chosen(html_of(empty))) == (400, ["plan.txt"])
    misplaced = note_form(desk.browser(desk.mara), ticket, attachments=[file("dana.txt")])
    refused = html_of(desk.browser(desk.mara).post(f"{tab}messages/", misplaced))
    assert (chosen(refused), "Choose the files again: dana.txt" in refused) == ([], True)
    monkeypatch.setattr(limits, "MAX_FILES", 1)
    many = message_form(nina, tab, draft_file=str(DraftFile.objects.get().pk), attachments=[file("b.txt", b"b")])
    answer = nina.post(f"{tab}messages/", many)
    assert (answer.status_code, "At most 1 file." in html_of(answer)) == (400, True)
    assert Attachment.objects.count() == 0


def test_limits_are_told_and_a_dangerous_file_is_named_and_served_to_nobody(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str
) -> None:
    nina = desk.browser(desk.nina)
    refused = nina.post(f"{tab}draft/files/", {"file": file("empty.txt", b"")}, headers=JSON)
    assert (refused.status_code, refused.json()["fields"]) == (400, {"file": ["“empty.txt” is empty."]})
    evil = NewFile("../../tool.exe", b"MZ" + b"\0" * 64)
    entry = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Run it", files=[evil])
    row = entry.attachments.get()
    html = html_of(nina.get(tab))
    assert ("file type .exe is blocked" in html, "tool.exe" in html, "../" in html) == (True, True, False)
    assert (f"/attachments/{row.pk}/" in html, nina.get(f"/attachments/{row.pk}/").status_code) == (False, 404)


def test_a_file_is_there_for_the_readers_of_its_thread_and_missing_for_all_others(
    desk: Desk, ticket: Ticket, envelope: Envelope
) -> None:
    sibling, stranger = AgentFactory(), AgentFactory(teams=[desk.other_team])
    EnvelopeFactory(ticket=ticket, expert=sibling)
    TicketFactory(team=desk.team, owner=desk.jonas)
    entry = services.post_in_envelope(
        envelope.pk, by=desk.nina, body_text="See", files=[NewFile("plan.txt", b"the plan")]
    )
    address = f"/attachments/{entry.attachments.get().pk}/"
    for one in (desk.mara, desk.nina, desk.sam, desk.aude):
        answer: Any = desk.browser(one).get(address)
        assert (answer.status_code, answer.getvalue()) == (200, b"the plan")
    for one in (desk.jonas, desk.lea, sibling, stranger):
        assert desk.browser(one).get(address).status_code == 404
    services.release_envelope(envelope.pk, by=desk.nina, reason="Going home")
    desk.nina.teams.clear()
    assert desk.browser(desk.nina).get(address).status_code == 404


def test_a_vendors_mail_shows_its_layout_with_its_images_and_loads_nothing_from_elsewhere(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str
) -> None:
    image = NewFile("port.png", PNG, "image/png", is_inline=True, content_id="port@vendor")
    entry = came_by_mail(envelope, NewFile("log.txt", b"lost packets"), image)
    Ticket.objects.update(remote_images_allowed=True)
    mara = desk.browser(desk.mara)
    page = html_of(mara.get(tab))
    assert ("log.txt" in page, "port.png" in page) == (True, False), "inline images belong to the mail's own layout"
    assert f'href="{tab}?original={entry.pk}#e{entry.seq}"' in page
    framed = html_of(mara.get(tab, {"original": entry.pk}))
    frame = f"{tab}entries/{entry.pk}/html/"
    assert (f'src="{frame}"' in framed, f'href="{tab}#e{entry.seq}"' in framed, 'name="original"' in framed) == (
        True,
        True,
        False,
    )
    answer = mara.get(frame)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; img-src data:; style-src")
    html = html_of(answer)
    assert ('src="data:image/png;base64,' in html, ' src="https://' in html) == (True, False)
    assert desk.browser(desk.jonas).get(frame).status_code == 404
    main = url_of(ticket, f"entries/{entry.pk}/html/")
    assert mara.get(main).status_code == 404, "not even for its readers is it of the main thread"


def test_a_long_message_is_there_whole_for_its_readers(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str
) -> None:
    text = "packet " * 5_000 + "the end"
    entry = services.post_in_envelope(envelope.pk, by=desk.nina, body_text=text)
    mara = desk.browser(desk.mara)
    page, whole = html_of(mara.get(tab)), f"{tab}entries/{entry.pk}/text/"
    assert ("the end" in page, f'href="{whole}"' in page) == (False, True)
    assert html_of(mara.get(whole)) == text
    assert desk.browser(desk.jonas).get(whole).status_code == 404
    EnvelopeFactory(ticket=ticket, team=desk.other_team)
    assert mara.get(whole.replace("/e/1/", "/e/2/")).status_code == 404


def test_five_hundred_messages_with_files_cost_what_one_costs(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str
) -> None:
    first = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="0", files=[NewFile("0.txt", b"0")])
    browser = desk.browser(desk.mara)
    before = len(statements_of(browser, tab))
    names = ("ticket_id", "kind", "visibility", "author_type", "author_id", "author_name", "facts", "created_at")
    told: dict[str, Any] = {name: getattr(first, name) for name in names}
    entries = TimelineEntry.objects.bulk_create(TimelineEntry(**told, body_text=str(n)) for n in range(1, 500))
    envelope.posts.bulk_create([type(first.envelope_post)(entry=entry, envelope=envelope) for entry in entries])
    one = first.attachments.get()
    same = {name: getattr(one, name) for name in limits.SAME if name != "filename"}
    Attachment.objects.bulk_create(
        Attachment(**same, filename=f"{entry.body_text}.txt", entry=entry) for entry in entries for _two in range(2)
    )
    assert len(statements_of(browser, tab)) == before
    html = html_of(browser.get(tab))
    assert (html.count(">499.txt<"), html.count('<a class="file"'), ">400.txt<" in html) == (2, 60, False)


def test_files_are_offered_unticked_and_only_ticked_ones_go_into_the_reply(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str
) -> None:
    files = [NewFile("plan.txt", b"plan"), NewFile("secret.txt", b"secret"), NewFile("tool.exe", b"MZ" + b"\0" * 64)]
    entry = services.post_in_envelope(envelope.pk, by=desk.nina, body_text="Port 7 is bad.", files=files)
    mara, use = desk.browser(desk.mara), f"{tab}use/?entry={entry.pk}"
    plan = entry.attachments.get(filename="plan.txt")
    blocked = entry.attachments.get(filename="tool.exe")
    shown = html_of(mara.get(use))
    assert ("plan.txt" in shown, "secret.txt" in shown, "tool.exe" in shown) == (True, True, False)
    assert re.search(rf'<input type="checkbox"[^>]*value="{plan.pk}"', shown)
    assert "checked" not in shown
    mark = re.search(r'name="shown" value="([^"]+)"', shown)
    assert mark
    again = html_of(mara.post(use, {"body": "Port 7.", "shown": mark[1], "keep": "1", "files": str(plan.pk)}))
    assert re.search(rf'value="{plan.pk}"[^>]* checked', again), "shown again with what was ticked"
    assert (DraftFile.objects.count(), Draft.objects.count()) == (0, 0)
    words = {"body": "Port 7 is bad.", "shown": mark[1], "keep": "1"}
    assert mara.post(use, words | {"files": str(blocked.pk)}).status_code == 400
    answer = mara.post(use, words | {"files": str(plan.pk)})
    assert answer.headers["Location"] == f"{url_of(ticket)}?compose=reply"
    row = DraftFile.objects.get()
    assert (row.filename, row.mode, row.person) == ("plan.txt", "reply", desk.mara)
    mara.post(url_of(ticket, "reply/"), reply_form(mara, ticket, body="Port 7 is bad.", draft_file=str(row.pk)))
    sent = OutboundMessage.objects.get().attachments.get()
    assert (sent.filename, content_of(sent), plan.entry) == ("plan.txt", b"plan", entry)


def test_a_file_alone_goes_too_and_none_of_another_entry(
    desk: Desk, ticket: Ticket, envelope: Envelope, tab: str
) -> None:
    entry, other = (
        services.post_in_envelope(envelope.pk, by=desk.nina, body_text=name, files=[NewFile(name, name.encode())])
        for name in ("plan.txt", "other.txt")
    )
    keep_draft(ticket.pk, by=desk.mara, mode="reply", body_text="Hello Dana,")
    mara, use = desk.browser(desk.mara), f"{tab}use/?entry={entry.pk}"
    ids = {one.filename: str(one.pk) for one in Attachment.objects.all()}
    looked = html_of(mara.post(use, {"body": "", "look": "1", "files": ids["plan.txt"]}))
    mark = re.search(r'name="shown" value="([^"]+)"', looked)
    assert mark
    nothing = mara.post(use, {"body": "", "shown": mark[1], "keep": "1"})
    assert (nothing.status_code, "This field is required." in html_of(nothing)) == (400, True)
    foreign = mara.post(use, {"body": "", "shown": mark[1], "keep": "1", "files": ids["other.txt"]})
    assert (foreign.status_code, DraftFile.objects.count(), other.attachments.count()) == (400, 0, 1)
    mara.post(use, {"body": "", "shown": mark[1], "keep": "1", "files": ids["plan.txt"]})
    assert (Draft.objects.get().body_text, DraftFile.objects.get().filename) == ("Hello Dana,", "plan.txt")
