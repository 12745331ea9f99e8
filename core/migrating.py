"""A new database is migrated in a quarter of the time: what nobody asks for is not made.

After each operation Django makes anew every model that hangs together with the changed one, here nearly all of them, so
that data migrations may use whichever they like. Without rows there is nothing to be migrated but tables, and a table
is altered by what its own model says. Data migrations get all models made anew all the same: Django does that for
states that are marked as delayed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState
from django.db.models.signals import class_prepared

NEIGHBOURS = "_find_reload_model"
"""Django's own method, which names the models to be made anew."""


class _Nobody(list[Any]):
    """Receivers of a signal that nobody hears."""

    def append(self, receiver: Any) -> None:
        return


def _itself(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
    state.is_delayed = True
    return {(app_label, model_name)}


@contextmanager
def models_made_when_changed() -> Iterator[None]:
    """For migrating a database without rows. State machines and histories do not look at the models of migrations."""
    neighbours, receivers = getattr(ProjectState, NEIGHBOURS), class_prepared.receivers
    setattr(ProjectState, NEIGHBOURS, _itself)
    class_prepared.receivers = _Nobody()
    try:
        yield
    finally:
        setattr(ProjectState, NEIGHBOURS, neighbours)
        class_prepared.receivers = receivers
