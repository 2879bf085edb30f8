"""Policies for what is submitted from now on: the newest one that matches decides."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field


class Policy(BaseModel):
    """
    Something that holds for some submissions.

    :param operation: for this operation; ``None`` for all.
    :param input_has: for submissions with this text in an input; ``None`` for all.
    :param times: for this number of submissions; ``None`` for all that follow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: str | None = None
    input_has: str | None = None
    times: int | None = Field(default=None, ge=1)


AnyPolicy = TypeVar("AnyPolicy", bound=Policy)


class Policies(Generic[AnyPolicy]):
    """The policies in force."""

    def __init__(self) -> None:
        self._policies: list[tuple[AnyPolicy, int | None]] = []

    def add(self, policy: AnyPolicy) -> None:
        """Put a policy in force, ahead of all others."""
        if policy.operation is None and policy.input_has is None and policy.times is None:
            self._policies.clear()
        self._policies.insert(0, (policy, policy.times))

    def clear(self) -> None:
        """Go back to the defaults."""
        self._policies.clear()

    def listing(self) -> list[dict[str, object]]:
        """Return the policies in force; the first one that matches decides."""
        return [policy.model_dump(exclude_unset=True) | {"left": left} for policy, left in self._policies]

    def pick(self, operation: str, inputs: str) -> AnyPolicy | None:
        """
        Return the policy for a submission that is accepted now, if there is one.

        :param operation: the operation.
        :param inputs: its inputs, as one text.
        """
        for index, (policy, left) in enumerate(self._policies):
            if policy.operation not in (None, operation) or (policy.input_has or "") not in inputs:
                continue
            if left == 1:
                del self._policies[index]
            elif left is not None:
                self._policies[index] = (policy, left - 1)
            return policy
        return None
