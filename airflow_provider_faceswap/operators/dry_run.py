"""Airflow's ``dry_run()``: the call and its price are logged, and nothing is sent, signed or spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk.types import Logger


class WithDryRun:
    """Gives an operator its ``dry_run``."""

    if TYPE_CHECKING:

        @property
        def log(self) -> Logger:
            """Airflow's."""

    def dry_run(self) -> None:
        """
        Log what would be sent, with the key as ``***``, and what it costs where that is known.

        It reads the connection, and the list of a batch, and asks nobody else. Templates are shown as they
        are; call ``render_template_fields`` before it to have them rendered.

        :raises AirflowFailException: if the task would fail before it sends anything.
        """
        from airflow_provider_faceswap.execution.airflow_errors import translated
        from airflow_provider_faceswap.operators.calls import describe

        with translated(""):
            for line in describe(self):
                self.log.info(line)
