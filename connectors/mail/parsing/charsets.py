"""Bytes to text: wrong, missing and unusual charset labels. Never raises, never leaves NUL or surrogates."""

import codecs
import re

from charset_normalizer import from_bytes

# What mailers write against what they mean. GB2312 in mail is GB18030, ISO-8859-1 is windows-1252 and so on.
ALIASES = {
    "utf8": "utf-8", "utf-8-sig": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf": "utf-8", "uft-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "utf7": "utf-7",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "l1": "cp1252", "iso-8859-1-windows-3.1-latin-1": "cp1252", "windows1252": "cp1252", "ansi": "cp1252",
    "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "iso-8859-6-i": "iso-8859-6",
    "iso-8859-6-e": "iso-8859-6", "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030",
    "ms936": "gb18030", "euc-cn": "gb18030", "gb18030": "gb18030", "hz-gb-2312": "hz",
    "big5": "big5hkscs", "big-5": "big5hkscs", "x-x-big5": "big5hkscs", "cp950": "cp950", "big5-hkscs": "big5hkscs",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "ksc_5601": "cp949", "euc-kr": "cp949",
    "korean": "cp949", "ks_c_5601-1989": "cp949", "x-windows-949": "cp949", "uhc": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "ms_kanji": "cp932", "x-euc-jp": "euc-jp", "eucjp": "euc-jp",
    "macintosh": "mac_roman", "x-mac-roman": "mac_roman", "x-mac-cyrillic": "mac_cyrillic", "x-mac-ce": "mac_latin2",
    "koi8": "koi8-r", "koi-8": "koi8-r", "koi8-ru": "koi8-u", "cskoi8r": "koi8-r",
}  # fmt: skip
UNLABELLED = {"", "us-ascii", "ascii", "ansi_x3.4-1968", "x-unknown", "unknown-8bit", "unknown", "default", "none",
              "x-user-defined", "8bit", "binary", "_iso-2022-jp$esc", "charset", "iso-8859"}  # fmt: skip
# Codecs of Python that are no charsets of text, or have no business in mail.
FORBIDDEN = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "idna",
             "punycode", "raw_unicode_escape", "unicode_escape", "undefined", "mbcs", "oem"}  # fmt: skip
DETECTABLE = ["cp932", "euc_jp", "gb18030", "big5", "cp949", "koi8_r", "cp1251", "iso8859_5", "cp1250", "iso8859_2",
              "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp874"]  # fmt: skip
DETECTOR_SAMPLE = 8 * 1024
ESCAPE_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\([BJI]|\$\(D)")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
ANY_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
SURROGATES = re.compile("[\ud800-\udfff]")
HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
CYRILLIC_WORD = re.compile(rb"(?<![A-Za-z\x80-\xff])[\xc0-\xff\xa3\xb3\xa8\xb8]{1,}(?![A-Za-z\x80-\xff])")
SHORT_TEXT = 40
UTF8_PAIR = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


def codec_for(label: str) -> str | None:
    """Name of the Python codec that a mail's charset label stands for; None if it says nothing or is unknown."""
    name = label.strip().strip("\"'").lower()
    if name in UNLABELLED:
        return None
    name = ALIASES.get(name, name)
    if re.fullmatch(r"(?:cp|windows|ibm|iso)[-_ ]?\d[\w-]*", name):
        name = re.sub(r"^(cp|ibm)[-_ ]", r"\1", name)
        name = ALIASES.get(name, name)
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return None if found.replace("-", "_") in FORBIDDEN else found


def decode(raw: bytes, label: str = "", *, hint: str = "") -> str:
    """Text of `raw`, labelled with a charset by its sender; `hint` is a charset seen elsewhere in the same mail."""
    if not raw:
        return ""
    codec = codec_for(label)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and (codec is None or codec.startswith("utf-16")):
        return clean(raw[: len(raw) & ~1].decode("utf-16", "replace"))
    if raw.isascii() and codec in (None, "utf-8", "cp1252") and b"\x1b" not in raw:
        return clean(raw.decode("ascii"))
    if codec is None:
        return clean(_decode_unlabelled(raw, hint))
    return clean(_decode_labelled(raw, codec))


def _decode_labelled(raw: bytes, codec: str) -> str:
    if codec.startswith("iso2022_jp"):
        return decode_iso_2022_jp(raw)
    if codec in ("cp1252", "cp1254", "iso8859-15") and _is_surely_utf8(raw):
        return raw.decode("utf-8")
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError):
        pass
    if codec == "cp1252":
        return _decode_windows_1252(raw)
    text = _replaced(raw, codec)
    if codec == "utf-8" and 0 < text.count("\ufffd") <= len(UTF8_PAIR.findall(raw)):
        return text  # cut within a character, as long headers are
    if text.count("\ufffd") * 20 <= len(text) - len(re.findall(r"[\x00-\x7f]", text)):
        return text  # a few broken characters in an otherwise fitting text
    return _decode_unlabelled(raw, "", fallback=text if codec != "utf-8" else "")


