"""What must hold of the shutter whatever people do in front of it."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.config.shutter import ShutterSettings
from device.shutter.decision import Shot
from device.shutter.gates import lack_of
from device.shutter.ranking import closed_faces, rank
from device.shutter.shutter import Shutter
from device.vision.rating import Rating

PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["none", "mild", "moderate", "huge", "huge", "huge"]),
        st.sampled_from(["open", "open", "open", "closed", "unknown"]),
    ),
    max_size=3,
)
# Runs of like frames, as in life; the last of the steps is a camera that was away.
RUNS = st.lists(
    st.tuples(st.integers(1, 12), PEOPLE, st.sampled_from([1 / 120, 1 / 25, 0.2, 0.9, 3.0])),
    min_size=1,
    max_size=12,
)
CALLS = st.dictionaries(
    st.integers(0, 60),
    st.sampled_from(["request", "request", "pause", "resume", "block", "unblock"]),
    max_size=6,
)
SETTINGS = st.builds(
    ShutterSettings,
    threshold=st.sampled_from([0.3, 0.6, 0.85, 1.0]),
    hysteresis=st.sampled_from([0.0, 0.1, 0.3]),
    hold_frames=st.integers(1, 4),
    window_s=st.sampled_from([0.0, 0.3, 2.0]),
    lookback_s=st.sampled_from([0.0, 0.3, 1.0]),
    cooldown_s=st.sampled_from([0.0, 0.5, 5.0]),
    rearm=st.sampled_from(["fall", "time"]),
    rearm_s=st.sampled_from([0.0, 0.5]),
    minimum_faces=st.integers(1, 2),
    everybody_open_eyes=st.booleans(),
    min_sharpness=st.sampled_from([0.0, 20.0]),
    max_shots_per_hour=st.integers(1, 4),
    request_window_s=st.sampled_from([0.0, 0.4]),
)
FEWER = settings(max_examples=60)
SHARPNESS = (10.0, 30.0, 50.0)


@dataclass
class Seen:
    """What a daemon would have seen: every frame, and each shot with whether it was possible."""

    frames: list[tuple[float, Rating]] = field(default_factory=list)
    shots: list[Shot] = field(default_factory=list)
    most_kept: int = 0


def play(shutter, look, runs, calls) -> Seen:
    """Drive the shutter as the frame loop does, holding only the pictures it asks for."""
    seen, held, time_s, number = Seen(), set(), 0.0, 0
    for count, people, step_s in runs:
        for _ in range(count):
            _call(shutter, calls.get(number), time_s)
            rating = look(number, *people, sharpness=SHARPNESS[number % 3])
            decision = shutter.observe(rating, time_s)
            held = (held | {number}) & decision.keep
            _check(decision, held)
            seen.frames.append((time_s, rating))
            seen.most_kept = max(seen.most_kept, len(decision.keep))
            if decision.shot:
                seen.shots.append(decision.shot)
            number += 1
            time_s += step_s
    last = shutter.finish(time_s)
    if last.shot:
        assert last.shot.frames <= held
        seen.shots.append(last.shot)
    return seen


def _call(shutter, call, time_s):
    match call:
        case "request":
            shutter.request_shot(time_s)
        case "pause":
            shutter.pause()
        case "resume":
            shutter.resume()
        case "block":
            shutter.block("disk")
        case "unblock":
            shutter.block(None)


def _check(decision, held):
    assert (decision.waiting_for is None) == (decision.shot is not None)
    assert (decision.detail is None) == (decision.shot is not None)
    assert decision.keep <= held, "it asks for a picture that was released before"
    if decision.shot:
        assert decision.shot.frames <= decision.keep


@FEWER
@given(SETTINGS, RUNS, CALLS, st.integers(0, 3), st.integers(1, 6))
def test_the_pictures_of_a_shot_are_always_still_held_and_never_too_many(
    look, config, runs, calls, runners_up, keep_limit
):
    shutter = Shutter(config, runners_up=runners_up, keep_limit=keep_limit)
    seen = play(shutter, look, runs, calls)
    assert seen.most_kept <= keep_limit
    assert all(len(shot.runners_up) <= runners_up for shot in seen.shots)
    assert all(1 + len(shot.runners_up) == len(shot.frames) for shot in seen.shots)


@FEWER
@given(SETTINGS, RUNS, CALLS)
def test_an_automatic_winner_reaches_the_threshold_and_lacks_nothing(look, config, runs, calls):
    seen = play(Shutter(config, runners_up=2), look, runs, calls)
    for shot in seen.shots:
        if shot.cause == "score":
            for rating in (shot.winner, *shot.runners_up):
                assert rating.score >= config.threshold - 1e-9
                assert lack_of(rating, config) is None


@FEWER
@given(SETTINGS, RUNS, CALLS)
def test_automatic_shots_keep_the_cooldown_and_the_hourly_limit(look, config, runs, calls):
    seen = play(Shutter(config), look, runs, calls)
    for earlier, later in pairwise(seen.shots):
        if later.cause == "score":
            assert later.started_s >= earlier.ended_s + config.cooldown_s - 1e-6
    automatic = [shot for shot in seen.shots if shot.cause == "score"]
    assert len(automatic) <= config.max_shots_per_hour  # all of them lie within an hour


@FEWER
@given(SETTINGS, RUNS)
def test_a_frame_in_a_blink_never_wins_where_the_moment_has_a_good_one_outside(look, config, runs):
    seen = play(Shutter(config), look, runs, {})
    for shot in seen.shots:
        moment = candidates(seen, shot, config)
        assert len(moment) >= config.hold_frames
        assert shot.candidates >= len(moment)
        fewest = min(closed_faces(rating) for rating in moment)
        assert closed_faces(shot.winner) <= fewest


@FEWER
@given(SETTINGS, RUNS)
def test_where_nobody_blinks_no_frame_of_the_moment_is_better_than_the_winner(look, config, runs):
    awake = [(n, [(s, "open") for s, _ in people], step_s) for n, people, step_s in runs]
    seen = play(Shutter(config), look, awake, {})
    for shot in seen.shots:
        assert rank(shot.winner) >= max(map(rank, candidates(seen, shot, config)))


def candidates(seen, shot, config):
    """The frames from the crossing to the shot that may win."""
    return [
        rating
        for time_s, rating in seen.frames
        if shot.started_s <= time_s <= shot.ended_s and lack_of(rating, config) is None
    ]


@FEWER
@given(RUNS, st.sampled_from([1, 2, 5]))
def test_a_hold_is_unbroken(look, runs, hold_frames):
    config = ShutterSettings(hold_frames=hold_frames, window_s=0, lookback_s=0, rearm="time")
    seen = play(Shutter(config), look, runs, {})
    for shot in seen.shots:
        row = [f for f in seen.frames if shot.started_s <= f[0] <= shot.ended_s]
        assert len(row) == hold_frames
        assert all(lack_of(rating, config) is None for _, rating in row)
        assert all(b[0] - a[0] <= config.max_gap_s for a, b in pairwise(row))


@FEWER
@given(RUNS, st.booleans())
def test_a_paused_or_blocked_shutter_never_shoots_by_itself(look, runs, paused):
    shutter = Shutter(ShutterSettings(hold_frames=1, window_s=0))
    if paused:
        shutter.pause()
    else:
        shutter.block("disk")
    assert not play(shutter, look, runs, {3: "request"} if not paused else {}).shots


@pytest.mark.parametrize("lookback_s", [0.0, 10.0])
def test_memory_stays_bounded_while_a_smile_flickers_at_120_frames_a_second(look, lookback_s):
    """A smile that is lost again and again just before it would have held."""
    config = ShutterSettings(hold_frames=50, lookback_s=lookback_s)
    shutter = Shutter(config, runners_up=4, keep_limit=8)
    good, bad = look(0, ("huge", "open")), look(0)
    remembered = []
    for number in range(4000):
        shutter.observe(good if number % 49 else bad, number / 120)
        remembered.append(len(shutter._approach))
    assert max(remembered) <= (lookback_s * 120) + 50
    assert max(remembered[2000:]) == max(remembered[1500:2000]), "it still grows"
