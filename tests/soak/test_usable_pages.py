"""Queue, list, ticket and board of a large desk (acceptance 146). Times are judged at full size only, by `make soak`;
the suite counts what a page asks and shows at a tenth of it.
"""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from desk.load.loading import load
from tests.bench.browser import MOST_MS, ROUNDS, pages_shown
from tests.bench.measuring import Bench
from tests.desk.pages import html_of, statements_of
from tests.scale import IS_FULL, full_size
from tickets.models import Ticket

pytestmark = [
    pytest.mark.soak,
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.timeout(1800),
]

TICKETS = full_size(50_000)
ITEM = re.compile(r'id="(?:row|card)-|class="entry entry--')


def test_146_pages_of_a_large_desk_are_usable_at_once(live_site: str) -> None:
    _load(TICKETS // 2, seed=1)
    port = urlsplit(live_site).port or 0
    bench = Bench(port, rounds=1)
    pages = bench.pages_of_work()
    browser = Client()
    browser.force_login(bench.agent.user, backend="accounts.auth.AgentBackend")
    asked = {name: len(statements_of(browser, path)) for name, path in pages.items()}
    _load(TICKETS - TICKETS // 2, seed=2)
    assert Ticket.objects.count() == TICKETS
    assert {name: len(statements_of(browser, path)) for name, path in pages.items()} == asked
    items = {name: len(ITEM.findall(html_of(browser.get(path)))) for name, path in pages.items()}
    assert (items.pop("list"), items.pop("ticket")) == (50, 5)
    assert min(items.values()) > 0, items

    shown = list(pages_shown(port, bench.cookies, pages, rounds=ROUNDS if IS_FULL else 1))
    assert [page.name for page in shown] == list(pages)
    if IS_FULL:
        assert [page for page in shown if page.is_too_slow] == [], f"not usable within {MOST_MS} ms"


def _load(total: int, *, seed: int) -> None:
    load(total, seed=seed, until=timezone.now(), say=lambda _text: None)
