"""Template tags of the user interface: icons, times, avatars, bars, attributes. They know no domain word."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from django import template
from django.forms.utils import flatatt
from django.template.defaultfilters import date as format_date
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

register = template.Library()

SPRITE = "vendor/lucide-1.62.0/icons.svg"
AVATAR_HUES = 4
FORBIDDEN_ATTRIBUTES = ("on", "hx-on", "hx-vars", "style")

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "") -> SafeString:
    """Return an outline of the sprite, drawn in the colour of the text.

    Without `label` it is decoration and hidden from assistive technology; with one it is an image of that name.
    """
    return _drawn(name, size, str(label))


@lru_cache(maxsize=1024)
def _drawn(name: str, size: int, label: str) -> SafeString:
    """A list page shows hundreds of icons of a dozen kinds, so each kind is put together once."""
    naming = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon icon--{}" width="{}" height="{}" focusable="false" {}><use href="{}#{}"></use></svg>',
        size,
        size,
        size,
        naming,
        static(SPRITE),
        name,
    )


def relative_patterns() -> dict[str, str]:
    """Wording of distances in time, shared by the server, and `times.js`; `{n}` stands for the number."""
    return _patterns_in(get_language())


@lru_cache(maxsize=16)
def _patterns_in(_language: str | None) -> dict[str, str]:
    return {
        "now": _("just now"),
        "past_minutes": _("{n} min ago"),
        "past_hours": _("{n} h ago"),
        "future_minutes": _("in {n} min"),
        "future_hours": _("in {n} h"),
        "minutes": _("{n} min"),
        "hours": _("{n} h"),
        "left": _("{time} left"),
        "soon": _("At risk · {time} left"),
        "over": _("{time} over"),
    }


@register.simple_tag
def relative_time_patterns() -> dict[str, str]:
    """Patterns for `times.js`, to be put out with `json_script`."""
    return relative_patterns()


def in_words(moment: datetime, now: datetime) -> str:
    """Distance in words up to 24 h either way, the local date and time beyond."""
    distance = abs(now - moment)
    if distance < DAY:
        tense = "past" if moment <= now else "future"
        patterns = relative_patterns()
        if distance < MINUTE:
            return patterns["now"]
        if distance < HOUR:
            return patterns[f"{tense}_minutes"].format(n=distance // MINUTE)
        return patterns[f"{tense}_hours"].format(n=distance // HOUR)
    return _written(_minute_of(moment), get_language(), timezone.localtime(now).year)


def amount_in_words(seconds: float) -> str:
    """An amount of time, below an hour in minutes, rounded down: "45 min", "6 h"."""
    minutes = int(abs(seconds)) // 60
    patterns = relative_patterns()
    return patterns["hours"].format(n=minutes // 60) if minutes >= 60 else patterns["minutes"].format(n=minutes)


def exact(moment: datetime) -> str:
    return _written(_minute_of(moment), get_language(), None)


def _minute_of(moment: datetime) -> datetime:
    """Local time as a clock on the wall shows it, without its zone."""
    return timezone.localtime(moment).replace(second=0, microsecond=0, tzinfo=None)


@lru_cache(maxsize=4096)
def _written(local: datetime, _language: str | None, this_year: int | None) -> str:
    """A local date and time, short beside `this_year`, in full without it.

    Colleagues look at the same tickets again and again, and Django's formatting takes longer than the rest of a row.
    """
    if this_year is None:
        # Translators: format of a date and time, letters as in Django's date filter
        return format_date(local, _("D j M Y, H:i"))
    # Translators: formats of a date and time, letters as in Django's date filter
    return format_date(local, _("j M, H:i") if local.year == this_year else _("j M Y"))


@register.simple_tag
def relative_time(moment: datetime | None) -> SafeString:
    """Return `<time>` in relative words, with the exact local moment as title; nothing for None."""
    if moment is None:
        return SafeString("")
    now = timezone.now()
    if abs(now - moment) < DAY:
        return _time_tag(moment, in_words(moment, now))
    return _old_time(moment, timezone.get_current_timezone_name(), get_language(), timezone.localtime(now).year)


@lru_cache(maxsize=4096)
def _old_time(moment: datetime, _zone: str, language: str | None, this_year: int) -> SafeString:
    """Its words do not change any more, and colleagues look at the same tickets again and again."""
    return _time_tag(moment, _written(_minute_of(moment), language, this_year))


@register.simple_tag
def short_time(moment: datetime | None) -> SafeString:
    """Return `<time>` with day and minute in the reader's zone, in full as title; nothing for None."""
    if moment is None:
        return SafeString("")
    words = _written(_minute_of(moment), get_language(), timezone.localtime(moment).year)
    markup = '<time datetime="{}" title="{}">{}</time>'
    return format_html(markup, moment.isoformat(timespec="seconds"), exact(moment), words)


