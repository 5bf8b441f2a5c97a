"""Cooldown, re-arming and the hourly limit."""

from device.config.shutter import ShutterSettings
from device.shutter.readiness import MOST_SHOTS_PER_HOUR, Readiness

SETTINGS = ShutterSettings(cooldown_s=5, rearm_s=0.5)


def after_a_shot() -> Readiness:
    readiness = Readiness()
    readiness.shot_taken(10.0, automatic=True)
    return readiness


def test_a_new_camera_is_ready_at_once():
    assert Readiness().lack(0.0, SETTINGS) is None


def test_the_cooldown_says_how_long_it_takes():
    assert after_a_shot().lack(12.5, SETTINGS).detail == "cooling down for another 2.5 s"


def test_after_the_cooldown_the_score_must_have_fallen():
    readiness = after_a_shot()
    assert "not re-armed" in readiness.lack(20.0, SETTINGS).detail
    readiness.watch(20.0, SETTINGS, fallen=True)
    readiness.watch(20.5, SETTINGS, fallen=True)
    assert readiness.lack(20.5, SETTINGS) is None


def test_a_fall_during_the_cooldown_rearms_too():
    readiness = after_a_shot()
    readiness.watch(10.1, SETTINGS, fallen=True)
    readiness.watch(11.0, SETTINGS, fallen=True)
    readiness.watch(11.1, SETTINGS, fallen=False)
    assert readiness.lack(15.0, SETTINGS) is None


def test_a_fall_shorter_than_asked_for_does_not_rearm():
    readiness = after_a_shot()
    for start_s in (16.0, 18.0, 20.0):
        readiness.watch(start_s, SETTINGS, fallen=True)
        readiness.watch(start_s + 0.4, SETTINGS, fallen=True)
        readiness.watch(start_s + 0.5, SETTINGS, fallen=False)
    assert readiness.lack(21.0, SETTINGS) is not None


def test_time_without_frames_is_no_fall():
    readiness = after_a_shot()
    readiness.watch(16.0, SETTINGS, fallen=True)
    readiness.interrupted()
    readiness.watch(90.0, SETTINGS, fallen=True)
    assert readiness.lack(90.0, SETTINGS) is not None


def test_requested_shots_do_not_count_towards_the_hourly_limit():
    settings = ShutterSettings(max_shots_per_hour=1, rearm="time", cooldown_s=0)
    readiness = Readiness()
    readiness.shot_taken(1.0, automatic=False)
    assert readiness.lack(2.0, settings) is None
    readiness.shot_taken(2.0, automatic=True)
    assert "shots per hour (1) is reached" in readiness.lack(3.0, settings).detail


def test_what_is_remembered_is_bounded_by_the_largest_limit():
    readiness = Readiness()
    for second in range(MOST_SHOTS_PER_HOUR + 500):
        readiness.shot_taken(second / 10, automatic=True)
    assert len(readiness._automatic_shots_s) == MOST_SHOTS_PER_HOUR
