"""Which request goes wrong: by rate, by turn or a number of times."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from airflow_provider_faceswap.sandbox.faults.fault import Fault, Place


@dataclass
class _Rule:
    fault: Fault
    seen: int = 0
    strikes: dict[str, int] = field(default_factory=dict)

    def applies_to(self, on: Place, operation: str | None, inputs: str) -> bool:
        fault = self.fault
        return (
            fault.on == on
            and fault.operation in (None, operation)
            and (fault.input_has is None or fault.input_has in inputs)
        )

    def strikes_now(self, file: str, dice: random.Random) -> bool:
        fault = self.fault
        self.seen += 1
        if fault.times is not None and self.strikes.get(file, 0) >= fault.times:
            return False
        if fault.every is not None and self.seen % fault.every:
            return False
        return fault.rate is None or dice.random() < fault.rate


class FaultRules:
    """The faults in force; each request is checked against them once."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._random = random.Random(seed)
        self._rules: list[_Rule] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._rules.append(_Rule(fault))

    def clear(self) -> None:
        """Remove all faults, and seed the dice again."""
        self._rules.clear()
        self._random = random.Random(self._seed)

    def listing(self) -> list[dict[str, object]]:
        """Return the faults in force and how often each has struck."""
        return [
            rule.fault.model_dump(exclude_unset=True) | {"strikes": sum(rule.strikes.values())}
            for rule in self._rules
        ]

    def pick(
        self, on: Place, operation: str | None = None, file: str = "", *, inputs: str = ""
    ) -> Fault | None:
        """
        Return the fault for this request, if any.

        :param on: the kind of request.
        :param operation: the operation, if it is known.
        :param file: the file that is read, on ``media``.
        :param inputs: what was submitted, as one text.
        """
        for rule in self._rules:
            if rule.applies_to(on, operation, inputs) and rule.strikes_now(file, self._random):
                rule.strikes[file] = rule.strikes.get(file, 0) + 1
                return rule.fault
        return None
