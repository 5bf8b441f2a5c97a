"""When the shutter shoots, which frame wins, and what it says while it does not."""

from itertools import pairwise

import pytest

from device.config.shutter import ShutterSettings
from device.shutter.shutter import Shutter

GRIN = ("huge", "open")
BLINK = ("huge", "closed")
SERIOUS = ("none", "open")
WEAK = ("moderate", "open")  # 0.76: within the default hysteresis below 0.85

QUICK = {"window_s": 0.2, "lookback_s": 0.2, "hold_frames": 2, "cooldown_s": 1.0}


def shots(decisions):
    return [decision.shot for decision in decisions if decision.shot]


def sequence(look, *runs):
    """Runs of (how many frames, person or None) as ratings numbered from 0."""
    people = [person for count, person in runs for _ in range(count)]
    return [look(i, *([person] if person else [])) for i, person in enumerate(people)]


# The moment


def test_a_grin_that_holds_gives_one_shot_after_the_window(look, film):
    shutter = Shutter(ShutterSettings(**QUICK))
    decisions = film(shutter, sequence(look, (10, SERIOUS), (40, GRIN)))
    assert [d.shot is not None for d in decisions].index(True) == 15  # 10 / 25 s + 0.2 s
    (shot,) = shots(decisions)
    assert shot.cause == "score"
    assert shot.started_s == pytest.approx(0.4)
    assert shot.ended_s == pytest.approx(0.6)
    assert shot.candidates == 6


def test_a_single_frame_above_the_threshold_is_not_enough(look, film):
    shutter = Shutter(ShutterSettings(**QUICK))
    decisions = film(shutter, sequence(look, (5, SERIOUS), (1, GRIN), (5, SERIOUS), (1, GRIN)))
    assert not shots(decisions)
    assert decisions[5].waiting_for == "hold"
    assert decisions[5].detail == "1 of 2 frames in a row are good enough"


def test_the_best_frame_of_the_window_wins_not_the_last(look, film):
    shutter = Shutter(ShutterSettings(**QUICK))
    ratings = [look(i, GRIN, expected=0.99 if i == 2 else 0.9) for i in range(6)]
    (shot,) = shots(film(shutter, ratings))
    assert shot.winner.frame == 2


def test_the_moment_ends_early_when_the_score_falls(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "window_s": 30}))
    decisions = film(shutter, sequence(look, (4, GRIN), (3, SERIOUS)))
    assert decisions[4].shot is not None
    assert decisions[4].shot.winner.frame < 4


def test_a_weaker_smile_within_the_hysteresis_keeps_the_moment_open_but_never_wins(look, film):
    shutter = Shutter(ShutterSettings(**QUICK))
    ratings = [look(0, GRIN, expected=0.86), look(1, GRIN, expected=0.86)]
    ratings += [look(i, WEAK, expected=0.99) for i in range(2, 8)]
    decisions = film(shutter, ratings)
    (shot,) = shots(decisions)
    assert shot.ended_s == pytest.approx(0.2)
    assert shot.winner.frame in {0, 1}


def test_good_frames_shortly_before_the_crossing_count_too(look, film):
    settings = ShutterSettings(**{**QUICK, "hold_frames": 3, "lookback_s": 1.0})
    ratings = [look(0, GRIN, expected=0.99), look(1, GRIN, expected=0.95), look(2, SERIOUS)]
    ratings += [look(i, GRIN, expected=0.9) for i in range(3, 12)]
    (shot,) = shots(film(Shutter(settings), ratings))
    assert shot.winner.frame == 0
    assert shot.candidates == 2 + 6


def test_frames_older_than_the_lookback_do_not_count(look, film):
    settings = ShutterSettings(**{**QUICK, "hold_frames": 3, "lookback_s": 0.1})
    ratings = [look(0, GRIN, expected=0.99), *(look(i, SERIOUS) for i in range(1, 6))]
    ratings += [look(i, GRIN, expected=0.9) for i in range(6, 14)]
    (shot,) = shots(film(Shutter(settings), ratings))
    assert shot.winner.frame == 6


