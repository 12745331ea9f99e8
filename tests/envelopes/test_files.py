"""Files of envelopes at the API and by mail: they are its thread's, and a vendor gets what was chosen for them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent
from core.errors import Invalid
from desk.entry_files import content_of
from envelopes import services
from envelopes.models import Envelope
from tests.api.conftest import signed_in
from tests.connectors.mail.envelope_mail import VERA, Desk, a_desk, address_of
from tests.envelopes.conftest import Scene, fresh
from tests.factories import EnvelopeFactory
from tests.factories.mail import a_mail, arrive
from tickets.models import Attachment, OutboundMessage
from tickets.selectors import attachments_visible_to
from tickets.services import NewFile, draft_files, redact_entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def envelope(scene: Scene) -> Envelope:
    found: Envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    return found


@pytest.fixture
def desk(db: None) -> Desk:
    return a_desk()


def upload(name: str = "plan.txt", content: bytes = b"the plan") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/plain")


def at(envelope: Envelope, part: str = "attachments") -> str:
    return f"/api/v1/envelopes/{envelope.pk}/{part}/"


def bytes_at(agent: Agent, address: str) -> bytes:
    answer: Any = signed_in(fresh(agent)).get(address)
    return bytes(answer.getvalue())


def test_files_are_added_with_a_message_and_downloaded_by_readers(scene: Scene, envelope: Envelope) -> None:
    nina, owner = signed_in(scene.nina), signed_in(scene.owner)
    answer = nina.post(at(envelope), {"file": [upload(), upload("b.txt", b"b")], "body": ""}, format="multipart")
    message = answer.json()
    assert (answer.status_code, message["body_text"]) == (201, "plan.txt\nb.txt")
    assert [file["filename"] for file in message["attachments"]] == ["plan.txt", "b.txt"]
    assert Envelope.objects.get(pk=envelope.pk).awaiting == "owner"
    [said] = [each for each in owner.get(at(envelope, "messages")).json()["results"] if each["attachments"]]
    assert said["attachments"] == message["attachments"] == owner.get(at(envelope)).json()["results"]
    assert b"".join(owner.get(message["attachments"][0]["url"]).streaming_content) == b"the plan"
    main = owner.get(f"/api/v1/tickets/{scene.ticket.reference}/attachments/").json()
    assert main["results"] == [], "of the thread, not of the ticket"


def test_a_message_without_a_file_or_with_one_that_is_too_large_is_refused(scene: Scene, envelope: Envelope) -> None:
    nina = signed_in(scene.nina)
    assert nina.post(at(envelope), {"body": "See"}, format="multipart").json()["fields"].keys() == {"file"}
    large = nina.post(at(envelope), {"file": upload(content=b"x" * (25 * 1024 * 1024 + 1))}, format="multipart")
    assert (large.status_code, large.json()["fields"]) == (
        400,
        {"file": ["“plan.txt” is larger than 25 MiB. Share it in another way."]},
    )
    assert Attachment.objects.count() == 0


def test_the_thread_costs_the_same_for_one_message_with_files_and_for_many(scene: Scene, envelope: Envelope) -> None:
    owner = signed_in(scene.owner)
    counts = []
    for _round in range(2):
        services.post_in_envelope(envelope.pk, by=fresh(scene.nina), body_text="See", files=[NewFile("a.txt", b"a")])
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(at(envelope, "messages")).status_code == 200
        counts.append(len(queries))
        for number in range(3):
            files = [NewFile(f"{number}-{name}.txt", name.encode()) for name in "ab"]
            services.post_in_envelope(envelope.pk, by=fresh(scene.nina), body_text="See", files=files)
    assert counts[0] == counts[1]


def test_a_redacted_message_gives_its_files_to_nobody(scene: Scene, envelope: Envelope) -> None:
    files = [NewFile("plan.txt", b"plan")]
    entry = services.post_in_envelope(envelope.pk, by=scene.nina, body_text="See", files=files)
    redact_entry(entry.pk, by=scene.admin, reason="A password")
    file = entry.attachments.get()
    assert (file.scan_note, file.may_be_served) == ("redacted", False)
    assert signed_in(scene.owner).get(f"/api/v1/attachments/{file.pk}/").status_code == 404


# By mail


def sent_along(desk: Desk, **more: Any) -> OutboundMessage:
    return services.write_to_vendor(
        desk.vendor.pk, by=desk.owner, body_text="Which firmware is it?", subject="Switch 7", **more
    )


def posted(desk: Desk, *names: str) -> list[Attachment]:
    files = [NewFile(name, name.encode()) for name in names]
    entry = services.post_in_envelope(desk.vendor.pk, by=desk.noah, body_text="Two of them", files=files)
    return list(entry.attachments.order_by("created_at", "id"))


def test_the_vendor_gets_the_files_that_were_chosen_and_no_others(desk: Desk) -> None:
    chosen, _other = posted(desk, "log.txt", "inside.txt")
    held = sent_along(desk, attachments=[chosen.pk], files=[NewFile("new.txt", b"new")])
    [copy, new] = Attachment.objects.filter(outbound=held).order_by("filename")
    assert (copy.filename, new.filename, copy.entry, content_of(copy)) == ("log.txt", "new.txt", None, b"log.txt")
    parts = [part.get_filename() for part in desk.as_sent(held).message().walk() if part.get_filename()]
    assert sorted(parts) == ["log.txt", "new.txt"]
    released = desk.to_vendor("And the other?", subject="")
    assert released.attachments.count() == 0


def test_a_held_mails_files_are_seen_by_readers_of_its_thread_alone(desk: Desk) -> None:
    held = sent_along(desk, files=[NewFile("new.txt", b"new")])
    file = held.attachments.get()
    for agent, is_there in ((desk.owner, True), (desk.noah, True), (desk.mate, False), (desk.nina, False)):
        assert attachments_visible_to(fresh(agent)).filter(pk=file.pk).exists() is is_there
    address = f"/api/v1/attachments/{file.pk}/"
    assert bytes_at(desk.owner, address) == b"new"
    assert signed_in(fresh(desk.mate)).get(address).status_code == 404
    services.undo_vendor_message(held.pk, by=desk.owner)
    assert not attachments_visible_to(fresh(desk.mate)).exists()


def test_no_file_of_elsewhere_goes_along_none_that_is_blocked_and_none_with_the_reference(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [NewFile("inside.txt", b"inside")]
    beside = services.post_in_envelope(desk.inside.pk, by=desk.nina, body_text="See", files=files).attachments.get()
    evil, named = posted(desk, "tool.exe", f"{desk.ticket.reference}.txt")
    only_clean = "Only files of this envelope that are clean can go along."
    reference = f"Leave out {desk.ticket.reference}: it is the customer's reference."
    for given, said in (
        ({"attachments": [beside.pk]}, only_clean),
        ({"attachments": [evil.pk]}, only_clean),
        ({"attachments": [named.pk]}, reference),
        ({"files": [NewFile(f"Log of {desk.ticket.reference}.txt", b"x")]}, reference),
    ):
        with pytest.raises(Invalid) as refused:
            sent_along(desk, **given)
        assert refused.value.fields == {"attachments": [said]}
    monkeypatch.setattr(draft_files, "MAX_FILES", 1)
    [good] = posted(desk, "log.txt")
    with pytest.raises(Invalid, match="At most 1 file"):
        sent_along(desk, attachments=[good.pk], files=[NewFile("new.txt", b"new")])
    assert not OutboundMessage.objects.filter(kind="vendor").exists()


def test_the_api_takes_files_of_the_thread_along(desk: Desk) -> None:
    [chosen] = posted(desk, "log.txt")
    owner = signed_in(fresh(desk.owner))
    body = {"body": "Which firmware is it?", "subject": "Switch 7", "attachments": [str(chosen.pk)]}
    assert owner.post(at(desk.vendor, "vendor_mails"), body).status_code == 201
    assert [file.filename for file in OutboundMessage.objects.get(kind="vendor").attachments.all()] == ["log.txt"]
    wrong = owner.post(at(desk.vendor, "vendor_mails"), body | {"attachments": [str(desk.owner.pk)]})
    assert (wrong.status_code, set(wrong.json()["fields"])) == (400, {"attachments"})


def test_what_a_vendor_attaches_is_downloaded_by_the_readers_of_the_thread(desk: Desk) -> None:
    found = arrive(a_mail(sender=VERA, to=address_of(desk.vendor), files={"log.txt": b"canary"}), desk.mailbox)
    [file] = signed_in(fresh(desk.noah)).get(at(desk.vendor)).json()["results"]
    assert (file["filename"], file["entry"]) == ("log.txt", str(found.entry_id))
    address = f"/api/v1/attachments/{file['id']}/"
    assert (bytes_at(desk.owner, address), bytes_at(desk.noah, address)) == (b"canary", b"canary")
    assert [signed_in(fresh(one)).get(address).status_code for one in (desk.mate, desk.nina)] == [404, 404]
