"""What each page of figures shows, section by section: numbers, a chart, its table, definitions."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from reports import shown
from reports.enums import Part
from reports.measures import alerts, customers, flow, helping, promises
from reports.measures.asked import Asked
from reports.measures.figures import Figure
from reports.measures.registry import metrics_of
from reports.measures.trend import backlog_asked
from reports.shown import Link, Shown

TREND_DAYS = 92
"""The last days of a longer period: one point a day is what a phone can show."""


def sections_of(slug: str, asked: Asked, link: Link) -> list[Shown]:
    if not slug:
        return _overview(asked, link)
    return _flow(asked, link) if slug == "flow" else [_table(slug, asked, link)]


def _section(id: str, title: str, codes: Sequence[str] = (), **more: Any) -> Shown:
    return {"id": id, "title": title, "definitions": shown.definitions_of(codes), **more}


def _overview(asked: Asked, link: Link) -> list[Shown]:
    age, *bands = flow.backlog_age(asked)
    found = [customers.time_to_value(asked), customers.reopen_rate(asked)[0], helping.envelope_rate(asked)]
    stats = [
        shown.stat(age, link, note=_("median age"), label=_("%(n)s open tickets") % {"n": age.denominator}),
        *(shown.stat(figure, link) for figure in found),
    ]
    return [
        _section("now", _("At a glance"), ("M5", "M6", "M11"), stats=stats),
        *([] if asked.person else [_by_team(asked, link)]),
        _promises(promises.sla_compliance(asked), link),
        _alerts(alerts.alert_load(asked), link),
        _bands(bands, link),
        *_workload(flow.workload(asked), link),
    ]


def _promises(figures: Sequence[Figure], link: Link) -> Shown:
    """Each promise to customers; those without changed targets are a page further."""
    kept = [figure for figure in figures if figure.code == "M12"]
    table = shown.figures_table(kept, link)
    chart = shown.bars(_("SLA compliance"), kept, full=100)
    return _section("promises", _("SLA compliance"), ("M12",), charts=[chart], table=table)


def _alerts(figures: Sequence[Figure], link: Link) -> Shown:
    """How many of each level; those that nobody was told of are no bar."""
    raised = [figure for figure in figures if figure.group and figure.numerator]
    chart = shown.count_bars(_("Alerts by condition and level"), raised)
    table = shown.figures_table([figure for figure in figures if figure in raised or not figure.group], link)
    return _section("alerts", _("Alerts raised"), ("M15",), charts=[chart] if raised else [], table=table)


def _by_team(asked: Asked, link: Link) -> Shown:
    rows = flow.open_by_team(asked)
    teams = list(zip(rows[::2], rows[1::2], strict=True))
    table = {
        "head": shown.head(_("Team"), _("Open tickets"), _("Without an owner")),
        "rows": [
            [
                shown.cell(shown.named(whole), is_number=False),
                shown.cell(whole.numerator, _list_of(whole, "status:open")),
                shown.cell(unowned.numerator, _list_of(unowned, "status:open owner:none") if unowned.numerator else ""),
            ]
            for whole, unowned in teams
        ],
    }
    chart = shown.bars(_("Open tickets by team"), [whole for whole, _unowned in teams])
    return _section("by-team", _("Open tickets by team"), charts=[chart] if teams else [], table=table)


def _list_of(figure: Figure, terms: str) -> str:
    """The list page of a team's tickets."""
    name = figure.group.name.replace('"', " ") if figure.group else ""
    query = urlencode({"q": f'{terms} team:"{name}"'})
    return f"{reverse('desk:queue', args=['all'])}?{query}"


def _bands(bands: Sequence[Figure], link: Link) -> Shown:
    table = {
        "head": shown.head(_("Age"), _("Open tickets"), _("Share")),
        "rows": [
            [
                shown.cell(shown.named(band), is_number=False),
                shown.cell(band.numerator, link(band, Part.COUNTED) if band.numerator else ""),
                shown.cell(shown.value_of(band)),
            ]
            for band in bands
        ],
    }
    chart = shown.count_bars(_("Backlog age"), bands)
    return _section("backlog-age", _("Backlog age"), ("M16",), charts=[chart], table=table)


def _workload(figures: Sequence[Figure], link: Link) -> list[Shown]:
    """Of each agent; who is absent stands below the others and in no chart."""
    pairs = _pairs(figures, "agent")
    present = [pair for pair in pairs if not _is_aside(pair[0])]
    away = [pair for pair in pairs if _is_aside(pair[0])]
    if not pairs:
        return []
    table = {
        "head": shown.head(_("Agent"), *_load_heads()),
        "rows": [_load_row(pair, link) for pair in [*present, *away]],
    }
    chart = shown.bars(_("Tickets against capacity"), [pair[0] for pair in present], full=100)
    found = [_section("workload", _("Workload"), ("M22",), charts=[chart] if present else [], table=table)]
    if teams := _pairs(figures, "team"):
        rows = [_load_row(pair, link) for pair in teams]
        table = {"head": shown.head(_("Team"), *_load_heads()), "rows": rows}
        found.append(_section("team-workload", _("Workload by team"), table=table))
    return found


def _pairs(figures: Sequence[Figure], kind: str) -> list[tuple[Figure, Figure]]:
    """Tickets and envelopes of each agent or team."""
    found = [figure for figure in figures if figure.group and figure.group.kind == kind]
    return list(zip(found[::2], found[1::2], strict=True))


def _is_aside(figure: Figure) -> bool:
    return figure.group is not None and figure.group.is_aside


def _load_heads() -> list[str]:
    return [_("Open tickets"), _("Most"), _("Share"), _("Envelopes"), _("Most"), _("Share")]


def _load_row(pair: Sequence[Figure], link: Link) -> list[Shown]:
    name = shown.named(pair[0])
    if _is_aside(pair[0]):
        has_left = pair[0].group is not None and pair[0].group.has_left
        name = (_("%(name)s (deactivated)") if has_left else _("%(name)s (absent)")) % {"name": name}
    cells = [shown.cell(name, is_number=False)]
    for figure in pair:
        url = link(figure, Part.COUNTED) if figure.numerator else ""
        cells += [
            shown.cell(figure.numerator, url),
            shown.cell(figure.denominator),
            shown.cell(shown.value_of(figure)),
        ]
    return cells


def _flow(asked: Asked, link: Link) -> list[Shown]:
    clarity = flow.ownership_clarity(asked)
    age, *bands = flow.backlog_age(asked)
    return [
        _section(
            "figures",
            _("Figures"),
            ("M20", "M21", "M16"),
            table=shown.figures_table([*clarity, *flow.transfers(asked), age], link),
        ),
        _bands(bands, link),
        *_trend(asked),
    ]


def _trend(asked: Asked) -> list[Shown]:
    days = backlog_asked(asked, most_days=TREND_DAYS)
    if not days:
        return []
    chart, table = shown.trend(_("Open tickets, day by day"), days), shown.trend_table(days)
    return [_section("trend", _("Backlog, day by day"), ("M16",), charts=[chart], table=table, has_export=True)]


def _table(slug: str, asked: Asked, link: Link) -> Shown:
    found = {metric.code: metric.read(asked) for metric in metrics_of(slug)}
    figures = [figure for each in found.values() for figure in each]
    codes = [code for code, each in found.items() if each]
    return _section("figures", _("Figures"), codes, table=shown.figures_table(figures, link))
