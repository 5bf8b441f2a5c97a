#!/bin/bash
# Install, upgrade, roll back or remove the Printability camera on Raspberry Pi OS or Debian.
#
#   sudo systemd/install.sh                    install, or upgrade to what lies in this folder
#   sudo systemd/install.sh rollback           go back to the version before the last upgrade
#   sudo systemd/install.sh uninstall          remove the program; photos and settings stay
#   sudo systemd/install.sh uninstall --delete-photos
#
#   --dry-run        only say what would be done
#   --wheels FOLDER  take Python packages from FOLDER, not from the network
#   --no-apt         leave the system's packages alone
#   --no-start       do not start the service
#   --program-only   the program alone, without user, settings and service (containers, images)
#
# It may be run again at any time: what is there is left as it is.  Where things are put:
#   /opt/printability/releases/…  the program, one folder a version (this one and the one before)
#   /etc/printability/            settings (never overwritten) and secrets (readable by root only)
#   /var/lib/printability/        photos and what must survive a restart
set -euo pipefail

readonly python=/usr/bin/python3
readonly home=/opt/printability
readonly releases=$home/releases
readonly settings=/etc/printability
readonly state=/var/lib/printability
readonly account=printability
readonly unit=printability.service
readonly units=/etc/systemd/system
readonly accounts_file=/etc/sysusers.d/printability.conf
readonly command_link=/usr/local/bin/printability
readonly needed_megabytes=1500
readonly start_timeout_s=200
readonly damaged_model=4
source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly source_folder

action=install
dry_run=
wheels=
use_apt=yes
start=yes
program_only=
delete_photos=
new_release=
new_password=

main() {
  read_arguments "$@"
  [ -n "$dry_run" ] || [ "$(id -u)" = 0 ] || fail "run it as root: sudo $0 $*"
  case $action in
  install) install_or_upgrade ;;
  rollback) roll_back ;;
  uninstall) uninstall ;;
  esac
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
    install | upgrade) action=install ;;
    rollback | uninstall) action=$1 ;;
    --dry-run) dry_run=yes ;;
    --no-apt) use_apt= ;;
    --no-start) start= ;;
    --program-only) program_only=yes ;;
    --delete-photos) delete_photos=yes ;;
    --wheels)
      [ $# -ge 2 ] || fail "--wheels needs a folder"
      wheels=$(cd "$2" && pwd) || fail "there is no folder $2"
      shift
      ;;
    -h | --help)
      sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *)
      echo "install.sh: unknown argument $1 (try --help)" >&2
      exit 2
      ;;
    esac
    shift
  done
  [ -z "$delete_photos" ] || [ "$action" = uninstall ] || fail "--delete-photos goes with uninstall"
}

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

# Every command that changes the machine goes through here.
run() {
  if [ -n "$dry_run" ]; then
    printf 'would run:'
    printf ' %q' "$@"
    printf '\n'
  else
    "$@"
  fi
}

# Write standard input to a file that appears whole or not at all: write_file PATH MODE
write_file() {
  if [ -n "$dry_run" ]; then
    cat >/dev/null
    say "would write: $1"
    return
  fi
  local temporary
  temporary=$(mktemp "$1.XXXXXX")
  cat >"$temporary"
  chmod "$2" "$temporary"
  mv -f "$temporary" "$1"
}

systemd_runs() { [ -d /run/systemd/system ]; }
systemd_version() { systemctl --version | sed -n '1s/[^0-9]*\([0-9]*\).*/\1/p'; }
service_active() { systemd_runs && systemctl is-active --quiet "$unit"; }
current_release() {
  local link
  link=$(readlink "$home/venv" 2>/dev/null || true)
  printf '%s' "${link%/venv}"
}

# ---------------------------------------------------------------- install and upgrade

install_or_upgrade() {
  check_machine
  install_packages
  if [ -n "$program_only" ]; then
    run install -d -m 755 "$releases"
    make_release
    choose_runtime
    keep_numpy_of_apt
    link_release "$new_release"
    return
  fi
  make_account
  make_folders
  make_release
  choose_runtime
  keep_numpy_of_apt
  write_settings
  make_password
  check_release
  switch_to_release
  install_units
  start_service
  remove_old_releases
  say_goodbye
}

