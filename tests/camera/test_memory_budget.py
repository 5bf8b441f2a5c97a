"""How large photos may be on machines of all sizes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.camera.memory_budget import (
    CAMERA_SHARE,
    IN_FLIGHT,
    STILLS_WANTED,
    CapturePlan,
    Memory,
    analysis_size,
    camera_bytes,
    capture_plans,
    read_memory,
    yuv420_bytes,
)
from device.config.camera import CameraSettings

MB = 1_000_000
MODULE_3 = (4608, 2592)
HQ = (4056, 3040)
PLENTY = Memory(4000 * MB, 4000 * MB)


def meminfo(folder: Path, text: str) -> Path:
    file = folder / "meminfo"
    file.write_text(text)
    return file


def test_buffers_of_an_older_pi_come_from_cma(tmp_path: Path) -> None:
    file = meminfo(
        tmp_path,
        "MemTotal:  427512 kB\nMemFree: 20000 kB\nMemAvailable: 180000 kB\n"
        "CmaTotal:  131072 kB\nCmaFree:   85000 kB\nHugePages_Total:       0\n",
    )
    heap = tmp_path / "vidbuf_cached"
    heap.symlink_to(tmp_path / "linux,cma")
    assert read_memory(file, heap) == Memory(180_000 * 1024, 85_000 * 1024)


def test_a_pi_5_takes_its_buffers_from_ordinary_memory(tmp_path: Path) -> None:
    file = meminfo(tmp_path, "MemAvailable: 7000000 kB\nCmaTotal: 65536 kB\nCmaFree: 40000 kB\n")
    heap = tmp_path / "vidbuf_cached"
    heap.symlink_to(tmp_path / "system")
    assert read_memory(file, heap) == Memory(7_000_000 * 1024, 7_000_000 * 1024)


def test_a_machine_without_cma_takes_ordinary_memory(tmp_path: Path) -> None:
    file = meminfo(tmp_path, "MemFree: 1000 kB\nCmaTotal: 0 kB\nCmaFree: 0 kB\n")
    assert read_memory(file, tmp_path / "none") == Memory(1000 * 1024, 1000 * 1024)


def test_this_machine_can_be_read() -> None:
    assert read_memory().ram_bytes > 0


def best(memory: Memory, sensor: tuple[int, int], **settings: object) -> CapturePlan:
    return capture_plans(memory, sensor, CameraSettings.model_validate(settings))[0]


@pytest.mark.parametrize("sensor", [MODULE_3, HQ, (3280, 2464), (2592, 1944)])
def test_with_plenty_of_memory_photos_have_the_whole_sensor(sensor: tuple[int, int]) -> None:
    assert best(PLENTY, sensor).still == sensor


@pytest.mark.parametrize("cma_megabytes", [83, 152])
@pytest.mark.parametrize("sensor", [MODULE_3, HQ])
def test_a_zero_2_w_takes_binned_photos(cma_megabytes: int, sensor: tuple[int, int]) -> None:
    plan = best(Memory(180 * MB, cma_megabytes * MB), sensor)
    assert plan.still == (sensor[0] // 2, sensor[1] // 2)
    assert plan.holdable >= 2


@given(
    ram=st.integers(60, 8000),
    camera=st.integers(40, 8000),
    sensor=st.sampled_from([MODULE_3, HQ, (3280, 2464), (9248, 6944), (1456, 1088)]),
    rotation=st.sampled_from([0, 90, 180, 270]),
)
def test_every_plan_is_one_that_a_camera_can_run(
    ram: int, camera: int, sensor: tuple[int, int], rotation: int
) -> None:
    memory = Memory(ram * MB, camera * MB)
    settings = CameraSettings(rotation=rotation)
    plans = capture_plans(memory, sensor, settings)
    assert plans
    for plan in plans:
        assert plan.holdable >= 1
        assert plan.buffers - plan.holdable - plan.queued == IN_FLIGHT
        assert plan.spare_copies >= 0
        assert all(side % 2 == 0 for side in (*plan.still, *plan.analysis))
        assert all(a <= s for a, s in zip(plan.analysis, plan.still, strict=True))
        assert all(s <= whole for s, whole in zip(plan.still, sensor, strict=True))


@given(ram=st.integers(60, 8000), camera=st.integers(40, 8000))
def test_the_best_plan_keeps_within_its_share_or_is_the_smallest(ram: int, camera: int) -> None:
    memory = Memory(ram * MB, camera * MB)
    plan = best(memory, HQ)
    fits = (
        camera_bytes(HQ, plan) <= camera * MB * CAMERA_SHARE
        and plan.holdable + plan.spare_copies >= STILLS_WANTED
    )
    assert fits or plan.still[0] == 1280


@given(camera=st.integers(40, 2000), more=st.integers(0, 2000))
def test_more_memory_never_makes_photos_smaller(camera: int, more: int) -> None:
    smaller = best(Memory(2000 * MB, camera * MB), HQ).still
    larger = best(Memory(2000 * MB, (camera + more) * MB), HQ).still
    assert larger >= smaller


def test_where_a_plan_fails_fewer_buffers_are_next_then_smaller_photos() -> None:
    plans = capture_plans(PLENTY, HQ, CameraSettings())
    order = [(*plan.still, plan.buffers) for plan in plans]
    assert len(order) > 5
    assert order == sorted(order, reverse=True)


def test_a_size_that_is_asked_for_is_the_only_one_tried() -> None:
    settings = CameraSettings(still_width_px=1920, still_height_px=1080)
    plans = capture_plans(Memory(50 * MB, 20 * MB), MODULE_3, settings)
    assert {plan.still for plan in plans} == {(1920, 1080)}


def test_of_a_size_half_given_the_other_half_follows_the_sensor() -> None:
    assert best(PLENTY, MODULE_3, still_width_px=2304).still == (2304, 1296)
    assert best(PLENTY, MODULE_3, still_height_px=1296).still == (2304, 1296)


def test_a_size_is_that_of_the_upright_photo() -> None:
    plan = best(PLENTY, MODULE_3, still_width_px=1080, still_height_px=1920, rotation=90)
    assert plan.still == (1920, 1080)


def test_no_photo_is_larger_than_the_sensor() -> None:
    assert best(PLENTY, (1456, 1088), still_width_px=9248, still_height_px=6944).still == (
        1456,
        1088,
    )


def test_a_number_of_buffers_that_is_asked_for_is_tried_first_then_fewer() -> None:
    plans = capture_plans(PLENTY, MODULE_3, CameraSettings(still_width_px=1920, buffers=5))
    assert [plan.buffers for plan in plans] == [5, 4, 3]


def test_few_buffers_leave_none_waiting_for_the_reader() -> None:
    assert not CapturePlan(HQ, (640, 480), buffers=4, spare_copies=0).queued
    assert CapturePlan(HQ, (640, 480), buffers=5, spare_copies=0).queued


@pytest.mark.parametrize(
    ("still", "rotation", "expected"),
    [
        (MODULE_3, 0, (640, 360)),
        (HQ, 0, (640, 478)),
        (MODULE_3, 90, (480, 270)),
        ((320, 240), 0, (320, 240)),
    ],
)
def test_the_rated_picture_has_the_shape_of_the_photo(
    still: tuple[int, int], rotation: int, expected: tuple[int, int]
) -> None:
    assert analysis_size(still, CameraSettings(rotation=rotation)) == expected


def test_a_twelve_megapixel_frame_is_as_large_as_measured() -> None:
    assert yuv420_bytes(MODULE_3) == pytest.approx(17.9 * MB, rel=0.01)


DOCUMENTED_TABLE = Path(__file__).resolve().parents[2] / "docs" / "raspberry-pi.md"


def table_rows() -> list[tuple[str, int, int, list[str]]]:
    """Board, free CMA and RAM in megabytes, and the three cells, of the documented table."""
    text = DOCUMENTED_TABLE.read_text().partition("<!-- memory table")[2]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    found = []
    for cells in rows[1:5]:
        cma, ram = (part.strip() for part in cells[1].split(","))
        found.append((cells[0].strip(), int(ram if cma == "–" else cma), int(ram), cells[2:5]))
    return found


@pytest.mark.parametrize("row", table_rows(), ids=lambda row: f"{row[0]} {row[1]}")
def test_the_documented_table_is_what_the_program_chooses(
    row: tuple[str, int, int, list[str]],
) -> None:
    _, cma, ram, cells = row
    memory = Memory(ram * MB, cma * MB)
    for sensor, cell in zip([(3280, 2464), MODULE_3, HQ], cells, strict=True):
        plan = best(memory, sensor)
        taken = round(camera_bytes(sensor, plan) / MB)
        expected = f"{plan.still[0]}×{plan.still[1]}, {plan.buffers} buffers, {taken} MB"
        assert cell.strip() == expected
