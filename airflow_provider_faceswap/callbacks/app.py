"""The FastAPI app that vendors call back: one route, and no word too many in its responses."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from airflow_provider_faceswap.callbacks.receiver import Receiver
from airflow_provider_faceswap.callbacks.rejected import RejectedError
from airflow_provider_faceswap.callbacks.tokens import VENDOR


def make_app(receiver: Receiver | None = None) -> FastAPI:
    """
    Make the app, without documentation pages.

    :param receiver: takes the callbacks; by default one of the app's own.
    """
    receiver = receiver or Receiver()

    async def receive(vendor: str, token: str, request: Request) -> JSONResponse:
        try:
            result = await receiver.receive(vendor, token, request)
        except RejectedError as error:
            return _reject(receiver, vendor, error)
        except ClientDisconnect:
            return _reject(receiver, vendor, RejectedError(400, "the caller hung up"))
        except Exception as error:  # its text may hold what was sent
            return _reject(receiver, vendor, RejectedError(503, "unexpected %s", type(error).__name__))
        return JSONResponse({"status": result.value})

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_api_route("/callbacks/{vendor}/{token}", receive, methods=["POST"], response_model=None)
    return app


def _reject(receiver: Receiver, vendor: str, error: RejectedError) -> JSONResponse:
    receiver.log.log(
        error.level,
        f"A callback of %s was refused with HTTP %d: {error.reason}",
        # Anybody can write anything into the path.
        vendor if VENDOR.fullmatch(vendor) else "an unknown vendor",
        error.status,
        *error.reason_args,
    )
    return JSONResponse({"detail": error.detail}, error.status, error.headers)
