"""The shutter: one rating in, one decision out."""

from typing import Final, Literal

from device.config.shutter import ShutterSettings
from device.shutter.approach import Approach
from device.shutter.decision import Decision, Shot
from device.shutter.gates import Lack, has_fallen, lack_of
from device.shutter.moment import Moment, Request
from device.shutter.pool import Pool
from device.shutter.ranking import BESIDE_BLINK_S, Candidate, closed_faces
from device.shutter.readiness import Readiness
from device.vision.rating import Rating

__all__ = ["Decision", "Shot", "Shutter"]

SPARE_IN_LOOKBACK: Final = 2
"""Frames held before a moment beyond those a shot needs: the best one may grow too old."""

TIME_TOLERANCE_S: Final = 1e-6
"""Frame times are quotients: 0.4 + 0.2 s must be over at 15 / 25 s."""

PAUSED: Final = Lack("paused", "paused; a requested shot is still taken")
DISK_FULL: Final = Lack("disk", "the disk has no room for another photo")


class Shutter:
    """Decides when to shoot and which frame is the photo.

    Idle, it holds the best frames of the last `lookback_s` that reach the threshold.  When
    `hold_frames` of them came in a row, a moment opens; it is closed `window_s` after the row
    began, or when the score falls below threshold - hysteresis, or when frames stop coming; the
    best frame then is the shot.  After it come the cooldown and the re-arming.  A requested shot
    asks for none of this: the best of the next `request_window_s` is taken, whatever it shows.

    Frames below the threshold never become an automatic photo: those within the hysteresis only
    keep a moment open.

    One thread calls it.  Nothing is read from a clock; all times are the frames' own seconds,
    which must not run backwards.

    Args:
        settings: the thresholds and times; `update` replaces them later.
        runners_up: how many further frames a shot should bring where the moment has different
            ones; never more than `keep_limit` leaves room for.
        keep_limit: most frames ever in `Decision.keep`, at least 1.

    Raises:
        ValueError: `keep_limit` is below 1 or `runners_up` negative.
    """

    def __init__(
        self, settings: ShutterSettings, *, runners_up: int = 0, keep_limit: int = 8
    ) -> None:
        if keep_limit < 1:
            raise ValueError(f"keep_limit is {keep_limit}; at least one frame must be kept")
        if runners_up < 0:
            raise ValueError(f"runners_up is {runners_up}; 0 or more are allowed")
        self._settings = settings
        self._keep_limit = keep_limit
        self._photos = min(1 + runners_up, keep_limit)
        self._approach = Approach(min(keep_limit, self._photos + SPARE_IN_LOOKBACK))
        self._readiness = Readiness()
        self._moment: Moment | None = None
        self._request: Request | None = None
        self._paused = False
        self._blocked: Lack | None = None
        self._last_s: float | None = None
        self._last_blink_s: float | None = None

    @property
    def paused(self) -> bool:
        """Whether automatic shots are switched off."""
        return self._paused

    def pause(self) -> None:
        """Switch automatic shots off; an open moment is dropped, a requested shot is not."""
        self._paused = True
        self._drop_automatic()

    def resume(self) -> None:
        """Switch automatic shots on again."""
        self._paused = False

    def block(self, reason: Literal["disk"] | None) -> None:
        """Make every shot impossible, requested ones too, until called with None."""
        self._blocked = DISK_FULL if reason == "disk" else None
        if self._blocked:
            self._drop_automatic()
            self._request = None

    def update(self, settings: ShutterSettings) -> None:
        """Use other settings from the next frame on; moments, cooldown and counts go on."""
        self._settings = settings

    def request_shot(self, time_s: float) -> None:
        """Take the best of the frames that come within `request_window_s`, the next one included.

        Neither threshold nor cooldown nor pause prevents it; a full disk does (the request is
        dropped).  An open moment ends in this shot and its frames count too.  A second request
        before the shot is the same one.  `time_s`, when it was asked for, becomes the shot's start
        where it lies before those frames.
        """
        if not self._blocked and self._request is None:
            self._request = Request(time_s, self._new_pool())

    def observe(self, rating: Rating, time_s: float) -> Decision:
        """Take in the next frame.

        Args:
            rating: what the frame shows; `rating.frame` must be a number of its own.
            time_s: when it was taken, in seconds of a clock that never jumps back.

        Raises:
            ValueError: `time_s` lies before the frame observed last.
        """
        last_s = self._advance(time_s)
        interrupted = last_s is not None and time_s - last_s > self._settings.max_gap_s
        shot = self._close_open(last_s) if interrupted and last_s is not None else None
        fallen = has_fallen(rating, self._settings)
        self._readiness.watch(time_s, self._settings, fallen=fallen)
        if shot is not None:
            return _taken(shot)
        candidate = self._candidate(rating, time_s)
        lack = lack_of(rating, self._settings)
        outcome = self._serve_request(candidate) or self._impossible()
        if outcome is None and self._moment is not None:
            outcome = self._continue(self._moment, candidate, lack, fallen=fallen)
        if outcome is None:
            outcome = self._wait(candidate, lack)
        if isinstance(outcome, Shot):
            return _taken(outcome)
        return Decision(outcome.waiting_for, outcome.detail, self._open_pool().frames())

    def finish(self, time_s: float) -> Decision:
        """Close what is open: the stream is over.

        Raises:
            ValueError: `time_s` lies before the frame observed last.
        """
        self._advance(time_s)
        shot = self._close_open(time_s)
        self._request = None
        return _taken(shot) if shot else Decision(None, None, frozenset())

    def _advance(self, time_s: float) -> float | None:
        """Note the time of this frame and return that of the one before."""
        last_s = self._last_s
        if last_s is not None and time_s < last_s:
            raise ValueError(
                f"time ran backwards: a frame of {time_s:.3f} s came after one of {last_s:.3f} s"
            )
        self._last_s = time_s
        return last_s

    def _candidate(self, rating: Rating, time_s: float) -> Candidate:
        """The frame as a candidate; where somebody blinks, those right before it are marked."""
        last_s = self._last_blink_s
        if closed_faces(rating):
            self._last_blink_s = time_s
            self._open_pool().blink_at(time_s)
        beside = last_s is not None and time_s - last_s <= BESIDE_BLINK_S
        return Candidate.of(rating, time_s, beside_blink=beside)

    def _close_open(self, time_s: float) -> Shot | None:
        """End what was in progress because frames stopped coming at `time_s`."""
        self._approach.clear()
        self._readiness.interrupted()
        if self._request is not None and self._request.moment is not None:
            return self._close(self._request.moment, time_s)
        return self._close(self._moment, time_s) if self._moment is not None else None

    def _serve_request(self, candidate: Candidate) -> Shot | Lack | None:
        """Give the frame to a pending request."""
        request = self._request
        if request is None:
            return None
        self._approach.clear()
        moment = request.take(candidate, self._moment)
        self._moment = None
        left_s = request.first_s + self._settings.request_window_s - candidate.time_s
        if left_s <= TIME_TOLERANCE_S:
            return self._close(moment, candidate.time_s)
        return Lack("hold", f"a shot was requested: its best frame is sought for {left_s:.1f} s")

    def _impossible(self) -> Lack | None:
        """Why no automatic shot is possible, whatever the frames show."""
        return PAUSED if self._paused else self._blocked

    def _continue(
        self, moment: Moment, candidate: Candidate, lack: Lack | None, *, fallen: bool
    ) -> Shot | Lack:
        """Take one more frame of an open moment and close it where it is over."""
        if lack is None:
            moment.add(candidate)
        return self._seek_on(moment, candidate.time_s, fallen=fallen)

    def _wait(self, candidate: Candidate, lack: Lack | None) -> Shot | Lack:
        """Take one more frame before a moment and open it where the score has held."""
        settings, approach = self._settings, self._approach
        not_ready = self._readiness.lack(candidate.time_s, settings)
        if not_ready is not None:
            approach.clear()
            return not_ready
        if lack is not None:
            approach.skip(candidate.time_s, settings.lookback_s)
            return lack
        approach.add(candidate, settings.lookback_s)
        if approach.row < settings.hold_frames:
            return Lack(
                "hold", f"{approach.row} of {settings.hold_frames} frames in a row are good enough"
            )
        moment = Moment(approach.crossing_s, "score", self._new_pool(), len(approach))
        moment.pool.add_all(approach.pool)
        approach.clear()
        self._moment = moment
        return self._seek_on(moment, candidate.time_s)

    def _seek_on(self, moment: Moment, time_s: float, *, fallen: bool = False) -> Shot | Lack:
        """Close the moment where it is over; else say how long the best frame is sought."""
        left_s = moment.started_s + self._settings.window_s - time_s
        if fallen or left_s <= TIME_TOLERANCE_S:
            return self._close(moment, time_s)
        return Lack("hold", f"the score holds: the best frame is sought for {left_s:.1f} s")

    def _close(self, moment: Moment, time_s: float) -> Shot:
        self._moment = self._request = None
        self._approach.clear()
        self._readiness.shot_taken(time_s, automatic=moment.cause == "score")
        return moment.close(time_s, self._photos)

    def _new_pool(self) -> Pool:
        """Room for the shot's photos and as many spare frames, should one turn out to be blinking.

        One spare at least: the best frame so far may lie right before a blink.
        """
        return Pool(min(self._keep_limit, max(2, 2 * self._photos - 1)))

    def _drop_automatic(self) -> None:
        self._moment = None
        self._approach.clear()

    def _open_pool(self) -> Pool:
        """The frames held: of a request, of a moment, or of the time before one."""
        if self._request is not None and self._request.moment is not None:
            return self._request.moment.pool
        return self._moment.pool if self._moment is not None else self._approach.pool


def _taken(shot: Shot) -> Decision:
    return Decision(None, None, shot.frames, shot)
