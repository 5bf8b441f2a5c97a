#!/bin/bash
# Make (once) and print the path of a Debian root file system that a proof runs in.
#
#   debian_root.sh libcamera      Debian 13, libcamera's virtual camera and its Python bindings, systemd
#   debian_root.sh systemd        Debian 12, a bootable systemd, apt's NumPy 1.24
#   debian_root.sh arm64-12       Debian 12 for aarch64, run through qemu's user emulation
#   debian_root.sh arm64-13       Debian 13 for aarch64, likewise (slow: up to 20 minutes)
#
# Roots are kept in $PRINTABILITY_PROOF_ROOTS (default ~/.cache/printability/roots) and made again
# only when this recipe changes.  Packages come from $PRINTABILITY_DEBIAN_MIRROR, else from the mirror
# that this machine's apt uses, else from Debian's own.  Exit status 3: it cannot be made here, the reason is on stderr.
set -euo pipefail

kind=${1:?which root? libcamera, systemd, arm64-12 or arm64-13}
roots=${PRINTABILITY_PROOF_ROOTS:-$HOME/.cache/printability/roots}
root=$roots/$kind
recipe_version=1

cannot() {
  echo "skipped: $*" >&2
  exit 3
}

[ "$(id -u)" = 0 ] || cannot "making a Debian root needs root"
command -v debootstrap >/dev/null || cannot "debootstrap is not installed (apt install debootstrap)"

emulate_arm64() {
  [ "$(uname -m)" = aarch64 ] && return
  command -v qemu-aarch64-static >/dev/null \
    || cannot "qemu-user-static is not installed (apt install qemu-user-static)"
  local registry=/proc/sys/fs/binfmt_misc
  [ -e $registry/register ] || mount -t binfmt_misc none $registry \
    || cannot "this kernel has no binfmt_misc"
  [ -e $registry/qemu-aarch64 ] || cat /usr/lib/binfmt.d/qemu-aarch64.conf >$registry/register \
    || cannot "the emulator cannot be registered with this kernel"
}
# Also where the root is there already: a kernel forgets it when it is booted.
case $kind in arm64-*) emulate_arm64 ;; esac

mkdir -p "$roots"
exec 9>"$roots/.$kind.lock"
flock 9
if [ "$(cat "$root/.printability-recipe" 2>/dev/null)" = "$kind $recipe_version" ]; then
  echo "$root"
  exit 0
fi
rm -rf --one-file-system "$root"

mirror_of_apt() {
  # shellcheck disable=SC2016  # apt fills these in
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 2>/dev/null \
    | sed -n 's,^Debian Debian \(https\?://.*[^/]\)/*$,\1,p' | sort -u | sed -n 1p
}
mirror=${PRINTABILITY_DEBIAN_MIRROR:-$(mirror_of_apt || true)}
mirror=${mirror:-http://deb.debian.org/debian}
log=$roots/$kind.log
python=python3,python3-venv,python3-pip,python3-numpy
boot=systemd,systemd-sysv,dbus,procps,iproute2

bootstrap() { # suite architecture packages
  debootstrap --arch="$2" --variant=minbase --include="ca-certificates,$3" "$1" "$root" "$mirror"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # Whoever stands behind a TLS-inspecting proxy has its certificate in the host's bundle.
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
}

make_root() {
  case $kind in
  libcamera)
    bootstrap trixie amd64 "$python,$boot,libcap-dev,gcc,libc6-dev,python3-dev,pkg-config,mosquitto"
    echo "deb $mirror trixie-backports main" >"$root/etc/apt/sources.list.d/backports.list"
    chroot "$root" apt-get update
    # Debian 13's own libcamera (0.4) hangs when a camera is opened for the second time.
    chroot "$root" apt-get install -y --no-install-recommends -t trixie-backports \
      python3-libcamera libcamera-tools libcamera-ipa
    # Debian has no picamera2 package; it goes where Raspberry Pi OS's package would put it.
    chroot "$root" env -u PIP_FIND_LINKS pip install --break-system-packages --no-compile \
      'picamera2==0.3.38' opencv-python-headless'<5'
    ;;
  systemd) bootstrap bookworm amd64 "$python,$boot,mosquitto" ;;
  arm64-12) bootstrap bookworm arm64 "$python" ;;
  arm64-13) bootstrap trixie arm64 "$python" ;;
  *) cannot "there is no root called $kind" ;;
  esac
  echo uninitialized >"$root/etc/machine-id"
}

if ! (make_root) >"$log" 2>&1; then
  tail -n 5 "$log" >&2
  cannot "the $kind root could not be made, see $log"
fi
echo "$kind $recipe_version" >"$root/.printability-recipe"
echo "$root"
