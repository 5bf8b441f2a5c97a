"""The running appliance: its parts wired together, their life cycle, the way of a frame."""