def test_a_window_of_zero_shoots_as_soon_as_the_score_has_held(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "window_s": 0}))
    decisions = film(shutter, sequence(look, (3, GRIN)))
    assert decisions[1].shot is not None


def test_the_end_of_a_film_closes_an_open_moment(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "window_s": 30}))
    assert not shots(film(shutter, sequence(look, (5, GRIN))))
    shot = shutter.finish(0.2).shot
    assert shot is not None
    assert shot.ended_s == 0.2


def test_the_end_of_a_film_makes_no_shot_of_a_score_that_has_not_held(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "hold_frames": 9}))
    film(shutter, sequence(look, (5, GRIN)))
    assert shutter.finish(0.2).shot is None


# Blinks


def grin_with_a_blink(look):
    """As the single-face clip is labelled: a grin from 20 on, a blink in 25 to 29, over at 68."""
    return sequence(
        look,
        (17, SERIOUS),
        (3, ("mild", "open")),
        (5, GRIN),
        (5, BLINK),
        (38, GRIN),
        (4, ("mild", "open")),
    )


@pytest.mark.parametrize("threshold", [0.7, 0.79, 0.85, 0.95])
@pytest.mark.parametrize("rate_hz", [15, 25, 120])
def test_a_grin_with_a_blink_is_one_moment_and_its_winner_has_open_eyes(
    look, film, threshold, rate_hz
):
    shutter = Shutter(ShutterSettings(threshold=threshold))
    decisions = film(shutter, grin_with_a_blink(look), rate_hz=rate_hz)
    taken = shots([*decisions, shutter.finish(72 / rate_hz)])
    assert len(taken) == 1
    assert taken[0].winner.frame in {*range(20, 25), *range(30, 68)}


def test_a_blinking_frame_never_wins_however_high_its_score(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "threshold": 0.7}))
    ratings = [look(i, GRIN, BLINK, expected=0.99) for i in range(4)]
    ratings += [look(4, WEAK, WEAK, expected=0.71), look(5, GRIN, BLINK, expected=0.99)]
    (shot,) = shots(film(shutter, ratings))
    assert shot.winner.frame == 4


def test_frames_right_before_and_after_a_blink_lose_to_those_further_away(look, film):
    """The clip's eyes are read as closed two frames late: 25 and 26 look open and score 1.0."""
    read_late = [*range(27, 30)]
    best = {25: 0.999, 26: 0.999, 30: 0.999, 31: 0.999}
    ratings = [
        look(i, BLINK if i in read_late else GRIN, expected=best.get(i, 0.95)) for i in range(60)
    ]
    (shot,) = shots(film(Shutter(ShutterSettings()), ratings))
    assert shot.winner.frame in {*range(25), *range(33, 60)}


def test_a_frame_beside_a_blink_is_still_taken_where_there_is_no_other(look, film):
    ratings = [look(0, GRIN), look(1, GRIN), look(2, BLINK), look(3, SERIOUS)]
    (shot,) = shots(film(Shutter(ShutterSettings()), ratings))
    assert shot.winner.frame in {0, 1}


def test_where_somebody_always_blinks_the_fewest_closed_eyes_win(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "threshold": 0.7}))
    ratings = [look(i, GRIN, BLINK, BLINK, expected=0.99) for i in range(5)]
    ratings[3] = look(3, GRIN, GRIN, BLINK, expected=0.8)
    (shot,) = shots([*film(shutter, ratings), shutter.finish(1.0)])
    assert shot.winner.frame == 3


# After a shot


def test_no_second_shot_within_the_cooldown(look, film):
    settings = ShutterSettings(**{**QUICK, "rearm": "time", "cooldown_s": 2.0})
    taken = shots(film(Shutter(settings), sequence(look, (200, GRIN))))
    gaps = [b.started_s - a.ended_s for a, b in pairwise(taken)]
    assert len(taken) >= 3
    assert all(gap >= 2.0 for gap in gaps)


