"""The map nearer and farther, by every hand there is, of three machines and of sixty: nothing ever collides."""

import pytest
from chromium import NARROW, WIDE, opened
from journeys import walk

pytestmark = pytest.mark.peer

THREE = """
[about]
title = { ja = "三台", en = "Three machines" }
browser = "pc"
access = "first"
url = "http://www.three.example/"
[hosts.pc]
interfaces = { eth0 = "192.0.2.1/26" }
gateway = "192.0.2.2"
hosts = { "www.three.example" = "198.51.100.2" }
[routers.router]
interfaces = { a = "192.0.2.2/26", b = "198.51.100.1/26" }
[hosts.www]
interfaces = { eth0 = "198.51.100.2/26" }
gateway = "198.51.100.1"
sites = { "www.three.example" = { folder = "builtin:www.michinori.example" } }
[lines.first]
between = ["pc:eth0", "router:a"]
delay = "5ms"
[lines.second]
between = ["router:b", "www:eth0"]
delay = "1ms"
"""
NEIGHBOURS = 20
SERVERS = 25


def sixty() -> str:
    """The little internet with many more machines at home and in the data centre."""
    parts = ['base = "home"']
    for at in range(NEIGHBOURS):
        parts.append(f'[hosts.neighbour-of-the-pc-{at}]\ninterfaces = {{ eth0 = "192.168.1.{20 + at}/24" }}')
        parts.append(f'[lines.n{at}]\nbetween = ["neighbour-of-the-pc-{at}:eth0", "home-switch"]')
    for at in range(SERVERS):
        parts.append(f'[hosts.web-{at}]\ninterfaces = {{ eth0 = "203.0.113.{90 + at}/26" }}')
        parts.append(f'[lines.w{at}]\nbetween = ["web-{at}:eth0", "datacentre-switch"]')
    return "\n".join(parts)


SCENARIOS = {
    "three": (THREE, "http://www.three.example/"),
    "home": ('base = "home"', "http://www.michinori.example/"),
    "sixty": (sixty(), "http://www.michinori.example/"),
}
#: Texts and pictures of the map that cover another machine's, or another cable's.
COLLISIONS = """() => {
    const shown = [...document.querySelectorAll(".map-node span, .map-node svg, .map-label")];
    const boxes = shown.filter((one) => one.getClientRects().length).map((one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        const whose = one.closest("[data-node]")?.dataset.node ?? one.textContent;
        return { whose, box: (one.tagName === "svg" ? one : range).getBoundingClientRect() };
    });
    const collide = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    return boxes.flatMap((one, at) => boxes.slice(at + 1)
        .filter((other) => other.whose !== one.whose && collide(one.box, other.box))
        .map((other) => [one.whose, other.whose]));
}"""


@pytest.fixture(scope="module", params=SCENARIOS)
def mapped(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    text, url = SCENARIOS[request.param]
    (folder / "net.toml").write_text(text, encoding="utf-8")
    return walk(folder / "out", url, scenario=str(folder / "net.toml")).folder / "journey.html"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_collides_at_any_zoom(browser, mapped, size):
    with opened(browser, mapped, size=size, part="map", n=300) as page:
        page.locator(".map-box").focus()
        for keys in ("", "-", "+++"):
            page.keyboard.press("0")
            for key in keys:
                page.keyboard.press(key)
            assert page.evaluate(COLLISIONS) == [], keys
            assert page.locator(".map-label").count() > 0 or keys == "-"


def percent(page):
    return int(page.locator(".map-zoom .chip").inner_text().split()[0])


def middle(page, name):
    box = page.locator(f'[data-node="{name}"] svg').bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_buttons_and_keys_zoom_and_reset(browser, report):
    with opened(browser, report, part="map", n=2000, lang="en") as page:
        page.get_by_role("button", name="Nearer").click()
        page.get_by_role("button", name="Nearer").click()
        assert percent(page) == 169
        page.get_by_role("button", name="Back to its own size").click()
        assert percent(page) == 100
        page.locator(".map-box").focus()
        page.keyboard.press("-")
        assert percent(page) == 77
        page.keyboard.press("0")
        assert percent(page) == 100
        before = page.evaluate("michinori.cursor.value.n")
        page.keyboard.press("+")
        assert (percent(page), page.evaluate("michinori.cursor.value.n")) == (130, before)


def test_the_wheel_zooms_with_ctrl_where_the_pointer_is(browser, report):
    with opened(browser, report, part="map", n=2000) as page:
        before = middle(page, "backbone-1")
        page.mouse.move(*before)
        page.mouse.wheel(0, -100)
        assert percent(page) == 100  # the page scrolls
        before = middle(page, "backbone-1")
        page.mouse.move(*before)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -300)
        page.keyboard.up("Control")
        page.wait_for_timeout(100)
        assert percent(page) == 220
        after = middle(page, "backbone-1")
        assert abs(after[0] - before[0]) < 12


def test_dragging_moves_along(browser, report):
    with opened(browser, report, part="map", n=2000) as page:
        page.locator(".map-box").focus()
        for _ in range(4):
            page.keyboard.press("+")
        left = page.evaluate("document.querySelector('.map-box').scrollLeft")
        box = page.locator(".map-box").bounding_box()
        page.mouse.move(box["x"] + 400, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 300, box["y"] + 20, steps=4)
        page.mouse.up()
        assert page.evaluate("document.querySelector('.map-box').scrollLeft") == left + 100


PINCH = """() => {
    const box = document.querySelector(".map-box"), { left, top } = box.getBoundingClientRect();
    const touch = (identifier, x) => new Touch({ identifier, target: box, clientX: left + x, clientY: top + 60 });
    const send = (kind, apart) => box.dispatchEvent(new TouchEvent(kind, {
        bubbles: true, cancelable: true, touches: [touch(1, 150 - apart / 2), touch(2, 150 + apart / 2)],
    }));
    send("touchstart", 50);
    return send("touchmove", 100);
}"""


def test_two_fingers_zoom_and_the_page_does_not(browser, report):
    with opened(browser, report, size=NARROW, part="map", n=2000) as page:
        assert page.evaluate(PINCH) is False  # nobody else shall zoom by it
        page.wait_for_timeout(50)
        assert percent(page) == 200
