"""`ingest_mail`, `add_mailbox`, `run_timers`: what interfaces.md promises to other people's scripts."""

import json
import mailbox as maildirs
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from connectors.mail.enums import MailState
from connectors.mail.mbox import split_mbox
from connectors.mail.models import Mailbox, MailMessage
from core import timers
from core.models import Heartbeat
from tests.connectors.mail.envelope_mail import NINA, a_desk, address_of, words_in
from tests.factories import TeamFactory
from tests.factories.mail import MailboxFactory, a_mail
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def ingest(*arguments: object) -> list[dict[str, str | None]]:
    out = StringIO()
    call_command("ingest_mail", *map(str, arguments), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_one_json_line_a_mail_with_exactly_the_promised_keys(tmp_path: Path) -> None:
    MailboxFactory()
    file = tmp_path / "a.eml"
    file.write_bytes(a_mail(message_id="a@customer.test"))
    (line,) = ingest(file)
    ticket = Ticket.objects.get()
    assert line == {
        "source": str(file),
        "message_id": "a@customer.test",
        "outcome": "created",
        "ticket": ticket.reference,
        "entry": str(ticket.entries.get().pk),
        "reason": "new",
    }


def test_every_outcome_is_named(tmp_path: Path) -> None:
    MailboxFactory()
    mails = {
        "1": (a_mail(message_id="a@customer.test"), "created"),
        "2": (a_mail(In_Reply_To="<a@customer.test>"), "appended"),
        "3": (a_mail(Auto_Submitted="auto-replied"), "recorded"),
        "4": (b"", "quarantined"),
    }
    for name, (raw, _outcome) in mails.items():
        (tmp_path / f"{name}.eml").write_bytes(raw)
    lines = ingest(*(tmp_path / f"{name}.eml" for name in mails))
    assert [line["outcome"] for line in lines] == [outcome for _raw, outcome in mails.values()]
    assert [line["outcome"] for line in ingest(tmp_path / "1.eml")] == ["duplicate"]
    assert Ticket.objects.count() == 1


def test_a_post_in_an_envelope_is_told_as_joining_its_ticket(tmp_path: Path) -> None:
    desk = a_desk()
    (tmp_path / "1.eml").write_bytes(a_mail(sender=NINA, to=address_of(desk.inside), body="Look at the cable."))
    (tmp_path / "2.eml").write_bytes(a_mail(sender="eve@other.test", to=address_of(desk.inside), body="And I?"))
    post, kept = ingest(tmp_path / "1.eml", tmp_path / "2.eml")
    assert (post["outcome"], post["ticket"], post["reason"]) == ("appended", desk.ticket.reference, "envelope")
    assert (kept["outcome"], kept["ticket"]) == ("recorded", desk.ticket.reference)
    row = MailMessage.objects.get(reason="envelope")
    assert (row.state, row.ticket, str(row.entry_id)) == (MailState.POSTED, None, post["entry"])
    assert words_in(desk.inside)[0] == "Look at the cable."
    assert "Look at the cable." not in desk.public_words()


def test_missing_file_is_named_and_nothing_is_taken_in(tmp_path: Path) -> None:
    MailboxFactory()
    (tmp_path / "a.eml").write_bytes(a_mail())
    with pytest.raises(CommandError, match=r"missing\.eml: No such file"):
        ingest(tmp_path / "a.eml", tmp_path / "missing.eml")
    with pytest.raises(CommandError, match="no Maildir"):
        ingest(tmp_path)
    assert not MailMessage.objects.exists()


def test_mailbox_must_be_known(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(a_mail())
    with pytest.raises(CommandError, match="add_mailbox"):
        ingest(tmp_path / "a.eml")
    MailboxFactory()
    with pytest.raises(CommandError, match=r"no active mailbox x@desk\.test; known: support@desk\.test"):
        ingest("--mailbox", "x@desk.test", tmp_path / "a.eml")
    assert not MailMessage.objects.exists()


def test_named_mailbox_takes_the_mail_else_the_one_it_is_addressed_to(tmp_path: Path) -> None:
    MailboxFactory()
    network = MailboxFactory(address="network@desk.test")
    (tmp_path / "a.eml").write_bytes(a_mail(to="network@desk.test", body="1"))
    (tmp_path / "b.eml").write_bytes(a_mail(to="other@desk.test", body="2"))
    ingest(tmp_path / "a.eml")
    ingest("--mailbox", "Network@desk.test", tmp_path / "b.eml")
    assert set(MailMessage.objects.values_list("mailbox", flat=True)) == {network.pk}
    assert Ticket.objects.filter(team=network.team).count() == 2


def test_mbox_is_split_at_its_separators_only(tmp_path: Path) -> None:
    MailboxFactory()
    path = tmp_path / "mails.mbox"
    box = maildirs.mbox(path)
    box.add(maildirs.mboxMessage(a_mail(subject="One", body="Hello\n\nFrom here on it fails.\n")))
    box.add(maildirs.mboxMessage(a_mail(subject="Two")))
    box.close()
    lines = ingest(path)
    assert [line["source"] for line in lines] == [f"{path}#1", f"{path}#2"]
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == ["One", "Two"]
    assert (
        ">From here on it fails." in Ticket.objects.get(subject="One").description
    )  # mboxo: cannot be told from the text


def test_mboxrd_is_unquoted(tmp_path: Path) -> None:
    MailboxFactory()
    path = tmp_path / "mails"
    separator = b"From a@b.test Mon Mar  2 09:00:00 2026\n"
    path.write_bytes(
        separator + b"From: a@b.test\nSubject: One\n\n>From me\n>>From you\n\n" + separator + b"From: c@d.test\n\nx\n"
    )
    assert len(ingest(path)) == 2
    assert Ticket.objects.get(subject="One").description.split("\n")[:2] == ["From me", ">From you"]


def test_single_mail_with_a_stray_separator_line_stays_one(tmp_path: Path) -> None:
    MailboxFactory()
    path = tmp_path / "a.eml"
    path.write_bytes(b"From a@b.test Mon Mar  2 09:00:00 2026\n" + a_mail(body="One\n\nFrom the cellar.\n"))
    (line,) = ingest(path)
    assert line["outcome"] == "created"


def test_maildir_folder_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    MailboxFactory()
    box = maildirs.Maildir(tmp_path / "box")
    box.add(a_mail(subject="One"))
    seen = maildirs.MaildirMessage(a_mail(subject="Two"))
    seen.set_subdir("cur")
    box.add(seen)
    (tmp_path / "box" / "tmp" / "half").write_bytes(b"From: a@b.test\n")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    assert {line["outcome"] for line in ingest(tmp_path / "box")} == {"created"}
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == ["One", "Two"]
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_add_mailbox_makes_its_maildir_and_is_safe_to_repeat(tmp_path: Path, settings: Settings) -> None:
    settings.MAIL_ROOT = tmp_path
    team = TeamFactory(name="Service Desk")
    for _time in range(2):
        call_command(
            "add_mailbox", "Support@Desk.test", "--backend", "files", "--team", "service desk", stdout=StringIO()
        )
    mailbox = Mailbox.objects.get()
    assert (mailbox.address, mailbox.team, mailbox.backend) == ("support@desk.test", team, "files")
    assert (tmp_path / "support@desk.test" / "new").is_dir()
    assert mailbox.history.get().actor_name == "manage.py add_mailbox"


def test_add_mailbox_says_which_backends_are_possible() -> None:
    TeamFactory(name="Service Desk")
    with pytest.raises(CommandError, match=r"invalid choice: 'pop3' \(choose from '?files'?, '?imap'?, '?msgraph'?\)"):
        call_command("add_mailbox", "support@desk.test", "--backend", "pop3", "--team", "Service Desk")
    assert not Mailbox.objects.exists()


def test_add_mailbox_refuses_nonsense(settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_ROOT = tmp_path
    TeamFactory(name="Service Desk")
    TeamFactory(name="Network")
    with pytest.raises(CommandError, match="no active team Sales; known: Network, Service Desk"):
        call_command("add_mailbox", "support@desk.test", "--backend", "files", "--team", "Sales")
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("add_mailbox", "support", "--backend", "files", "--team", "Network")
    call_command("add_mailbox", "support@desk.test", "--backend", "files", "--team", "Network", stdout=StringIO())
    with pytest.raises(CommandError, match="exists already"):
        call_command("add_mailbox", "support@desk.test", "--backend", "files", "--team", "Service Desk")


def test_run_timers_does_everything_and_prints_counts(settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_ROOT = tmp_path
    mailbox = MailboxFactory()
    new = tmp_path / mailbox.address / "new"
    new.mkdir(parents=True)
    (new / "1.mail").write_bytes(a_mail())
    out = StringIO()
    call_command("run_timers", stdout=out)
    counts = json.loads(out.getvalue())
    assert counts["mail_polled"] == 1
    assert counts["mail_sent"] == 1  # the acknowledgement
    assert list(counts) == timers.registered()
    assert Heartbeat.objects.filter(name="timers").exists()


def test_run_timers_stands_in_the_given_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = []
    monkeypatch.setattr(timers, "_timers", {"probe": (1, lambda *, now: moments.append(now) or 0)})
    call_command("run_timers", "--now", "2026-03-01T09:00:00", stdout=StringIO())
    assert moments == [datetime(2026, 3, 1, 9, tzinfo=UTC)]
    with pytest.raises(CommandError, match="is no moment"):
        call_command("run_timers", "--now", "tomorrow")


def test_a_timer_that_fails_is_named_and_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*, now: datetime) -> int:
        raise KeyError(now)

    monkeypatch.setattr(timers, "_timers", {"broken": (1, broken), "fine": (2, lambda *, now: 0)})
    out = StringIO()
    with pytest.raises(CommandError, match="broken"):
        call_command("run_timers", stdout=out)
    assert json.loads(out.getvalue()) == {"fine": 0}


def test_mbox_of_one_line_is_one_mail(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    path.write_bytes(b"From nobody")
    assert list(split_mbox(path)) == [b"From nobody"]
