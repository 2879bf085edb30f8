"""Everything one sandbox knows; nothing is shared between two of them."""

from __future__ import annotations

from airflow_provider_faceswap.sandbox.callbacks import CallbackPolicy
from airflow_provider_faceswap.sandbox.counts import Counts
from airflow_provider_faceswap.sandbox.credits import Credits
from airflow_provider_faceswap.sandbox.faults import FaultBook
from airflow_provider_faceswap.sandbox.jobbook import JobBook, OnEnd, QueueFull
from airflow_provider_faceswap.sandbox.jobs import Job, Submission
from airflow_provider_faceswap.sandbox.policies import PolicyBook
from airflow_provider_faceswap.sandbox.progress import ProgressBook
from airflow_provider_faceswap.sandbox.rendering import Renderer
from airflow_provider_faceswap.sandbox.segmind_options import SegmindOptions
from airflow_provider_faceswap.sandbox.settings import Settings
from airflow_provider_faceswap.sandbox.swap import CannotSwap
from airflow_provider_faceswap.sandbox.webhooks import Webhooks


class Backend:
    """The state behind the vendors' fronts and the control routes.

    :param settings: what the sandbox is started with.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts = Counts()
        self.faults = FaultBook()
        self.progress = ProgressBook(settings)
        self.renderer = Renderer(settings, self.counts)
        self.jobs = JobBook(self.progress, self.renderer, self.counts, settings.max_queued)
        self.webhooks = Webhooks(self.counts)
        self.callbacks = PolicyBook[CallbackPolicy]()
        self.credits = Credits(dict.fromkeys(("segmind", "aifaceswap"), settings.credits))
        self.segmind = SegmindOptions()

    async def buy(self, submission: Submission, price: float, on_end: OnEnd | None = None) -> Job:
        """Accept a submission for a price; what is refused costs nothing.

        :param submission: what to do.
        :param price: what it costs.
        :param on_end: called when the job has ended.
        """
        self.credits.charge(submission.vendor, price)
        try:
            return await self.jobs.accept(submission, on_end)
        except (QueueFull, CannotSwap):
            self.credits.give_back(submission.vendor, price)
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
        """Take no more work."""
        self.jobs.reset()
        self.renderer.close()
        await self.webhooks.close()
