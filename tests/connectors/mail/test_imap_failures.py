"""An IMAP server, a network or a worker that breaks in the middle: nothing is lost, nothing doubled."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from connectors.mail.backends import imap_client
from connectors.mail.enums import MailState
from connectors.mail.models import MailMessage
from connectors.mail.services import poll_mailboxes
from tests.concurrency import in_parallel
from tests.connectors.mail.imap_mailboxes import error_of, imap_mailbox, poll, subjects
from tests.factories.mail import a_mail
from tests.imap_server import DovecotServer
from tests.killable import Killable
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


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
