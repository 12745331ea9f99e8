"""How large a raster image says that it is; read from its head, never decoded."""

import struct
from collections.abc import Callable, Iterator

NO_SIZE = {0xC4, 0xC8, 0xCC}
"""JPEG markers among those of frames that hold other tables."""
Size = tuple[int, int]


def size_of(content: bytes, kind: str) -> Size | None:
    """Width and height in pixels; None for what is no image of this kind, or one that is broken."""
    read = _READERS.get(kind)
    try:
        return read(content) if read else None
    except (struct.error, IndexError):
        return None


def _png(content: bytes) -> Size | None:
    width, height = struct.unpack_from(">II", content, 16)
    return (width, height) if content[12:16] == b"IHDR" else None


def _gif(content: bytes) -> Size | None:
    """The largest of the screen and all its frames, as browsers make room for both."""
    sizes = [struct.unpack_from("<HH", content, 6), *_gif_frames(content)]
    return max(size[0] for size in sizes), max(size[1] for size in sizes)


def _gif_frames(content: bytes) -> Iterator[Size]:
    position = 13 + _colours(content[10])
    while content[position : position + 1] in (b"!", b","):
        if content[position] == ord("!"):
            position = _after_blocks(content, position + 2)
            continue
        left, top, width, height = struct.unpack_from("<HHHH", content, position + 1)
        yield left + width, top + height
        position = _after_blocks(content, position + 11 + _colours(content[position + 9]))


def _colours(flags: int) -> int:
    """Bytes of the table of colours that follows."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(content: bytes, position: int) -> int:
    while position < len(content) and (length := content[position]):
        position += length + 1
    return position + 1


def _jpeg(content: bytes) -> Size | None:
    position = 2
    while content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in NO_SIZE:
            height, width = struct.unpack_from(">HH", content, position + 5)
            return width, height
        (length,) = struct.unpack_from(">H", content, position + 2)
        position += 2 + length
    return None


def _webp(content: bytes) -> Size | None:
    match content[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(content[start : start + 3], "little") + 1 for start in (24, 27))
            return (width, height) if len(content) >= 30 else None
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", content, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
    return None


_READERS: dict[str, Callable[[bytes], Size | None]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}
RASTER_TYPES = tuple(_READERS)