check_machine() {
  step "This machine"
  local name=unknown version=0
  if [ -r /etc/os-release ]; then
    # shellcheck source=/dev/null
    name=$(. /etc/os-release && echo "${PRETTY_NAME:-unknown}")
    # shellcheck source=/dev/null
    version=$(. /etc/os-release && echo "${VERSION_ID:-0}")
  fi
  say "$name, $(uname -m), Python $("$python" -c 'import platform; print(platform.python_version())')"
  case $version in
  12 | 13) ;;
  *) say "Known to work are Raspberry Pi OS and Debian 12 and 13; this is tried all the same." ;;
  esac
  "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
    || fail "Python 3.11, 3.12 or 3.13 is needed; take Raspberry Pi OS Bookworm or newer"
  local free
  free=$(df -Pm /opt | awk 'NR == 2 {print $4}')
  [ "$free" -ge "$needed_megabytes" ] \
    || fail "/opt has $free MB free and $needed_megabytes MB are needed: free some space"
}

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }
available() { apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'; }

install_packages() {
  [ -n "$use_apt" ] || return 0
  step "System packages"
  local wanted=(python3-venv python3-pip) missing=() package
  if installed python3-picamera2 || available python3-picamera2; then
    # Pillow, NumPy and simplejpeg come with picamera2, all made for each other.
    wanted+=(python3-picamera2 python3-libcamera)
  else
    say "This system has no python3-picamera2 package (it is not Raspberry Pi OS): the Pi camera"
    say "on a ribbon cable will not work; USB and network cameras will."
  fi
  for package in "${wanted[@]}"; do
    installed "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} = 0 ]; then
    say "All there: ${wanted[*]}"
    return
  fi
  run apt-get update -qq
  run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

make_account() {
  step "User and folders"
  run install -d /etc/sysusers.d
  run install -m 644 "$source_folder/systemd/printability.sysusers" "$accounts_file"
  if getent passwd "$account" >/dev/null; then
    say "The user $account is there."
  else
    run systemd-sysusers "$accounts_file"
  fi
}

make_folders() {
  run install -d -m 755 "$home" "$releases" "$settings"
  run install -d -m 700 "$settings/secrets"
  run install -d -m 750 -o "$account" -g "$account" "$state"
}

# A release is a copy of the program and a virtual environment of its own, so that going back is
# one link.  The environment sees the system's packages: picamera2 comes from apt only.
make_release() {
  step "Program (minutes on a Pi: Python packages are fetched)"
  local version
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$source_folder/pyproject.toml" | head -n 1)
  new_release=$releases/$version-$(date -u +%Y%m%dT%H%M%SZ)
  trap 'abandon_release' EXIT
  run install -d -m 755 "$new_release/app"
  local part
  for part in device convert models systemd pyproject.toml config.yaml README.md LICENSE; do
    [ ! -e "$source_folder/$part" ] || run cp -r --preserve=mode "$source_folder/$part" "$new_release/app/"
  done
  # For training only, and larger than all the rest.
  run rm -rf "$new_release/app/convert/weights"
  run "$python" -m venv --system-site-packages "$new_release/venv"
  package_limits | write_file "$new_release/limits.txt" 644
  run find "$new_release/app" -name __pycache__ -prune -exec rm -rf {} +
  run chmod -R a+rX "$new_release/app"
  pip_install --editable "$new_release/app"
}

pip_install() {
  local packages_from=()
  [ -z "$wheels" ] || packages_from=(--no-index --find-links "$wheels")
  run "$new_release/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
    "${packages_from[@]}" --constraint "$new_release/limits.txt" "$@"
}

# The faster runtime is compiled for newer machines than some that it installs on, and where it does
# not fit it takes the whole process down.  So every model is run once; the older runtime is next.
choose_runtime() {
  if [ -n "$dry_run" ]; then
    say "would run: every model once, and take tflite-runtime where ai-edge-litert does not work"
    return
  fi
  local reason status=0
  reason=$(run_models 2>&1) || status=$?
  case $status in
  0) return ;;
  "$damaged_model")
    # No other runtime would run it.  `printability check` says which file is not what it should be.
    [ -z "$program_only" ] || fail "$(tail -n 1 <<<"$reason")"
    return
    ;;
  esac
  say "ai-edge-litert does not work on this machine ($(tail -n 1 <<<"$reason")); taking tflite-runtime."
  "$new_release/venv/bin/python" -m pip uninstall --quiet --yes ai-edge-litert
  pip_install 'tflite-runtime>=2.14,<3' \
    || fail "and there is no tflite-runtime for this Python: models cannot be run here"
  run_models || fail "the models cannot be run on this machine, see above"
}

