# The proofs on Debian roots: slow, as root.  Each prints what it proved, or why it was skipped.
PROOF_PYTHON := $(BIN)/python
# Without root and without a way to it, a proof says that it is skipped.
PROOF_SUDO := $(shell [ "$$(id -u)" = 0 ] || { sudo -n true 2>/dev/null && echo sudo; })
# What each needs, as program:package.
PROOF_TOOLS := debootstrap:debootstrap systemd-nspawn:systemd-container \
  qemu-aarch64-static:qemu-user-static qemu-system-x86_64:qemu-system-x86 \
  busybox:busybox-static depmod:kmod cpio:cpio

.PHONY: proofs proof-picamera2 proof-systemd proof-arm64 proof-v4l2 proofs-short proof-tools
proofs: proof-picamera2 proof-systemd proof-arm64 proof-v4l2  ## All proofs without a Raspberry Pi

proof-picamera2: setup proof-tools  ## Real picamera2 and libcamera: the rated frame is the saved one
	$(PROOF_SUDO) $(PROOF_PYTHON) tests/pi/prove_picamera2.py

proof-systemd: setup proof-tools  ## A booted systemd: installer, watchdog, restarts, reload, reboot
	$(PROOF_SUDO) $(PROOF_PYTHON) tests/pi/prove_systemd.py

proof-arm64: setup proof-tools  ## aarch64, emulated: it installs, and scores as on x86-64
	$(PROOF_SUDO) $(PROOF_PYTHON) tests/pi/prove_arm64.py

proof-v4l2: setup proof-tools  ## A virtual V4L2 camera in a virtual machine
	$(PROOF_SUDO) $(PROOF_PYTHON) tests/pi/prove_v4l2.py

# What a submission has time for: two at a time, each with a limit, whatever it has proved by then.
# Left for `make proofs` are Debian 13 for systemd and aarch64, and the 5000 frames without a leak.
SHORT_PROOFS := short-arm64 short-systemd short-v4l2 short-picamera2
.PHONY: $(SHORT_PROOFS)
proofs-short: setup proof-tools  ## The proofs that every submission passes, within a quarter of an hour
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target $(SHORT_PROOFS)

short-arm64:
	@$(call bounded,prove_arm64.py arm64-12,1200)

short-systemd:
	@$(call bounded,prove_systemd.py systemd,1200)

short-v4l2:
	@$(call bounded,prove_v4l2.py,1200)

short-picamera2:
	@$(call bounded,prove_picamera2.py,1200,PROOF_SHOTS=20 PROOF_FRAMES=1000)

# A machine that cannot have them skips the proofs that need them.
proof-tools:
	@missing=; for tool in $(PROOF_TOOLS); do \
	  PATH="$$PATH:/usr/sbin:/sbin" command -v "$${tool%:*}" >/dev/null || missing="$$missing $${tool#*:}"; \
	done; \
	[ -z "$$missing" ] || $(call install,$$missing) || echo "These could not be installed:$$missing"

# $(call bounded,PROOF,SECONDS,SETTINGS): a proof with a limit that it keeps by itself, and with
# another for the case that it does not.
define bounded
echo "== $(1), at most $(2) s"; status=0; \
$(PROOF_SUDO) env PROOF_TIME_LIMIT_S=$(2) $(3) timeout --foreground --kill-after=30 $$(($(2) + 180)) \
  $(PROOF_PYTHON) tests/pi/$(1) || status=$$?; \
case $$status in 124|137) echo "skipped: it had to be stopped after its $(2) s";; *) exit $$status;; esac
endef
