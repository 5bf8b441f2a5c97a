"""Who asked not to be photographed is not photographed after a power cut either."""

from device.daemon.pause_switch import PauseSwitch


def test_a_pause_outlives_a_restart(tmp_path):
    PauseSwitch(tmp_path, lambda paused: None).set(paused=True)
    told = []
    PauseSwitch(tmp_path, told.append).restore()
    assert told == [True]


def test_resuming_is_remembered_too(tmp_path):
    switch = PauseSwitch(tmp_path, lambda paused: None)
    switch.set(paused=True)
    switch.set(paused=False)
    told = []
    PauseSwitch(tmp_path, told.append).restore()
    assert told == []


def test_a_folder_that_cannot_be_written_costs_only_the_memory_of_it(tmp_path, caplog):
    told = []
    PauseSwitch(tmp_path / "absent", told.append).set(paused=True)
    assert told == [True]
    assert "will not outlive a restart" in caplog.text
