"""The chains that a sandbox keeps, one a notebook: states that are soon made again go first."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from grader.sandbox import budget, policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from grader.sandbox.chain import Chain
    from grader.sandbox.forkserver import ForkServer
    from grader.sandbox.job import Job

LOOK_SECONDS: Final = 15.0
"""How often idle chains are looked for."""


@dataclass
class Kept:
    """A chain at rest, and what it was made for.

    Attributes:
        chain: its processes.
        surroundings: everything but the cells that its states depend on.
        used_at: when a run last used it.
        bytes: what it uses.
        is_thin: whether it has no states any more that are soon made again.
    """

    chain: Chain
    surroundings: bytes
    used_at: float = 0.0
    bytes: int = 0
    is_thin: bool = False


class Turn:
    """One run's turn with the chain of its notebook; nobody else has it meanwhile."""

    def __init__(self, found: Kept | None, surroundings: bytes) -> None:
        self._kept = found
        self._surroundings = surroundings

    def chain(self, server: ForkServer, make: Callable[[], Chain]) -> Chain:
        """Return the notebook's chain if it still fits, or a new one."""
        kept = self._kept
        if kept is not None:
            fits = kept.surroundings == self._surroundings and kept.chain.server is server
            if fits and kept.chain.alive:
                return kept.chain
            self.drop()
        self._kept = Kept(make(), self._surroundings)
        return self._kept.chain

    @property
    def kept(self) -> Kept | None:
        """What is to be put back."""
        return self._kept

    def drop(self) -> None:
        """End the chain; the next run begins from the top."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.chain.close()


class Chains:
    """Keeps chains between runs, within a budget of memory and for some minutes."""

    def __init__(self, *, memory_bytes: int, idle_seconds: float = policy.IDLE_SECONDS) -> None:
        self._memory_bytes = memory_bytes
        self._idle_seconds = idle_seconds
        self._descriptors = budget.checkpoint_descriptors()
        self._kept: dict[str, Kept] = {}
        self._busy: set[str] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def names(self) -> list[str]:
        """Return the names of the chains at rest, the least recently used first."""
        with self._changed:
            return sorted(self._kept, key=lambda name: self._kept[name].used_at)

    def usage(self) -> dict[str, tuple[int, int]]:
        """Return how many checkpoints each chain at rest has, and their memory in bytes."""
        with self._changed:
            return {
                name: (len(kept.chain.checkpoints), kept.chain.memory.used_bytes())
                for name, kept in self._kept.items()
            }

    @contextlib.contextmanager
    def turn(self, job: Job, data: Mapping[str, bytes], *, wait: float) -> Iterator[Turn | None]:
        """Give a run the chain of its notebook; None when another still has it after `wait`."""
        name = job.chain or ""
        with self._changed:
            if not self._changed.wait_for(lambda: name not in self._busy, wait) or self._closed:
                turn = None
            else:
                self._busy.add(name)
                turn = Turn(self._kept.pop(name, None), surroundings(job, data))
        if turn is None:
            yield None
            return
        try:
            yield turn
        finally:
            self._put_back(name, turn)

    def _put_back(self, name: str, turn: Turn) -> None:
        kept = turn.kept
        if kept is not None and not (kept.chain.alive and kept.chain.checkpoints):
            turn.drop()
            kept = None
        if kept is not None:
            kept.used_at = time.monotonic()
            kept.is_thin = False
            kept.bytes = kept.chain.memory.used_bytes()
        self._rest(name, kept)
        while self._give_up():
            pass

    def _rest(self, name: str, kept: Kept | None) -> None:
        """Let others have a chain again, or end it when nobody will."""
        with self._changed:
            self._busy.discard(name)
            if kept is not None and not self._closed:
                self._kept[name] = kept
                kept = None
                self._watch()
            self._changed.notify_all()
        if kept is not None:
            kept.chain.close()

    def _give_up(self) -> bool:
        """Give up some states if there are too many; False when there are not.

        First go states that are soon made again, of the chain that was least recently used; when
        all chains are without those, the chain itself.
        """
        with self._changed:
            if not self._is_too_much():
                return False
            full = [name for name, kept in self._kept.items() if not kept.is_thin]
            name = min(full or self._kept, key=lambda name: self._kept[name].used_at)
            kept = self._kept.pop(name)
            self._busy.add(name)
        if full:
            while kept.chain.thin(policy.CHEAP_SECONDS):
                pass
            kept.is_thin = True
            kept.bytes = kept.chain.memory.used_bytes()
            self._rest(name, kept)
        else:
            kept.chain.close()
            self._rest(name, None)
        return True

    def _is_too_much(self) -> bool:
        """Whether the chains at rest exceed a bound; the caller holds the lock."""
        if not self._kept:
            return False
        checkpoints = sum(len(kept.chain.checkpoints) for kept in self._kept.values())
        descriptors = checkpoints * policy.CHECKPOINT_DESCRIPTORS
        descriptors += len(self._kept) * policy.CHAIN_DESCRIPTORS
        used = sum(kept.bytes for kept in self._kept.values())
        return used > self._memory_bytes or descriptors > self._descriptors

    def _watch(self) -> None:
        """End idle chains from another thread; the caller holds the lock."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._end_idle, name="chains", daemon=True)
            self._thread.start()

    def _end_idle(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed, min(LOOK_SECONDS, self._idle_seconds))
                if self._closed or not self._kept:
                    self._thread = None
                    return
                before = time.monotonic() - self._idle_seconds
                idle = [name for name, kept in self._kept.items() if kept.used_at < before]
                ended = [self._kept.pop(name) for name in idle]
            for kept in ended:
                kept.chain.close()

    def drop_server(self, server: ForkServer) -> None:
        """End the chains that a server has forked."""
        with self._changed:
            names = [name for name, kept in self._kept.items() if kept.chain.server is server]
            ended = [self._kept.pop(name) for name in names]
        for kept in ended:
            kept.chain.close()

    def close(self) -> None:
        """End all chains, and those that come back later."""
        with self._changed:
            self._closed = True
            ended = list(self._kept.values())
            self._kept.clear()
            self._changed.notify_all()
        for kept in ended:
            kept.chain.close()


def surroundings(job: Job, data: Mapping[str, bytes]) -> bytes:
    """Return a digest of what the states of a job's cells depend on, besides the cells."""
    digest = hashlib.blake2b()
    facts = (job.parameters, job.parameters_cells, job.written, job.limits)
    digest.update(repr(facts).encode())
    for name in sorted(data):
        digest.update(f"{len(name)}:{name}:{len(data[name])}:".encode())
        digest.update(data[name])
    return digest.digest()
