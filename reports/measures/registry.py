"""Every metric by its code, and where the desk shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports.measures import alerts, contact, customers, decisions, flow, help_times, helping, promises
from reports.measures.asked import Asked
from reports.measures.figures import Figure


@dataclass(frozen=True)
class Metric:
    code: str
    slug: str
    """Of the page that shows it."""
    read: Callable[[Asked], Sequence[Figure]]
    is_now: bool = False
    """About this moment, whatever period is asked for."""


def _one(read: Callable[[Asked], Figure]) -> Callable[[Asked], list[Figure]]:
    return lambda asked: [read(asked)]


def _time_to_value(asked: Asked) -> list[Figure]:
    return [customers.time_to_value(asked), customers.business_time_to_value(asked)]


METRICS = {
    metric.code: metric
    for metric in (
        Metric("M1", "customers", contact.single_contact),
        Metric("M5", "customers", _time_to_value),
        Metric("M6", "customers", customers.reopen_rate),
        Metric("M7", "customers", contact.first_contact),
        Metric("M8", "help", help_times.escalation_time),
        Metric("M9", "help", help_times.expert_response),
        Metric("M10", "promises", promises.ola_compliance),
        Metric("M11", "help", _one(helping.envelope_rate)),
        Metric("M12", "promises", promises.sla_compliance),
        Metric("M13", "promises", _one(promises.value_compliance)),
        Metric("M14", "promises", promises.response_times),
        Metric("M15", "promises", alerts.alert_load),
        Metric("M16", "flow", flow.backlog_age, is_now=True),
        Metric("M18", "decisions", decisions.calibration_score),
        Metric("M19", "decisions", decisions.compensation),
        Metric("M20", "flow", flow.ownership_clarity),
        Metric("M21", "flow", flow.transfers),
        Metric("M22", "flow", flow.workload, is_now=True),
        Metric("open", "flow", flow.open_by_team, is_now=True),
        Metric("M23", "help", helping.contribution),
    )
}


def metrics_of(slug: str) -> list[Metric]:
    return [metric for metric in METRICS.values() if metric.slug == slug]


def metric_of(code: str) -> Metric | None:
    """That a figure with this code is one of: M6b is one of M6, M20_unowned of M20."""
    return METRICS.get(code.partition("_")[0].rstrip("ab"))


def figure_named(key: str, asked: Asked) -> Figure | None:
    """The figure with this `key`; None where there is none, or none that the reader is told."""
    metric = metric_of(key.partition(":")[0])
    found = metric.read(asked) if metric else ()
    return next((figure for figure in found if figure.key == key), None)
