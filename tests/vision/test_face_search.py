"""In a video the full search is made only as often as it is needed."""

import numpy as np

from device.vision.face_search import FaceSearch
from device.vision.faces import Detection
from device.vision.geometry import Box

FRAME = np.zeros((480, 640, 3), np.uint8)
QUIET_FACTOR = 3
LARGE = Detection(Box(0.2, 0.2, 0.3, 0.4), 0.9)
SMALL = Detection(Box(0.7, 0.7, 0.03, 0.04), 0.9)


class Scene:
    """A detector that knows the truth, sees small faces only fully, and notes what was asked."""

    def __init__(self, *faces):
        self.faces = faces
        self.asked = ""

    def detect(self, image):
        self.asked += "F"
        return tuple(self.faces)

    def detect_coarse(self, image):
        self.asked += "c"
        return tuple(face for face in self.faces if face.box.width > 0.1)

    def finds_coarsely(self, box, width_px, height_px):
        return box.width > 0.1


def look(search, frames, picture=FRAME):
    return [len(search.detect(picture)) for _ in range(frames)]


def look_at_a_changing_scene(search, frames):
    """A lamp far from the faces has another brightness in every frame."""
    counts = []
    for number in range(frames):
        picture = FRAME.copy()
        picture[:60, 580:] = 70 * number % 251
        counts.append(len(search.detect(picture)))
    return counts


def noisy_picture():
    return np.random.default_rng(3).integers(0, 255, (480, 640, 3), np.uint8)


def test_large_faces_are_followed_by_the_coarse_search():
    scene = Scene(LARGE)
    assert look_at_a_changing_scene(FaceSearch(scene, 4), 9) == [1] * 9
    assert scene.asked == "FcccFcccF"


def test_a_scene_in_which_nothing_happens_is_searched_fully_three_times_less_often():
    scene = Scene(LARGE)
    look(FaceSearch(scene, 2), 2 * QUIET_FACTOR + 1)
    assert scene.asked == "F" + "c" * (2 * QUIET_FACTOR - 1) + "F"


def test_while_nothing_happens_faces_are_followed_without_searching():
    scene = Scene(LARGE)
    look(FaceSearch(scene, 100, follow=2), 7, noisy_picture())
    assert scene.asked == "Fcc"


def test_what_happens_elsewhere_is_looked_at_at_once():
    scene, picture = Scene(LARGE), noisy_picture()
    search = FaceSearch(scene, 100, follow=20)
    look(search, 3, picture)
    newcomer = picture.copy()
    newcomer[:120, 540:] = 255
    look(search, 1, newcomer)
    assert scene.asked == "Fc"


def test_small_faces_are_searched_fully_every_time():
    scene = Scene(LARGE, SMALL)
    assert look(FaceSearch(scene, 4), 5) == [2] * 5
    assert scene.asked == "FFFFF"


def test_a_face_gone_missing_is_searched_for_at_once():
    scene = Scene(LARGE, LARGE)
    search = FaceSearch(scene, 10)
    look(search, 2)
    scene.faces = (LARGE,)
    assert look(search, 2) == [1, 1]
    assert scene.asked == "FccFc"


def test_a_small_face_that_enters_is_seen_within_the_interval():
    scene = Scene(LARGE)
    search = FaceSearch(scene, 4)
    look_at_a_changing_scene(search, 1)
    scene.faces = (LARGE, SMALL)
    assert look_at_a_changing_scene(search, 4) == [1, 1, 1, 2]


def test_an_empty_scene_is_mostly_looked_at_coarsely():
    scene = Scene()
    look_at_a_changing_scene(FaceSearch(scene, 5), 10)
    assert scene.asked == "FccccFcccc"


def test_an_interval_of_one_always_searches_fully():
    scene = Scene(LARGE)
    look(FaceSearch(scene, 1), 3)
    assert scene.asked == "FFF"


def test_after_forgetting_the_next_look_is_full():
    scene = Scene(LARGE)
    search = FaceSearch(scene, 10)
    look(search, 2)
    search.forget()
    look(search, 1)
    assert scene.asked == "FcF"


def test_the_real_coarse_search_agrees_with_the_full_one_on_large_faces(detector, hopper):
    (coarse,), (full,) = detector.detect_coarse(hopper), detector.detect(hopper)
    assert coarse.box.iou(full.box) > 0.9
    assert detector.finds_coarsely(full.box, 512, 600)
    assert not detector.finds_coarsely(SMALL.box, 640, 480)
