"""State, health and metrics."""

import re


def test_the_state_is_the_same_as_over_mqtt(appliance, owner):
    state = owner.get("/api/state").json()
    assert state["models"]["smile"]["sha256"] == "cd" * 32
    assert state["broker"]["error"] == "the broker refused the password"
    assert state["time"].endswith("Z")


def test_health_is_open_to_all_and_tells_only_whether_it_works(guarded, browse):
    client = browse(guarded, begin=False)
    assert client.get("/healthz").status_code == 200
    guarded.online = False
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"online": False, "reason": "no frames are analysed"}


def test_metrics_are_what_prometheus_reads(appliance, owner):
    appliance.camera_model = 'a "quoted" \\ model\nin two lines'
    answer = owner.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    sample = re.compile(r'[a-z_]+(\{([a-z]+="(\\.|[^"\\\n])*",?)*\})? -?\d+(\.\d+)?(e[+-]\d+)?')
    lines = answer.text.splitlines()
    for line in lines:
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line
    assert "printability_frames_rated_total 1234" in lines
    assert "printability_temperature_celsius 61.5" in lines
    assert "printability_broker_connected 0" in lines


def test_what_the_machine_cannot_say_is_absent(owner):
    assert "printability_throttled " not in owner.get("/metrics").text
