"""Tasks and files that are not for all: whoever makes them says in `ready()` who sees which of them."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q

from core.actors import Actor

if TYPE_CHECKING:
    from tickets.models import Task

task_ways: list[Callable[[Actor], Q]] = []
"""Each answers which hidden tasks the actor may see; what no way shows stays hidden."""
work_ways: list[Callable[[Actor], Q]] = []
"""Each answers on which hidden tasks the actor may work beside whoever has them, as one who adds tasks there."""
file_ways: list[Callable[[Actor], Q]] = []
"""Each answers which files of what is written aside the actor may see; what no way shows stays hidden."""
kin_ways: list[Callable[["Task"], Q]] = []
"""Each answers which other hidden tasks belong to the same help as this one, for which it may wait."""
NONE = Q(pk__in=[])


def kin_of(task: "Task") -> Q:
    """Hidden tasks beside which a hidden one stands; of one that all see there are none."""
    return reduce(or_, (way(task) for way in kin_ways), NONE) if task.is_hidden else NONE
