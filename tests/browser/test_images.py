"""Images: decoded within bounds, whatever they claim to be."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from webs import image

from michinori.browser import images
from michinori.browser.errors import BadImage

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20" fill="teal"/></svg>'


@pytest.mark.row("B24")
@pytest.mark.parametrize(
    ("kind", "painted"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/png"),
        ("AVIF", "image/png"),
        ("BMP", "image/png"),
        ("ICO", "image/png"),
    ],
)
def test_every_kind_is_decoded(kind: str, painted: str) -> None:
    decoded = images.decode(image(kind), "application/octet-stream")
    assert (decoded.format, decoded.width, decoded.height, decoded.type) == (kind, 20, 10, painted) or kind == "ICO"
    assert Pillow.open(io.BytesIO(decoded.octets)).size == (decoded.width, decoded.height)


def test_what_it_is_counts_and_not_what_it_is_called() -> None:
    assert images.decode(image("JPEG"), "image/png").format == "JPEG"


def test_of_a_moving_picture_the_first() -> None:
    frames = [Pillow.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    decoded = images.decode(out.getvalue(), "image/gif")
    assert decoded.frames == 3
    assert Pillow.open(io.BytesIO(decoded.octets)).convert("RGB").getpixel((4, 4)) == (255, 0, 0)


def test_a_photo_lying_on_its_side_is_put_upright() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    decoded = images.decode(image("JPEG", (20, 10), exif=exif), "image/jpeg")
    assert Pillow.open(io.BytesIO(decoded.octets)).size == (10, 20)
    assert (decoded.width, decoded.height) == (10, 20)


def test_transparency_survives() -> None:
    decoded = images.decode(image("AVIF", colour=(0, 0, 255, 0)), "image/avif")
    assert Pillow.open(io.BytesIO(decoded.octets)).getpixel((1, 1))[3] == 0


def bomb(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (2_000_000_000, 2), (7000, 7000)])
def test_bombs_are_not_lit(width: int, height: int) -> None:
    with pytest.raises(BadImage, match="safe"):
        images.decode(bomb(width, height), "image/png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP"])
def test_half_an_image_is_broken(kind: str) -> None:
    whole = image(kind, (64, 64))
    with pytest.raises(BadImage):
        images.decode(whole[: len(whole) // 2], f"image/{kind.lower()}")


def test_svg_stays_what_it_is_where_the_painter_can() -> None:
    decoded = images.decode(SVG.encode(), "image/svg+xml")
    assert (decoded.format, decoded.width, decoded.height, decoded.type) == ("SVG", 40, 20, "image/svg+xml")


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ('width="40" height="20"', (40, 20)),
        ('width="1in" height="48pt"', (96, 64)),
        ('viewBox="0 0 30 10"', (30, 10)),
        ('width="60" viewBox="0 0 30 10"', (60, 20)),
        ('height="5" viewBox="0,0,30,10"', (15, 5)),
        ('width="100%" height="100%"', (0, 0)),
        ('width="10" viewBox="0 0 1e999 1e999"', (10, 10)),
        ('width="10" viewBox="0 0 1e-300 1e300"', (10, 0)),
        ('height="1e999" viewBox="0 0 1e-300 1e300"', (0, 100_000)),
        ("", (0, 0)),
    ],
)
def test_sizes_of_svg(head: str, size: tuple[int, int]) -> None:
    decoded = images.decode(f'<svg xmlns="http://www.w3.org/2000/svg" {head}/>'.encode(), "image/svg+xml")
    assert (decoded.width, decoded.height) == size


def test_svg_with_filters_is_drawn_by_resvg() -> None:
    blurred = SVG.replace("<rect", '<filter id="f"><feGaussianBlur stdDeviation="2"/></filter><rect filter="url(#f)"')
    decoded = images.decode(blurred.encode(), "image/svg+xml")
    assert (decoded.format, decoded.width, decoded.type) == ("SVG", 40, "image/png")
    assert Pillow.open(io.BytesIO(decoded.octets)).size == (80, 40)


@pytest.mark.parametrize("size", ['width="9e9%" height="9e9%"', 'width="99999999cap"', 'viewBox="0 0 1e-9 1e9"', ""])
def test_svg_that_asks_for_a_strange_size_is_drawn_at_a_safe_one(size: str) -> None:
    inside = '<filter id="f"><feFlood/></filter><rect filter="url(#f)"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{inside}</svg>'
    try:
        decoded = images.decode(svg.encode(), "image/svg+xml")
    except BadImage:
        return
    assert Pillow.open(io.BytesIO(decoded.octets)).size <= (4000, 4000)


def test_svg_loads_nothing() -> None:
    outside = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        "<image href='/etc/passwd'/><image xlink:href=\"http://x.example/a.png\"/><use href='#a'/></svg>"
    )
    octets = images.decode(outside.encode(), "image/svg+xml").octets
    assert b"passwd" not in octets
    assert b"x.example" not in octets
    assert b"'#a'" in octets


@pytest.mark.parametrize(
    "svg",
    [
        "<svg",
        "<html/>",
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"><filter/></svg>',
        "<svg>" + " " * (5 << 20) + "</svg>",
    ],
)
def test_broken_svg(svg: str) -> None:
    with pytest.raises(BadImage):
        images.decode(svg.encode(), "image/svg+xml")


HEADS = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\x24\0\0\0WEBPVP8 ", b"BM", b"\0\0\x01\0", b"<svg "]


@given(st.sampled_from(HEADS), st.binary(max_size=200))
def test_junk_is_broken_and_nothing_else(head: bytes, junk: bytes) -> None:
    try:
        images.decode(head + junk, "image/svg+xml" if head == b"<svg " else "image/png")
    except BadImage:
        return


@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "ICO"]), st.data())
def test_damaged_images_are_decoded_or_broken(kind: str, data: st.DataObject) -> None:
    octets = bytearray(image(kind, (16, 16)))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        images.decode(bytes(octets), "image/png")
    except BadImage:
        return
