from collections.abc import Iterator
from shutil import rmtree

import pytest
from django.conf import settings

from tests.journeys.desk import Desk, open_desk


@pytest.fixture
def desk(transactional_db: None) -> Iterator[Desk]:
    """People and a shared mailbox; all Maildirs are empty before and after."""
    rmtree(settings.MAIL_ROOT, ignore_errors=True)
    yield open_desk()
    rmtree(settings.MAIL_ROOT, ignore_errors=True)