run_models() {
  "$new_release/venv/bin/python" - "$new_release/app/models" "$damaged_model" <<'PYTHON'
import sys
from pathlib import Path

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    from tflite_runtime.interpreter import Interpreter

for model in sorted(Path(sys.argv[1]).glob("*.tflite")):
    try:
        interpreter = Interpreter(model_path=str(model), num_threads=1)
    except ValueError as error:
        print(f"{model}: {error}", file=sys.stderr)
        sys.exit(int(sys.argv[2]))
    interpreter.allocate_tensors()
    interpreter.invoke()
PYTHON
}

abandon_release() {
  local status=$?
  if [ "$status" != 0 ] && [ -z "$dry_run" ] && [ -n "$new_release" ] && [ "$(current_release)" != "$new_release" ]; then
    rm -rf "$new_release"
    say "The new version was removed again; nothing else has changed." >&2
  fi
  exit "$status"
}

# Versions that pip must keep to: those that were tested, but NumPy as apt has it, because apt's
# picamera2 and simplejpeg are compiled against it.  What depends on NumPy's version then follows.
# 32-bit ARM takes what piwheels has.
package_limits() {
  local numpy tested=$source_folder/.ci/constraints.txt
  numpy=$(system_numpy)
  case $(uname -m) in
  x86_64 | aarch64) [ ! -f "$tested" ] || grep -viE '^(numpy|ml_dtypes|opencv-python-headless|pillow)==' "$tested" ;;
  esac
  [ -z "$numpy" ] || echo "numpy==$numpy"
}

system_numpy() {
  "$python" -c 'import numpy; print(numpy.__version__)' 2>/dev/null || true
}

