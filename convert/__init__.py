"""The workshop: trains the networks the appliance runs, quantizes them and proves the result.

Nothing here is installed on the appliance; `device` never imports it.
"""
