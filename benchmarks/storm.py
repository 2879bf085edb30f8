"""
How many requests a thousand triggers send to a vendor that refuses every one of them.

Run ``python -m benchmarks.storm``. Four stand-in vendors at a time: the first tells "processing" and is
looked at by the same triggers without an eta, for comparison; one refuses the key; one says 429; one says
429 and when to come back. The columns are requests a second, in windows from the start on.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import ExitStack

from rich.console import Console
from rich.table import Table

from benchmarks.loop import connect, measuring, run_triggers, silence
from benchmarks.vendor import REPLIES, counts, vendor

TRIGGERS, SECONDS, WINDOW = 1000, 45.0, 5.0


async def storm() -> float:
    """Run the triggers of all vendors in one loop; return its longest block."""
    async with measuring() as found:
        await asyncio.gather(*(run_triggers(TRIGGERS, SECONDS, _conn_id(reply)) for reply in REPLIES))
    return found.blocked


def _conn_id(reply: str) -> str:
    return "storm_" + reply.replace("-", "_")


def main() -> None:
    """Print the table."""
    silence()
    windows = [int(index * WINDOW) for index in range(int(SECONDS / WINDOW))]
    table = Table("the vendor says", *(f"{start} s" for start in windows), "per trigger")
    with ExitStack() as stack:
        urls = {reply: stack.enter_context(vendor(reply)) for reply in REPLIES}
        for reply, url in urls.items():
            connect(url, _conn_id(reply))
        started = time.time()
        blocked = asyncio.run(storm())
        for reply, url in urls.items():
            arrivals = counts(url)["arrivals"]
            per_window = Counter(int((at - started) / WINDOW) for at in arrivals)
            rates = (f"{per_window[index] / WINDOW:.0f}" for index in range(len(windows)))
            table.add_row(reply, *rates, f"{len(arrivals) / TRIGGERS:.2f}")
    console = Console(width=120)
    console.print(table)
    console.print(
        f"{TRIGGERS} triggers each, all in one loop, which was blocked {1000 * blocked:.0f} ms at most"
    )


if __name__ == "__main__":
    main()
