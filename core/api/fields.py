"""Fields and bases of In and Out serializers: shape and types, no decisions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

LINE = r"^[^\x00-\x1f\x7f]*$"
MAX_TEXT = 1_000_000


class In(serializers.Serializer[Any]):
    """What a client sends: names that are not listed are refused, never dropped silently."""

    asked: ClassVar[tuple[str, ...]] = ()
    """Fields that the service itself asks for, in its place in the order of refusals; described as required."""

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        if unknown := sorted(str(name) for name in data if name not in self.fields):
            message = _("There is no such field here, or it cannot be written.")
            raise serializers.ValidationError({name: [message] for name in unknown})
        return values


class Query(In):
    """Query parameters of a list: one parameter a filter."""

    cursor = serializers.CharField(required=False, default="", max_length=2000, help_text="from `next` or `previous`")
    page_size = serializers.IntegerField(required=False, default=50, min_value=1, max_value=200)


class Out(serializers.Serializer[Any]):
    """What we answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("read_only", True)
        super().__init__(*args, **kwargs)


class Line(serializers.RegexField):
    """One line of text without control characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LINE, **{"max_length": 255, **kwargs})


class Text(serializers.CharField):
    """Text of several lines, kept as it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_TEXT, "trim_whitespace": False, **kwargs})


class Instant(serializers.DateTimeField):
    """RFC 3339, UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"default_timezone": UTC, **kwargs})


class OffsetInstant(Instant):
    """RFC 3339 to the letter: a moment without its offset would be another one elsewhere."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "offset": _("Say the offset from UTC too, as in 2026-03-02T09:30:00+01:00 or 2026-03-02T08:30:00Z.")
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.utcoffset() is None:
            self.fail("offset")
        return super().enforce_timezone(value)


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 320})
class Named(serializers.Field[Any, str, Any, Any]):
    """Something the client names by id or by what people call it; `find` answers None if it is not there."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown": _("Nothing of this name or id is known here."),
        "type": _("Give an id, an address or a name."),
    }

    def __init__(self, find: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.find = find

    def to_internal_value(self, data: Any) -> Any:
        text = serializers.CharField(max_length=320).run_validation(data)
        if (found := self.find(text)) is None:
            self.fail("unknown")
        return found

    def to_representation(self, value: Any) -> str:
        return str(value.pk)


class PersonOut(Out):
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()


class NamedOut(Out):
    id = serializers.UUIDField()
    name = serializers.CharField()


def person(**kwargs: Any) -> PersonOut:
    """A person, or null."""
    return PersonOut(allow_null=True, **kwargs)


def named(**kwargs: Any) -> NamedOut:
    """Something with a name, or null."""
    return NamedOut(allow_null=True, **kwargs)
