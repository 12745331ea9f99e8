"""Rows written by kept statements are the rows that Django would write."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models.functions import Now, Upper
from django.test.utils import CaptureQueriesContext

from accounts.models import Company
from core import plans
from tests.factories import CompanyFactory, TicketFactory
from tickets.enums import AuthorType, EntryKind, Visibility
from tickets.models import TimelineEntry

pytestmark = pytest.mark.django_db


def test_values_of_every_kind_arrive() -> None:
    """Lists, JSON, nothing at all; twice, since the second row takes the kept statement."""
    ticket = TicketFactory()
    made = [
        TimelineEntry.objects.create(
            ticket=ticket,
            kind=EntryKind.SYSTEM,
            visibility=Visibility.INTERNAL,
            author_type=AuthorType.SYSTEM,
            author_name=f"n{number}",
            facts={"event": "x", "names": ["ä", None]},
            email_to=["a@b.example", "c"],
        )
        for number in range(2)
    ]
    stored = [TimelineEntry.objects.get(pk=entry.pk) for entry in made]
    for entry, row in zip(made, stored, strict=True):
        assert (row.seq, row.facts, row.email_to, row.author_name, row.contact_id) == (
            *(entry.seq, {"event": "x", "names": ["ä", None]}),
            *(["a@b.example", "c"], entry.author_name, None),
        )
    assert made[0].seq < made[1].seq


def test_one_statement_writes_the_row_and_the_database_fills_in_its_defaults() -> None:
    first, second = CompanyFactory(), Company(name="Second")
    with CaptureQueriesContext(connection) as statements:
        second.save()
    assert len(statements) == 2  # the row, and simple-history's copy of it
    assert (second.version, Company.objects.get(pk=second.pk).name) == (1, "Second")
    with pytest.raises(IntegrityError), transaction.atomic():
        Company(pk=first.pk, name="The same id").save(force_insert=True)


def test_expressions_go_the_long_way() -> None:
    row = Company(name="Now", created_at=Now())
    row.save()
    assert Company.objects.get(pk=row.pk).created_at.tzinfo is not None


def test_an_update_writes_its_columns_alone_and_says_whether_there_was_a_row() -> None:
    company = CompanyFactory(name="Old", domains=["a.example"])
    Company.objects.filter(pk=company.pk).update(domains=["b.example"])
    company.name, company.domains = "New", ["c.example"]
    company.save(update_fields=["name"])
    stored = Company.objects.get(pk=company.pk)
    assert (stored.name, stored.domains, stored.version) == ("New", ["b.example"], company.version)
    Company.objects.filter(pk=company.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        company.save(update_fields=["name"])


def test_an_update_by_an_expression_goes_the_long_way() -> None:
    company = CompanyFactory(name="Old")
    company.name = Upper("name")
    company.save(update_fields=["name"])
    assert Company.objects.get(pk=company.pk).name == "OLD"


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def test_plans_are_kept_within_and_made_anew_afterwards() -> None:
    before = setting("plan_cache_mode")
    with plans.kept():
        assert setting("plan_cache_mode") == "auto"
    assert setting("plan_cache_mode") == before != "auto"


def test_what_can_be_done_again_is_not_waited_for_until_it_is_on_the_disk() -> None:
    usual = setting("synchronous_commit")
    with plans.kept(waits_for_disk=False):
        assert setting("synchronous_commit") == "off"
        with transaction.atomic():
            plans.wait_for_disk()
            assert setting("synchronous_commit") == "on"
    assert setting("synchronous_commit") == usual
