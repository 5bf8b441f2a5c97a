"""The way of a frame: the winner's own picture is submitted, every other buffer is given back."""

from device.config.shutter import ShutterSettings
from device.daemon.frame_loop import FrameLoop, FrameLoopParts
from device.shutter.shutter import Shutter

from .frames import ListCamera, SameEyes, ScriptedAnalyser, face, frame

SETTINGS = ShutterSettings(window_s=1.0, lookback_s=0.5, cooldown_s=1.0, hold_frames=2)


def run_loop(script, count=60, settings=SETTINGS, before=lambda loop: None, runners_up=0):
    frames = [frame(i) for i in range(count)]
    submitted, rated = [], []

    def submit(pending):
        submitted.append(pending)
        return True

    loop = FrameLoop(
        FrameLoopParts(
            camera=ListCamera(frames),
            analyser=ScriptedAnalyser(script),
            eye_history=SameEyes(),
            shutter=Shutter(settings, runners_up=runners_up),
            submit_shot=submit,
            on_rated=rated.append,
        ),
        read_timeout_s=1.0,
    )
    before(loop)
    loop.run()
    return frames, submitted, rated


def grin_from(first, last):
    return lambda i: (face("huge" if first <= i <= last else "none"),)


def test_every_frame_is_rated_in_order():
    _, _, rated = run_loop(lambda i: ())
    assert [r.rating.frame for r in rated] == list(range(60))
    assert {r.rating.waiting_for for r in rated} == {"faces"}


def test_a_grin_gives_one_shot_with_the_picture_of_its_own_frame():
    frames, submitted, _ = run_loop(grin_from(20, 50))
    (shot,) = submitted
    assert 20 <= shot.rating.frame <= 50
    assert shot.still is frames[shot.rating.frame].still


def test_every_picture_but_the_shots_is_given_back_exactly_once():
    frames, submitted, _ = run_loop(grin_from(20, 50))
    winner = submitted[0].rating.frame
    assert frames[winner].still.released == 0
    assert all(f.still.released == 1 for f in frames if f.index != winner)


def test_a_moment_still_open_when_the_replay_ends_becomes_a_shot():
    _, submitted, _ = run_loop(grin_from(57, 59))
    assert len(submitted) == 1


def test_runners_up_come_with_their_own_pictures():
    frames, submitted, _ = run_loop(grin_from(15, 55), runners_up=1)
    ((still, rating),) = submitted[0].runners_up
    assert still is frames[rating.frame].still
    assert still.released == 0


def test_a_command_posted_from_elsewhere_takes_effect_before_the_next_frame():
    def pause(loop):
        loop.post(loop._parts.shutter.pause)

    _, submitted, rated = run_loop(grin_from(20, 50), before=pause)
    assert submitted == []
    assert rated[30].rating.waiting_for == "paused"


def test_stopping_ends_the_loop_and_gives_all_pictures_back():

    frames = [frame(i) for i in range(60)]
    loop = None

    def on_rated(rated):
        if rated.rating.frame == 10:
            loop.stop()

    loop = FrameLoop(
        FrameLoopParts(
            ListCamera(frames),
            ScriptedAnalyser(grin_from(5, 59)),
            SameEyes(),
            Shutter(SETTINGS),
            lambda pending: pending.release() or True,
            on_rated,
        ),
        1.0,
    )
    loop.run()
    assert all(f.still.released == 1 for f in frames[:11])
    assert all(f.still.released == 0 for f in frames[11:])


def test_a_hot_machine_is_slowed_down():
    def slow(loop):
        loop.min_interval_s = 0.02

    import time

    started = time.monotonic()
    run_loop(lambda i: (), count=10, before=slow)
    assert time.monotonic() - started >= 0.18
