"""What `tests.kept` writes is what the factories had written."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from tests.admin.conftest import small_office
from tests.desk.conftest import small_desk
from tests.journeys.desk import people
from tests.kept import kept
from tests.reports.conftest import small_desk as desk_of_figures


def rows() -> dict[str, list[Any]]:
    """Table -> its rows, without numbers that the database gives."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        fields = [field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
        names = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(field.column)) for field in fields)
        query = sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier(model._meta.db_table))
        with connection.cursor() as cursor:
            found[model._meta.db_table] = sorted(map(repr, cursor.cursor.execute(query).fetchall()))
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("build", [small_desk, small_office, people, desk_of_figures])
def test_a_kept_desk_is_the_one_that_was_built(build: Callable[[], Any]) -> None:
    built: list[dict[str, list[Any]]] = []

    def once() -> Any:
        desk = build()
        built.append(rows())
        return desk

    for _time in range(3):
        with transaction.atomic():
            desk = kept(once)
            assert rows() == built[0]
            assert desk.team.name == "Service Desk"
            desk.team.name = "Changed"  # what a test does to its desk concerns no other
            transaction.set_rollback(True)
    assert len(built) == 1
