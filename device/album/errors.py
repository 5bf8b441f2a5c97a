"""What can go wrong with the album, each a sentence for the person at the camera."""


class AlbumError(Exception):
    """A photo cannot be saved or read; nothing half-written was left behind."""


class AlbumFullError(AlbumError):
    """The disk has no room for the photo."""


class PhotoNotFoundError(AlbumError):
    """The album has no photo with this id (any more)."""


class NotAShotError(AlbumError):
    """A file is no picture of this appliance: it carries no readable shot."""
