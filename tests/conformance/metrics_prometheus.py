#!/usr/bin/python3
"""Prometheus' own Python library reads a page of metrics as it was meant.

Usage: metrics_prometheus.py METRICS_PAGE
"""
import subprocess
import sys

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

page = subprocess.run(
    [sys.argv[1]], check=True, stdout=subprocess.PIPE
).stdout.decode("utf-8")
families = {f.name: f for f in text_string_to_metric_families(page)}
values = {
    (s.name, tuple(sorted(s.labels.items()))): s.value
    for f in families.values()
    for s in f.samples
}
failed = 0


def expect(what, found, expected):
    global failed
    if found != expected:
        print(f"{what}: expected {expected!r}, found {found!r}")
        failed = 1


def value(name, **labels):
    return values.get((name, tuple(sorted(labels.items()))))


odd = families["odd_things"]
expect("type", odd.type, "counter")
expect("help", odd.documentation, 'A "quote", a \\, a line\nend.')
for number, word in enumerate(['a"b\\c\nd', "\u00e9", ""]):
    expect(repr(word), value("odd_things_total", odd=word), 7.0 + number)
expect("histogram", families["odd_seconds"].type, "histogram")
for bound, count in ("0.0005", 1), ("1", 1), ("2.5", 2), ("+Inf", 3):
    expect(bound, value("odd_seconds_bucket", le=bound), count)
expect("sum", value("odd_seconds_sum"), 11.00025)
expect("count", value("odd_seconds_count"), 3.0)
expect(
    "errors", value("mailreeve_milter_log_events_total", level="error"), 3.0
)
expect("start", value("process_start_time_seconds"), 1795000000.0)
expect(
    "samples",
    len(values),
    sum(1 for line in page.splitlines() if not line.startswith("#")),
)
expect("families", len(families), page.count("# TYPE "))
for family in families.values():
    if family.type not in ("counter", "gauge", "histogram"):
        expect(family.name, family.type, "a type")
print(f"{len(families)} families, {len(values)} samples")
sys.exit(failed)
