"""Proof: under a real, booted systemd it installs, runs, restarts, reloads, stops and survives.

Debian 12 (systemd 252, Type=notify) and Debian 13 (systemd 257, Type=notify-reload), each booted
in a container of its own with no network.  The camera is a short film, replayed for ever.
"""

import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))

import cv2
import numpy as np
from debian import throwaway, wheels_for
from machine import Machine
from proof import REPOSITORY, Skipped, expect, note, prove, proved, run

UNIT: Final = "printability.service"
SETTINGS: Final = Path("etc/printability/config.yaml")
ALBUM: Final = Path("var/lib/printability/album")
# A busy machine is slow: these are for what must happen at all, not for how fast it happens.
START_TIMEOUT_S: Final = 240.0
PATIENCE_S: Final = 120.0
FILM_RATE: Final = 10

MINE: Final = """# A line of mine that an upgrade must leave alone.
camera: {source: /srv/film.avi, replay_loop: true, stall_timeout_s: 20}
faces: {mode: fast}
shutter: {threshold: 0.5, hold_frames: 1, window_s: 0.3, lookback_s: 0.3, cooldown_s: 0,
  rearm_s: 0, max_shots_per_hour: 3600}
web: {enabled: true, host: 0.0.0.0, password: "credential:web-password"}
mqtt: {enabled: true, host: 127.0.0.1, port: 1883}
"""


def main() -> None:
    """Both generations of systemd, or the roots named on the command line."""
    systems = {"systemd": "Debian 12", "libcamera": "Debian 13"}
    for kind in sys.argv[1:] or systems:
        on_one_system(kind, systems[kind])


def on_one_system(kind: str, system: str) -> None:
    """Everything, on one Debian."""
    with throwaway(kind) as root, tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        wheels = wheels_for(kind, root)
        (root / "wheels").mkdir(exist_ok=True)
        shutil.copytree(wheels, root / "wheels", dirs_exist_ok=True)
        (root / "root/.proof").mkdir(parents=True)
        for packages in root.glob("usr/local/lib/python3*/dist-packages/picamera2"):
            # Debian lacks pykms, which Raspberry Pi OS has and picamera2 imports.
            shutil.copy(REPOSITORY / "tests/pi/virtual_camera/pykms.py", packages.parent)
        make_film(root / "srv/film.avi")
        machine = Machine(root, Path(scratch) / "console.log")
        # The broker is to be away until the end.
        run("systemctl", "--root", root, "mask", "mosquitto.service")
        with machine:
            note(f"{system}: {machine.run('systemctl', '--version').stdout.splitlines()[0]}")
            install(machine, system)
            runs_and_says_so(machine, system)
            is_locked_down(machine, system)
            watchdog_and_kill(machine, system)
            reloads(machine, system)
            wrong_settings(machine, system)
            stops_while_a_shot_is_written(machine, system)
            upgrades_and_goes_back(machine, system)
            before = what_must_survive(machine)
            machine.power_off()
            machine.boot()
            survives_a_reboot(machine, system, before)
            uninstalls(machine, system)


def make_film(path: Path) -> None:
    """A film in which a smiling portrait comes and goes every few seconds."""
    portrait = cv2.imread(str(REPOSITORY / "device" / "demo" / "pictures" / "collins.jpg"))
    if portrait is None:
        raise Skipped("the demo's portrait is not in the repository")
    scale = 440 / portrait.shape[0]
    portrait = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FILM_RATE, (640, 480))
    for frame in range(6 * FILM_RATE):
        picture = np.full((480, 640, 3), 110, np.uint8)
        if frame % (3 * FILM_RATE) < 1.5 * FILM_RATE:
            left = 100 + frame % 30
            picture[20 : 20 + portrait.shape[0], left : left + portrait.shape[1]] = portrait
        film.write(picture)
    film.release()


def installer(machine: Machine, *options: str, source: str = "/source", check: bool = True) -> str:
    """Run the installer inside; returns all it printed."""
    command = [f"{source}/systemd/install.sh", *options, "--no-apt", "--wheels", "/wheels"]
    done = machine.run(*command, check=check, timeout_s=900)
    return done.stdout + done.stderr + f"\nstatus {done.returncode}"


def install(machine: Machine, system: str) -> None:
    """A dry run changes nothing; then for real, with the user's settings put in."""
    told = installer(machine, "--dry-run")
    expect(
        "would run" in told and not (machine.root / "opt/printability").exists(), "dry run", told
    )
    told = installer(machine, "--no-start")
    for line in told.splitlines():
        if line.startswith(("ok ", "Page", "Photos", "MQTT", "Password")):
            note(line)
    expect("Photos:" in told and "Password:" in told, "it ends with where things are", told)
    shipped = (machine.root / SETTINGS).read_text()
    expect("credential:web-password" in shipped, "the page has a password")
    secret = machine.root / "etc/printability/secrets/web-password"
    expect(secret.stat().st_mode & 0o777 == 0o600, "the secret is for root only")
    (machine.root / SETTINGS).write_text(MINE)
    start(machine)
    proved(f"{system}: install.sh --dry-run changes nothing; install.sh installs without a network")


