"""How figures are asked for. Nothing here says what is allowed."""

from tests.matrix.cases import Act, page, reads

REPORT_ACTS: dict[str, Act] = {
    "see_reports": page("get", "/reports/"),
    "see_report": page("get", "/reports/customers/"),
    "export_figures": page("get", "/reports/export.csv"),
    "figure_list": reads("/reports/metrics/"),
    "figure_one": reads("/reports/metrics/M5/"),
    "see_figure_rows": page("get", "/reports/rows/?figure=M16&part=base"),
    "see_course": page("get", "/reports/rows/?figure=M5&part=base&by=month"),
    "export_course": page("get", "/reports/export.csv?figure=M5&by=month"),
    "figure_course": reads("/reports/metrics/M5/?by=month"),
    "export_backlog": page("get", "/reports/backlog.csv"),
    "backlog": reads("/reports/backlog/"),
    "see_team_figure_rows": page("get", "/reports/rows/?figure=M22:team:{case.world.desk.pk}&part=counted"),
}
