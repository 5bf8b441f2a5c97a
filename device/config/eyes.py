"""How eyes are judged."""

from typing import Literal

from pydantic import Field

from device.config.section import Section


class EyesSettings(Section):
    """Checking eyes."""

    method: Literal["network", "cascade"] = Field(
        default="network",
        description=(
            "network: two small trained networks (where the eyes are, and whether they are open); "
            "cascade: OpenCV's Haar cascades, slower and weaker, needing no model file."
        ),
    )
    locator_model: str = Field(
        default="eyes_locator",
        min_length=1,
        description="Name in models/manifest.json of the network that finds the eyes.",
    )
    state_model: str = Field(
        default="eyes_state",
        min_length=1,
        description="Name in models/manifest.json of the network that judges one eye.",
    )
    open_threshold: float = Field(
        default=0.4,
        gt=0,
        lt=1,
        description=(
            "The probability from which the eyes of one picture are open; higher calls more of "
            "them closed. In a video each face is compared with itself as well."
        ),
    )
    hidden_threshold: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description=(
            "The probability of being hidden (sunglasses, hair, a hand) from which an eye is not "
            "judged; 1: eyes are always judged."
        ),
    )
    min_eye_distance_px: float = Field(
        default=12.0,
        ge=4,
        le=200,
        description="Eyes closer together than this in the analysed frame are too small to judge.",
    )
    min_contrast: float = Field(
        default=3.0,
        ge=0,
        le=64,
        description=(
            "Least contrast of an eye (standard deviation of its 8-bit grey values); below it the "
            "picture is too dark or too flat to judge."
        ),
    )
    unknown_counts_as: Literal["neutral", "open", "closed"] = Field(
        default="neutral",
        description=(
            "How a face whose eyes cannot be judged counts. neutral: it is left out of the eye "
            "ratio, and where no face's eyes are known the ratio is 0.5; open: two open eyes; "
            "closed: none."
        ),
    )
    smoothing: bool = Field(
        default=True,
        description=(
            "In a video, take a sudden fall of a face's usual evidence for a blink, and wait one "
            "frame before believing that doubtful eyes have opened."
        ),
    )
