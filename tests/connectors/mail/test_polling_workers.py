"""A mailbox is read by one worker, several by several: whose server is slow keeps only itself waiting."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import unquote

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from connectors.mail.services import poll_mailboxes
from connectors.microsoft365 import identity
from tests.connectors.mail.graph_mailboxes import ADDRESS, a_connection, graph_mailbox
from tests.factories.mail import a_mail
from tests.fakes import microsoft as at
from tests.fakes.microsoft import MicrosoftFake, microsoft
from tests.fakes.serving import Call, Reply, ca_file
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "sales@desk.test"
PATIENCE_SECONDS = 20


@pytest.fixture
def fake(settings: Settings) -> Iterator[MicrosoftFake]:
    with microsoft() as made:
        settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = made.base, made.login
        settings.MSGRAPH_CA_FILE = ca_file()
        made.mailboxes = {ADDRESS: at.Mailbox(), OTHER: at.Mailbox()}
        yield made
        identity._held.clear()


def worker() -> int:
    try:
        return poll_mailboxes()
    finally:
        connections.close_all()


def test_182_while_one_mailbox_hangs_another_worker_reads_the_others(fake: MicrosoftFake) -> None:
    connection = a_connection()
    for address in (ADDRESS, OTHER):
        graph_mailbox(connection, address=address)
        fake.mailboxes[address].deliver(a_mail(subject=f"To {address}", to=address))
    hangs, goes_on = Event(), Event()

    def hang(call: Call) -> Reply | None:
        if ADDRESS in unquote(call.path) and not hangs.is_set():
            hangs.set()
            goes_on.wait(PATIENCE_SECONDS)
        return None

    fake.faults = [hang]
    with ThreadPoolExecutor(2) as workers:
        stuck = workers.submit(worker)
        assert hangs.wait(PATIENCE_SECONDS)
        try:
            workers.submit(worker).result(PATIENCE_SECONDS)
            assert f"To {OTHER}" in Ticket.objects.values_list("subject", flat=True)
            assert not stuck.done()
        finally:
            goes_on.set()
        stuck.result(PATIENCE_SECONDS)
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == sorted([f"To {ADDRESS}", f"To {OTHER}"])
