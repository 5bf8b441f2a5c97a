"""Pixels in, dataclasses out: faces, smiles, eyes, sharpness and the rating they add up to."""
