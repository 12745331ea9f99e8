"""Formatting of replies: a small Markdown that leaves plain text alone."""

import pytest

from core.markdown import MAX_CHARACTERS, to_html


@pytest.mark.parametrize(
    "text",
    [
        "Hello Dana,\nplease restart it.\n\nRegards",
        "# systemctl restart cups\n\\\\server\\share\n    indented",
        "Kind regards\n---\nMara\n-- \nService Desk",
        "2 * 3 * 4 = 24, snake_case_name, C:\\Users\\_x",
        "&amp; <b>no</b> https://acme.example/a_b",
        "",
    ],
)
def test_plain_text_has_no_formatting(text: str) -> None:
    assert to_html(text) == ""


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**Bold** and *slanted*\nline", "<p><strong>Bold</strong> and <em>slanted</em><br>\nline</p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("3. one\n4. two", '<ol start="3">\n<li>one</li>\n<li>two</li>\n</ol>'),
        ("`<b>`", "<p><code>&lt;b&gt;</code></p>"),
        ("```\na < b\n```", "<pre><code>a &lt; b\n</code></pre>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("[here](https://a.example)", '<p><a href="https://a.example" rel="nofollow noopener">here</a></p>'),
        (
            "**x** https://a.example/x_y_z",
            '<p><strong>x</strong> <a href="https://a.example/x_y_z" rel="nofollow noopener">https://a.example/x_y_z</a></p>',
        ),
    ],
)
def test_formatting(text: str, html: str) -> None:
    assert to_html(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "**x** <script>alert(1)</script>",
        "**x** [a](javascript:alert(1))",
        "**x** ![a](https://evil.example/pixel.png)",
        '**x** <img src=x onerror="alert(1)">',
        "**x** [a](data:text/html,<script>alert(1)</script>)",
        "**x** <style>p { display: none }</style>",
    ],
)
def test_nothing_runs_and_nothing_is_loaded(text: str) -> None:
    html = to_html(text)
    assert "<strong>x</strong>" in html
    for part in ("<script", "<img", "<style", 'href="javascript', 'href="data', "<a onerror"):
        assert part not in html, html


@pytest.mark.parametrize("piece", ["*", "[", "`", "> ", "- ", "**a ", "[a](", "[a](http://b.example) "])
def test_a_text_made_to_hurt_is_read_quickly(piece: str) -> None:
    """Within the test's time limit, however it is nested; beyond the limit a text is plain."""
    to_html(piece * (20_000 // len(piece)))
    assert to_html("**x** " * MAX_CHARACTERS) == ""
