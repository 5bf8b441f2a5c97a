"""The eye networks, from pictures to 8-bit files: `--task eyes` of the workshop's commands.

`prepare` gathers faces and the teacher's labels, `train` makes both networks, `quantize` the files
the appliance loads, `evaluate` measures them with the appliance's own code, `verify` proves the
8-bit files against the trained networks.
"""

from convert.eyes.workflow import evaluate, prepare, quantize, train, verify

__all__ = ["evaluate", "prepare", "quantize", "train", "verify"]
