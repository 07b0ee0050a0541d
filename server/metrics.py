"""Counts and durations for Prometheus, in a registry of our own."""

import os
from collections.abc import Callable, Mapping
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import (
    MultiProcessCollector,
    mark_process_dead,  # pyright: ignore[reportUnknownVariableType]
)
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from commerce.outbox import Topic

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where several workers share their figures; the library reads it when it is imported, so the command line sets it."""

STATUSES = ("queued", "picked", "failed")
"""What may be the matter with an event in the queue."""

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """
    The figures of one worker.

    Every label takes few values that we chose, so that no client can fill the memory and none says who asked.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        if not self._is_shared:
            ProcessCollector(registry=self._registry)
            PlatformCollector(registry=self._registry)
        self.requests = Counter(
            "avow_requests", "Requests to the GraphQL endpoint.", ["kind", "status"], registry=self._registry
        )
        self.cost = Counter("avow_operation_cost", "What operations have cost.", ["kind"], registry=self._registry)
        self.executions = Counter(
            "avow_executions",
            "Operations by how they were run: by plan, or by stock execution for a reason.",
            ["by", "reason"],
            registry=self._registry,
        )
        self.errors = Counter("avow_errors", "Errors in answers, by their code.", ["code"], registry=self._registry)
        self.seconds = Histogram(
            "avow_request_seconds",
            "From the end of a request's headers to its answer.",
            ["kind"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.running = Gauge(
            "avow_requests_running",
            "Requests that are being answered.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._streams = Gauge(
            "avow_streams_running", "Subscriptions that are open.", registry=self._registry, multiprocess_mode="livesum"
        )
        self._streamed = Counter(
            "avow_streams", "Subscriptions that have ended, by how.", ["end"], registry=self._registry
        )
        self._streamed_events = Counter("avow_stream_events", "Events that were sent.", registry=self._registry)
        self._searches_dropped = Counter(
            "avow_searches_dropped",
            "Searches that are not kept, because too many waited or they could not be written.",
            registry=self._registry,
        )
        self._events = Gauge(
            "avow_jobs",
            "Events that were queued, by topic and status.",
            ["topic", "status"],
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        self._documents = Gauge(
            "avow_documents_bytes",
            "About what the kept documents take in memory.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._weigh_documents: Callable[[], int] | None = None
        # Each is looked up once: the library checks the labels under a lock each time.
        self._request = cache(self.requests.labels)
        self._seconds_of = cache(self.seconds.labels)
        self._error = cache(self.errors.labels)
        self._cost_of = cache(self.cost.labels)
        self._execution = cache(self.executions.labels)

    @property
    def _is_shared(self) -> bool:
        return FOLDER_VARIABLE in os.environ

    def count_events(self, backlog: Mapping[tuple[str, str], int]) -> None:
        """Report how many events there are, by topic and status."""
        # All there can be: those that are gone would otherwise keep their last number, in shared files for ever.
        for topic in Topic:
            for status in STATUSES:
                self._events.labels(topic, status).set(backlog.get((topic, status), 0))

    def executed(self, reason: str | None) -> None:
        """Count an operation that was run by plan, or by stock execution for a reason."""
        self._execution("plan" if reason is None else "stock", reason or "").inc()

    def answered(self, kind: str, status: str, seconds: float, code: str | None) -> None:
        """
        Count a request that was answered.

        Args:
            kind: Of its operation.
            status: Of the answer.
            seconds: How long it took.
            code: Of the error that it tells of, if it does.
        """
        self._request(kind, status).inc()
        self._seconds_of(kind).observe(seconds)
        if code is not None:
            self._error(code).inc()

    def charged(self, kind: str, cost: int) -> None:
        """Count what an operation has cost."""
        self._cost_of(kind).inc(cost)

    def streaming(self, count: int) -> None:
        """Report how many subscriptions are open."""
        self._streams.set(count)

    def streamed(self, end: str, events: int) -> None:
        """
        Count a subscription that has ended.

        Args:
            end: How: in a word of ours, or by the code of an error.
            events: How many events were sent.
        """
        self._streamed.labels(end).inc()
        self._streamed_events.inc(events)

    def drop_searches(self, count: int) -> None:
        """Count searches that are not kept."""
        self._searches_dropped.inc(count)

    def watch_documents(self, weigh: Callable[[], int]) -> None:
        """Report the weight of the kept documents at each look."""
        self._weigh_documents = weigh

    def render(self) -> tuple[bytes, str]:
        """Give the figures of all workers as text, and its media type."""
        if self._weigh_documents:
            self._documents.set(self._weigh_documents())
        registry = self._registry
        if self._is_shared:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def close(self) -> None:
        """Take this worker's share out of the sums that count only living workers."""
        if self._is_shared:
            forget(os.getpid())


def forget(pid: int) -> None:
    """Take a worker out of the sums that count living workers only; one that was killed cannot do so itself."""
    mark_process_dead(pid)
