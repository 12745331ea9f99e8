"""The address of Valkey or Redis in the spellings of those who connect to it."""

from urllib.parse import parse_qs, urlsplit


def broker_url(redis_url: str) -> str:
    """`redis_url` as the queue library writes it: a `unix:///path?db=0` socket is `redis+socket:///path?virtual_host=0`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    credentials = f"{parts.username or ''}:{parts.password}@" if parts.password else ""
    return f"redis+socket://{credentials}{parts.path}?virtual_host={_number(redis_url)}"


def next_database(redis_url: str) -> str:
    """`redis_url` with the database number after its own, so that emptying the cache leaves the queue alone."""
    parts = urlsplit(redis_url)
    number = _number(redis_url) + 1
    if parts.scheme == "unix":
        return f"unix://{parts.netloc}{parts.path}?db={number}"
    return parts._replace(path=f"/{number}").geturl()


def _number(redis_url: str) -> int:
    parts = urlsplit(redis_url)
    text = parse_qs(parts.query).get("db", ["0"])[0] if parts.scheme == "unix" else parts.path.strip("/") or "0"
    return int(text) if text.isdigit() else 0
