"""Mailboxes on an IMAP server, a real one: every mail once, whatever people, servers and networks do meanwhile."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from connectors.mail.backends import ImapSettings, MailboxNotReadable, imap, imap_client
from connectors.mail.backends.imap_client import encoded
from connectors.mail.enums import MailState
from connectors.mail.models import Mailbox, MailMessage, RawMail
from connectors.mail.services import change_mailbox, poll_mailboxes
from core.actors import SystemActor
from core.errors import Invalid
from tests.concurrency import in_parallel
from tests.factories.mail import MailboxFactory, a_mail
from tests.imap_server import CLIENT_SECRET, PASSWORD, SECRET, WRONG_SECRET, DovecotServer, free_port
from tests.killable import Killable
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def imap_mailbox(server: DovecotServer, *, address: str = "support@desk.test", **settings: object) -> Mailbox:
    """Over the plain port, which loopback may use; `settings` on top."""
    reached = {"host": server.host, "port": server.port, "tls": "none", "user": "support", "secret": SECRET}
    kept = ImapSettings.of(reached | settings).as_json()
    mailbox: Mailbox = MailboxFactory(address=address, backend="imap", settings=kept)
    return mailbox


def poll() -> int:
    """After every pause is over."""
    return poll_mailboxes(now=timezone.now() + timedelta(days=1))


def subjects() -> list[str]:
    return list(Ticket.objects.order_by("reference").values_list("subject", flat=True))


def error_of(address: str = "support@desk.test") -> str:
    return Mailbox.objects.get(address=address).last_error


# What is taken ---------------------------------------------------------------------------------------------------


def test_mails_are_taken_in_order_and_left_as_they_are(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    for number in (1, 2, 3):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    assert poll() == 3
    assert subjects() == ["Mail 1", "Mail 2", "Mail 3"]
    assert [flags - {"\\Recent"} for _raw, flags in dovecot.contents()] == [frozenset()] * 3
    assert poll() == 0
    assert error_of() == ""


def test_the_ledger_holds_the_bytes_as_they_came(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    raw = a_mail(body="Grüße, <3 & Co.").replace(b"\n", b"\r\n")
    dovecot.deliver(raw)
    poll()
    assert bytes(MailMessage.objects.get().raw.content) == raw


def test_mail_that_somebody_has_read_is_taken_all_the_same(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail(subject="Read by Ann"), flags="(\\Seen \\Flagged)")
    dovecot.deliver(a_mail(subject="Thrown away"), flags="(\\Deleted)")
    assert poll() == 1
    assert subjects() == ["Read by Ann"]


def test_new_mails_are_found_beside_old_ones(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail(subject="Old"))
    poll()
    dovecot.deliver(a_mail(subject="New"))
    assert poll() == 1
    assert subjects() == ["Old", "New"]
    assert MailMessage.objects.count() == 2


def test_a_limit_ends_a_look_and_the_next_one_goes_on(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    for number in range(5):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    later = timezone.now() + timedelta(days=1)
    assert [poll_mailboxes(now=later, limit=2) for _look in range(4)] == [2, 2, 1, 0]
    assert subjects() == [f"Mail {number}" for number in range(5)]


def test_mail_whose_ledger_row_is_missing_below_the_last_one_is_found(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot)
    for number in range(3):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    Mailbox.objects.filter(pk=mailbox.pk).update(
        position={"place": ImapSettings.of(mailbox.settings).place, "uid_validity": _uid_validity(dovecot),
                  "last_uid": 3, "looked_at_all": timezone.now().isoformat()}
    )  # fmt: skip
    assert poll() == 3


def test_far_below_the_last_one_the_hourly_look_at_everything_finds_it(
    dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "WINDOW", 1)
    mailbox = imap_mailbox(dovecot)
    for number in range(3):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    position = {"place": ImapSettings.of(mailbox.settings).place, "uid_validity": _uid_validity(dovecot), "last_uid": 3}
    now = timezone.now()
    for looked_at, count in ((now, 1), (now - timedelta(minutes=61), 2)):
        Mailbox.objects.update(position=position | {"looked_at_all": looked_at.isoformat()})
        assert poll() == count


def test_look_whose_listing_fails_forgets_no_position(dovecot: DovecotServer) -> None:
    class Losing(imap_client.ImapClient):
        """The connection is lost at the first listing."""

        def listing(self, first: int, last: int) -> list[imap_client.Listed]:
            self.close()
            raise MailboxNotReadable("lost")

    mailbox = imap_mailbox(dovecot)
    for number in range(2):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    assert poll() == 2
    mailbox.refresh_from_db()
    before = mailbox.position
    settings = ImapSettings.of(mailbox.settings)
    backend = imap.ImapBackend(mailbox, settings, client=Losing(settings))
    with pytest.raises(MailboxNotReadable, match="lost"):
        list(backend.fetch())
    assert backend.position() == before
    assert before["last_uid"] == 2


def _uid_validity(server: DovecotServer) -> int:
    client = server.client()
    client.select()
    (value,) = client.response("UIDVALIDITY")[1]
    client.logout()
    assert value is not None
    return int(value)


def test_changed_uidvalidity_makes_everything_be_looked_at_and_nothing_be_doubled(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    for number in range(3):
        dovecot.deliver(a_mail(subject=f"Mail {number}", message_id="" if number == 2 else None))
    poll()
    before = _uid_validity(dovecot)
    dovecot.forget_uids()
    dovecot.deliver(a_mail(subject="After the restore"))
    assert _uid_validity(dovecot) != before
    assert poll() == 4
    assert sorted(subjects()) == ["After the restore", "Mail 0", "Mail 1", "Mail 2"]
    assert MailMessage.objects.filter(state=MailState.DUPLICATE).count() == 3
    assert poll() == 0


def test_mails_before_the_chosen_day_are_left_alone(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, not_before="2025-06-01")
    client = dovecot.client()
    for moment in (datetime(2025, 5, 31, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)):
        client.append("INBOX", "", f'"{moment:%d-%b-%Y %H:%M:%S +0000}"', a_mail(subject=f"{moment:%B}"))
    client.logout()
    assert poll() == 1
    assert subjects() == ["June"]


def test_folder_beyond_ascii_is_read(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, folder="Anfragen & Größeres")
    dovecot.deliver(a_mail(), folder='"Anfragen &- Gr&APYA3w-eres"')
    assert poll() == 1


NAMES = [("INBOX", "INBOX"), ("a&b", "a&-b"), ("台北", "&U,BTFw-"), ("Entwürfe", "Entw&APw-rfe")]


@pytest.mark.parametrize(("name", "wire"), NAMES)
def test_names_of_folders_travel_in_modified_utf_7(name: str, wire: str) -> None:
    """The example of RFC 3501 section 5.1.3 is among them."""
    assert encoded(name) == wire


# What becomes of taken mails -------------------------------------------------------------------------------------


def test_taken_mails_are_marked_as_read(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, after="mark")
    dovecot.deliver(a_mail())
    poll()
    ((_raw, flags),) = dovecot.contents()
    assert flags - {"\\Recent"} == {"\\Seen", "$ItilNextTaken"}


def test_mail_that_cannot_be_moved_keeps_no_new_mail_waiting(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot, after="move", move_to="no//folder")
    dovecot.deliver(a_mail(subject="Mail 1"))
    assert poll() == 1
    for number in (2, 3):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    assert [poll() for _look in range(2)] == [2, 0]
    assert subjects() == ["Mail 1", "Mail 2", "Mail 3"]
    mailbox.refresh_from_db()
    assert "refused moving a mail to no//folder" in mailbox.last_error
    assert mailbox.failed_polls == 0


def test_a_mark_that_somebody_takes_away_stays_away(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, after="mark")
    dovecot.deliver(a_mail())
    poll()
    client = dovecot.client()
    client.select()
    client.store("1", "-FLAGS", "(\\Seen)")
    client.logout()
    poll()
    ((_raw, flags),) = dovecot.contents()
    assert "\\Seen" not in flags


def test_taken_mails_are_moved_to_a_folder_that_is_made_for_them(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, after="move", move_to="Archive.In tickets")
    for number in (1, 2):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    assert poll() == 2
    assert dovecot.contents() == []
    assert len(dovecot.contents("Archive.In tickets")) == 2
    dovecot.deliver(a_mail(subject="Mail 3"))
    assert poll() == 1
    assert subjects() == ["Mail 1", "Mail 2", "Mail 3"]


def test_server_without_move_gets_a_copy_and_a_deletion(
    dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_client, "MOVE", "X-NOT-OFFERED")
    imap_mailbox(dovecot, after="move", move_to="Done")
    dovecot.deliver(a_mail())
    assert poll() == 1
    assert (dovecot.contents(), len(dovecot.contents("Done"))) == ([], 1)


# Limits ----------------------------------------------------------------------------------------------------------


def test_larger_than_is_stored_is_quarantined_without_being_loaded_whole(
    dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 36 * 1024 * 1024
    monkeypatch.setattr(imap, "MAX_STORED_BYTES", limit)
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail(subject="Huge") + b"x" * 76 * 520_000)
    dovecot.deliver(a_mail(subject="Small"))
    assert poll() == 2
    huge = MailMessage.objects.get(subject="Huge")
    assert (huge.state, huge.reason, huge.raw.size_bytes) == (MailState.QUARANTINED, "over_limit", limit + 1)
    assert len(dovecot.contents()) == 2  # the whole stays where it came from


def test_30_mb_mail_does_not_keep_the_small_ones_waiting(
    dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[int, int]] = []
    read = imap_client.ImapClient.read

    def look(self: imap_client.ImapClient, uid: int, *, at_most: int) -> bytes | None:
        begun.append((uid, Ticket.objects.count()))
        return read(self, uid, at_most=at_most)

    monkeypatch.setattr(imap_client.ImapClient, "read", look)
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail(subject="Large", files={"film.bin": b"x" * 22 * 1024 * 1024}))
    for number in range(5):
        dovecot.deliver(a_mail(subject=f"Small {number}"))
    assert RawMail.objects.count() == 0
    assert poll() == 6
    assert subjects() == [*(f"Small {number}" for number in range(5)), "Large"]
    assert begun[-1] == (1, 5)  # the small ones have their tickets before anybody asks for the large one
    large = MailMessage.objects.get(subject="Large")
    assert large.raw.size_bytes > 30_000_000
    assert large.state == MailState.CREATED


def test_after_its_time_a_look_ends_between_two_mails(dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BUDGET_SECONDS", -1.0)
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail())
    assert poll() == 0
    monkeypatch.undo()
    assert poll() == 1


# Signing in ------------------------------------------------------------------------------------------------------


def test_wrong_password_is_told_without_it_and_tried_again_ever_later(dovecot: DovecotServer) -> None:
    mailbox = imap_mailbox(dovecot, secret=WRONG_SECRET)
    dovecot.deliver(a_mail())
    pauses = []
    for _attempt in range(3):
        began = timezone.now()
        assert poll() == 0
        mailbox.refresh_from_db()
        assert mailbox.next_poll_at is not None
        pauses.append((mailbox.next_poll_at - began).total_seconds())
    assert all(begin <= pause <= begin + 9 for begin, pause in zip((15, 30, 60), pauses, strict=True)), pauses
    assert "refused the sign-in of support" in mailbox.last_error
    assert "not this one" not in mailbox.last_error
    assert poll_mailboxes() == 0
    mailbox.refresh_from_db()
    assert mailbox.failed_polls == 3  # not tried before its time
    good = mailbox.settings | {"secret": SECRET}
    change_mailbox(mailbox, by=SystemActor("test"), settings=good)
    assert poll_mailboxes() == 1
    assert error_of() == ""


def test_secret_may_stand_in_a_file(dovecot: DovecotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(f"{PASSWORD}\n")
    monkeypatch.setenv("MAILBOX_IN_A_FILE_FILE", str(tmp_path / "secret"))
    imap_mailbox(dovecot, secret="MAILBOX_IN_A_FILE")
    dovecot.deliver(a_mail())
    assert poll() == 1


def test_missing_secret_is_named(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, secret="MAILBOX_NOWHERE")
    assert poll() == 0
    assert "MAILBOX_NOWHERE is not set" in error_of()


def test_no_other_secret_of_the_site_can_be_sent_to_a_mail_server(dovecot: DovecotServer) -> None:
    with pytest.raises(Invalid, match="begins with MAILBOX_"):
        imap_mailbox(dovecot, secret="SECRET_KEY")


def test_mailbox_that_fails_does_not_stop_the_others(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, address="a@desk.test", secret=WRONG_SECRET)
    imap_mailbox(dovecot, address="b@desk.test", port=free_port())
    imap_mailbox(dovecot, address="c@desk.test", user="network")
    dovecot.deliver(a_mail(to="c@desk.test"), user="network")
    assert poll() == 1
    assert "refused" in error_of("a@desk.test")
    assert "was not reached while connecting: Connection refused" in error_of("b@desk.test")
    assert error_of("c@desk.test") == ""


@pytest.mark.parametrize("mode", ["implicit", "starttls"])
def test_tls_with_a_trusted_certificate(dovecot: DovecotServer, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = imap_mailbox(dovecot, tls=mode, port=dovecot.tls_port if mode == "implicit" else dovecot.port)
    dovecot.deliver(a_mail())
    assert poll() == 0
    assert "The certificate of localhost" in error_of()
    assert "is not trusted" in error_of()
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    assert poll() == 1
    mailbox.refresh_from_db()
    assert mailbox.last_error == ""


def test_tls_spoken_to_a_port_without_it_is_told(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot, tls="implicit", port=dovecot.port)
    poll()
    assert "check port and TLS mode" in error_of()


def test_password_does_not_cross_a_network_in_clear() -> None:
    with pytest.raises(Invalid, match="Without TLS the password"):
        ImapSettings.of({"host": "imap.example.com", "user": "a", "secret": SECRET, "tls": "none"})


# OAuth 2 ---------------------------------------------------------------------------------------------------------


def oauth_mailbox(server: DovecotServer, **more: object) -> Mailbox:
    settings: dict[str, object] = {"auth": "oauth2", "token_url": server.tokens.url, "client_id": f"desk-{free_port()}"}
    return imap_mailbox(server, **(settings | {"secret": CLIENT_SECRET} | more))


def test_access_token_signs_in_and_is_kept(dovecot: DovecotServer) -> None:
    oauth_mailbox(dovecot, scope="imap")
    dovecot.deliver(a_mail())
    assert poll() == 1
    assert poll() == 0
    (asked,) = dovecot.tokens.asked
    assert (asked["grant_type"], asked["scope"]) == ("client_credentials", "imap")


def test_refused_token_is_asked_for_anew_once(dovecot: DovecotServer) -> None:
    oauth_mailbox(dovecot, refresh_token=SECRET)
    poll()
    dovecot.tokens.revoke()
    dovecot.deliver(a_mail())
    assert poll() == 1
    assert [(asked["grant_type"], asked["refresh_token"]) for asked in dovecot.tokens.asked] == [
        ("refresh_token", PASSWORD)
    ] * 2


def test_when_the_new_token_is_refused_too_that_is_the_end(dovecot: DovecotServer) -> None:
    oauth_mailbox(dovecot, user="network")  # the tokens belong to somebody else
    assert poll() == 0
    assert len(dovecot.tokens.asked) == 2
    assert "refused the sign-in of network" in error_of()
    assert "token-" not in error_of()


def test_refusal_of_the_token_endpoint_is_told(dovecot: DovecotServer) -> None:
    oauth_mailbox(dovecot)
    dovecot.tokens.refuses = True
    assert poll() == 0
    assert error_of() == "The token endpoint refused us: 401 invalid_client."


# When things break -----------------------------------------------------------------------------------------------


class Cut:
    """A way to the server that ends after some bytes of its answers, and stays broken until it is mended."""

    def __init__(self, server: DovecotServer, *, after_bytes: int, silent: bool = False) -> None:
        self._server, self.left, self._silent = server, after_bytes, silent
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            upstream = socket.create_connection((self._server.host, self._server.port))
            self._open += [client, upstream]
            threading.Thread(target=self._pass_on, args=(client, upstream, False), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(upstream, client, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_counted: bool) -> None:
        try:
            while data := source.recv(65_536):
                if is_counted:
                    self.left -= len(data)
                    if self.left < 0:
                        if not self._silent:
                            break
                        continue
                target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                if not (is_counted and self._silent):
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                    end.close()

    def close(self) -> None:
        for end in (self._listener, *self._open):
            end.close()


@pytest.fixture
def cut(dovecot: DovecotServer) -> Iterator[Cut]:
    way = Cut(dovecot, after_bytes=1_500_000)
    yield way
    way.close()


def test_server_that_goes_away_in_the_middle_loses_and_doubles_nothing(dovecot: DovecotServer, cut: Cut) -> None:
    imap_mailbox(dovecot, port=cut.port)
    for number in range(4):
        dovecot.deliver(a_mail(subject=f"Mail {number}", files={"photo.bin": b"x" * 500_000}))
    assert poll() == 2
    assert "was lost" in error_of() or "was not reached" in error_of()
    cut.left = 100_000_000
    assert poll() == 2
    assert subjects() == [f"Mail {number}" for number in range(4)]
    assert MailMessage.objects.count() == 4
    assert error_of() == ""


def test_silent_server_ends_the_look_after_the_time_out(
    dovecot: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_client, "TIMEOUT_SECONDS", 0.5)
    way = Cut(dovecot, after_bytes=0, silent=True)
    imap_mailbox(dovecot, port=way.port)
    assert poll() == 0
    assert "did not answer within 0.5 s" in error_of()
    way.close()


def test_stopped_server_is_told_and_read_when_it_is_back(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    dovecot.deliver(a_mail())
    dovecot.stop()
    assert poll() == 0
    assert "was not reached" in error_of()
    dovecot.start()
    assert poll() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", ["mark", "move"])
@pytest.mark.parametrize("step", ["mail.intake.raw_stored", "mail.intake.file_moved", "mail.intake.acted"])
def test_killed_between_storing_and_marking_it_is_marked_later_and_counts_once(
    dovecot: DovecotServer, step: str, after: str, tmp_path: Path, killable: Killable
) -> None:
    imap_mailbox(dovecot, after=after, move_to="Done" if after == "move" else "")
    dovecot.deliver(a_mail(subject="Scanner"))
    later = timezone.now() + timedelta(minutes=5)
    killed = killable.run_timers(tmp_path, now=later, kill_at=step)
    assert killed.returncode == -signal.SIGKILL, killed.output
    again = killable.run_timers(tmp_path, now=later + timedelta(minutes=5))
    assert again.returncode == 0, again.output
    assert Ticket.objects.get().subject == "Scanner"
    assert MailMessage.objects.get().state == MailState.CREATED
    if after == "move":
        assert (dovecot.contents(), len(dovecot.contents("Done"))) == ([], 1)
    else:
        assert "\\Seen" in dovecot.contents()[0][1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_read_the_same_mailbox_at_once(dovecot: DovecotServer) -> None:
    imap_mailbox(dovecot)
    for number in range(10):
        dovecot.deliver(a_mail(subject=f"Mail {number}"))
    counts = in_parallel(*[poll_mailboxes] * 3)
    assert sorted(counts) == [0, 0, 10]
    assert Ticket.objects.count() == 10
