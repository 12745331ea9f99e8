"""With Valkey gone the cache is empty, and nothing fails."""

from pathlib import Path

from django.core.cache import cache

from core.cache import ForgivingRedisCache


def unreachable(tmp_path: Path) -> ForgivingRedisCache:
    return ForgivingRedisCache(f"unix://{tmp_path}/nobody.sock?db=0", {})


def test_reads_find_nothing_and_writes_do_nothing_without_a_server(tmp_path: Path) -> None:
    lost = unreachable(tmp_path)
    lost.set("key", "value")
    assert lost.get("key") is None
    assert lost.get("key", "default") == "default"
    assert "key" not in lost
    assert lost.delete("key") is False
    assert lost.touch("key") is False


def test_a_reachable_server_keeps_values() -> None:
    cache.set("key", {"a": 1}, timeout=60)
    assert cache.get("key") == {"a": 1}
    assert cache.delete("key") is True
    assert cache.get("key") is None
