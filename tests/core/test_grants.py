"""The application's rights are brought in line in one step (ruling 6)."""

from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import ProgrammingError

from core import grants
from tests.database import connect_as_owner


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_history_is_at_no_moment_writable_while_rights_are_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped half-way, between the wide GRANT and the REVOKEs, the old rights stand."""
    monkeypatch.setattr(grants, "LIBRARY_OWNED", "no_such_table")
    with pytest.raises(ProgrammingError, match="no_such_table"):
        grants.grant_to_application()
    role = settings.DATABASES["default"]["USER"]
    with connect_as_owner() as owner:
        query = "SELECT has_table_privilege(%s, 'accounts_historicalagent', %s)"
        rights = [owner.execute(query, [role, right]).fetchone()[0] for right in ("INSERT", "UPDATE", "DELETE")]
    assert rights == [True, False, False]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_rights_are_granted_on_the_way_back_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrated back, the database lacks tables that the models of this release have."""
    (kept, *_others) = list(grants.append_only_models())
    gone = SimpleNamespace(_meta=SimpleNamespace(db_table="tickets_historicallater"))
    monkeypatch.setattr(grants, "append_only_models", lambda: [gone, kept])
    grants.grant_to_application()
    monkeypatch.undo()
    grants.grant_to_application()
    with connect_as_owner() as owner:
        query = "SELECT has_table_privilege(%s, 'tickets_historicalticket', 'UPDATE')"
        assert owner.execute(query, [settings.DATABASES["default"]["USER"]]).fetchone() == (False,)