# The trap: a second NumPy over apt's makes picamera2 crash at import.  Prove that there is none.
keep_numpy_of_apt() {
  step "Python packages work together"
  if [ -n "$dry_run" ]; then
    say "would import: numpy, cv2, the model runtime, and picamera2 and simplejpeg where installed"
    return
  fi
  "$new_release/venv/bin/python" - <<'PYTHON' || fail "the Python packages do not work together, see above"
import importlib
import importlib.util
import sys

failed = False
runtimes = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")


def exists(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


names = ["numpy", "cv2"]
names += [name for name in runtimes if exists(name)][:1] or [runtimes[0]]
names += [name for name in ("simplejpeg", "libcamera", "picamera2") if exists(name)]
for name in names:
    try:
        module = importlib.import_module(name)
    except Exception as error:
        failed = True
        print(f"FAIL {name}: {type(error).__name__}: {error}")
    else:
        print(f"ok   {name} {getattr(module, '__version__', '')} {getattr(module, '__file__', '')}")
numpy = sys.modules.get("numpy")
if numpy is not None and numpy.__file__.startswith(sys.prefix) and exists("picamera2"):
    failed = True
    print(f"FAIL numpy: {numpy.__file__} hides apt's, which picamera2 was made for")
sys.exit(failed)
PYTHON
}

# The user's settings are never touched.  The defaults of the version they were made from are kept
# beside them, to show what an upgrade brings.
write_settings() {
  step "Settings"
  local shipped=$source_folder/config.yaml before=$settings/config.yaml.default
  if [ ! -e "$settings/config.yaml" ]; then
    # The page is for the local network, so it has a password.
    sed -e '/^web:/,/^[a-z]/{s/^  host: 127\.0\.0\.1$/  host: 0.0.0.0/;s/^  # password:$/  password: credential:web-password/}' \
      "$shipped" | write_file "$settings/config.yaml" 644
    say "Written: $settings/config.yaml"
  else
    say "Left as it is: $settings/config.yaml"
    if [ -e "$before" ] && ! cmp -s "$before" "$shipped"; then
      say "What this version changes in the defaults (add to your settings what you want of it):"
      diff -u --label "before" --label "this version" "$before" "$shipped" || true
    fi
  fi
  write_file "$before" 644 <"$shipped"
}

make_password() {
  local file=$settings/secrets/web-password
  if [ -s "$file" ]; then
    say "The page's password is the one in $file."
    return
  fi
  new_password=$("$python" -c '
import secrets
letters = "abcdefghjkmnpqrstuvwxyz23456789"
print("-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4)))')
  printf '%s\n' "$new_password" | write_file "$file" 600
  say "A password for the page was made: $file"
}

# Run the new version's `check` as the service would: as its user, with its secrets.
printability_check() {
  local credentials status=0
  credentials=$(mktemp -d /run/printability-check.XXXXXX)
  cp "$settings"/secrets/* "$credentials/" 2>/dev/null || true
  local name
  for name in web-password web-token mqtt-password; do
    [ -e "$credentials/$name" ] || : >"$credentials/$name"
  done
  chown -R "$account:" "$credentials"
  chmod -R go= "$credentials"
  setpriv --reuid "$account" --regid "$account" --groups "$account,video" --reset-env -- \
    env "STATE_DIRECTORY=$state" "CREDENTIALS_DIRECTORY=$credentials" LIBCAMERA_LOG_LEVELS='*:WARN' \
    "$new_release/venv/bin/printability" check --config "$settings/config.yaml" "$@" || status=$?
  rm -rf "$credentials"
  return "$status"
}

# Before anything is switched: a version whose settings, secrets or models are wrong is not for use.
# A camera that is not plugged in yet, or a broker that is away, does not count here.
check_release() {
  step "Check"
  if [ -n "$dry_run" ]; then
    say "would run: printability check, and stop here if settings, secrets or models are wrong"
    return
  fi
  local report status=0
  report=$(printability_check --no-camera --json) || status=$?
  if [ "$status" = 78 ]; then
    fail "the settings in $settings/config.yaml do not suit this version, see above"
  fi
  printf '%s' "$report" | "$python" -c '
import json, sys
vital = ("configuration", "secrets", "models")
wrong = [r for r in json.load(sys.stdin) if r["ok"] is False and r["part"] in vital]
for result in wrong:
    print("FAIL {part}: {text}".format(**result), file=sys.stderr)
sys.exit(bool(wrong))' || fail "the new version does not pass its check"
  say "Settings, secrets and models are right."
}

switch_to_release() {
  local before
  before=$(current_release)
  if service_active; then
    run systemctl stop "$unit"
  fi
  if [ -n "$before" ] && [ "$before" != "$new_release" ]; then
    printf '%s\n' "$before" | write_file "$home/previous" 644
  fi
  link_release "$new_release"
}

link_release() {
  run ln -sfn "$1/venv" "$home/venv.new"
  run mv -T "$home/venv.new" "$home/venv"
  run cp "$1/app/README.md" "$home/README.md" 2>/dev/null || true
  run ln -sfn "$home/venv/bin/printability" "$command_link"
}

install_units() {
  step "Service"
  place_units "$new_release"
  run systemctl enable --quiet "$unit"
}

place_units() {
  local shipped=$1/app/systemd extra=$units/$unit.d/10-newer-systemd.conf
  run install -m 644 "$shipped/$unit" "$units/$unit"
  if [ "$(systemd_version)" -ge 254 ]; then
    run install -d "$units/$unit.d"
    run install -m 644 "$shipped/printability-newer-systemd.conf" "$extra"
  else
    run rm -f "$extra"
  fi
  if systemd_runs; then
    run systemctl daemon-reload
  fi
}

start_service() {
  if ! systemd_runs; then
    say "systemd does not run here: the service starts with the next boot."
    return
  fi
  if [ -n "$dry_run" ]; then
    say "would run: printability check; then: systemctl restart $unit"
    return
  fi
  local status=0
  printability_check || status=$?
  [ "$status" = 0 ] || say "Not everything is right yet, see above; the service tries all the same."
  [ -n "$start" ] || return 0
  if timeout "$start_timeout_s" systemctl restart "$unit"; then
    say "The camera is running: $(systemctl show -P StatusText "$unit")"
    return
  fi
  systemctl status --no-pager --lines 5 "$unit" || true
  go_back_after_failure "$status"
}

# A new version that does not start where the old one did is taken back.  If its check failed too,
# the machine is at fault (no camera, for one), and going back would not help.
go_back_after_failure() {
  local check_status=$1 before
  before=$(cat "$home/previous" 2>/dev/null || true)
  if [ "$check_status" = 0 ] && [ -n "$before" ] && [ -d "$before" ]; then
    say "The new version does not start; going back to $before" >&2
    link_release "$before"
    place_units "$before"
    rm -f "$home/previous"
    systemctl restart "$unit" || true
    rm -rf "$new_release"
    exit 1
  fi
  say "The service does not run yet. It keeps trying; see: journalctl -u printability"
}

remove_old_releases() {
  local kept_before release
  kept_before=$(cat "$home/previous" 2>/dev/null || true)
  for release in "$releases"/*/; do
    release=${release%/}
    case $release in
    "$new_release" | "$kept_before" | "$releases/*") ;;
    *) run rm -rf "$release" ;;
    esac
  done
}

say_goodbye() {
  trap - EXIT
  step "Done"
  [ -z "$dry_run" ] || return 0
  "$home/venv/bin/python" - "$settings/config.yaml" "$new_password" <<'PYTHON'
import os
import socket
import sys

os.environ.setdefault("STATE_DIRECTORY", "/var/lib/printability")
from pathlib import Path

from device.config.loading import load_config

config = load_config(Path(sys.argv[1]), [])
host = socket.gethostname()
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    probe.connect(("192.0.2.1", 9))  # nothing is sent; it only asks which address would be used
    address = probe.getsockname()[0]
except OSError:
    address = None
finally:
    probe.close()
if config.web.enabled:
    url = f"http://{host}.local:{config.web.port}/"
    print(f"Page:     {url}" + (f"  or  http://{address}:{config.web.port}/" if address else ""))
    if sys.argv[2]:
        print(f"Password: {sys.argv[2]}")
    try:
        import segno
    except ImportError:
        pass
    else:
        segno.make(f"http://{address}:{config.web.port}/" if address else url).terminal(compact=True)
if config.mqtt.enabled:
    print(f"MQTT:     {config.mqtt.base_topic}/{config.device.id}/# on {config.mqtt.host}")
else:
    print(f"MQTT:     off; set mqtt.enabled and mqtt.host, then: {config.mqtt.base_topic}/{config.device.id}/#")
print(f"Photos:   {config.album.folder or config.storage.folder / 'album'}")
print(f"Settings: {sys.argv[1]}   (after a change: sudo systemctl reload printability)")
print("Log:      journalctl -u printability -f")
PYTHON
}

# ---------------------------------------------------------------- rollback and uninstall

roll_back() {
  local before
  before=$(cat "$home/previous" 2>/dev/null || true)
  if [ -z "$before" ] || [ ! -d "$before" ]; then
    fail "there is no earlier version to go back to"
  fi
  step "Going back to ${before##*/}"
  current_release | write_file "$home/previous" 644
  link_release "$before"
  new_release=$before
  place_units "$before"
  if systemd_runs && [ -n "$start" ]; then
    run systemctl restart "$unit"
  fi
  say "Settings are those of now; if they do not suit the earlier version, the log says so."
}

uninstall() {
  step "Removing the program"
  if systemd_runs; then
    run systemctl disable --now --quiet "$unit" || true
  else
    run systemctl disable --quiet "$unit" || true
  fi
  run rm -rf "$units/$unit" "$units/$unit.d" "$command_link" "$home" "$accounts_file"
  if systemd_runs; then
    run systemctl daemon-reload
  fi
  if [ -n "$delete_photos" ]; then
    run rm -rf "$state" "$settings"
    if getent passwd "$account" >/dev/null; then
      run userdel "$account"
    fi
    say "Program, settings and photos are gone."
  else
    say "Photos stay in $state, settings in $settings."
    say "To remove them too: rm -r $state $settings; userdel $account"
  fi
  say "Packages from apt stay: other programs may use them."
}

main "$@"
