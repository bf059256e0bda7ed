#!/usr/bin/python3
"""check.py: read what `run milter --json' printed, and see that nothing is
missing and every figure is a number that can be true."""

import itertools
import json
import sys

MILTER_BENCHES = ("sign-4k", "sign-100k", "verify-dkim-4k", "verify-dkim-100k")
PROGRAMS = ("mailreeve", "empty", "empty-field", "opendkim")
FIGURES = ("messages", "rate", "p50_ms", "p99_ms", "cpu_us", "rss_kb")
KINDS = ("text", "base64", "html", "blanks")


def wanted():
    """Every line that must be there, as (bench, program, ...)."""
    for bench in MILTER_BENCHES:
        for program, connections, per in itertools.product(
                PROGRAMS, (1, 10), (1, 10)):
            yield (bench, program, "warning", connections, per)
        for program in ("mailreeve", "opendkim"):
            yield (bench, program, "info", 10, 10)
    for program, kind, canon in itertools.product(
            ("mailreeve", "libopendkim"), KINDS, ("simple", "relaxed")):
        yield ("body-hash", program, kind, canon)


def name(line):
    if line["bench"] == "body-hash":
        return ("body-hash", line["program"], line["kind"],
                line["canonicalization"])
    return (line["bench"], line["program"], line["log"], line["connections"],
            line["per_connection"])


def problems(lines):
    measured = [line for line in lines
                if "rate" in line or "gb_s" in line]
    ratios = [line for line in lines if "ratio" in line]
    found = [name(line) for line in measured]
    for one in wanted():
        if found.count(one) != 1:
            yield f"{one}: {found.count(one)} lines"
    for line in measured:
        figures = FIGURES if "rate" in line else ("gb_s",)
        for figure in figures:
            if not line.get(figure, 0) > 0:
                yield f"{name(line)}: {figure} is {line.get(figure)}"
        if "rate" in line and line["p50_ms"] > line["p99_ms"]:
            yield f"{name(line)}: p50 is above p99"
    # Five comparisons for each number of connections, and four bodies.
    if len(ratios) != 5 * 4 + len(KINDS):
        yield f"{len(ratios)} ratios"
    for line in ratios:
        if not (0 < line["lowest"] <= line["ratio"] <= line["highest"]
                and ("target" in line) == ("met" in line)):
            yield f"a bad ratio: {line}"


def main():
    lines = [json.loads(line) for line in sys.stdin]
    bad = list(problems(lines))
    for problem in bad:
        print(problem)
    print(f"{len(lines)} lines")
    sys.exit(1 if bad else 0)


main()
