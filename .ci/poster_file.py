"""The file of a poster: an animated WebP that notes, as XMP, what it was made of."""

import collections
import hashlib
import io
import json
import math
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

MOST_BYTES = 200_000
# A still of a poster: those of all notebooks together have as many bytes at most.
WIDE, QUALITY = 400, 60
# Milliseconds: of a frame, of the first one, and of the last.
FRAME, OPENING, CLOSING = 80, 900, 1400
COLORS = (96, 64, 48, 40, 32, 24)
# Ink, stable and unstable of the stage's light palette.
OWN = ((24, 32, 43), (31, 119, 184), (224, 83, 27))
# So many colours of large areas are kept, and how far colours have to be from one another.
LARGE, CLOSE = 8, 14


def written(taken: list[bytes], note: Mapping[str, Any], quality: int = 0) -> bytes:
    """The frames as an animated WebP: lossless, in as many colours as fit, so that words are crisp.

    Args:
        taken: PNGs.
        note: what is kept in the file.
        quality: from 1 to 100, for all colours with a loss; 0 for none.

    Raises:
        ValueError: with one sentence, if it does not fit.
    """
    from PIL import Image

    opened = [Image.open(io.BytesIO(each)).convert("RGBA") for each in taken]
    plates = [Image.new("RGB", each.size, "white") for each in opened]
    for plate, each in zip(plates, opened, strict=True):
        plate.paste(each, (0, 0), each)
    lasting = [OPENING, *[FRAME] * (len(plates) - 2), CLOSING]
    options: dict[str, Any] = dict(duration=lasting, loop=0, kmin=1000, kmax=2000, xmp=_note(note))
    options |= dict(lossless=not quality, quality=quality or 60, method=4)
    data = b""
    for colors in COLORS if not quality else (0,):
        first, *others = _fewer(plates, colors) if colors else [each.copy() for each in plates]
        for each in (first, *others):
            each.putalpha(opened[0].getchannel("A"))  # round corners
        file = io.BytesIO()
        first.save(file, "WEBP", save_all=True, append_images=others, **options)
        data = file.getvalue()
        print(f"  {colors or 'all'} colours: {len(data) / 1000:.0f} kB", flush=True)
        if len(data) <= MOST_BYTES:
            return data
    raise ValueError(f"It has {len(data) // 1000} kB and may have {MOST_BYTES // 1000}.")


def _fewer(plates: list[Any], colors: int) -> list[Any]:
    """The frames in so many colours; those of large areas and the stage's own stay as they are."""
    from PIL import Image

    sheet, kept = _sheet(plates[:: max(1, len(plates) // 8)])
    palette = sheet.quantize(colors)
    flat = palette.getpalette()[: 3 * colors]
    values = [tuple(flat[at : at + 3]) for at in range(0, len(flat), 3)]
    for each in kept:
        far = [math.inf if v in kept and v != each else math.dist(v, each) for v in values]
        values[far.index(min(far))] = each
        # Colours are looked up coarsely: one close by would be taken for it.
        values = [each if math.dist(v, each) < CLOSE else v for v in values]
    palette.putpalette([part for each in values for part in each])
    plain = Image.Dither.NONE
    return [each.quantize(palette=palette, dither=plain).convert("RGB") for each in plates]


def _sheet(plates: list[Any]) -> tuple[Any, list[tuple[int, ...]]]:
    """What a palette is taken from, and colours that are to be in it as they are.

    Large areas count for less than they are, or thin lines would lose their hue.
    """
    from PIL import Image

    counts: collections.Counter[tuple[int, ...]] = collections.Counter()
    for each in plates:
        counts.update({color: count for count, color in each.getcolors(1 << 24)})
    drawn = [color for color, count in counts.items() for _ in range(math.ceil(count**0.4))]
    sheet, kept = Image.new("RGB", (len(drawn), 1)), []
    sheet.putdata(drawn)
    large = [color for color, _ in counts.most_common(LARGE)]
    for each in (*large, *(each for each in OWN if counts[each] > 40)):
        if all(math.dist(each, other) >= CLOSE for other in kept):
            kept.append(each)
    return sheet, kept


def still(poster: Path) -> bytes:
    """The first frame of a poster, smaller; it notes of which poster it is."""
    from PIL import Image

    frame = Image.open(poster).convert("RGBA")
    size = WIDE, round(frame.height * WIDE / frame.width)
    file, note = io.BytesIO(), _note({"poster": mark(poster)})
    small = frame.resize(size, Image.Resampling.LANCZOS)
    small.save(file, "WEBP", quality=QUALITY, method=6, xmp=note)
    return file.getvalue()


def mark(poster: Path) -> str:
    """What tells a file from every other."""
    return hashlib.sha256(poster.read_bytes()).hexdigest()


def noted(poster: Path) -> tuple[list[int], dict[str, Any]]:
    """How many milliseconds each frame of a poster lasts, and what it notes of what it was made of.

    Raises:
        ValueError: if it is no animated WebP with a note.
    """
    data = poster.read_bytes()
    parts = list(_parts(data[12:])) if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else []
    notes = [body for name, body in parts if name == b"XMP "]
    if not notes:
        raise ValueError(f"{poster} is no poster: it holds no note.")
    text = ElementTree.fromstring(notes[0]).findtext(".//{http://purl.org/dc/elements/1.1/}source")
    # Place, size, and three bytes of duration.
    lasting = [int.from_bytes(body[12:15], "little") for name, body in parts if name == b"ANMF"]
    return lasting, json.loads(text or "")


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a RIFF file, by name."""
    at = 0
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _note(note: Mapping[str, Any]) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:source>{escape(json.dumps(note, ensure_ascii=False))}</dc:source>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
