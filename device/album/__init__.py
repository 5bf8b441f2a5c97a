"""Photos on disk: whole or not at all, each with its rating inside, found again after any crash."""
