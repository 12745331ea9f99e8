"""A page for modules such as live.js and livelist.js, from their files alone: no server, and time goes by at will.

The markup is what the templates write, as far as these modules look at it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from playwright.sync_api import Browser, Page, Route

SITE = "http://desk.test"
FILES = settings.BASE_DIR / "static"
SEEN, NEXT = "10:10:", "20:20:"
PILLS = """<section id="live" data-updates-one="1 update" data-updates-many="{n} updates" data-entries-one="1 new entry"
  data-entries-many="{n} new entries"><p data-live-lost hidden></p>
  <button data-live-refresh hidden><span data-live-count></span></button><p data-live-said></p></section>"""
HEAD = f"""<div data-live-ticket="INC-1" data-ticket-url="/" data-live-seen="{SEEN}" data-presence-url="/presence/">"""
STREAM = """
window.streams = [];
window.EventSource = class extends EventTarget {
  static CONNECTING = 0; static OPEN = 1; static CLOSED = 2;
  constructor(url) { super(); this.url = String(url); this.readyState = 0; window.streams.push(this); }
  close() { this.readyState = 2; }
  hear(type, data) { this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) })); }
};
Object.defineProperty(document, "hidden", { get: () => window.isAway === true });
window.comeAndGo = (isAway) => { window.isAway = isAway; document.dispatchEvent(new Event("visibilitychange")); };
window.hear = (type, data) => window.streams.at(-1).hear(type, data);
"""


class ModuleDesk:
    """One page and what its server answers: address -> text."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers: dict[str, str] = {}
        self.asked: list[str] = []
        page.route("**/*", self._answer)
        page.add_init_script(STREAM)

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(SITE).split("?")[0]
        file = FILES / path.removeprefix("/static/")
        if path.startswith("/static/") and file.is_file():
            route.fulfill(content_type="text/javascript", body=file.read_text())
            return
        self.asked.append(path)
        text = self.answers.get(path)
        kind = "application/json" if path == "/badges/" else "text/html; charset=utf-8"
        route.fulfill(content_type=kind, body=text or "", status=200 if text is not None else 404)

    def open(self, body: str, *modules: str) -> Page:
        """With the entry's part for these modules: each is asked again for every part that comes."""
        names = ", ".join(f'"{name}"' for name in modules)
        script = f"""
            for (const name of [{names}]) {{
              const module = await import(`/static/js/${{name}}.js`);
              module.init(document.body);
              document.addEventListener("htmx:load", (event) => module.init(event.detail.elt));
            }}
            window.isReady = true;"""
        self.answers |= {"/": self.html(body, script), "/badges/": "{}"}
        self.page.goto(f"{SITE}/")
        self.page.wait_for_function("window.isReady")
        return self.page

    def count_asked(self, path: str) -> int:
        """How often this was asked for since the last time, with all that was on its way."""
        self.page.evaluate("async () => { await fetch('/after-all-others/'); }")
        count = self.asked.count(path)
        self.asked.clear()
        return count

    def html(self, body: str, script: str = "", *, seen: str = SEEN) -> str:
        idiomorph = next((FILES / "vendor").glob("idiomorph-*/idiomorph-ext.min.js")).relative_to(FILES)
        return f"""<!doctype html><html><head>
            <script>window.htmx = {{ defineExtension() {{}}, process() {{}} }};</script>
            <script src="/static/{idiomorph}"></script></head>
            <body data-keys="on" data-keymap="{{}}" data-live-url="/events/" data-live-badges="/badges/"
              data-live-seen="{seen}">{body}{PILLS}<div id="status-region"></div><div id="alert-region"></div>
              <template id="words"><template id="message-not-found"><p>It is gone</p></template>
              <template id="message-no-connection"><p>No answer</p></template></template>
              <script type="module">{script}</script></body></html>"""


@contextmanager
def opened(chromium: Browser) -> Iterator[ModuleDesk]:
    """Nothing may fail on it."""
    page = chromium.new_page()
    page.clock.install()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield ModuleDesk(page)
    page.close()
    assert failures == []


def row(reference: str, more: str = "", subject: str = "Printer") -> str:
    pick = f'<input type="checkbox" id="pick-{reference}" data-pick form="bulk">'
    return f"""<li class="queue-row" id="row-{reference}">{pick}<a href="/t/{reference}/" data-key-row>{subject}</a>
        {more}</li>"""


def listing(*rows: str) -> str:
    return f"""<div data-module="rows" data-live-list><ul class="queue">{"".join(rows)}</ul>
        <form id="bulk"><span data-bulk-count data-one="1 selected" data-many="{{n}} selected">With the ticked:</span>
        <input type="checkbox" name="whole"><button type="button" data-bulk-clear hidden>Clear</button></form></div>"""


def change(page: Page, reference: str, xid: int = 15) -> None:
    page.evaluate("([ticket, xid]) => hear('ticket', { ticket, xid })", [reference, str(xid)])


def refresh(page: Page) -> None:
    page.locator("[data-live-refresh]").dispatch_event("click")  # as the key does, which leaves the focus where it is
