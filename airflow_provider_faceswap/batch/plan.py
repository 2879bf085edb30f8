"""How a batch is bought and waited for, as its operator was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.batch.block import ItemInputs, ItemPurchase
from airflow_provider_faceswap.batch.block_journal import DoubtJournal, ItemJournal
from airflow_provider_faceswap.batch.item import Item
from airflow_provider_faceswap.execution.clock import Clock
from airflow_provider_faceswap.execution.completion import Completion
from airflow_provider_faceswap.execution.results import Results
from airflow_provider_faceswap.execution.terms import Terms
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.places import Place
from airflow_provider_faceswap.storage.sources import SharedSources

DEFAULT_ACTIVE = 15
"""Jobs that run at once where neither the operator nor the connection says how many may."""


@dataclass(frozen=True)
class Plan:
    """
    A batch as its operator describes it.

    :param completion: how the vendor brings results.
    :param output_path: the folder's checked URL.
    :param place: the folder, opened.
    :param terms: of each item's purchase.
    :param clock: the time.
    :param max_active: jobs that run at once.
    :param max_failed: how many items may fail: a whole number, or a share of all as a float.
    :param max_cost: what may be bought in all tries; None for no limit.
    :param deferrable: whether the batch waits without a worker.
    :param poll_interval: seconds between two polls of a job; None to follow the eta.
    :param in_doubt_wait: seconds for which a callback may settle a submission in doubt.
    :param adopt_from_callback: whether one does.
    :param presign_seconds: that a signed URL is valid for.
    :param check_inputs: whether clips are measured where the vendor's documents limit them.
    :param task: what is kept beside each stored file of the task that stored it.
    """

    completion: Completion
    output_path: str
    place: Place
    terms: Terms
    clock: Clock
    max_active: int
    max_failed: float
    max_cost: float | None
    deferrable: bool
    poll_interval: float | None
    in_doubt_wait: float
    adopt_from_callback: bool
    presign_seconds: float
    check_inputs: bool
    task: Mapping[str, Any]

    @cached_property
    def outputs(self) -> OutputStore:
        """The folder, opened once for all items."""
        return OutputStore(self.output_path, "any", "", task=self.task, place=self.place)

    @cached_property
    def _sources(self) -> SharedSources:
        return SharedSources()

    @property
    def provider(self) -> str:
        """The vendor's connection type."""
        return self.completion.provider

    @cached_property
    def base_url(self) -> str:
        """Where the connection leads now."""
        return self.completion.hook.settings.base_url

    def request_of(self, item: Item) -> type[Submission]:
        """Return what is submitted for an item."""
        return vendor(self.provider).submission(item.row.endpoint)

    def too_many(self, failed: int, total: int) -> bool:
        """Return whether more items failed than ``max_failed`` allows."""
        share = isinstance(self.max_failed, float) and self.max_failed <= 1.0
        return failed > (self.max_failed * total if share else self.max_failed)

    def may_adopt(self, item: Item) -> bool:
        """Return whether a callback may settle an item's submission in doubt."""
        return bool(item.known().entry.nonce) and self.adopt_from_callback

    def purchase_of(self, item: Item, journal: ItemJournal | DoubtJournal) -> ItemPurchase:
        """Return what an item buys."""
        return ItemPurchase(
            self.completion,
            self.inputs_of(item),
            journal,  # type: ignore[arg-type]  # what a purchase asks of one
            self.results_of(item),
            self.terms,
            self.clock,
            item,
        )

    def results_of(self, item: Item) -> Results:
        """Return where an item's result goes."""
        request = self.request_of(item)
        outputs = replace(
            self.outputs,
            kind=request.kind,
            operation=request.operation,
            output_name=item.row.output_name,
            consent_reference=item.row.consent_reference,
        )
        made_from = item.made_from or self.inputs_of(item).described
        return Results(outputs, self.completion, self.terms.timeout, made_from=made_from)

    def inputs_of(self, item: Item) -> ItemInputs:
        """Return what an item is made from."""
        row = item.row
        return ItemInputs(
            provider=self.provider,
            endpoint=row.endpoint,
            request_class=self.request_of(item),
            fields=row.fields,
            settings=self.completion.hook.settings,
            own_names=row.own_names,
            idempotency_key=row.idempotency_key,
            presign_seconds=self.presign_seconds,
            check_limits=self.check_inputs,
            find_source=self._sources.find,
            key=item.key,
        )