def test_a_poster_that_smiles_for_ever_is_photographed_once(look, film):
    taken = shots(film(Shutter(ShutterSettings(**QUICK)), sequence(look, (2000, GRIN))))
    assert len(taken) == 1


def test_a_poster_the_detector_loses_for_a_frame_stays_photographed(look, film):
    ratings = [look(i, *([] if i % 50 == 49 else [GRIN])) for i in range(1000)]
    assert len(shots(film(Shutter(ShutterSettings(**QUICK)), ratings))) == 1


def test_a_score_that_stays_down_rearms(look, film):
    shutter = Shutter(ShutterSettings(**QUICK))
    decisions = film(shutter, sequence(look, (30, GRIN), (30, SERIOUS), (30, GRIN)))
    assert len(shots(decisions)) == 2
    assert decisions[29].waiting_for == "cooldown"


def test_an_empty_room_rearms_even_where_the_release_level_is_zero(look, film):
    settings = ShutterSettings(**{**QUICK, "threshold": 0.5, "hysteresis": 0.5})
    decisions = film(Shutter(settings), sequence(look, (30, GRIN), (30, None), (30, GRIN)))
    assert len(shots(decisions)) == 2


def test_the_hourly_limit_stops_automatic_shots_and_says_so(look, film):
    settings = ShutterSettings(
        window_s=0, hold_frames=1, cooldown_s=0, rearm="time", max_shots_per_hour=3
    )
    shutter = Shutter(settings)
    decisions = film(shutter, sequence(look, (7300, GRIN)), rate_hz=1)
    ended_s = [shot.ended_s for shot in shots(decisions)]
    assert ended_s == [0, 1, 2, 3600, 3601, 3602, 7200, 7201, 7202]
    assert decisions[3].waiting_for == "cooldown"
    assert decisions[3].detail == (
        "the limit of automatic shots per hour (3) is reached; the next in 3597 s"
    )


# Time


def test_a_camera_that_was_away_does_not_count_as_hold(look):
    shutter = Shutter(ShutterSettings(**QUICK))
    assert shutter.observe(look(0, GRIN), 0.0).waiting_for == "hold"
    after = shutter.observe(look(1, GRIN), 60.0)
    assert after.shot is None
    assert after.detail == "1 of 2 frames in a row are good enough"


def test_a_moment_is_closed_with_what_was_seen_when_the_camera_goes_away(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "window_s": 30}))
    film(shutter, sequence(look, (5, GRIN)))
    decision = shutter.observe(look(5, SERIOUS), 60.0)
    assert decision.shot is not None
    assert decision.shot.ended_s == pytest.approx(4 / 25)
    assert decision.shot.frames <= decision.keep


def test_time_that_runs_backwards_is_refused(look):
    shutter = Shutter(ShutterSettings())
    shutter.observe(look(0, GRIN), 5.0)
    with pytest.raises(ValueError, match=r"time ran backwards: a frame of 4\.000 s came after"):
        shutter.observe(look(1, GRIN), 4.0)
    with pytest.raises(ValueError, match="backwards"):
        shutter.finish(4.0)


def test_two_frames_of_the_same_time_are_fine(look):
    shutter = Shutter(ShutterSettings())
    shutter.observe(look(0, GRIN), 5.0)
    assert shutter.observe(look(1, GRIN), 5.0).waiting_for == "hold"


# Requested shots


def test_a_requested_shot_asks_for_no_smile_and_no_face(look, film):
    shutter = Shutter(ShutterSettings(request_window_s=0.1))
    shutter.request_shot(0.0)
    (shot,) = shots(film(shutter, sequence(look, (10, None))))
    assert shot.cause == "request"


def test_a_requested_shot_is_the_best_of_the_next_frames(look, film):
    shutter = Shutter(ShutterSettings(request_window_s=0.3))
    film(shutter, sequence(look, (3, SERIOUS)))
    shutter.request_shot(0.1)
    ratings = [look(3 + i, SERIOUS, expected=0.4 if i == 2 else 0.2) for i in range(10)]
    decisions = film(shutter, ratings, start_s=0.12)
    (shot,) = shots(decisions)
    assert shot.winner.frame == 5
    assert shot.started_s == 0.1
    assert decisions[0].waiting_for == "hold"
    assert "requested" in decisions[0].detail


