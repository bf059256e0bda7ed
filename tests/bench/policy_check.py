#!/usr/bin/python3
"""policy_check.py: read what `run policy --json' printed, and see that nothing
is missing and every figure is a number that can be true."""

import itertools
import json
import sys

RATES = [f"rate-{connections}-{kind}"
         for connections in (1, 10, 50) for kind in ("tcp", "unix")]
PROGRAMS = (("mailreeve", "warning"), ("mailreeve", "info"),
            ("mailreeve-full", "warning"),
            ("empty", "warning"), ("postfwd", "warning"),
            ("postgrey", "warning"))
FIGURES = ("requests", "rate", "p50_us", "p99_us", "max_us", "accepted_ms",
           "rss_kb")
# Of algorithms and keys of ours, and of two others.
MEMORY = 2 * 2 + 2
WHO = ("alone", "beside", "silent", "ten")


def problems(lines):
    rates = [line for line in lines if "cpu_us" in line]
    found = [(line["bench"], line["program"], line["log"]) for line in rates]
    for bench, program in itertools.product(RATES, PROGRAMS):
        if found.count((bench, *program)) != 1:
            yield f"{bench} {program}: {found.count((bench, *program))} lines"
    for line in rates:
        for figure in FIGURES:
            if not line[figure] > 0:
                yield f"{line['bench']} {line['program']}: {figure} is not"
        if not line["p50_us"] <= line["p99_us"] <= line["max_us"]:
            yield f"{line['bench']} {line['program']}: odd times"
    memory = [line for line in lines if "keys" in line]
    if len(memory) != MEMORY:
        yield f"memory: {len(memory)} lines"
    for line in memory:
        if not 0 < line["empty_kb"] <= line["peak_kb"] >= line["rss_kb"] > 0:
            yield f"odd memory: {line}"
    who = sorted(line["who"] for line in lines if "who" in line)
    if who != sorted(WHO):
        yield f"lists: {who}"
    for line in lines:
        if "ratio" in line and not line["lowest"] <= line["ratio"] <= line[
                "highest"]:
            yield f"a bad ratio: {line}"
    ratios = sum("ratio" in line for line in lines)
    if ratios != len(RATES) * (len(PROGRAMS) - 1):
        yield f"{ratios} ratios"
    # One deadline, not the sum, whoever else is on this machine.
    for line in lines:
        if line.get("who") == "ten" and line["p50_us"] > 5_000_000:
            yield f"ten lists took {line['p50_us']} microseconds"


def main():
    lines = [json.loads(line) for line in sys.stdin]
    bad = list(problems(lines))
    for problem in bad:
        print(problem)
    print(f"{len(lines)} lines")
    sys.exit(1 if bad else 0)


main()