@register.filter
def exact_words(moment: datetime | None) -> str:
    """In full, in the reader's zone; empty for None."""
    return exact(moment) if moment else ""


def _time_tag(moment: datetime, words: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        moment.isoformat(timespec="seconds"),
        exact(moment),
        words,
    )


@register.filter
def day(value: date | None) -> str:
    """The day in the reader's writing, short; empty for None."""
    return format_date(value, _("j M Y"))


@register.simple_tag
def clock_time(moment: datetime | None) -> SafeString:
    """Return `<time>` as hour and minute, for lists under a heading that names the day; nothing for None."""
    if moment is None:
        return SafeString("")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        exact(moment),
        format_date(timezone.localtime(moment), "H:i"),
    )


@register.filter
def language_name(code: str) -> str:
    """The language's name in the reader's language; the code itself where we know no name."""
    try:
        return str(_(get_language_info(code.lower())["name"]))
    except KeyError:
        return code


@register.filter
def item(sequence: Sequence[object], index: int) -> object:
    """The element at `index`, or None beyond the end."""
    return sequence[index] if 0 <= index < len(sequence) else None


@register.filter
def initials(name: str) -> str:
    """First letters of the first and the last word, in capitals: "Dana Maria Roth" is "DR"."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"


@register.simple_tag
@lru_cache(maxsize=1024)
def avatar(name: str, size: str = "m") -> SafeString:
    """Return a coloured disc with initials. Decoration: the name itself stands beside it as text. Sizes: s, m, l."""
    hue = (zlib.crc32(name.encode()) >> 3) % AVATAR_HUES
    return format_html(
        '<span class="avatar avatar--{} avatar--hue-{}" aria-hidden="true">{}</span>', size, hue, initials(name)
    )


@register.simple_tag
@lru_cache(maxsize=64)
def level_bars(level: int, of: int = 4) -> SafeString:
    """Return ascending bars of which the first `level` are filled. Decoration: the word stands beside it.

    Two paths, not a shape a bar: a list draws one a row, and its elements are counted (ux.md section 10).
    """
    shapes = [f"M{(number - 1) * 4} {12 - 3 * number}h3v{3 * number}h-3z" for number in range(1, of + 1)]
    bars = [
        format_html('<path class="{}" d="{}"></path>', name, "".join(part))
        for name, part in (("bars__on", shapes[:level]), ("bars__off", shapes[level:]))
        if part
    ]
    width = of * 4 - 1
    return format_html(
        '<svg class="bars" width="{}" height="12" viewBox="0 0 {} 12" aria-hidden="true" focusable="false">{}</svg>',
        width,
        width,
        SafeString("".join(bars)),
    )


@register.simple_tag
def html_attrs(attributes: Mapping[str, object] | None = None) -> SafeString:
    """Return attributes of a mapping, escaped; True stands for a bare attribute, None and False for none.

    Raises ValueError for attributes the content security policy forbids.
    """
    for name in attributes or {}:
        if name.lower().startswith(FORBIDDEN_ATTRIBUTES):
            raise ValueError(
                f"Attribute {name!r} holds inline code or style, which the content security policy forbids"
            )
    return flatatt({name: value for name, value in (attributes or {}).items() if value not in (None, False)})


@register.simple_tag
def keyed(act: Mapping[str, object] | str | None) -> SafeString:
    """Return the attributes that make an element do an action: its name, its key, the picker that offers it.

    `act` is a mapping with name, key and group, or nothing.
    """
    if not isinstance(act, Mapping) or "name" not in act:
        return SafeString("")
    key = str(act.get("key", ""))
    attributes = {"data-act": act["name"], "data-act-group": act.get("group") or None, "data-key": key or None}
    if key and " " not in key:  # a space would name another key that does the same
        attributes["aria-keyshortcuts"] = key
    return html_attrs(attributes)


@register.simple_tag
def key_hint(act: Mapping[str, object] | str | None, class_name: str = "") -> SafeString:
    """Return the key of an action as decoration beside its name; nothing for one without a key."""
    words = act.get("shown", "") if isinstance(act, Mapping) else ""
    if not words:
        return SafeString("")
    looks = format_html(' class="{}"', class_name) if class_name else ""
    return format_html('<kbd{} aria-hidden="true">{}</kbd>', looks, words)


@register.simple_tag
def with_key(label: object, act: Mapping[str, object] | str | None) -> SafeString:
    """The label with the key behind it, for tooltips: "Details (Shift I)"."""
    words = act.get("shown", "") if isinstance(act, Mapping) else ""
    return format_html("{} ({})", label, words) if words else format_html("{}", label)