def start(machine: Machine, verb: str = "start") -> None:
    """Start the service; where it fails, the journal is the reason."""
    done = machine.run("systemctl", verb, UNIT, check=False, timeout_s=START_TIMEOUT_S)
    if done.returncode != 0:
        journal = machine.run("journalctl", "-u", UNIT, "-n", "40", "--no-pager").stdout
        expect(False, f"systemctl {verb} succeeds", journal)


def status_text(machine: Machine) -> str:
    return machine.show(UNIT, "StatusText")


def active(machine: Machine) -> bool:
    return machine.show(UNIT, "ActiveState") == "active"


def wait_active(machine: Machine, claim: str) -> float:
    return machine.wait_until(lambda: active(machine), claim, START_TIMEOUT_S)


def runs_and_says_so(machine: Machine, system: str) -> None:
    wait_active(machine, "the service is active")
    machine.wait_until(lambda: "score" in status_text(machine), "STATUS says the score", PATIENCE_S)
    wait_for_photos(machine, 2)
    proved(f"{system}: active, STATUS: {status_text(machine)}")


def photos(machine: Machine) -> list[Path]:
    return sorted((machine.root / ALBUM).rglob("*.jpg"))


def wait_for_photos(machine: Machine, count: int) -> None:
    machine.wait_until(lambda: len(photos(machine)) >= count, f"{count} photos", 2 * PATIENCE_S)


def main_pid(machine: Machine) -> str:
    return machine.show(UNIT, "MainPID")


def is_locked_down(machine: Machine, system: str) -> None:
    """What the kernel says of the running process."""
    pid = main_pid(machine)
    status = machine.run("cat", f"/proc/{pid}/status").stdout
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    user = machine.run("id", "-u", "printability").stdout.strip()
    expect(fields["Uid"].split()[0] == user != "0", "it runs as its own user", fields["Uid"])
    expect(int(fields["CapEff"], 16) == 0 == int(fields["CapBnd"], 16), "no capabilities", fields)
    expect(fields["NoNewPrivs"].strip() == "1", "no new privileges")
    expect(fields["Seccomp"].strip() == "2", "system calls are filtered")
    mounts = machine.run("cat", f"/proc/{pid}/mountinfo").stdout
    root_options = next(line.split()[5] for line in mounts.splitlines() if line.split()[4] == "/")
    expect("ro" in root_options.split(","), "its root is read-only", root_options)
    proved(
        f"{system}: own user, no capabilities, system calls filtered, and all of / read-only but "
        "its StateDirectory"
    )


def watchdog_and_kill(machine: Machine, system: str) -> None:
    """A process that stands still is replaced; so is one that is killed."""
    drop_in = machine.root / f"etc/systemd/system/{UNIT}.d"
    drop_in.mkdir(exist_ok=True)
    (drop_in / "proof.conf").write_text(
        "[Service]\nWatchdogSec=8s\nTimeoutAbortSec=2s\nRestartSec=1s\n"
    )
    machine.run("systemctl", "daemon-reload")
    start(machine, "restart")
    pid = main_pid(machine)
    machine.run("kill", "-STOP", pid)
    machine.wait_until(lambda: main_pid(machine) not in (pid, "0"), "a new process", PATIENCE_S)
    wait_active(machine, "active after the watchdog")
    journal = machine.run("journalctl", "-u", UNIT, "--no-pager").stdout
    expect("Watchdog timeout" in journal, "the watchdog is named in the journal", journal[-800:])
    proved(f"{system}: SIGSTOP → watchdog kill → restart")
    pid = main_pid(machine)
    machine.run("kill", "-KILL", pid)
    took = machine.wait_until(
        lambda: main_pid(machine) not in (pid, "0") and active(machine), "a restart", PATIENCE_S
    )
    proved(f"{system}: SIGKILL → restart, rating again after {took:.0f} s")
    (drop_in / "proof.conf").unlink()
    machine.run("systemctl", "daemon-reload")
    start(machine, "restart")


