"""What an item asks for: an operation of the vendor and its fields, by its names or by the common ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.apis.media import slots
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.apis.vocabulary import KINDS, choose, kind_by_name, part_of
from airflow_provider_faceswap.batch.items.checking import check_fields, typed
from airflow_provider_faceswap.batch.items.faults import shown
from airflow_provider_faceswap.batch.items.values import Problems
from airflow_provider_faceswap.exceptions import InputError

_PARTS = ("face", "target", "reference")


@dataclass(frozen=True)
class Fitted:
    """
    An operation and its fields.

    :param endpoint: the operation's key among the vendor's.
    :param fields: by the vendor's names, media as they were given.
    :param own_names: the media by the common names, where those were given.
    """

    endpoint: str
    fields: dict[str, Any]
    own_names: dict[str, Any] = field(default_factory=dict)


class Fitting(ABC):
    """
    Finds an item's operation.

    :param chosen: the vendor.
    """

    def __init__(self, chosen: Vendor) -> None:
        self.chosen = chosen

    @property
    @abstractmethod
    def target(self) -> str:
        """The name that items have for what is edited."""

    @abstractmethod
    def check_common(self, common: Mapping[str, Any]) -> Problems:
        """
        Return what is wrong with what all items share, as far as one item says no more.

        :param common: by the names of the fields.
        """

    @abstractmethod
    def fit(self, given: Mapping[str, Any], cells: frozenset[str], problems: Problems) -> Fitted | None:
        """
        Return an item's operation and fields, checked without any network.

        :param given: the item, with what all items share.
        :param cells: names of those that are cells of a CSV file.
        :param problems: takes up what is wrong.
        :return: None if no operation was found.
        """

    def _checked(
        self, endpoint: str, fields: Mapping[str, Any], cells: frozenset[str], problems: Problems
    ) -> dict[str, Any]:
        request = self.chosen.operations[endpoint]
        found = dict(fields)
        for name in cells & found.keys():
            if isinstance(found[name], str):
                try:
                    found[name] = typed(request, name, found[name])
                except ValueError as problem:
                    problems.append((name, str(problem)))
                    return found
        return check_fields(request, found, problems)


def fitting(provider: str, operation: str | None) -> Fitting:
    """
    Return what finds the operations of a batch's items.

    :param provider: the vendor's connection type.
    :param operation: that all items are for; None where they have the common vocabulary.
    :raises InputError: if the vendor has no such swap.
    """
    chosen = vendor(provider)
    return ByCommonNames(chosen) if is_blank(operation) else ByOwnNames(chosen, operation)


class ByOwnNames(Fitting):
    """
    Items that have the fields of one operation, or of its variants.

    :param chosen: the vendor.
    :param operation: its key among the vendor's.
    :raises InputError: if the vendor has no such swap.
    """

    def __init__(self, chosen: Vendor, operation: Any) -> None:
        super().__init__(chosen)
        swaps = {name: request for name, request in chosen.operations.items() if _target_of(request)}
        if not isinstance(operation, str) or operation not in swaps:
            known = isinstance(operation, str) and operation in chosen.operations
            wrong = (
                "finds faces and swaps none" if known else f"is not one of {chosen.title} that swaps faces"
            )
            raise InputError(
                "operation", f"{str(operation)[:64]!r} {wrong}; a batch takes {', '.join(swaps)}"
            )
        self._endpoint = operation
        self._request = swaps[operation]
        # A name that is not that of a variant leaves the choice to the rows.
        self._open = operation == self._request.operation
        self._variants = {
            name: request
            for name, request in swaps.items()
            if request.operation == self._request.operation and (self._open or name == operation)
        }
        ours = {"webhook"} if self._request.webhook_is_ours else set()
        self._options = {name for request in self._variants.values() for name in request.variant}
        self._known = [name for name in self._request.model_fields if name not in ours]
        self._ours = ours

    @property
    def target(self) -> str:
        """The field of the operation that the target is in."""
        return _target_of(self._request)

    def check_common(self, common: Mapping[str, Any]) -> Problems:
        """Return the names that the operation does not know."""
        return [(shown(name), problem) for name in common if (problem := self._unknown(name))]

    def fit(self, given: Mapping[str, Any], cells: frozenset[str], problems: Problems) -> Fitted | None:
        """Return the variant, and the fields."""
        unknown = {name: problem for name in given if (problem := self._unknown(name))}
        problems += [(shown(name), problem) for name, problem in unknown.items()]
        asked = {name: given[name] for name in given if name in self._options}
        fields = {name: value for name, value in given.items() if name not in {*asked, *unknown}}
        endpoint = self._variant(asked, problems)
        if endpoint is None:
            return None
        return Fitted(endpoint, self._checked(endpoint, fields, cells, problems))

    def _unknown(self, name: str) -> str:
        if name in self._ours:
            return "cannot be given: the vendor posts the result to a URL that the task fills in"
        if name in self._known or name in self._options:
            return ""
        known = ", ".join([*self._known, *sorted(self._options)])
        return f"is not a field of {self._endpoint}, which takes {known}"

    def _variant(self, asked: Mapping[str, Any], problems: Problems) -> str | None:
        if not asked:
            return self._endpoint
        for name, request in self._variants.items():
            if all(request.variant.get(option) == value for option, value in asked.items()):
                return name
        for option in asked:
            values = [repr(request.variant.get(option)) for request in self._variants.values()]
            problems.append((option, f"must be {' or '.join(values)} with operation {self._endpoint!r}"))
        return None


class ByCommonNames(Fitting):
    """Items that have ``face``, ``target`` and perhaps ``reference``, ``kind`` and an operation's options."""

    @property
    def target(self) -> str:
        """The common name of what is edited."""
        return "target"

    def check_common(self, common: Mapping[str, Any]) -> Problems:
        """Return the names that no operation knows: which of them one takes depends on each item."""
        return self._unknown(name for name in common if name not in (*_PARTS, "kind"))

    def _unknown(self, names: Iterable[str]) -> Problems:
        requests = self.chosen.operations.values()
        known = {name for request in requests for name in (*request.model_fields, *request.variant)}
        parts = {
            name: part
            for request in requests
            for name in request.model_fields
            if (part := part_of(request, name))
        }
        title, problems = self.chosen.title, []
        for name in names:
            if name in parts:
                problems.append((name, f"is a name of {title}: give it as {parts[name]}, or set operation"))
            elif name not in known:
                problems.append(
                    (shown(name), f"is not known: give {', '.join(_PARTS)} or an option of {title}")
                )
        return problems

    def fit(self, given: Mapping[str, Any], cells: frozenset[str], problems: Problems) -> Fitted | None:
        """Return the operation that takes what is given."""
        before = len(problems)
        parts = {name: given[name] for name in _PARTS if not is_blank(given.get(name))}
        for name in _PARTS[:2]:
            if name not in parts:
                problems.append((name, "is required; give a URL or a path"))
        if len(problems) > before:  # it may have been given by another name
            problems += self._unknown(name for name in given if name not in (*_PARTS, "kind"))
        for name, value in parts.items():
            if not isinstance(value, str):
                problems.append((name, "must be one URL or path; rows of an operation take several faces"))
        options = {name: value for name, value in given.items() if name not in (*_PARTS, "kind")}
        problems += [(shown(name), "is not a field's name") for name in options if shown(name) != name]
        kind = given.get("kind") if not is_blank(given.get("kind")) else None
        if kind is not None and kind not in KINDS:
            problems.append(("kind", f"must be {' or '.join(map(repr, KINDS))}"))
        if len(problems) > before:
            return None
        kind = kind or kind_by_name(parts["target"])
        if kind is None:
            problems.append(
                ("kind", f"is not clear from the target's name: give kind, {' or '.join(map(repr, KINDS))}")
            )
            return None
        try:
            choice = choose(self.chosen, kind, parts, options)
        except InputError as error:
            words = str(error).removeprefix(f"{error.field}: ")
            problems.append(("" if error.field == "options" else error.field, words))
            return None
        if any(isinstance(value, bytes) for value in choice.fields.values()):
            problems.append(("", "holds the content of a picture; give its path or URL"))
            return None
        found: Problems = []
        fields = self._checked(choice.endpoint, choice.fields, cells, found)
        problems += [
            (_by_part(self.chosen.operations[choice.endpoint], name), words) for name, words in found
        ]
        return Fitted(choice.endpoint, fields, parts)


def _by_part(request: type[Submission], name: str) -> str:
    part = part_of(request, name)
    return f"{part} ({name})" if part and part != name else name


def _target_of(request: type[Submission]) -> str:
    return next((slot.field for slot in slots(request) if slot.media.part == "target"), "")
