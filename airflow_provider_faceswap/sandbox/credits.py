"""What each vendor's account holds."""

from __future__ import annotations

from collections.abc import Mapping


class NoCredits(Exception):
    """The account holds less than the price.

    :param left: what it holds.
    :param price: what was asked.
    """

    def __init__(self, left: float, price: float) -> None:
        super().__init__(f"{left} left, {price} needed")
        self.left = left
        self.price = price


class Credits:
    """The accounts of one sandbox.

    :param start: what each vendor's account holds at the start.
    """

    def __init__(self, start: Mapping[str, float]) -> None:
        self._start = dict(start)
        self._left = dict(start)

    def reset(self) -> None:
        """Go back to the start."""
        self._left = dict(self._start)

    def left(self, vendor: str) -> float:
        """What a vendor's account holds."""
        return self._left[vendor]

    def put(self, vendor: str, amount: float) -> None:
        """Let an account hold so much."""
        self._left[vendor] = amount

    def charge(self, vendor: str, price: float) -> None:
        """Take the price of a submission, or raise :exc:`NoCredits`."""
        if self._left[vendor] < price:
            raise NoCredits(self._left[vendor], price)
        # Prices of a fraction of a credit must not leave 0.9960000000000001 behind.
        self._left[vendor] = round(self._left[vendor] - price, 6)

    def give_back(self, vendor: str, price: float) -> None:
        """Undo a charge."""
        self._left[vendor] = round(self._left[vendor] + price, 6)

    def listing(self) -> dict[str, float]:
        """What every account holds."""
        return dict(self._left)
