"""The appliance: a camera that takes the photo worth printing."""

__version__ = "0.1.0"
