"""`manage.py parse_mail`: the promised keys, one object a mail, no database."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.connectors.mail.parsing.build import mail

PROMISED = {
    "subject", "from", "to", "cc", "reply_to", "message_id", "in_reply_to", "references", "date", "auto_submitted",
    "is_auto_reply", "no_auto_response", "is_bounce", "bounce_recipients", "bounce_status", "is_signed", "is_encrypted",
    "calendar_method", "body_text", "reply_text", "html_sanitised", "attachments", "defects",
}  # fmt: skip


def test_one_file_gives_one_object_with_all_promised_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail(headers=b"Date: Tue, 3 Mar 2026 10:15:00 +0100\r\n"))
    out = io.StringIO()
    call_command("parse_mail", str(path), "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert answer.keys() >= PROMISED
    assert answer["from"] == {"name": "Ann Example", "address": "ann@customer.example"}
    assert answer["to"] == [{"name": "", "address": "desk@desk.example"}]
    assert (answer["subject"], answer["body_text"], answer["cc"]) == ("Printer", "Hello", [])
    assert answer["date"] == "2026-03-03T09:15:00+00:00"


def test_lines_of_names_give_lines_of_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.eml").write_bytes(mail())
    (tmp_path / "b.eml").write_bytes(b"\xff\0\xfe")
    names = [str(tmp_path / name) for name in ("a.eml", "missing.eml", "b.eml")]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(names) + "\n"))
    out = io.StringIO()
    call_command("parse_mail", "--jsonl", stdout=out)
    first, second, third = (json.loads(line) for line in out.getvalue().splitlines())
    assert first["subject"] == "Printer"
    assert "missing.eml" in second["error"]
    assert third["subject"] == ""


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"Cannot read .*missing\.eml: No such file"):
        call_command("parse_mail", str(tmp_path / "missing.eml"), "--json")


def test_no_file_is_a_clear_error() -> None:
    with pytest.raises(CommandError, match="--jsonl"):
        call_command("parse_mail", "--json")
