# The proofs on Debian roots: slow, as root.  Each prints what it proved, or why it was skipped.
PROOF_PYTHON := $(BIN)/python

.PHONY: proofs proof-picamera2 proof-systemd proof-arm64 proof-v4l2
proofs: proof-picamera2 proof-systemd proof-arm64 proof-v4l2  ## All proofs without a Raspberry Pi

proof-picamera2: setup  ## Real picamera2 and libcamera: the rated frame is the saved one
	$(SUDO) $(PROOF_PYTHON) tests/pi/prove_picamera2.py

proof-systemd: setup  ## A booted systemd: installer, watchdog, restarts, reload, reboot
	$(SUDO) $(PROOF_PYTHON) tests/pi/prove_systemd.py

proof-arm64: setup  ## aarch64, emulated: it installs, and scores as on x86-64
	$(SUDO) $(PROOF_PYTHON) tests/pi/prove_arm64.py

proof-v4l2: setup  ## A virtual V4L2 camera in a virtual machine
	$(SUDO) $(PROOF_PYTHON) tests/pi/prove_v4l2.py
