"""Mail HTML made safe: allow-list by nh3, whose output comes last and is never parsed and written again.

Before it a pass over the tree keeps what an allow-list cannot express: remote images stay known but unloaded
(`data-blocked-src`, for "show images"), tiny ones go, links that name another host than they lead to say so.
"""

import re
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from connectors.mail.parsing.charsets import clean
from connectors.mail.parsing.htmltext import html_to_text, is_too_deep, without_tags

# Raise it with every change of what is let through: `manage.py clean_mails_again` then cleans older mails anew.
SANITISER_VERSION = 2

TAGS = {
    "a", "abbr", "acronym", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption",
    "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "dir", "div", "dl", "dt", "em",
    "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins",
    "kbd", "li", "main", "mark", "menu", "nav", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section",
    "small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
DROPPED_WITH_CONTENT = {"script", "style", "head", "title", "svg", "math", "iframe", "object", "embed", "applet",
                        "template", "noscript", "noembed", "noframes", "select", "textarea", "audio", "video",
                        "canvas", "frameset", "xml"}  # fmt: skip
COMMON = {"dir", "lang", "title", "align", "valign", "style"}
SIZES = {"width", "height"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": COMMON,
    "a": {"href"},
    "img": {"src", "alt", "border", "hspace", "vspace", "data-blocked-src", *SIZES},
    "table": {"border", "cellpadding", "cellspacing", "bgcolor", "summary", *SIZES},
    "td": {"colspan", "rowspan", "bgcolor", "nowrap", *SIZES},
    "th": {"colspan", "rowspan", "bgcolor", "nowrap", "scope", *SIZES},
    "tr": {"bgcolor"},
    "col": {"span", *SIZES},
    "colgroup": {"span", *SIZES},
    "font": {"color", "face", "size"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "hr": {"size", "noshade", "color", "width"},
    "time": {"datetime"},
}
STYLE_PROPERTIES = {
    "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width",
    "border-collapse", "border-color", "border-left", "border-left-color", "border-left-style", "border-left-width",
    "border-radius", "border-right", "border-right-color", "border-right-style", "border-right-width",
    "border-spacing", "border-style", "border-top", "border-top-color", "border-top-style", "border-top-width",
    "border-width", "color", "direction", "font", "font-family", "font-size", "font-style", "font-variant",
    "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom",
    "margin-left", "margin-right", "margin-top", "max-width", "padding", "padding-bottom", "padding-left",
    "padding-right", "padding-top", "text-align", "text-decoration", "text-indent", "text-transform",
    "vertical-align", "white-space", "width", "word-break", "word-wrap",
}  # fmt: skip
LINK_SCHEMES = {"http", "https", "mailto", "tel"}
DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
MAX_ENTITIES = 150_000  # the cleaner takes quadratic time for them
MAX_DATA_IMAGE = 256 * 1024
MAX_LENGTH = 2_000  # pixels or the like; beyond it a mail covers the page instead of lying in it
BAD_CSS_VALUE = re.compile(r"url\s*\(|expression|javascript|@|\\|<|/\*|var\s*\(|attr\s*\(|image-set|"
                           r"-moz-binding|behavior|(?<!\brgb)(?<!\brgba)(?<!\bhsl)(?<!\bhsla)\(",
                           re.IGNORECASE)  # fmt: skip
NEGATIVE = re.compile(r"(?:^|\s)-\d")
NUMBER = re.compile(r"\d{0,400}\.?\d{1,400}(?:e[+-]?\d{1,3})?")
COLOUR = re.compile(r"[#\w\s.,-]{1,60}")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
URL_IN_TEXT = re.compile(
    r"(?:https?://|www\.)([^\s/<>\"']+)|^([\w-]+(?:\.[\w-]+)*\.[a-z]{2,10})(?:/\S*)?$", re.IGNORECASE
)
URL_NOISE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """Sanitised HTML (a fragment), and whether remote images wait in it to be allowed."""

    html: str
    has_remote_images: bool = False


def escape_text(text: str) -> str:
    """Plain text as HTML that keeps its lines."""
    return f'<div style="white-space:pre-wrap">{escape(text)}</div>' if text.strip() else ""


def sanitise(html: str) -> SafeHtml:
    """Safe HTML of an untrusted one: no scripts, handlers, forms, remote loads, relative links or CSS beyond a list."""
    if not html.strip():
        return SafeHtml("")
    html = clean(html)
    if is_too_deep(html):
        return SafeHtml(f"<pre>{escape(without_tags(html))}</pre>")
    tree = LexborHTMLParser(html)
    has_remote_images = _prepare_images(tree)
    _prepare_links(tree)
    markup = (tree.body.html or "") if tree.body is not None else ""
    if markup.count("&") > MAX_ENTITIES:
        return SafeHtml(escape_text(html_to_text(html)))
    return SafeHtml(_cleaner.clean(markup).strip(), has_remote_images)


def _prepare_images(tree: LexborHTMLParser) -> bool:
    blocked = False
    for image in tree.css("img, input[type=image i]"):
        source = URL_NOISE.sub("", image.attributes.get("src") or "")
        if _is_tiny(image):
            image.decompose()
            continue
        if source.startswith("//"):
            source = f"https:{source}"
        if "data-blocked-src" in image.attrs:
            del image.attrs["data-blocked-src"]  # ours alone
        if source.lower().startswith(("http:", "https:")):
            image.attrs["data-blocked-src"] = source
            del image.attrs["src"]
            blocked = True
    return blocked


def _is_tiny(image: LexborNode) -> bool:
    """A beacon: at most two pixels in both directions, by attributes or style."""
    style = (image.attributes.get("style") or "").lower()
    sizes = []
    for name in ("width", "height"):
        found = re.match(r"\s*(\d{1,5})\s*(?:px)?\s*$", image.attributes.get(name) or "") or re.search(
            rf"(?:^|[;\s]){name}\s*:\s*(\d{{1,5}})\s*(?:px|pt)?\s*(?:!important)?\s*(?:;|$)", style
        )
        sizes.append(int(found[1]) if found else None)
    return all(size is not None and size <= 2 for size in sizes)


def _prepare_links(tree: LexborHTMLParser) -> None:
    for link in tree.css("a[href]"):
        href = URL_NOISE.sub("", link.attributes.get("href") or "")
        real = _host(href)
        shown = URL_IN_TEXT.search((link.text() or "").strip()[:500])
        if real and shown and not _same_site(real, (shown[1] or shown[2]).lower()):
            link.insert_after(f" [{real}]")


def _host(url: str) -> str:
    if not url.lower().startswith(("http://", "https://")):
        return ""
    try:
        return (urlsplit(url.replace("\\", "/")).hostname or "").lower()  # browsers read it so (WHATWG URL)
    except ValueError:
        return ""


def _same_site(real: str, shown: str) -> bool:
    shown = shown.rsplit("@", 1)[-1].split(":", 1)[0].rstrip(".,;)").removeprefix("www.")
    real = real.removeprefix("www.")
    return real == shown or real.endswith(f".{shown}") or "." not in shown


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    """The value to keep, or None: called by nh3 for every attribute that its lists let through."""
    if name == "style":
        return _safe_style(value)
    if name == "href":
        url = URL_NOISE.sub("", value)
        scheme = SCHEME.match(url)
        return url if scheme and scheme[1].lower() in LINK_SCHEMES else None
    if name == "src":
        url = URL_NOISE.sub("", value)
        if url.lower().startswith("cid:"):
            return url
        return url if len(url) <= MAX_DATA_IMAGE and DATA_IMAGE.fullmatch(url) else None
    if name == "data-blocked-src":
        return value if value.lower().startswith(("http://", "https://")) else None
    if name in ("color", "bgcolor"):
        return value if COLOUR.fullmatch(value) else None
    if name in SIZES:
        return value if re.fullmatch(r"\s*\d{1,4}(?:\.\d+)?\s*(?:%|px|pt|em)?\s*", value) else None
    return value


def _safe_style(style: str) -> str | None:
    """The declarations left over from the allow-list that load nothing and stay in their place."""
    kept = []
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        if (
            name.strip().lower() not in STYLE_PROPERTIES
            or not value.strip()
            or BAD_CSS_VALUE.search(value)
            or NEGATIVE.search(value)
        ):
            continue
        if all(float(number) <= MAX_LENGTH for number in NUMBER.findall(re.sub(r"#[0-9a-f]+", "", value.lower()))):
            kept.append(declaration.strip())
    return ";".join(kept) or None


_cleaner = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=DROPPED_WITH_CONTENT,
    attributes=ATTRIBUTES,
    attribute_filter=_filter_attribute,
    strip_comments=True,
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    url_schemes=LINK_SCHEMES | {"cid", "data"},
    url_relative="deny",
    filter_style_properties=STYLE_PROPERTIES,
)