def test_a_request_in_an_open_moment_ends_it_and_its_frames_count(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "window_s": 30, "request_window_s": 0.1}))
    film(shutter, [look(i, GRIN, expected=0.99 if i == 1 else 0.9) for i in range(5)])
    shutter.request_shot(0.2)
    decisions = film(shutter, [look(5 + i, SERIOUS) for i in range(20)], start_s=0.2)
    (shot,) = shots(decisions)
    assert shot.cause == "request"
    assert shot.winner.frame == 1
    assert shot.candidates == 5 + 4


def test_a_request_is_served_during_cooldown_and_pause(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "cooldown_s": 3600}))
    assert len(shots(film(shutter, sequence(look, (10, GRIN))))) == 1
    shutter.pause()
    shutter.request_shot(0.4)
    taken = shots(film(shutter, [look(10 + i, GRIN) for i in range(20)], start_s=0.4))
    assert [shot.cause for shot in taken] == ["request"]


def test_a_request_whose_time_is_of_another_clock_is_served_by_the_next_frames(look, film):
    """A replay's frames count from zero while the button counts from the machine's start."""
    shutter = Shutter(ShutterSettings(request_window_s=0.1))
    shutter.request_shot(91_234.5)
    (shot,) = shots(film(shutter, sequence(look, (10, SERIOUS))))
    assert shot.started_s == 0.0


def test_a_request_is_served_by_what_was_seen_when_the_film_ends(look):
    shutter = Shutter(ShutterSettings(request_window_s=5))
    shutter.request_shot(0.0)
    shutter.observe(look(0, SERIOUS), 0.0)
    assert shutter.finish(0.1).shot.winner.frame == 0


def test_no_automatic_shot_follows_a_requested_one_within_the_cooldown(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "request_window_s": 0, "rearm": "time"}))
    shutter.request_shot(0.0)
    first, second = shots(film(shutter, sequence(look, (40, GRIN))))
    assert (first.cause, second.cause) == ("request", "score")
    assert second.started_s - first.ended_s >= 1.0


# Pause, disk, settings


def test_a_paused_shutter_does_not_shoot_and_says_so(look, film):
    shutter = Shutter(ShutterSettings(**QUICK))
    film(shutter, sequence(look, (3, GRIN)))
    shutter.pause()
    assert shutter.paused
    decisions = film(shutter, [look(3 + i, GRIN) for i in range(50)], start_s=0.12)
    assert not shots(decisions)
    assert {d.waiting_for for d in decisions} == {"paused"}
    assert all(not d.keep for d in decisions)
    shutter.resume()
    assert shots(film(shutter, [look(53 + i, GRIN) for i in range(20)], start_s=2.12))


def test_a_full_disk_blocks_requests_too(look, film):
    shutter = Shutter(ShutterSettings(**QUICK))
    shutter.request_shot(0.0)
    shutter.block("disk")
    shutter.request_shot(0.0)
    decisions = film(shutter, sequence(look, (50, GRIN)))
    assert not shots(decisions)
    assert {d.waiting_for for d in decisions} == {"disk"}
    shutter.block(None)
    assert shots(film(shutter, [look(50 + i, GRIN) for i in range(20)], start_s=2.0))


def test_new_settings_apply_at_once_and_keep_the_cooldown(look, film):
    shutter = Shutter(ShutterSettings(**{**QUICK, "threshold": 0.95}))
    assert not shots(film(shutter, sequence(look, (10, WEAK))))
    shutter.update(ShutterSettings(**{**QUICK, "threshold": 0.7, "rearm": "time"}))
    (shot,) = shots(film(shutter, [look(10 + i, WEAK) for i in range(20)], start_s=0.4))
    shutter.update(ShutterSettings(**{**QUICK, "threshold": 0.6, "rearm": "time"}))
    decision = shutter.observe(look(30, WEAK), shot.ended_s + 0.7)
    assert decision.waiting_for == "cooldown"


