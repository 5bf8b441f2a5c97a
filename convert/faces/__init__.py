"""Faces with votes: the official files, the prepared set, and folders of labelled faces."""
