"""What waits goes with a later statement, and nobody who reads can tell."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Company
from core.actors import DESK
from core.history import record_soon
from core.models import EventDelivery
from core.writing import Counted, insert_soon, together, update
from tests.factories import CompanyFactory

pytestmark = pytest.mark.django_db


def soon(name: str, **values: Any) -> None:
    insert_soon(EventDelivery(event="Tested", receiver=name, payload={"a": [1]}, **values))


def names() -> list[str]:
    return list(EventDelivery.objects.order_by("receiver").values_list("receiver", flat=True))


def test_it_goes_with_the_next_row_that_is_written() -> None:
    company = CompanyFactory(name="Old")
    with transaction.atomic(), CaptureQueriesContext(connection) as statements, together():
        soon("one")
        vars(company)["skip_history_when_saving"] = True
        company.name = "New"
        company.save(update_fields=["name"])
    assert len(statements) == 1
    assert (names(), Company.objects.get(pk=company.pk).name, company.version) == (["one"], "New", 2)
    assert EventDelivery.objects.get().payload == {"a": [1]}


def test_a_new_row_with_its_history_takes_it_along() -> None:
    with transaction.atomic(), together():
        soon("one")
        company = CompanyFactory(name="New")
    assert (names(), company.history.count()) == (["one"], 1)


COUNTED = Counted(
    "name",
    """
    INSERT INTO tickets_referencecounter AS c (prefix, year, last) VALUES (%s, %s, 1)
    ON CONFLICT (prefix, year) DO UPDATE SET last = c.last + 1 RETURNING prefix, last
    """,
    ["T", 2025],
    "prefix || ' ' || last",
)


def test_what_is_counted_for_a_row_is_told_with_the_statement_that_takes_it_along() -> None:
    """Be that one that returns something, one that does not, or none but its own."""
    made = [Company(name="-") for _number in range(3)]
    with transaction.atomic(), together():
        record_soon(made[0], by=DESK, counted=COUNTED)
        with CaptureQueriesContext(connection) as statements:
            record_soon(made[1], by=DESK, counted=COUNTED)
            delivery = EventDelivery(event="Tested", receiver="one", payload={})
            delivery.save(force_insert=True)
            record_soon(made[2], by=DESK, counted=COUNTED)
            update(delivery, ["event"])
    assert [company.name for company in made] == ["T 1", "T 2", "T 3"]
    assert [Company.objects.get(pk=company.pk).name for company in made] == ["T 1", "T 2", "T 3"]
    assert [company.history.get().name for company in made] == ["T 1", "T 2", "T 3"]
    assert delivery.pk == EventDelivery.objects.get().pk
    assert statements.captured_queries[-1]["sql"].lstrip().startswith("WITH counted AS")


def test_whatever_reads_finds_it() -> None:
    with transaction.atomic(), together():
        soon("one")
        assert names() == ["one"]


def test_rows_of_one_kind_are_written_at_once_in_their_order() -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as statements, together():
        for name in ("one", "two", "three"):
            soon(name)
    assert (len(statements), names()) == (1, ["one", "three", "two"])
    assert list(EventDelivery.objects.order_by("id").values_list("receiver", flat=True)) == ["one", "two", "three"]


def test_rows_of_one_table_with_other_columns_are_written_one_after_the_other_and_all_of_them() -> None:
    with transaction.atomic(), together():
        soon("one")
        soon("two", failed_at=timezone.now())
        soon("three")
    assert names() == ["one", "three", "two"]
    assert list(EventDelivery.objects.order_by("id").values_list("receiver", flat=True)) == ["one", "two", "three"]


def test_outside_it_is_written_at_once_and_an_inner_block_is_part_of_the_outer() -> None:
    soon("at once")
    with transaction.atomic(), together():
        with CaptureQueriesContext(connection) as statements, together():
            soon("later")
        assert len(statements) == 0
    assert names() == ["at once", "later"]


def _within_a_savepoint(name: str, *, then: str) -> None:
    with transaction.atomic():
        soon(name)
        with connection.cursor() as cursor:
            cursor.execute(then)
        raise ZeroDivisionError


def test_a_savepoint_takes_along_what_was_given_in_it_and_nothing_else() -> None:
    with transaction.atomic(), together():
        soon("before")
        with pytest.raises(ZeroDivisionError):
            _within_a_savepoint("within", then="SELECT 1")
        with pytest.raises(DatabaseError):
            _within_a_savepoint("within a failure", then="SELECT 1 / 0")
        soon("after")
    assert names() == ["after", "before"]


def _all_together(*given: str, then_fail: bool) -> None:
    with transaction.atomic(), together():
        for name in given:
            soon(name)
        if then_fail:
            raise ZeroDivisionError


def test_what_fails_fails_in_the_block_and_leaves_nothing() -> None:
    with pytest.raises(DatabaseError):
        _all_together("one", "x" * 201, then_fail=False)
    assert names() == []


def test_a_block_that_is_left_by_an_error_writes_nothing_of_it() -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            _all_together("one", then_fail=True)
        CompanyFactory()
    assert names() == []
