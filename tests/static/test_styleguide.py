"""Every component renders with its samples: a broken include or a missing variable shows here first."""

import pytest
from django.template.loader import get_template
from django.test import RequestFactory

from desk import styleguide

PAGES = [styleguide.index, styleguide.ticket_page, styleguide.list_page, styleguide.form_page, styleguide.sign_in_page]


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.__name__)
def test_page_of_the_style_guide_renders(view: object, rf: RequestFactory) -> None:
    assert callable(view)
    page = view(rf.get("/styleguide/")).content.decode()
    assert page.count("<h1") == 1
    assert "{%" not in page
    assert "{#" not in page
    ids = [part.split('"', 1)[0] for part in page.split(' id="')[1:]]
    assert sorted({name for name in ids if ids.count(name) > 1}) == []


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_page_renders_without_any_context(name: str) -> None:
    page = get_template(f"errors/{name}.html").render({})
    assert page.count("<h1") == 1
    assert "None" not in page
