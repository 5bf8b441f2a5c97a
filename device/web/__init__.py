"""The page: live view, upload, album, state; and the same as a typed API."""
