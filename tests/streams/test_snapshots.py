"""The page's account of what it shows comes back from a browser, so anything may stand there."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from live.snapshots import Snapshot

xids = st.integers(min_value=1, max_value=2**62)


@given(xids, xids, st.lists(xids, max_size=5), xids)
def test_what_a_snapshot_shows(xmin: int, more: int, under_way: list[int], xid: int) -> None:
    xmax = xmin + more
    text = f"{xmin}:{xmax}:{','.join(map(str, under_way))}"
    snapshot = Snapshot.parse(text)
    assert snapshot is not None
    assert snapshot.shows(xid) == (xid < xmin or (xid < xmax and xid not in under_way))


@pytest.mark.parametrize(
    "text", ["", "1", "1:2", "1:2:x", "-1:2:", "1:2:3,", "1:2:" + "3," * 1000 + "3", "١:٢:", "1:2:3 "]
)
def test_what_is_none_is_none(text: str) -> None:
    assert Snapshot.parse(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    Snapshot.parse(text)


@pytest.mark.django_db
def test_it_reads_what_postgresql_writes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint, pg_current_snapshot()::text")
        own, text = cursor.fetchone()
        around = range(max(own - 20, 3), own + 3)
        cursor.execute("SELECT pg_visible_in_snapshot(n::text::xid8, %s) FROM unnest(%s) AS n", [text, list(around)])
        visible = [is_visible for (is_visible,) in cursor]
    snapshot = Snapshot.parse(text)
    assert snapshot is not None
    assert [snapshot.shows(xid) for xid in around] == visible
    assert not snapshot.shows(own)
