#!/usr/bin/python3
"""check.py: read what `run milter --json' printed, and see that nothing is
missing and every figure is a number that can be true."""

import itertools
import json
import sys

SIGN = ("sign-4k", "sign-100k")
VERIFY = ("verify-4k", "verify-4k-cold", "verify-100k", "verify-100k-cold")
FIGURES = ("messages", "rate", "p50_ms", "p99_ms", "cpu_us", "rss_kb")
KINDS = ("text", "base64", "html", "blanks")
# Three comparisons of sign-4k, each for four numbers of connections and
# messages; ten of what verifies, each for two; and two for one.
RATIOS = 3 * 4 + 10 * 2 + 2 + len(KINDS)


def programs(bench):
    yield from ("mailreeve", "empty", "empty-field")
    if not bench.endswith("-cold"):
        yield "opendkim"
    if bench in VERIFY:
        yield from ("opendkim+opendmarc", "rspamd")


def pairs(bench):
    """How many connections, and messages in each."""
    yield (1, 1)
    if bench == "verify-4k-cold":
        yield (10, 1)
    elif bench != "verify-100k-cold":
        yield (10, 10)
    if bench == "sign-4k":
        yield from ((1, 10), (10, 1))


def wanted():
    """Every line that must be there, as (bench, program, ...)."""
    for bench in SIGN + VERIFY:
        for program, pair in itertools.product(programs(bench), pairs(bench)):
            yield (bench, program, "warning", *pair)
        if not bench.endswith("-cold"):
            for program in ("mailreeve", "opendkim"):
                yield (bench, program, "info", 10, 10)
    for program, kind, canon in itertools.product(
            ("mailreeve", "libopendkim"), KINDS, ("simple", "relaxed")):
        yield ("body-hash", program, kind, canon)
    yield ("policies", "mailreeve", "spf")
    yield ("policies", "mailreeve", "dmarc")
    yield ("policies", "libspf2", "spf")


def name(line):
    if line["bench"] == "body-hash":
        return ("body-hash", line["program"], line["kind"],
                line["canonicalization"])
    if line["bench"] == "policies":
        return ("policies", line["program"], line["kind"])
    return (line["bench"], line["program"], line["log"], line["connections"],
            line["per_connection"])


def problems(lines):
    measured = [line for line in lines if "rate" in line or "gb_s" in line
                or line["bench"] == "policies"]
    ratios = [line for line in lines if "ratio" in line]
    found = [name(line) for line in measured]
    for one in wanted():
        if found.count(one) != 1:
            yield f"{one}: {found.count(one)} lines"
    for line in measured:
        figures = (FIGURES if "rate" in line
                   else ("cpu_us",) if line["bench"] == "policies"
                   else ("gb_s",))
        for figure in figures:
            if not line.get(figure, 0) > 0:
                yield f"{name(line)}: {figure} is {line.get(figure)}"
        if "rate" in line and line["p50_ms"] > line["p99_ms"]:
            yield f"{name(line)}: p50 is above p99"
        # What is fresh is asked for: policies of two kinds, and a key.
        if (line["bench"].endswith("-cold") and "empty" not in line["program"]
                and line["dns"] < 3):
            yield f"{name(line)}: only {line['dns']} questions"
    if len(ratios) != RATIOS:
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
