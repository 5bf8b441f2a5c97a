"""The appliance's state for people, watchers and Prometheus."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from device.messages.state import state_to_json
from device.web.metrics import CONTENT_TYPE, render_metrics
from device.web.parts import Parts
from device.web.problems import REFUSALS

router = APIRouter(tags=["state"])


class Health(BaseModel):
    """Whether frames are being analysed."""

    online: bool = Field(description="Whether they are.")
    reason: str | None = Field(description="Why not.")


@router.get("/api/state", responses=REFUSALS)
def state(parts: Parts) -> dict[str, Any]:
    """Everything: camera, models, broker, disk, temperature, rates, last error."""
    return state_to_json(parts.state())


@router.get("/healthz", responses={503: {"model": Health, "description": "No frames come."}})
def health(response: Response, parts: Parts) -> Health:
    """200 while frames are analysed, else 503.  Open to everybody: it tells nothing else."""
    now = parts.state()
    if not now.online:
        response.status_code = 503
    return Health(online=now.online, reason=None if now.online else "no frames are analysed")


@router.get(
    "/metrics",
    response_class=Response,
    responses={**REFUSALS, 200: {"content": {"text/plain": {}}, "description": "Metrics."}},
)
def metrics(parts: Parts) -> Response:
    """The state as Prometheus reads it."""
    return Response(render_metrics(parts.state()), headers={"content-type": CONTENT_TYPE})
