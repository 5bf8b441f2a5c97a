"""Figures of merit, in NumPy alone, so that measuring a network needs no training framework."""
