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
    watch.expected = (404,)
    picture = sender.serve("a.png", sends(a_png(40, 30)))
    script = sender.serve("b.svg", sends(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"))
    html = f'<p>Look:</p><img src="{picture}?a=1&amp;b=2" alt="x"><img src="{script}" alt="y">'
    sender.answers[f"/{sender.prefix}/a.png?a=1&b=2"] = sends(a_png(40, 30))
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
    assert page.frames[1].locator("img").evaluate_all(SIZES)[0] == [True, 40, 30]
    assert page.frames[1].locator("img").evaluate_all(SIZES)[1][1:] == [0, 0]
    assert sorted(sender.paths) == ["a.png?a=1&b=2", "b.svg"]
    assert [url for url in requested if not url.startswith((live_site, "data:"))] == []
