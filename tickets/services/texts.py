"""Canned responses, templates of new tickets, signatures of teams: who keeps which, and what they may say."""

from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from core.errors import Invalid, NotFound, StaleVersion
from core.history import record, record_deletion
from core.service import service
from tickets.enums import TextScope
from tickets.errors import RoleForbids, TextForbidden
from tickets.models import CannedResponse, TeamSignature, TicketTemplate
from tickets.models.texts import SharedText
from tickets.placeholders import refuse_unknown
from tickets.policies import may_edit_text, may_keep_texts, may_keep_texts_of

T = TypeVar("T", bound=SharedText)


@service
def create_canned_response(*, by: Agent, **values: Any) -> CannedResponse:
    """A new text; `values` are its fields, `scope` says whose it is. Raises TextForbidden, Invalid."""
    return _create(CannedResponse(), by=by, values=values)


@service
def edit_canned_response(text_id: UUID, *, by: Agent, version: int | None = None, **values: Any) -> CannedResponse:
    return _edit(CannedResponse, text_id, by=by, values=values, version=version)


@service
def delete_canned_response(text_id: UUID, *, by: Agent, version: int | None = None) -> None:
    """Its history stays."""
    _delete(CannedResponse, text_id, by=by, version=version)


@service
def create_ticket_template(*, by: Agent, **values: Any) -> TicketTemplate:
    return _create(TicketTemplate(), by=by, values=values)


@service
def edit_ticket_template(text_id: UUID, *, by: Agent, version: int | None = None, **values: Any) -> TicketTemplate:
    return _edit(TicketTemplate, text_id, by=by, values=values, version=version)


@service
def delete_ticket_template(text_id: UUID, *, by: Agent, version: int | None = None) -> None:
    _delete(TicketTemplate, text_id, by=by, version=version)


@service
def set_team_signature(team: Team, *, by: Agent, language: str, text: str) -> TeamSignature | None:
    """What stands below replies in this language ("" for all others); without a word there is none."""
    if not may_keep_texts_of(by, TextScope.TEAM, team_id=team.pk):
        raise TextForbidden(team=team.name)
    refuse_unknown(text, field="text")
    found = TeamSignature.objects.select_for_update(no_key=True).filter(team=team, language=language).first()
    if not text.strip():
        if found is not None:
            record_deletion(found, by=by)
        return None
    row = found or TeamSignature(team=team, language=language)
    if row.text != text.strip():
        row.text = text.strip()
        check_text(row)
        record(row, by=by)
    return row


def _create(row: T, *, by: Agent, values: dict[str, Any]) -> T:
    if not may_keep_texts(by):
        raise RoleForbids
    return _write(row, by=by, values=values)


def _edit(model: type[T], text_id: UUID, *, by: Agent, values: dict[str, Any], version: int | None) -> T:
    return _write(_locked(model, text_id, by=by, version=version), by=by, values=values)


def _delete(model: type[SharedText], text_id: UUID, *, by: Agent, version: int | None) -> None:
    record_deletion(_locked(model, text_id, by=by, version=version), by=by)


def _locked(model: type[T], text_id: UUID, *, by: Agent, version: int | None) -> T:
    rows: Any = model._default_manager  # noqa: SLF001  # the public manager of a class that is not known here
    row: T | None = rows.select_for_update(of=("self",), no_key=True).select_related("team").filter(pk=text_id).first()
    if row is None:
        raise NotFound
    if not may_edit_text(by, row):
        raise TextForbidden(team=row.team.name if row.team else "–")
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)
    return row


def _write(row: T, *, by: Agent, values: dict[str, Any]) -> T:
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    settle_holder(row, by=by)
    if not may_keep_texts_of(by, row.scope, team_id=row.team_id):
        raise TextForbidden(team=row.team.name if row.team else "–")
    check_text(row)
    if isinstance(row, CannedResponse):
        refuse_unknown(row.body)
    record(row, by=by)
    return row


def settle_holder(row: SharedText, *, by: Agent) -> None:
    """Whose the text is, by its scope. Raises Invalid where a team's text names none."""
    if row.scope == TextScope.TEAM and row.team is None:
        raise Invalid({"team": _("Say which team it is for.")})
    row.owner = by if row.scope == TextScope.PERSONAL else None
    row.team = row.team if row.scope == TextScope.TEAM else None


def check_text(row: SharedText | TeamSignature) -> None:
    """Raises Invalid for what the row's fields and constraints do not allow."""
    if isinstance(row, CannedResponse) and row.is_enforced_for_flag and row.scope == TextScope.PERSONAL:
        raise Invalid({"is_enforced_for_flag": _("A text of one's own is not prescribed to others.")})
    try:
        row.full_clean()
    except ValidationError as error:
        named = {("shortcut" if name == "__all__" else name): texts for name, texts in error.message_dict.items()}
        raise Invalid({name: list(texts) for name, texts in named.items()}) from error
