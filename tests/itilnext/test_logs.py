"""Lines of the log, as they are written."""

import logging
import sys

import pytest
from django.db import IntegrityError, transaction

from itilnext.logs import JsonFormatter, PlainFormatter
from tests.factories import AgentFactory, TicketFactory
from tickets.models import Draft


def failed(word: str) -> logging.LogRecord:
    """As a worker logs it that could not write a row with the word."""
    draft = Draft(ticket=TicketFactory(), person=AgentFactory(), mode=None, body_text=f"{word}\n\nand {word}")
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError:
        found = logging.LogRecord("connectors.mail", logging.ERROR, "", 0, "mail not processed", (), sys.exc_info())
        found.mail = "7"
        return found
    raise AssertionError("the row was written")


@pytest.mark.django_db
@pytest.mark.parametrize("formatter", [PlainFormatter, JsonFormatter])
def test_024_what_the_database_quotes_of_a_row_is_left_out(formatter: type[logging.Formatter]) -> None:
    record = failed("canary")
    assert "canary" in str(record.exc_info and record.exc_info[1]), "the error itself quotes the row"
    line = formatter().format(record)
    assert "canary" not in line
    for kept in ("mail not processed", "Traceback", "null value in column", "DETAIL: left out"):
        assert kept in line
