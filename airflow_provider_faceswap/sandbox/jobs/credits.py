"""The credits of the account at each vendor."""

from __future__ import annotations

from collections.abc import Mapping


class NoCredits(Exception):
    """The account has fewer credits than the price."""


class Credits:
    """
    The accounts of one sandbox.

    :param start: the credits of each vendor's account at the start.
    """

    def __init__(self, start: Mapping[str, float]) -> None:
        self._start = dict(start)
        self._left = dict(start)

    def reset(self) -> None:
        """Go back to the start."""
        self._left = dict(self._start)

    def left(self, vendor: str) -> float:
        """Return the credits of a vendor's account."""
        return self._left[vendor]

    def set(self, vendor: str, amount: float) -> None:
        """Set the credits of a vendor's account."""
        self._left[vendor] = amount

    def charge(self, vendor: str, price: float) -> None:
        """Take the price of a submission, or raise :exc:`NoCredits`."""
        if self._left[vendor] < price:
            raise NoCredits(f"{self._left[vendor]} left, {price} needed")
        # Prices of a fraction of a credit must not leave 0.9960000000000001 behind.
        self._left[vendor] = round(self._left[vendor] - price, 6)

    def refund(self, vendor: str, price: float) -> None:
        """Undo a charge."""
        self._left[vendor] = round(self._left[vendor] + price, 6)

    def listing(self) -> dict[str, float]:
        """Return the credits of every account."""
        return dict(self._left)
