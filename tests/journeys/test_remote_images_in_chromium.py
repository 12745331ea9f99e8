"""Images of a mail in a real browser: none before somebody allows them, then all from ourselves (060, email.md 11)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from connectors.mail.models import Mailbox
from tests.factories.mail import a_mail, arrive
from tests.journeys.chromium import Watch
from tests.journeys.desk import Desk
from tests.picture_server import PictureServer, a_png, picture_server, sends

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = "images => images.map(image => [image.complete, image.naturalWidth, image.naturalHeight])"


@pytest.fixture
def sender() -> Iterator[PictureServer]:
    with picture_server() as found:
        yield found


def test_allowed_images_come_from_the_desk_alone(
    page: Page, watch: Watch, desk: Desk, sender: PictureServer, live_site: str
) -> None:
    first = sender.serve("a.png?a=1&b=2", sends(a_png(40, 30)))
    second = sender.serve("b.png", sends(a_png(20, 10)))
    html = f'<p>Look:</p><img src="{first.replace("&", "&amp;")}" alt="x"><img src="{second}" alt="y">'
    mail = arrive(a_mail(html=html), Mailbox.objects.get())
    assert mail.ticket is not None
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"/t/{mail.ticket.reference}/?original={mail.entry_id}")
    page.frames[1].wait_for_load_state()
    assert (sender.asked, [url for url in requested if not url.startswith((live_site, "data:"))]) == ([], [])
    page.get_by_role("button", name="Show remote images").click()
    page.wait_for_url("**/?original=*")
    frame = page.frame_locator("iframe")
    frame.locator("img").first.wait_for()
    page.frames[1].wait_for_load_state("networkidle")
    assert page.frames[1].locator("img").evaluate_all(SIZES) == [[True, 40, 30], [True, 20, 10]]
    assert sorted(sender.paths) == ["a.png?a=1&b=2", "b.png"]
    assert [url for url in requested if not url.startswith((live_site, "data:"))] == []