def _decode_unlabelled(raw: bytes, hint: str, *, fallback: str = "") -> str:
    if raw.startswith(codecs.BOM_UTF8):
        raw = raw[3:]
    if ESCAPE_2022_JP.search(raw) and not re.search(rb"[\x80-\xff]", raw):
        return decode_iso_2022_jp(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if (text := _mostly_utf8(raw)) is not None:
        return text
    codec = codec_for(hint)
    if codec is not None and codec.startswith("iso2022_jp"):
        return decode_iso_2022_jp(raw)
    if codec is not None and codec not in ("utf-8", "cp1252", "ascii"):
        try:
            return raw.decode(codec)
        except (UnicodeError, ValueError):
            pass
    return fallback or _short_cyrillic(raw) or _detected(raw) or _decode_windows_1252(raw)


def _short_cyrillic(raw: bytes) -> str | None:
    """A line of Russian, too short for the detector: whole words of letters that Latin texts have one by one.

    KOI8-R has its small letters where windows-1251 has its capitals, and texts have more small ones than capitals.
    """
    letters = b"".join(HIGH_BYTES.findall(raw))
    words = CYRILLIC_WORD.findall(raw)
    if not 4 <= len(letters) <= SHORT_TEXT or sum(map(len, words)) < len(letters) or max(map(len, words)) < 3:
        return None
    if sum(chr(byte).isalpha() for byte in raw if byte < 128) > len(letters):
        return None
    small_in_koi8 = sum(0xC0 <= byte <= 0xDF for byte in letters)
    text = _replaced(raw, "koi8_r" if small_in_koi8 * 2 > len(letters) else "cp1251")
    return None if re.search("[а-яё][А-ЯЁ]", text) else text  # Greek has its accented letters there


def _detected(raw: bytes) -> str | None:
    """The detector's word, asked only where there is enough 8-bit text to tell from."""
    eight_bit = sum(1 for byte in raw[:DETECTOR_SAMPLE] if byte > 127)
    if eight_bit < 8:
        return None
    best = from_bytes(raw[:DETECTOR_SAMPLE], cp_isolation=DETECTABLE, threshold=0.3).best()
    if best is None:
        return None
    text = _replaced(raw, best.encoding)
    return text if text.count("\ufffd") * 50 <= eight_bit else None


def _is_surely_utf8(raw: bytes) -> bool:
    """A Latin label on UTF-8: two letters of which no Latin text has pairs, throughout."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return UTF8_PAIR.search(raw) is not None


def _mostly_utf8(raw: bytes) -> str | None:
    """UTF-8 with a cut or stray character: better some replacement than all of it wrong."""
    good = len(UTF8_PAIR.findall(raw))
    if good < 3:
        return None
    text = raw.decode("utf-8", "replace")
    return text if text.count("\ufffd") * 4 <= good else None


def _decode_windows_1252(raw: bytes) -> str:
    """windows-1252 with its five holes filled as browsers do."""
    return "".join(
        piece.decode("cp1252") if index % 2 == 0 else piece.decode("latin-1")
        for index, piece in enumerate(re.split(rb"([\x81\x8d\x8f\x90\x9d]+)", raw))
    )


def _replaced(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return raw.decode("latin-1")


def decode_iso_2022_jp(raw: bytes) -> str:
    """ISO-2022-JP as mailers write it: with NEC and IBM characters and half-width kana, which strict codecs refuse."""
    pieces: list[str] = []
    mode = b"\x1b(B"
    for index, piece in enumerate(re.split(rb"(\x1b(?:\$[@B]|\([BJI]|\$\(D))", raw)):
        if index % 2:
            mode = piece
        elif not piece:
            continue
        elif mode in (b"\x1b$@", b"\x1b$B"):
            pieces.append(_decode_jis_pairs(piece))
        elif mode == b"\x1b(I":
            pieces.append(bytes(byte | 0x80 for byte in piece).decode("cp932", "replace"))
        elif mode == b"\x1b$(D":
            pieces.append((mode + piece).decode("iso2022_jp_ext", "replace"))
        else:
            pieces.append(_decode_japanese(piece))
    return "".join(pieces)


def _decode_japanese(raw: bytes) -> str:
    """8-bit text where ISO-2022-JP was announced: one of the other Japanese encodings."""
    for codec in ("ascii", "utf-8", "cp932", "euc-jp"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp932", "replace")


def _decode_jis_pairs(piece: bytes) -> str:
    """JIS X 0208 pairs, shifted into Shift_JIS so that windows-31j's additions decode; line ends pass through."""
    out = bytearray()
    position = 0
    while position < len(piece):
        first = piece[position]
        second = piece[position + 1] if position + 1 < len(piece) else 0
        if not (0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E):
            out.append(first if first < 0x21 else 0x3F)
            position += 1
            continue
        row = ((first - 0x21) >> 1) + 0x81
        out.append(row + 0x40 if row > 0x9F else row)
        out.append(second + (0x1F if second < 0x60 else 0x20) if first % 2 else second + 0x7E)
        position += 2
    return out.decode("cp932", "replace")


def clean(text: str) -> str:
    """Without NUL, other control characters (but tab and line ends) and lone surrogates: the database takes it."""
    text = SURROGATES.sub("\ufffd", text) if not text.isascii() else text
    return CONTROLS.sub("", text.removeprefix("\ufeff"))


def clean_line(text: str) -> str:
    """One line without control and bidirectional characters, white space collapsed: fit for a header or a name."""
    return " ".join(BIDI_CONTROLS.sub("", ANY_CONTROL.sub(" ", clean(text))).split())
