"""Audit rows are copies of what stands in the table, with actor and reason."""

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext

from accounts.models import Absence, Agent, Company
from core.actors import SystemActor
from core.history import AuditedHistory, record, record_deletion, record_new
from core.statements import copying
from tests.factories import AgentFactory, CompanyFactory, TeamFactory
from tickets.models import Tag

pytestmark = pytest.mark.django_db

CLOCK = SystemActor("clock")


def newest(row: Any) -> Any:
    return type(row).history.filter(id=row.pk).latest("history_id")


def test_the_row_is_copied_as_it_stands_not_as_it_was_loaded() -> None:
    """A deferred column is not read for it, and what was set but not saved is not in it."""
    acme = CompanyFactory(name="Acme", tier="standard", domains=["acme.example"])
    Company.objects.filter(pk=acme.pk).update(domains=["acme.test"])
    loaded = Company.objects.only("name").get(pk=acme.pk)
    loaded.name, loaded.tier = "Acme & Sons", "vip"
    record(loaded, by=CLOCK, reason="renamed", update_fields=["name"])
    row = newest(acme)
    assert (row.name, row.tier, row.domains) == ("Acme & Sons", "standard", ["acme.test"])
    assert (row.actor_name, row.history_user_id, row.history_change_reason) == (CLOCK.audit_name, None, "renamed")
    assert row.history_type == "~"


def test_many_to_many_and_deletions_keep_their_history_too() -> None:
    mara, team = AgentFactory(teams=[]), TeamFactory()
    vars(mara)["_history_actor"] = CLOCK
    mara.teams.add(team)
    assert [member.team_id for member in newest(mara).teams.all()] == [team.pk]
    tag = Tag(name="printer")
    record(tag, by=mara)
    pk = tag.pk
    record_deletion(tag, by=CLOCK)
    row = Tag.history.filter(id=pk).latest("history_id")
    assert (row.history_type, row.name, row.actor_name) == ("-", "printer", CLOCK.audit_name)


def test_a_new_row_and_its_history_are_one_statement() -> None:
    with CaptureQueriesContext(connection) as statements:
        tag = Tag(name="scanner")
        record(tag, by=CLOCK, reason="asked for")
    assert len(statements) == 1
    row = newest(tag)
    assert (row.history_type, row.name, row.version) == ("+", "scanner", 1)
    assert (row.actor_name, row.history_change_reason) == (CLOCK.audit_name, "asked for")
    tag.name = "flatbed scanner"
    record(tag, by=CLOCK)  # and then as any other
    assert [row.name for row in Tag.history.filter(id=tag.pk).order_by("history_id")] == ["scanner", "flatbed scanner"]


def test_many_new_rows_and_their_history_are_one_statement() -> None:
    tags = [Tag(name=f"t{number}") for number in range(3)]
    with CaptureQueriesContext(connection) as statements:
        assert record_new(tags, by=CLOCK) == {tag.pk for tag in tags}
    assert len(statements) == 1
    again = [Tag(name="t1"), Tag(name="t9")]
    assert record_new(again, by=CLOCK, unless_there=True) == {again[1].pk}
    assert sorted(Tag.history.values_list("name", flat=True)) == ["t0", "t1", "t2", "t9"]


def test_an_audit_row_that_cannot_be_written_is_an_error() -> None:
    ghost = Company(name="Nowhere")
    with pytest.raises(DatabaseError, match="has no row to copy"):
        post_save.send(Company, instance=ghost, created=True, using="default")


HISTORIES = [model for model in apps.get_models() if issubclass(model, AuditedHistory)]


@pytest.mark.parametrize("model", HISTORIES, ids=lambda model: model.__name__)
def test_the_copying_statement_fits_every_audited_model(model: Any) -> None:
    """And leaves out what no reader of an audit may see."""
    audited = model.instance_type
    statement = copying(audited, f'"{audited._meta.db_table}"')
    assert "password" not in statement
    assert "session_epoch" not in statement
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement.replace('%s', 'NULL')}")
        assert cursor.fetchall()


def test_these_models_are_audited() -> None:
    assert {Agent, Absence, Company, Tag} < {model.instance_type for model in HISTORIES}
