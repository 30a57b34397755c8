"""What the model server counts, in a registry of its own, for `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """One set for each app, so that two apps in one process (tests) do not add up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "seekframe_model_requests", "Requests answered", ["endpoint", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "seekframe_model_request_seconds",
            "From first byte to answer",
            ["endpoint"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.run_seconds = Histogram(
            "seekframe_model_run_seconds",
            "Within the model, one run",
            ["method"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.batch = Histogram(
            "seekframe_model_batch_size",
            "Texts, clips or embeddings in one run of the model",
            ["method"],
            buckets=SIZES,
            registry=self.registry,
        )
        self.waiting = Gauge(
            "seekframe_model_queue_depth", "Texts or requests that wait or run", ["method"], registry=self.registry
        )
        self.errors = Counter(
            "seekframe_model_errors", "Runs of the model that failed", ["method"], registry=self.registry
        )
        self.cached = Counter("seekframe_model_cached_texts", "Texts answered from memory", registry=self.registry)

    def text(self) -> bytes:
        return generate_latest(self.registry)
