"""Every order in which tasks can take turns at a folder, one call of the store at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow_provider_faceswap.storage.places import Place


class Died(BaseException):
    """The task's process is gone."""


class MemoryPlace(Place):
    """A folder in memory; ``before`` is called ahead of each operation, ``seen`` is what they returned."""

    url = "s3://bucket/out/_faceswap"

    def __init__(self, files: dict[str, bytes], before: Callable[[str, str], None] = lambda *_: None) -> None:
        self.files = files
        self.before = before
        self.seen: list[Any] = []

    def prepare(self) -> None:
        pass

    def names(self, prefix: str) -> list[str]:
        raise NotImplementedError

    def sizes(self) -> dict[str, int]:
        raise NotImplementedError

    def there(self, name: str, *longer: str) -> set[str]:
        raise NotImplementedError

    def exists(self, name: str) -> bool:
        raise NotImplementedError

    def size(self, name: str) -> int | None:
        raise NotImplementedError

    def open(self, name: str) -> Any:
        raise NotImplementedError

    def put(self, name: str, source: Any, size: int) -> None:
        raise NotImplementedError

    def scratch(self) -> Any:
        raise NotImplementedError

    def take(self, name: str, local: Path, size: int) -> None:
        raise NotImplementedError

    def read(self, name: str, most: int) -> bytes:
        self.before("read", name)
        self.seen.append(self.files.get(name))
        if name not in self.files:
            raise FileNotFoundError(name)
        return self.files[name][:most]

    def create(self, name: str, content: bytes) -> bool:
        self.before("create", name)
        self.seen.append(name not in self.files)
        self.files.setdefault(name, content)
        return bool(self.seen[-1])

    def write(self, name: str, content: bytes) -> None:
        self.before("write", name)
        self.seen.append("written")
        self.files[name] = content

    def remove(self, name: str) -> None:
        self.before("remove", name)
        self.seen.append("removed")
        self.files.pop(name, None)


class Actor:
    """A task in a thread of its own, which stops ahead of each operation until it is told to go on."""

    def __init__(self, name: str, run: Callable[[MemoryPlace], Any], files: dict[str, bytes]) -> None:
        self.place = MemoryPlace(files, self._wait)
        self.outcome: Any = None
        self.dies = False
        self._turn, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._main, args=(run,), name=name)
        self._thread.start()
        self._stopped.acquire()

    @property
    def running(self) -> bool:
        return self.outcome is None

    def step(self) -> None:
        self._turn.release()
        self._stopped.acquire()

    def die(self) -> None:
        self.dies = True
        self.step()
        self._thread.join()

    def _wait(self, what: str, name: str) -> None:
        self._stopped.release()
        self._turn.acquire()
        if self.dies:
            raise Died

    def _main(self, run: Callable[[MemoryPlace], Any]) -> None:
        try:
            self.outcome = run(self.place)
        except BaseException as error:
            self.outcome = error
        self._stopped.release()


def every_order(
    files: Mapping[str, bytes],
    tasks: Sequence[Callable[[MemoryPlace], Any]],
    check: Callable[[list[Any], dict[str, bytes], str], None],
    deaths: Sequence[int] = (),
    on_start: Callable[[], None] = lambda: None,
    on_death: Callable[[int], None] = lambda _: None,
) -> int:
    """
    Run tasks in every order of their operations, and check each state that is reached.

    A task must do the same again where the store answers the same: states that were reached are not gone
    through again.

    :param check: is given the outcomes (None: still running), the files and the order.
    :param deaths: indexes of the tasks that may die, at any step.
    :return: the number of states.
    """
    reached: set[Any] = set()
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        order = waiting.pop()
        on_start()
        kept = dict(files)
        actors = [Actor(f"task {index}", task, kept) for index, task in enumerate(tasks)]
        try:
            for move in order:
                _move(actors, move, on_death)
            state = (frozenset(kept.items()), *((tuple(a.place.seen), a.dies, a.running) for a in actors))
            if state not in reached:
                reached.add(state)
                check([actor.outcome for actor in actors], kept, " ".join(order))
                going = [index for index, actor in enumerate(actors) if actor.running]
                waiting += [(*order, f"{index}") for index in going]
                waiting += [(*order, f"{index}!") for index in going if index in deaths]
        finally:
            for actor in actors:
                if actor.running:
                    actor.die()
    return len(reached)


def _move(actors: list[Actor], move: str, on_death: Callable[[int], None]) -> None:
    index = int(move.rstrip("!"))
    if move.endswith("!"):
        on_death(index)
        actors[index].die()
    else:
        actors[index].step()
