"""HTML to text, with a real HTML5 parser and without recursion; optionally with quoted history marked.

`html.parser` of the standard library is no choice: it raises on some mail HTML and parses unlike browsers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from connectors.mail.parsing.charsets import clean

# A line of its own in the marked text: all below is earlier mail.
CUT_LINE = "\ue000\ue001cut here\ue001\ue000"
MAX_NESTING = 2_000
SKIPPED = {"script", "style", "head", "title", "template", "svg", "math", "object", "iframe", "noframes", "noembed",
           "noscript", "select"}  # fmt: skip
PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "blockquote"}
BLOCKS = PARAGRAPHS | {
    "div", "table", "tr", "li", "dt", "dd", "center", "form", "fieldset", "address", "section", "article", "header",
    "footer", "main", "aside", "nav", "figure", "figcaption", "caption", "hr", "body", "html", "thead", "tbody",
    "tfoot", "details", "summary", "dir", "menu", "option", "legend",
}  # fmt: skip
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
SELF_CLOSING = {"p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "tfoot", "colgroup", "body",
                "html", "head", "rp", "rt"}  # fmt: skip
TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,60})")
# Where clients put what was written before (email.md section 9): a wrapper of the quote, or a mark before it.
QUOTE_CLASSES = {"gmail_quote", "gmail_quote_container", "yahoo_quoted", "protonmail_quote", "zmail_extra",
                 "mailru-blockquote", "moz-cite-prefix", "gmail_attr", "tutanota_quote", "ms-outlook-mobile-quote",
                 "wisestamp_quote"}  # fmt: skip
QUOTE_IDS = {"olk_src_body_section", "isforwardcontent", "mail-editor-reference-message-container"}
CUT_IDS = {"divrplyfwdmsg", "appendonsend", "ymail_android_signature_quote", "reply-intro", "divtagdefaultwrapper_re"}
OUTLOOK_RULE = re.compile(r"border-top:\s*solid\s+#|border:none;\s*border-top:solid", re.IGNORECASE)
FORWARDED = re.compile(r"forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|"
                       r"messaggio inoltrato|doorgestuurd bericht", re.IGNORECASE)  # fmt: skip


@dataclass(slots=True)
class _Writer:
    """Collects text as a browser would break it into lines."""

    lines: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    quotes: int = 0
    preformatted: int = 0
    at_space: bool = True

    def text(self, text: str) -> None:
        if self.preformatted:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.current.append(first)
            for other in others:
                self.end_line(force=True)
                self.current.append(other)
            self.at_space = False
            return
        for piece in re.split(r"([ \t\r\n\f]+)", text):
            if not piece:
                continue
            if piece[0] in " \t\r\n\f":
                if not self.at_space:
                    self.current.append(" ")
                self.at_space = True
            else:
                self.current.append(piece)
                self.at_space = False

    def end_line(self, *, force: bool = False) -> None:
        line = "".join(self.current).rstrip(" ")
        self.current.clear()
        self.at_space = True
        if line or force:
            self.lines.append(f"{'> ' * self.quotes}{line}" if self.quotes else line)

    def blank_line(self) -> None:
        self.end_line()
        prefix = ("> " * self.quotes).rstrip()
        if self.lines and self.lines[-1].rstrip() != prefix and self.lines[-1]:
            self.lines.append(prefix)


def html_to_text(html: str) -> str:
    """All human text of an HTML mail."""
    return _render(html, mark_quotes=False)


def html_to_marked_text(html: str) -> str:
    """As `html_to_text`, quoted history as lines with `> ` and `CUT_LINE` where a client's mark says it begins."""
    return _render(html, mark_quotes=True)


def is_too_deep(html: str) -> bool:
    """Nested so deeply that parsers need quadratic time: no person wrote it."""
    depth = 0
    for slash, name in TAG.findall(html):
        name = name.lower()
        if name in VOID or name in SELF_CLOSING:
            continue
        depth += -1 if slash else 1
        if depth > MAX_NESTING:
            return True
        depth = max(depth, 0)
    return False


def without_tags(html: str) -> str:
    """The text of HTML that is not worth parsing."""
    return re.sub(r"<[^<>]*>?", " ", html)


def _render(html: str, *, mark_quotes: bool) -> str:
    if is_too_deep(html):
        return clean(without_tags(html))
    root = LexborHTMLParser(html).body
    if root is None:
        return ""
    writer = _Writer()
    quoting: set[int] = set()
    for node, entering in _traverse(root):
        if node.is_text_node:
            if entering:
                writer.text(node.text_content or "")
            continue
        name = node.tag or ""
        if mark_quotes:
            _mark(node, entering, writer, quoting)
        _element(name, entering, writer)
    writer.end_line()
    text = clean("\n".join(writer.lines)).replace("\xa0", " ")
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def _traverse(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node on entering and on leaving it; what holds no human text is skipped."""
    node = root
    last = root.mem_id
    while True:
        yield node, True
        child = None if node.tag in SKIPPED or node.is_comment_node else node.first_child
        if child is not None:
            node = child
            continue
        while True:
            yield node, False
            if node.mem_id == last:
                return
            following = node.next
            if following is not None:
                node = following
                break
            parent = node.parent
            if parent is None:
                return
            node = parent


def _element(name: str, entering: bool, writer: _Writer) -> None:
    if name == "br":
        if entering:
            writer.end_line(force=True)
    elif name in ("td", "th"):
        if not entering and writer.current:
            writer.current.append(" ")
            writer.at_space = True
    elif name in PARAGRAPHS:
        writer.blank_line()
    elif name in BLOCKS:
        writer.end_line()
    if name == "li" and entering:
        writer.text("- ")
    if name in ("pre", "textarea", "listing", "xmp"):
        writer.preformatted += 1 if entering else -1


def _mark(node: LexborNode, entering: bool, writer: _Writer, quoting: set[int]) -> None:
    if not entering:
        if node.mem_id in quoting:
            quoting.discard(node.mem_id)
            writer.end_line()
            writer.quotes -= 1
        return
    if node.tag == "hr":
        writer.end_line()
        writer.lines.append(f"{'> ' * writer.quotes}{'_' * 32}")
    if not node.is_element_node or node.tag in ("br", "body"):
        return
    attributes = node.attributes
    classes = set((attributes.get("class") or "").lower().split())
    identifier = (attributes.get("id") or "").lower().removeprefix("x_")
    if node.tag == "blockquote" or classes & QUOTE_CLASSES or identifier in QUOTE_IDS:
        if classes & {"gmail_quote", "yahoo_quoted"} and FORWARDED.search((node.text() or "")[:200]):
            return  # a forward is the message itself
        writer.end_line()
        writer.quotes += 1
        quoting.add(node.mem_id)
    elif identifier in CUT_IDS or (node.tag == "div" and OUTLOOK_RULE.search(attributes.get("style") or "")):
        writer.end_line()
        writer.lines.append(CUT_LINE)
