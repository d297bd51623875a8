"""Whom the lab answers: its own page on this machine, and nobody else."""

import httpx
import pytest

from michinori.lab.guard import TOKEN_FIELD

ORDER = {"text": "http://www.michinori.example/"}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1:80", "127.0.0.1", "127.0.0.1.evil.example:{port}", ""]
)
def test_a_name_that_was_bound_to_loopback_by_somebody_gets_nothing(quiet_lab, host):
    for path in ("/", "/api/journeys", "/report/assets/ui.js", "/nowhere"):
        answer = quiet_lab.get(path, headers={"Host": host.format(port=quiet_lab.port)})
        assert answer.status_code == 421
        assert quiet_lab.lab.keys.token not in answer.text


def test_both_names_of_this_machine_are_answered(quiet_lab):
    assert quiet_lab.get("/", headers={"Host": f"localhost:{quiet_lab.port}"}).status_code == 200
    assert quiet_lab.get("/", headers={"Host": f"127.0.0.1:{quiet_lab.port}"}).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {TOKEN_FIELD: "guessed"},
        {TOKEN_FIELD: ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Cookie": "michinori-lab-{port}=guessed"},
    ],
)
def test_a_post_from_elsewhere_does_nothing(quiet_lab, wrong):
    wrong = {name: value.format(port=quiet_lab.port) for name, value in wrong.items()}
    answer = quiet_lab.send("POST", "/api/journeys", json=ORDER, headers=wrong)
    assert answer.status_code == 403
    listed = quiet_lab.get("/api/journeys").json()
    assert [len(listed["past"]), listed["under_way"]] == [1, []]


def test_a_post_without_the_cookie_does_nothing(quiet_lab):
    answer = httpx.post(f"{quiet_lab.url}/api/journeys", json=ORDER, headers=quiet_lab.headers, trust_env=False)
    assert answer.status_code == 403


def test_another_site_may_link_to_the_page_but_not_read_what_it_serves(quiet_lab):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert quiet_lab.get("/", headers=link).status_code == 200
    for dest in ("iframe", "script", "image", "empty"):
        assert quiet_lab.get("/", headers=link | {"Sec-Fetch-Dest": dest}).status_code == 403


def test_everything_that_is_answered_is_fenced_in(quiet_lab):
    for path in ("/", "/api/journeys", "/report/assets/ui.js", "/api/journeys/99/report", "/nowhere"):
        headers = quiet_lab.get(path).headers
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers
    cookie = quiet_lab.get("/").headers["set-cookie"]
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie


@pytest.mark.parametrize(
    "path",
    [
        "/report/assets/../contents.py",
        "/report/assets/%2e%2e/contents.py",
        "/lab/assets/",
        "/etc/assets/passwd",
        "/api/journeys/1/files/../../x",
        "/api/journeys/1/files/%2e%2e/%2e%2e/x",
    ],
)
def test_only_what_is_listed_is_served(quiet_lab, path):
    assert quiet_lab.get(path).status_code == 404


@pytest.mark.parametrize("name", ["lab-journey.json", "blobs/journey", "../journey-1/page.har", "captures"])
def test_only_the_files_of_a_journey_are_handed_out(quiet_lab, name):
    assert quiet_lab.get("/api/journeys/1/files/page.har").status_code == 200
    assert quiet_lab.get(f"/api/journeys/1/files/{name}").status_code == 404


def test_bodies_are_bounded_whether_announced_or_not(quiet_lab):
    large = b" " * (quiet_lab.lab.bounds.body + 1)
    assert quiet_lab.send("POST", "/api/journeys", content=large).status_code == 413
    assert quiet_lab.send("POST", "/api/journeys", content=iter([large])).status_code == 413
