"""A browser without scripts over real HTTP: keeps cookies, follows links and redirects, fills in the forms it finds."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit


@dataclass
class Form:
    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    """What would be sent if nobody touched the form; buttons send nothing unless named in `submit`."""
    names: set[str] = field(default_factory=set)
    """All its fields, also boxes that are not ticked and buttons that send a value."""


class _Reader(HTMLParser):
    """Forms, links and visible words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select = self._textarea = ""
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        has = {name for name, _value in attrs}
        match tag:
            case "form":
                self._form = Form(facts.get("action", ""), facts.get("method", "get").lower())
                self.forms.append(self._form)
            case "a":
                self.links.append(facts.get("href", ""))
            case "script" | "style" | "title":
                self._hidden += 1
        if self._form is not None:
            self._read_field(self._form, tag, facts, has)

    def _read_field(self, form: Form, tag: str, facts: dict[str, str], has: set[str]) -> None:
        if tag == "option" and self._select and ("selected" in has or self._select not in form.values):
            form.values[self._select] = facts.get("value", "")  # a browser sends the first one if none is selected
        if not (name := facts.get("name", "")):
            return
        form.names.add(name)
        if tag == "input" and facts.get("type") in ("checkbox", "radio"):
            if "checked" in has:
                form.values[name] = facts.get("value", "on")
        elif tag == "input" and facts.get("type") not in ("file", "submit"):
            form.values[name] = facts.get("value", "")
        elif tag == "textarea":
            self._textarea = name
            form.values[name] = ""
        elif tag == "select":
            self._select = name

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = None
            case "textarea":
                self._textarea = ""
            case "select":
                self._select = ""
            case "script" | "style" | "title":
                self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form:
            self._form.values[self._textarea] += data
        elif not self._hidden and (text := " ".join(data.split())):
            self.words.append(text)


@dataclass
class Page:
    url: str
    status: int
    html: str
    headers: Any

    def __post_init__(self) -> None:
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.links, self.text = reader.forms, reader.links, " ".join(reader.words)

    def form(self, ending: str = "", *, with_field: str = "") -> Form:
        """The form that posts to an address with this ending, or the one that has this field."""
        found = [
            form for form in self.forms if form.action.endswith(ending) and (with_field in form.names or not with_field)
        ]
        assert found, f"no such form on {self.url}; there are {[form.action for form in self.forms]}"
        return found[0]

    def has_form(self, ending: str) -> bool:
        return any(form.action.endswith(ending) for form in self.forms)


class PlainBrowser:
    def __init__(self, site: str) -> None:
        self.site = site
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, address: str) -> Page:
        return self._open(urllib.request.Request(self._here(address)))

    def submit(self, page: Page, form: Form, **values: str) -> Page:
        """Send a form as it was found on `page`, with what is typed into it."""
        unknown = set(values) - form.names
        assert not unknown, f"the form has no field {unknown}; it has {sorted(form.names)}"
        address = urljoin(page.url, form.action or page.url)
        data = urlencode({**form.values, **values}).encode()
        request = urllib.request.Request(address, data=data, headers={"Referer": page.url, "Origin": self.site})
        return self._open(request)

    def sign_in(self, email: str, password: str) -> Page:
        page = self.get("/login/")
        return self.submit(page, page.form(with_field="password"), username=email, password=password)

    def _here(self, address: str) -> str:
        """Ours even where a mail names the address of the site in production."""
        parts = urlsplit(address)
        return self.site + parts.path + (f"?{parts.query}" if parts.query else "")

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return Page(answer.url, answer.status, answer.read().decode(), answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.url or request.full_url, error.code, error.read().decode(), error.headers)


class Program:
    """A client of the API with its token."""

    def __init__(self, site: str, token: str) -> None:
        self.site, self.token = site, token

    def call(self, method: str, path: str, data: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = json.dumps(data).encode() if data is not None else None
        request = urllib.request.Request(self.site + path, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())
