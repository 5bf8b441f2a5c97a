"""Errors as sentences: every refusal is `{"error": "one sentence"}`."""

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from device.web.guard import problem


class Problem(BaseModel):
    """Why a request was refused."""

    error: str = Field(description="One sentence for people.")


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Problem, "description": "The request is malformed."},
    401: {"model": Problem, "description": "Nobody is logged in."},
    403: {"model": Problem, "description": "Not allowed, or forged."},
    422: {"model": Problem, "description": "A value is missing or not allowed."},
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document further answers of a route that are errors."""
    return {status: {"model": Problem, "description": "Refused."} for status in statuses}


def answer_problems(app: FastAPI) -> None:
    """Have every error answered as a sentence."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), dict(error.headers or {}))


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = "; ".join(
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
        for item in error.errors()[:5]
    )
    # Surrogates in what was sent cannot be written as UTF-8.
    return problem(422, found.encode("utf-8", "replace").decode("utf-8")[:600])


async def _failed(_request: Request, _error: Exception) -> JSONResponse:
    # The server logs the error with its traceback after this answer is sent.
    return problem(500, "the appliance failed to answer; its log says why")
