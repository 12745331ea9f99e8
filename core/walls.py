"""Database triggers that no setting of the trigger library switches off (ruling 6).

`django-pgtrigger` lets a session ignore its triggers by a run-time setting. A wall is declared, migrated and checked
with
the library, but its function has no such door, and it pins `search_path`, so that a temporary table of the same name
cannot
stand in for a real one. Historical migrations name `UpsertWallSql`: never edit its template, add another class instead.
"""

from typing import Any

import pgtrigger
from django.db import models
from pgtrigger import compiler


class UpsertWallSql(compiler.UpsertTriggerSql):
    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql SET search_path = public, pg_temp;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Wall(pgtrigger.Trigger):
    """A trigger that holds for everybody; see the module."""

    def compile(self, model: models.Model) -> compiler.Trigger:  # the library's hint: it means the class
        return compiler.Trigger(
            name=self.name,
            sql=UpsertWallSql(
                pgid=self.get_pgid(model),
                declare=self.render_declare(model),
                func=self.render_func(model),
                table=model._meta.db_table,
                when=self.when,
                operation=self.operation,
                level=self.level,
                condition=self.render_condition(model),
                execute=self.render_execute(model),
            ),
        )


def refuse(message: str) -> str:
    """PL/pgSQL statement that refuses with SQLSTATE 23001 (restrict_violation), an `IntegrityError` in Django."""
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation';"


NO_TRUNCATE = f"""
    IF current_database() NOT LIKE 'test\\_%' THEN
        {refuse("this table is never emptied")}
    END IF;
    RETURN NULL;
"""


def no_truncate(table: str) -> Wall:
    """Refuse TRUNCATE, save in databases named test_…, which the test suite empties between tests."""
    return Wall(
        name=f"{table}_no_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=NO_TRUNCATE,
    )


def append_only(table: str) -> list[Any]:
    """Walls of a table whose rows are only ever added."""
    return [
        Wall(
            name=f"{table}_append_only",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=refuse(f"{table} is append-only"),
        ),
        no_truncate(table),
    ]
