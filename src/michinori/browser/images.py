"""Images: decoded, so that the painter gets only what it can draw, and no image can exhaust the machine.

PNG, JPEG, GIF (its first frame), WebP, AVIF, BMP and icons go through Pillow; SVG goes to the painter as it is, which
scales it, or through resvg where it uses what the painter lacks.
"""

from __future__ import annotations

import importlib
import io
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from michinori.browser import media, sniff
from michinori.browser.errors import BadImage, needed_for

if TYPE_CHECKING:
    from PIL import Image as Pillow

#: An image of more pixels is refused before a single one is decoded.
MAX_PIXELS: Final = 40_000_000
_MAX_SVG_OCTETS: Final = 4 << 20
_MAX_SVG_PIXELS: Final = 16_000_000
_DEFAULT_SVG: Final = (300, 150)
#: In pixels; nothing longer is drawn, and nothing as much smaller than a pixel can be seen.
_LONGEST_SVG: Final = 1e5

_FORMATS: Final = {f"image/{subtype}": subtype.upper() for subtype in ("png", "jpeg", "gif", "webp", "avif", "bmp")} | {
    "image/x-icon": "ICO",
    "image/vnd.microsoft.icon": "ICO",
    "image/jpg": "JPEG",
}
_PLUGINS: Final = {name: name.title() for name in ("PNG", "JPEG", "GIF", "BMP", "AVIF", "ICO")} | {"WEBP": "WebP"}
#: What the painter decodes to the same pixels by itself.
_PAINTABLE: Final = frozenset(("PNG", "JPEG", "WEBP"))
_MODES_PAINTABLE: Final = frozenset(("L", "RGB", "RGBA", "P", "LA", "1"))
_ORIENTATION: Final = 0x0112

#: Features of SVG that the painter draws wrongly or not at all.
_BEYOND_THE_PAINTER: Final = re.compile(rb"<(?:\w+:)?(?:filter|textPath|foreignObject|marker|pattern|mask|switch)\b")
_EXTERNAL: Final = re.compile(
    r"""((?:xlink:)?href\s*=\s*)(?:"(?!\s*(?:\#|data:))[^"]*"|'(?!\s*(?:\#|data:))[^']*')""", re.IGNORECASE | re.VERBOSE
)
_ENTITY: Final = re.compile(r"<!ENTITY", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Image:
    """A decoded image: what it was, and what the painter is given."""

    format: str
    width: int
    height: int
    """In its own pixels; of an SVG the size that it asks for, 0 for none."""
    frames: int
    octets: bytes
    type: str


def decode(body: bytes, essence: str) -> Image:
    """Decode an image of that (sniffed) type. Raises ``BadImage``."""
    if essence == "image/svg+xml" or (essence.endswith("xml") and b"<svg" in body[: sniff.HEADER_OCTETS]):
        return _decode_svg(body)
    name = _FORMATS.get(sniff.image_type(body[: sniff.HEADER_OCTETS]) or essence)
    if name is None:
        raise BadImage(f"{essence} is not an image that a browser shows")
    with needed_for("decoding images"):
        import PIL
        from PIL import Image as Pillow

        importlib.import_module(f"PIL.{_PLUGINS[name]}ImagePlugin")  # or Pillow loads all of its seventy
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            with Pillow.open(io.BytesIO(body), formats=[name]) as image:
                return _decode_bitmap(image, body, name)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise BadImage("it has more pixels than are safe to decode") from None
    except PIL.UnidentifiedImageError:
        raise BadImage(f"it is not {name} inside") from None
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError, IndexError, KeyError) as error:
        # Pillow's plugins answer damaged data with any of these.
        raise BadImage(f"the {name} is damaged: {str(error) or type(error).__name__}") from None
    except (TypeError, ZeroDivisionError, NotImplementedError, AssertionError, RuntimeError) as error:
        raise BadImage(f"the {name} is damaged: {str(error) or type(error).__name__}") from None


def _decode_bitmap(image: Pillow.Image, body: bytes, name: str) -> Image:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImage(f"it has {width} × {height} pixels, more than are safe to decode")
    frames = int(getattr(image, "n_frames", 1))
    image.load()
    turned = name == "JPEG" and image.getexif().get(_ORIENTATION, 1) != 1
    if name in _PAINTABLE and frames == 1 and not turned and image.mode in _MODES_PAINTABLE:
        return Image(name, width, height, frames, body, f"image/{name.lower()}")
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(image)
    return Image(name, upright.width, upright.height, frames, _as_png(upright), "image/png")


def _as_png(upright: Pillow.Image) -> bytes:
    alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    out = io.BytesIO()
    upright.convert("RGBA" if alpha else "RGB").save(out, "PNG", compress_level=1)
    return out.getvalue()


def _decode_svg(body: bytes) -> Image:
    if len(body) > _MAX_SVG_OCTETS:
        raise BadImage("the SVG is larger than is safe to draw")
    text = body.decode("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    if _ENTITY.search(text):
        raise BadImage("the SVG declares entities, which is not safe to expand")
    width, height = _svg_size(text)
    alone = _EXTERNAL.sub(r'\1""', text)  # an image loads nothing else, neither from the net nor from the disk
    if _BEYOND_THE_PAINTER.search(body):
        octets = _rasterize(alone, width, height)
        return Image("SVG", width, height, 1, octets, "image/png")
    return Image("SVG", width, height, 1, alone.encode(), "image/svg+xml")


def _svg_size(text: str) -> tuple[int, int]:
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise BadImage(f"the SVG is not well-formed: {error}") from None
    if root.tag.rpartition("}")[2] != "svg":
        raise BadImage("the XML is not an SVG")
    sizes = [_svg_length(root.get(name) or "") for name in ("width", "height")]
    box = [_svg_length(part) for part in re.split(r"[\s,]+", (root.get("viewBox") or "").strip())]
    if not all(sizes) and len(box) == 4 and box[2] > 0 and box[3] > 0:
        if any(sizes):
            sizes = [sizes[0] or sizes[1] * box[2] / box[3], sizes[1] or sizes[0] * box[3] / box[2]]
        else:
            sizes = box[2:]
    return round(sizes[0]), round(sizes[1])


def _svg_length(text: str) -> float:
    """In pixels, as numbers without a unit are; 0 for what is none or a part of something unknown, or too small."""
    text = text.strip()
    length = media.length(text if text.endswith("%") or text[-1:].isalpha() else text + "px", media.Viewport()) or 0
    return min(length, _LONGEST_SVG) if length >= 1 / _LONGEST_SVG else 0


def _rasterize(text: str, width: int, height: int) -> bytes:
    """At twice its size, so that it stays sharp when it is drawn a little larger.

    The size is always given: left to itself the library takes what the image asks for, and ends the process where that
    is more memory than there is.
    """
    with needed_for("drawing this SVG"):
        import resvg_py

    from michinori.browser import fonts

    width, height = width or _DEFAULT_SVG[0], height or _DEFAULT_SVG[1]
    if width * height > _MAX_SVG_PIXELS:
        raise BadImage(f"the SVG asks for {width} × {height} pixels, more than are safe to draw")
    zoom = 2 if 4 * width * height <= _MAX_SVG_PIXELS else 1
    try:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=text,
                width=width * zoom,
                height=height * zoom,
                skip_system_fonts=True,
                font_files=[str(path) for path in fonts.files()],
                font_family=fonts.SANS,
                sans_serif_family=fonts.SANS,
                monospace_family=fonts.MONO,
            )
        )
    except (ValueError, RuntimeError, OSError) as error:
        raise BadImage(f"the SVG could not be drawn: {error}") from None
