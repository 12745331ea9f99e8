"""The application's rights are brought in line in one step (ruling 6)."""

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
