"""Sizes of images, told by their heads; broken ones have none."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mail.remote_images.raster import RASTER_TYPES, size_of
from tests.picture_server import a_png

GIF = base64.b64decode("R0lGODlhAwACAIAAAP8AAAAAACH5BAAAAAAALAAAAAADAAIAAAIDhF8FADs=")
JPEG_HEAD = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc4\x00\x04\x00\x00"
JPEG = JPEG_HEAD + b"\xff\xff\xc2\x00\x0b\x08" + struct.pack(">HH", 480, 640) + b"\x01\x01\x11\x00"
WEBP = {
    "lossy": b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0\x30\x01\0\x9d\x01\x2a" + struct.pack("<HH", 320, 200),
    "lossless": b"RIFF\x24\0\0\0WEBPVP8L\x18\0\0\0\x2f" + struct.pack("<I", (320 - 1) | (200 - 1) << 14),
    "extended": b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (319).to_bytes(3, "little") + (199).to_bytes(3, "little"),
}


def test_png() -> None:
    assert size_of(a_png(40, 30), "image/png") == (40, 30)


def test_gif_and_the_frame_that_is_larger_than_its_screen() -> None:
    assert size_of(GIF, "image/gif") == (3, 2)
    large = GIF.replace(b",\0\0\0\0\x03\0\x02\0", b",\x05\0\0\0\x60\xea\x61\xea")
    assert large != GIF
    assert size_of(large, "image/gif") == (60_005, 60_001)


def test_jpeg_behind_other_segments() -> None:
    assert size_of(JPEG, "image/jpeg") == (640, 480)


@pytest.mark.parametrize("kind", WEBP)
def test_webp(kind: str) -> None:
    assert size_of(WEBP[kind], "image/webp") == (320, 200)


def test_other_types_have_none() -> None:
    assert size_of(a_png(), "image/svg+xml") is None


@given(
    kind=st.sampled_from(RASTER_TYPES),
    head=st.sampled_from([b"", a_png()[:24], GIF, GIF[:20], JPEG, JPEG[:25], *WEBP.values()]),
    cut=st.integers(0, 60),
    rest=st.binary(max_size=80),
)
def test_broken_images_have_a_size_or_none_and_never_fail(kind: str, head: bytes, cut: int, rest: bytes) -> None:
    found = size_of(head[:cut] + rest, kind)
    assert found is None or (found[0] >= 0 and found[1] >= 0)
