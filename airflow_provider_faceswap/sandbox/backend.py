"""The state of one sandbox; two sandboxes share nothing."""

from __future__ import annotations

from airflow_provider_faceswap.sandbox.callbacks.policy import CallbackPolicy
from airflow_provider_faceswap.sandbox.callbacks.webhooks import Webhooks
from airflow_provider_faceswap.sandbox.counts import Counts
from airflow_provider_faceswap.sandbox.faults.rules import FaultRules
from airflow_provider_faceswap.sandbox.jobs.credits import Credits
from airflow_provider_faceswap.sandbox.jobs.job import Job, Submission
from airflow_provider_faceswap.sandbox.jobs.policies import Policies
from airflow_provider_faceswap.sandbox.jobs.progress import ProgressPolicies
from airflow_provider_faceswap.sandbox.jobs.store import JobStore, OnEnd, QueueFull
from airflow_provider_faceswap.sandbox.pictures.rendering import Renderer
from airflow_provider_faceswap.sandbox.pictures.work import CannotSwap
from airflow_provider_faceswap.sandbox.settings import SegmindOptions, Settings


class Backend:
    """
    The state behind the vendors' fronts and the control routes.

    :param settings: what the sandbox is started with.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts = Counts()
        self.faults = FaultRules()
        self.progress = ProgressPolicies(settings)
        self.renderer = Renderer(settings, self.counts)
        self.jobs = JobStore(self.progress, self.renderer, self.counts, settings.max_queued)
        self.webhooks = Webhooks(self.counts)
        self.callbacks = Policies[CallbackPolicy]()
        self.credits = Credits(dict.fromkeys(("segmind", "aifaceswap"), settings.credits))
        self.segmind = SegmindOptions()

    async def buy(self, submission: Submission, price: float = 0, on_end: OnEnd | None = None) -> Job:
        """
        Accept a submission for a price; a refusal costs nothing.

        :param submission: what to do.
        :param price: its price; 0 at a vendor that counts no credits.
        :param on_end: called when the job has ended.
        """
        if price:
            self.credits.charge(submission.vendor, price)
        try:
            return await self.jobs.accept(submission, on_end)
        except (QueueFull, CannotSwap):
            if price:
                self.credits.refund(submission.vendor, price)
            raise

    def reset(self) -> None:
        """Go back to the start. Renderings are kept: they depend on nothing but their inputs."""
        self.jobs.reset()
        self.faults.clear()
        self.progress.clear()
        self.callbacks.clear()
        self.credits.reset()
        self.counts.reset()
        self.segmind = SegmindOptions()
        self.jobs.max_queued = self.settings.max_queued

    async def close(self) -> None:
        """Stop all work."""
        self.jobs.reset()
        self.renderer.close()
        await self.webhooks.close()
