"""A stand-in for the display library that picamera2 imports for its preview window only."""


class _Names:
    def __getattr__(self, name: str) -> str:
        return name


PixelFormat = _Names()