def reloads(machine: Machine, system: str) -> None:
    """A good change comes into force without a restart; a wrong one is reported and left out."""
    pid = main_pid(machine)
    settings = machine.root / SETTINGS
    settings.write_text(MINE.replace("threshold: 0.5", "threshold: 0.6"))
    machine.run("systemctl", "reload", UNIT, timeout_s=PATIENCE_S)
    machine.wait_until(
        lambda: "onfiguration read again" in log(machine), "the reload is logged", PATIENCE_S
    )
    settings.write_text(MINE.replace("threshold: 0.5", "threshold: 50"))
    machine.run("systemctl", "reload", UNIT, timeout_s=PATIENCE_S)
    machine.wait_until(
        lambda: "stays in force" in log(machine), "the wrong reload is logged", PATIENCE_S
    )
    expect(active(machine) and main_pid(machine) == pid, "the same process goes on")
    settings.write_text(MINE)
    machine.run("systemctl", "reload", UNIT, timeout_s=PATIENCE_S)
    proved(f"{system}: reload ({machine.show(UNIT, 'Type')}) takes a change, refuses a wrong one")


def log(machine: Machine) -> str:
    pid = main_pid(machine)
    return machine.run("journalctl", f"_PID={pid}", "--no-pager").stdout


def wrong_settings(machine: Machine, system: str) -> None:
    """No restart loop, and `systemctl status` says why."""
    settings = machine.root / SETTINGS
    settings.write_text(MINE.replace("threshold: 0.5", "treshold: 0.5"))
    machine.run("systemctl", "restart", UNIT, check=False, timeout_s=START_TIMEOUT_S)
    time.sleep(8)
    expect(
        machine.show(UNIT, "ActiveState") == "failed",
        "it stays down",
        machine.show(UNIT, "ActiveState"),
    )
    expect(machine.show(UNIT, "ExecMainStatus") == "78", "with status 78")
    expect(machine.show(UNIT, "NRestarts") == "0", "no restarts", machine.show(UNIT, "NRestarts"))
    told = machine.run("systemctl", "status", "--no-pager", "--full", UNIT, check=False).stdout
    reason = next((line for line in told.splitlines() if "treshold" in line), "")
    expect(reason, "the reason is in systemctl status", told)
    settings.write_text(MINE)
    start(machine)
    proved(f"{system}: wrong settings → status 78, no restart, reason: {reason.split(']: ')[-1]}")


def stops_while_a_shot_is_written(machine: Machine, system: str) -> None:
    """Stop at the moment when a photo appears, several times: quick, and every photo is whole."""
    slowest = 0.0
    for _ in range(5):
        wait_active(machine, "active before a stop")
        wait_for_a_shot(machine)
        started = time.monotonic()
        machine.run("systemctl", "stop", UNIT)
        slowest = max(slowest, time.monotonic() - started)
        expect(
            machine.show(UNIT, "Result") == "success",
            "it ends cleanly",
            machine.show(UNIT, "Result"),
        )
        start(machine)
    expect(slowest < 5, "every stop takes less than 5 s", f"{slowest:.1f} s")
    for photo in photos(machine):
        data = photo.read_bytes()
        expect(data.endswith(b"\xff\xd9"), "every photo is whole", photo)
        expect(
            cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) is not None,
            "and decodes",
            photo,
        )
    proved(
        f"{system}: 5 stops amid shots, the slowest {slowest:.1f} s; all {len(photos(machine))} "
        "photos whole"
    )


def wait_for_a_shot(machine: Machine) -> None:
    """Return when a photo has just appeared, or lies half-written in the album."""
    count = len(photos(machine))
    album = machine.root / ALBUM

    def shooting() -> bool:
        return len(photos(machine)) > count or any("tmp" in path.name for path in album.rglob("*"))

    machine.wait_until(shooting, "a shot", PATIENCE_S)


