"""What operators watch, in Prometheus' words."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("weft_requests", "HTTP requests.", ["method", "route", "status"])
LATENCY = Histogram(
    "weft_request_seconds",
    "Time to answer an HTTP request.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
INDEX_FAULTS = Counter("weft_index_faults", "Index builds that could not be loaded.")
ENQUEUE_FAULTS = Counter("weft_enqueue_faults", "Messages the broker did not take; swept later.")
