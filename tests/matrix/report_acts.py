"""How figures are asked for. Nothing here says what is allowed."""

from tests.matrix.cases import Act, page

REPORT_ACTS: dict[str, Act] = {
    "see_reports": page("get", "/reports/"),
    "see_report": page("get", "/reports/customers/"),
    "see_figure_rows": page("get", "/reports/rows/?figure=M16&part=base"),
    "see_team_figure_rows": page("get", "/reports/rows/?figure=M22:team:{case.world.desk.pk}&part=counted"),
}