def upgrades_and_goes_back(machine: Machine, system: str) -> None:
    """An upgrade leaves the settings alone; a broken one leaves everything alone."""
    root = machine.root
    first = (root / "opt/printability/venv").readlink()
    (root / "etc/printability/config.yaml.default").write_text("# as an older version shipped it\n")
    told = installer(machine)
    expect(told.endswith("status 0"), "the upgrade succeeds", told[-1500:])
    expect((root / SETTINGS).read_text() == MINE, "the settings are mine still")
    expect("+camera:" in told, "new defaults are shown as a diff")
    second = (root / "opt/printability/venv").readlink()
    expect(second != first and active(machine), "the new version runs")
    shutil.copytree(root / "source", root / "broken")
    manifest = json.loads((root / "broken/models/manifest.json").read_text())
    model = root / "broken/models" / manifest["models"]["smile"]["file"]
    model.write_bytes(model.read_bytes()[:-1000])
    told = installer(machine, source="/broken", check=False)
    expect(told.endswith("status 1"), "a version with a damaged model is refused", told[-1500:])
    expect((root / "opt/printability/venv").readlink() == second, "the good version stays")
    expect(active(machine), "and runs on")
    reason = next((line for line in told.splitlines() if line.startswith("FAIL models")), "")
    expect(reason, "the damaged model is named", told[-1500:])
    told = installer(machine, "rollback")
    expect((root / "opt/printability/venv").readlink() == first, "rollback goes back", told)
    wait_active(machine, "active after the rollback")
    proved(f"{system}: upgrade keeps settings and shows a diff; rollback works")
    proved(f"{system}: a version that fails its check changes nothing: {reason[:160]}")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def outbox_rows(machine: Machine) -> dict[str, int]:
    """Rows in each table of the outbox, which holds shots for a broker that was never there."""
    with closing(sqlite3.connect(machine.root / "var/lib/printability/outbox.sqlite")) as outbox:
        tables = [
            row[0] for row in outbox.execute("select name from sqlite_master where type='table'")
        ]
        return {
            name: outbox.execute(f"select count(*) from {name}").fetchone()[0] for name in tables
        }


def what_must_survive(machine: Machine) -> dict[str, str]:
    wait_for_photos(machine, 5)
    machine.run("systemctl", "stop", UNIT)
    note(f"rows in the outbox before the reboot: {outbox_rows(machine)}")
    return {str(path.relative_to(machine.root)): digest(path) for path in photos(machine)}


def survives_a_reboot(machine: Machine, system: str, before: dict[str, str]) -> None:
    """Photos, index and outbox are there, the service comes up by itself, every shot arrives."""
    wait_active(machine, "active by itself after the reboot")
    for name, was in before.items():
        expect(digest(machine.root / name) == was, "the photo is as it was", name)
    # The listener must be there before the shots come, so the service waits for it.
    machine.run("systemctl", "stop", UNIT)
    (machine.root / "etc/broker.conf").write_text("listener 1883 127.0.0.1\nallow_anonymous true\n")
    machine.run("systemd-run", "--unit=broker", "mosquitto", "-c", "/etc/broker.conf")
    folder = machine.root / "root/.proof"
    (folder / "listen.py").write_text(LISTEN)
    command = ["/opt/printability/venv/bin/python", "/root/.proof/listen.py", str(len(before))]
    machine.run("systemd-run", "--unit=listener", *command)
    machine.wait_until((folder / "subscribed").exists, "the listener is subscribed", PATIENCE_S)
    start(machine)
    machine.wait_until((folder / "heard.json").exists, "the listener heard enough", 2 * PATIENCE_S)
    heard = set(json.loads((folder / "heard.json").read_text()))
    expected = {Path(name).name for name in before}
    missing = {name for name in expected if name not in heard}
    expect(not missing, "every shot from before the reboot reaches the broker", sorted(missing))
    proved(
        f"{system}: after a reboot {len(before)} photos unchanged, service up by itself, all "
        f"{len(expected)} shots of before reach a broker that was never there before"
    )


LISTEN: Final = """
import json, os, sys, time
import paho.mqtt.client as mqtt

heard = {}
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
def note(_client, _data, message):
    heard[json.loads(message.payload)["file"].rsplit("/")[-1]] = 1
def subscribed(*_):
    open("/root/.proof/subscribed", "w").close()
client.on_message, client.on_subscribe = note, subscribed
for _ in range(300):
    try:
        client.connect("127.0.0.1")
        break
    except OSError:
        time.sleep(0.2)
client.subscribe("printability/+/shot", 1)
client.loop_start()
deadline = time.monotonic() + 200
while time.monotonic() < deadline and len(heard) < int(sys.argv[1]) + 1:
    time.sleep(0.2)
client.loop_stop()
with open("/root/.proof/part", "w") as file:
    json.dump(sorted(heard), file)
os.rename("/root/.proof/part", "/root/.proof/heard.json")
"""


def uninstalls(machine: Machine, system: str) -> None:
    count = len(photos(machine))
    told = installer(machine, "uninstall")
    root = machine.root
    expect(not (root / "opt/printability").exists(), "the program is gone", told)
    expect(not (root / f"etc/systemd/system/{UNIT}").exists(), "so is the unit")
    expect(len(photos(machine)) >= count > 0, "photos stay")
    expect((root / SETTINGS).exists(), "settings stay")
    told = installer(machine, "uninstall", "--delete-photos")
    expect(not (root / "var/lib/printability").exists(), "asked for, photos go too", told)
    expect(not (root / "etc/printability").exists(), "and settings")
    proved(f"{system}: uninstall keeps {count} photos and the settings, unless asked otherwise")


if __name__ == "__main__":
    run("true")
    prove(main)
