"""A network that is not there: a vendor's hook sends to it, and gets the answer that a check wants."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Request
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.hooks import hook_class
from airflow_provider_faceswap.hooks.base import SwapHook
from airflow_provider_faceswap.testing.contract.example import KEY, Meaning


@dataclass
class Network:
    """
    Sends requests of a vendor nowhere.

    :param vendor: whose hook sends.
    """

    vendor: Vendor
    sent: list[httpx.Request] = field(default_factory=list)

    def hook(self, answer: Reply | Exception) -> SwapHook:
        """
        Return the vendor's hook.

        :param answer: to each of its requests; an error is raised instead.
        """

        def respond(request: httpx.Request) -> httpx.Response:
            request.read()
            self.sent.append(request)
            if isinstance(answer, Exception):
                raise answer
            return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)

        found = hook_class(self.vendor)
        hook = found("contract", transport=httpx.MockTransport(respond))
        # Instead of an Airflow connection.
        given = {"base_url": found.default_url, "api_key": KEY}
        hook.__dict__["settings"] = found.settings_class.model_validate(given)
        return hook

    def outcome(self, request: Request, answer: Reply | Exception) -> Job | FaceSwapError:
        """
        Return what comes of a request.

        :param request: that is sent.
        :param answer: to it.
        """
        try:
            return self.hook(answer).send(request)
        except FaceSwapError as error:
            return error


def meaning_of(outcome: Job | FaceSwapError) -> Meaning:
    """Return an outcome as an author names it."""
    return outcome.state if isinstance(outcome, Job) else type(outcome)
