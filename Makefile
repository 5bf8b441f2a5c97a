# Two commands are enough: `make demo` shows what it does, `make test` proves that it works.
SHELL := /bin/bash
VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := $(VENV)/bin
TFLITE_VENV := .venv-tflite
# Tests compare both runtimes where this machine can have both: x86-64 or aarch64, Python 3.11.
TFLITE_MADE := $(shell $(PYTHON) -c 'import sys, platform; print(sys.version_info[:2] == (3, 11) and platform.machine() in ("x86_64", "aarch64"))' | sed 's,True,$(TFLITE_VENV)/.made,;s,False,,')
export PRINTABILITY_TFLITE_RUNTIME_PYTHON ?= $(if $(TFLITE_MADE),$(CURDIR)/$(TFLITE_VENV)/bin/python)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: help demo test slow lint bench setup setup-test setup-torch coverage clean install
help:  ## What can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

demo: setup  ## Set everything up and run the appliance over a short clip
	@$(call need,mosquitto,mosquitto)
	$(BIN)/python -m device.demo demo-output

test: setup-test lint $(TFLITE_MADE)  ## Set everything up and pass the tests
	@$(call need,mosquitto,mosquitto)
	@$(call need,chromium,chromium)
	@$(call need,chromedriver,chromium-driver)
	@$(call need,openssl,openssl)
	@$(call need,systemd-analyze,systemd)
	$(BIN)/python -m pytest -m "not slow and not pi" $(PYTEST_ARGS)

workers: setup-test  ## Train a tiny network with two workers on this machine
	$(BIN)/python -m pytest -q tests/convert/test_training.py -k two_workers

lint: setup-test  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

coverage: setup-test  ## Tests with the lines of `device` they reach
	$(BIN)/python -m pytest -m "not slow and not pi" --cov=device --cov-report=term-missing:skip-covered

bench: setup  ## Measure speed and memory on this machine
	$(BIN)/printability bench

setup: $(VENV)/.run  ## The virtual environment to run the appliance
setup-test: $(VENV)/.test  ## The virtual environment to test it and to train models

$(VENV)/.venv:
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || $(call install,python3-venv)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.run: pyproject.toml .ci/constraints.txt | $(VENV)/.venv
	$(BIN)/python -m pip install --quiet -c .ci/constraints.txt -e '.[plot]'
	@touch $@

$(VENV)/.test: pyproject.toml .ci/constraints.txt | $(VENV)/.venv
	$(BIN)/python -m pip install --quiet -c .ci/constraints.txt -e '.[plot,workshop,test]'
	@touch $@ $(VENV)/.run

setup-torch: setup-test  ## PyTorch beside it, to train on processor cores (large: on x86-64 PyPI has it with CUDA)
	$(BIN)/python -m pip install --quiet -c .ci/constraints.txt -e '.[torch]'

install:  ## Install or upgrade the service on this machine
	$(SUDO) systemd/install.sh

slow: setup-test  ## The long tests: whole clips, 500 shots through kills, a hundred cameras
	@$(call need,mosquitto,mosquitto)
	$(BIN)/python -m pytest -m "slow and not pi"

# The older runtime, which 32-bit machines need, has wheels up to Python 3.11 and wants NumPy 1.
$(TFLITE_VENV)/.made: | $(VENV)/.venv
	$(BIN)/python -m venv $(TFLITE_VENV)
	$(TFLITE_VENV)/bin/python -m pip install --quiet 'tflite-runtime==2.14.0' 'numpy<2' 'opencv-python-headless<4.12' pydantic
	@touch $@

clean:  ## Remove what was built
	rm -rf $(VENV) $(TFLITE_VENV) demo-output .pytest_cache .mypy_cache .ruff_cache .hypothesis build ./*.egg-info

# $(call need,PROGRAM,PACKAGE): install the Debian package that brings a program, aloud.
define need
PATH="$$PATH:/usr/sbin" command -v $(1) >/dev/null || $(call install,$(2))
endef
define install
{ echo "Installing the system package $(1) (needs root)"; $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }
endef

-include tests/pi/proofs.mk
