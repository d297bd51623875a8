"""Two journeys side by side: the sentences and numbers are those of their traces."""


def test_cold_and_warm_differ_in_queries_and_time(walked):
    cold, warm = walked.told["plain"], walked.told["warm"]
    found = walked.get(f"/api/journeys/{cold['id']}/beside/{warm['id']}").json()
    assert found["options"] == [["warm", "false", "true"]]
    numbers = {each[0]["en"]: each[1:] for each in found["numbers"]}
    assert numbers["virtual time (ms)"] == [told["numbers"]["virtual_ms"] for told in (cold, warm)]
    assert numbers["name resolution of the first request (ms)"][0] > 50
    assert numbers["name resolution of the first request (ms)"][1] == 0
    first = found["sentences"][0]
    assert first["en"].startswith("The right journey took")
    assert "less" in first["en"]
    assert "短く" in first["ja"]
    resolution = found["sentences"][1]
    took = numbers["name resolution of the first request (ms)"][0]
    assert (
        resolution["en"]
        == f"Name resolution of the first request: {took:.1f} ms shorter on the right ({took:.1f} ms → 0 ns)."
    )
    assert resolution["ja"].startswith("最初のリクエストの名前解決は右が")


def test_loss_shows_in_retransmissions(walked):
    plain, lossy = walked.told["plain"], walked.told["lossy"]
    said = [each["en"] for each in walked.get(f"/api/journeys/{plain['id']}/beside/{lossy['id']}").json()["sentences"]]
    by = lossy["numbers"]["retransmitted"] - plain["numbers"]["retransmitted"]
    assert by > 0
    assert any(sentence.startswith(f"Retransmitted: {by} more on the right") for sentence in said)


def test_rows_of_one_alone_and_failures_are_named(walked):
    arrived, failed = walked.told["plain"], walked.told["failed"]
    said = [
        each["en"] for each in walked.get(f"/api/journeys/{arrived['id']}/beside/{failed['id']}").json()["sentences"]
    ]
    assert said[0].startswith("Only the right one did not arrive.")
    assert "B8, Copied socket, happened on the left alone." in said


def test_a_journey_is_the_same_as_itself(quiet_lab):
    found = quiet_lab.get("/api/journeys/1/beside/1").json()
    assert found["options"] == []
    assert [each["en"] for each in found["sentences"]] == ["The two journeys are the same in all that is counted."]
    assert quiet_lab.get("/api/journeys/1/beside/99").status_code == 404
