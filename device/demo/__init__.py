"""The demonstration: the whole appliance over a clip made from two public-domain portraits."""