# What it waits for


@pytest.mark.parametrize(
    ("settings", "people", "waiting_for", "detail"),
    [
        ({}, [], "faces", "nobody in view"),
        ({"minimum_faces": 3}, [GRIN, GRIN], "faces", "2 of 3 faces in view"),
        ({}, [SERIOUS], "smile", "the score is 0.36, 0.85 is needed"),
        (
            {},
            [BLINK],
            "eyes",
            "the score is 0.80, 0.85 is needed; the smile is enough, open eyes are missing",
        ),
        ({"everybody_open_eyes": True}, [GRIN, BLINK], "eyes", "one person has closed eyes"),
        (
            {"min_sharpness": 50.0},
            [GRIN],
            "sharpness",
            "the sharpest face has 30.0, 50.0 is needed",
        ),
        ({}, [GRIN], "hold", "1 of 2 frames in a row are good enough"),
    ],
)
def test_it_says_what_a_frame_lacks(look, settings, people, waiting_for, detail):
    decision = Shutter(ShutterSettings(**settings)).observe(look(0, *people), 0.0)
    assert (decision.waiting_for, decision.detail) == (waiting_for, detail)


def test_while_the_best_frame_is_sought_it_says_for_how_long(look, film):
    decisions = film(Shutter(ShutterSettings()), sequence(look, (6, GRIN)))
    assert decisions[5].waiting_for == "hold"
    assert decisions[5].detail == "the score holds: the best frame is sought for 1.8 s"


def test_a_disarmed_shutter_says_what_would_rearm_it(look, film):
    decisions = film(Shutter(ShutterSettings(**QUICK)), sequence(look, (100, GRIN)))
    assert decisions[99].waiting_for == "cooldown"
    assert decisions[99].detail == (
        "not re-armed: since the last shot the score has not stayed below 0.75 for 0.5 s"
    )


# What is kept


def test_nothing_is_kept_of_an_uninteresting_scene(look, film):
    decisions = film(Shutter(ShutterSettings()), sequence(look, (20, SERIOUS), (20, None)))
    assert all(not d.keep for d in decisions)


def test_in_a_moment_only_the_best_frame_and_one_to_spare_are_kept(look, film):
    shutter = Shutter(ShutterSettings(window_s=2))
    decisions = film(shutter, [look(i, GRIN, expected=0.8 + i / 500) for i in range(49)])
    assert all(1 <= len(d.keep) <= 2 for d in decisions[2:])


def test_runners_up_come_from_other_parts_of_the_moment(look, film):
    shutter = Shutter(ShutterSettings(window_s=2), runners_up=2)
    ratings = [look(i, GRIN, expected=0.8 + i / 500) for i in range(60)]
    (shot,) = shots(film(shutter, ratings))
    frames = [shot.winner.frame, *(r.frame for r in shot.runners_up)]
    assert len(frames) == 3
    assert all(abs(a - b) >= 5 for i, a in enumerate(frames) for b in frames[:i])  # 0.2 s


def test_the_number_of_runners_up_yields_to_the_keep_limit(look, film):
    shutter = Shutter(ShutterSettings(window_s=2), runners_up=4, keep_limit=2)
    decisions = film(shutter, [look(i, GRIN) for i in range(60)])
    (shot,) = shots(decisions)
    assert len(shot.runners_up) == 1
    assert max(len(d.keep) for d in decisions) <= 2


@pytest.mark.parametrize(("keep_limit", "runners_up"), [(0, 0), (-1, 0), (4, -1)])
def test_limits_that_make_no_sense_are_refused(keep_limit, runners_up):
    with pytest.raises(ValueError, match=r"keep_limit|runners_up"):
        Shutter(ShutterSettings(), keep_limit=keep_limit, runners_up=runners_up)
