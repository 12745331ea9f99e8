"""Whether this process is up (`/healthz`) and whether the desk can work (`/readyz`)."""

from datetime import timedelta
from typing import Any

import pgtrigger
import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.models import Heartbeat
from core.timers import HEARTBEAT

SWEEP_MAX_AGE = timedelta(minutes=5)
ENABLED = "O"


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers; no dependency is asked."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """503 and what is missing, unless database, migrations, walls, broker and beat are all there; and when the last
    sweep ended (ISO 8601, UTC; null before the first one, or where that cannot be read).
    """
    problems = problems_of_the_desk()
    answer = {
        "status": "not ready" if problems else "ready",
        "missing": problems,
        "last_sweep_ended_at": _last_sweep_ended_at(),
    }
    return JsonResponse(answer, status=503 if problems else 200)


def problems_of_the_desk() -> dict[str, str]:
    """Part -> what is wrong with it; empty when the desk can work. Texts name no address and no secret."""
    problems: dict[str, str] = {}
    try:
        problems |= _database_problems()
        problems |= _sweep_problem()
    except DatabaseError as error:
        problems["database"] = type(error).__name__
    problems |= _broker_problem()
    return problems


def _database_problems(using: str = DEFAULT_DB_ALIAS) -> dict[str, str]:
    executor = MigrationExecutor(connections[using])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return {"migrations": f"{len(plan)} not applied"}
    problems: dict[str, str] = {}
    if missing := walls_not_standing():
        problems["triggers"] = f"missing or disabled: {', '.join(missing)}"
    if tables := tables_whose_walls_may_be_switched_off(using):
        problems["roles"] = f"the application's role is superuser or owns: {', '.join(tables)}"
    return problems


def walls_not_standing() -> list[str]:
    """Triggers that the models declare and the database does not have, or has switched off (ruling 6)."""
    wanted = {trigger.get_pgid(model): model._meta.db_table for model, trigger in pgtrigger.registered()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgenabled = %s",
            [ENABLED],
        )
        standing: set[tuple[str, str]] = set(cursor.fetchall())
    return sorted(name for name, table in wanted.items() if (name, table) not in standing)


def tables_whose_walls_may_be_switched_off(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Walled tables that the role of this connection owns, itself, as a member of the owner, or as superuser.

    The owner of a table can disable its triggers, so walls hold only against roles that are not (ruling 6).
    """
    tables = sorted({model._meta.db_table for model, _trigger in pgtrigger.registered()})
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relname = ANY (%s) AND pg_table_is_visible(c.oid)"
            " AND pg_has_role(current_user, c.relowner, 'MEMBER') ORDER BY c.relname",
            [tables],
        )
        return [str(name) for (name,) in cursor.fetchall()]


def _last_sweep_ended_at() -> str | None:
    try:
        beat = Heartbeat.objects.filter(name=HEARTBEAT).first()
    except DatabaseError:
        return None
    return beat.ended_at.isoformat() if beat else None


def _sweep_problem() -> dict[str, str]:
    beat = Heartbeat.objects.filter(name=HEARTBEAT).first()
    if beat is None:
        return {"beat": "no sweep has ended yet"}
    age = timezone.now() - beat.ended_at
    return {"beat": f"last sweep ended {int(age.total_seconds())} s ago"} if age > SWEEP_MAX_AGE else {}


def _broker_problem() -> dict[str, str]:
    options: dict[str, Any] = {"socket_connect_timeout": 1, "socket_timeout": 1}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **options) as client:
            client.ping()
    except redis.RedisError as error:
        return {"broker": type(error).__name__}
    return {}
