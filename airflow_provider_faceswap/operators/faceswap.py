"""One operator for all vendors: face, target and reference, by whichever vendor the connection names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.exceptions import InputError, JournalError
from airflow_provider_faceswap.operators.arguments import as_text, check_choice
from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.called_back import CalledBackOperator

if TYPE_CHECKING:
    from os import PathLike

    from airflow.sdk import Context, ObjectStoragePath

    from airflow_provider_faceswap.apis.kind import Kind
    from airflow_provider_faceswap.apis.vocabulary import Choice
    from airflow_provider_faceswap.execution.attempt import Attempt
    from airflow_provider_faceswap.execution.outcome import Outcome
    from airflow_provider_faceswap.execution.pause import Refusals
    from airflow_provider_faceswap.journal.entry import Entry
    from airflow_provider_faceswap.journal.store import Journal

    Medium = str | PathLike[str] | ObjectStoragePath

_PARTS = ("face", "target", "reference")


class FaceSwapOperator(CalledBackOperator):
    """
    Swap the face of a picture or a clip by any vendor.

    The connection's type names the vendor, and what is given names its operation: another ``conn_id`` moves a
    Dag to another vendor. Media are given as URL, as path in object storage or on local disk, or, for
    pictures, as base64 text.

    :param conn_id: a connection of type ``modelslab``, ``segmind`` or ``aifaceswap``.
    :param face: a picture of the new face.
    :param target: the picture or clip to edit.
    :param reference: a picture of the face in ``target`` that is replaced; None for the largest, or all, as
        the vendor's operation has it.
    :param kind: ``image`` or ``video``; None to go by the suffix of ``target``, else by its first bytes.
    :param options: the operation's further fields, by the vendor's names.
    :param use_callback: for a vendor that is polled and can call back (ModelsLab): let it call back to say
        when to poll; see ``docs/callbacks.md``.
    :param max_cost: what the call may cost by the vendor's price list, where it has one; a call that costs
        more is refused before it is paid.
    """

    inputs = (*_PARTS, "kind", "options")
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(
        self,
        *,
        conn_id: str,
        face: Medium,
        target: Medium,
        reference: Medium | None = None,
        kind: str | None = None,
        options: dict[str, Any] | None = None,
        use_callback: bool = False,
        max_cost: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.face = as_text(face)
        self.target = as_text(target)
        self.reference = as_text(reference)
        self.kind = kind
        self.options = options
        self.use_callback = use_callback
        self.max_cost = max_cost
        self._resumes_a_job = False

    @cached_property
    def provider(self) -> str:  # type: ignore[override]
        """The vendor's connection type, which is that of the connection."""
        from airflow_provider_faceswap.hooks import provider_of

        return provider_of(self.conn_id)

    @property
    def operation(self) -> str:  # type: ignore[override]
        """The vendor's name of the operation."""
        return self.request_class.operation

    @property
    def endpoint(self) -> str:
        """The operation's key among the vendor's."""
        return self._choice.endpoint

    def fields(self) -> dict[str, Any]:
        """Return the operation's fields by the vendor's names, as they were given."""
        return dict(self._choice.fields)

    def own_names(self) -> dict[str, Any]:
        """Return the media by the names that they have here."""
        return {name: value for name in _PARTS if not is_blank(value := getattr(self, name))}

    def execute_complete(
        self, context: Context, event: Any, submission: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Poll the job again after its trigger fired, and collect its result."""
        self._resumes_a_job = True
        return super().execute_complete(context, event, submission)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Poll once more where Airflow ended the deferral by itself: the job may be done and is paid."""
        self._resumes_a_job = next_method != "execute_again"
        return super().resume_execution(next_method, next_kwargs, context)

    def _run(
        self, context: Context, step: Callable[[Attempt], Outcome], refusals: Refusals | None = None
    ) -> dict[str, Any]:
        from airflow_provider_faceswap.execution.airflow_errors import translated
        from airflow_provider_faceswap.journal.store import Journal

        for found in ("provider", "hook", "completion"):  # dag.test() resumes the same object
            self.__dict__.pop(found, None)
        journal = Journal(context)
        with translated(""):
            provider = self.provider
        with translated(provider, retry_buys=not journal.durable):
            self._choose(journal)
        try:
            return super()._run(context, step, refusals)
        except InputError as error:
            raise self._by_part(error) from None

    def _by_part(self, error: InputError) -> Exception:
        """Return an error about a field that names the part as well."""
        from airflow.sdk.exceptions import AirflowFailException

        from airflow_provider_faceswap.apis.vocabulary import part_of
        from airflow_provider_faceswap.execution.airflow_errors import as_airflow

        part = part_of(self.request_class, error.field)
        if part is None or part == error.field:
            return error
        words = InputError(f"{part} ({error.field})", str(error).removeprefix(f"{error.field}: "))
        words.__dict__.update({**error.__dict__, "field": words.field})
        return as_airflow(words, AirflowFailException)

    def _check(self) -> None:
        if self.request_class.answers_at_once and not self.output_path:
            title = vendor(self.provider).title
            raise InputError(
                "output_path", f"is required: {title}'s {self.operation} answers with the result itself"
            )
        super()._check()

    def _choose(self, journal: Journal) -> None:
        """Find out at each start, on the worker, what is bought where."""
        entry = journal.load()
        self._check_vendor(entry, journal)
        bought = self._bought(entry)
        try:
            choice = self._chosen(entry)
        except InputError:
            if bought is None:
                raise
            choice = bought  # the journal knows better than to lose a paid job for what renders otherwise now
        # A job that was waited for is what it was bought as, whatever the arguments say meanwhile.
        self._choice: Choice = bought if bought and self._resumes_a_job else choice
        self._resumes_a_job = False

    def _chosen(self, entry: Entry | None) -> Choice:
        from airflow_provider_faceswap.apis.vocabulary import choose

        parts = self._parts()
        return choose(vendor(self.provider), self._kind(parts["target"], entry), parts, self._options())

    def _bought(self, entry: Entry | None) -> Choice | None:
        """Return the operation of the job that the journal names, if any; its fields are not kept."""
        from airflow_provider_faceswap.apis.vocabulary import Choice

        if entry is None or not entry.job_id:
            return None
        known = [
            endpoint
            for endpoint, request in vendor(self.provider).operations.items()
            if request.operation == entry.operation and not request.answers_at_once
        ]
        return Choice(known[0], {}) if known else None

    def _check_vendor(self, entry: Entry | None, journal: Journal) -> None:
        """Take no other vendor's job for the one that was bought, and buy none beside it."""
        from airflow_provider_faceswap.execution.collector import about
        from airflow_provider_faceswap.journal.entry import State

        if entry is None or entry.state in (State.REFUSED, State.FAILED):  # there is nothing to collect
            return
        if entry.provider in ("", self.provider):
            return
        job = f"job {entry.job_id}" if entry.job_id else "a submission without an id"
        error = JournalError(
            f"{job} was bought from {VENDORS.get(entry.provider, entry.provider)}, and connection "
            f"{self.conn_id!r} is of type {self.provider!r}; go back to the former connection and clear the "
            f"task to collect it; {journal.how_to()}"
        )
        raise about(entry, error)

    def _parts(self) -> dict[str, str]:
        given = {}
        for name in _PARTS:
            value = as_text(getattr(self, name))
            if is_blank(value):
                if name != "reference":
                    raise InputError(
                        name, "is required; give a value, or check that its template renders to one"
                    )
            elif not isinstance(value, str):
                raise InputError(
                    name,
                    f"must be one URL, path or base64 text, not {type(value).__name__}; the vendor's own "
                    "operators take several faces",
                )
            else:
                given[name] = value
        return given

    def _options(self) -> Mapping[str, Any]:
        if is_blank(self.options):
            return {}
        if not isinstance(self.options, Mapping):
            raise InputError(
                "options",
                f"must be a dict of the operation's own fields, not {type(self.options).__name__}; a "
                "template renders to one in a Dag with render_template_as_native_obj=True",
            )
        return self.options

    def _kind(self, target: str, entry: Entry | None) -> Kind:
        from airflow_provider_faceswap.apis.vocabulary import KINDS, kind_by_name

        if not is_blank(self.kind):
            chosen: Kind = check_choice("kind", self.kind, KINDS)
            return chosen
        # The target of a job that is bought may be gone, or another one, when its result is collected.
        return kind_by_name(target) or self._kind_of_bought(entry) or self._kind_by_content(target)

    def _kind_by_content(self, target: str) -> Kind:
        from airflow_provider_faceswap.apis.vocabulary import kind_by_content
        from airflow_provider_faceswap.media.clip import first_bytes

        if kind := kind_by_content(first_bytes("target", target, self.hook.settings)):
            return kind
        raise InputError(
            "target",
            "is neither a picture nor a clip by its first bytes; look at what it names, or give "
            "kind='image' or kind='video'",
        )

    def _kind_of_bought(self, entry: Entry | None) -> Kind | None:
        bought = self._bought(entry)
        return vendor(self.provider).submission(bought.endpoint).kind if bought else None
