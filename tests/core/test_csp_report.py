"""Reports of the browser about our content security policy end in the log and never in an error."""

import json
import logging

import pytest
from django.test import Client


def test_a_report_is_logged_without_the_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    report = {
        "violated-directive": "script-src",
        "blocked-uri": "inline",
        "document-uri": "https://desk.test/search/?q=secret",
    }
    with caplog.at_level(logging.WARNING, "core.csp"):
        response = client.post("/csp-report/", json.dumps({"csp-report": report}), "application/csp-report")
    assert response.status_code == 204
    (record,) = caplog.records
    assert (record.directive, record.blocked, record.page) == ("script-src", "inline", "https://desk.test/search/")


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b'{"csp-report": 3}', b"{" * 20_000, b'{"csp-report":{"blocked-uri":"//["}}']
)
def test_nonsense_is_ignored(client: Client, caplog: pytest.LogCaptureFixture, body: bytes) -> None:
    assert client.post("/csp-report/", body, "application/csp-report").status_code == 204
    assert caplog.records == []
