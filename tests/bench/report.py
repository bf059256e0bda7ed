#!/usr/bin/python3
"""report.py FORMAT [FILE ...]: what inside.sh measured, slice by slice, as a
table for people (FORMAT table) or as lines of JSON (FORMAT json).

Machines are noisy, so a figure is the median over all rounds, and a ratio is
the median of the ratios within each round, with the lowest and the highest."""

import json
import statistics
import sys

FIGURES = ("rate", "p50_ms", "p99_ms", "cpu_us", "rss_kb")

# The targets: bench, what is compared, how many times as much it may cost.
COST_TARGETS = (
    ("sign-4k", ("opendkim",), 1 / 3),
    ("sign-4k", ("empty", "evp"), 1.25),
    ("verify-dkim-4k", ("opendkim",), 1 / 3),
    ("verify-dkim-4k", ("empty",), 1.5),
)
# Of the speed of SHA-256 alone: 0.9 GB/s where that does 1.4.
HASH_TARGET = 0.9 / 1.4


def read(files):
    slices = []
    for name in files:
        with open(name, encoding="utf-8") as file:
            slices += [json.loads(line) for line in file]
    return slices


def split_level(program):
    name, _, level = program.partition("-info")
    return name, "info" if program.endswith("-info") else "warning"


def group(slices, keys):
    groups = {}
    for one in slices:
        groups.setdefault(tuple(one.get(key) for key in keys), []).append(one)
    return groups


def milter_lines(slices):
    """One line for each bench, program and number of connections."""
    keys = ("bench", "program", "connections", "per_connection")
    for key, rounds in group(slices, keys).items():
        line = dict(zip(keys, key))
        line["program"], line["log"] = split_level(line["program"])
        line["messages"] = sum(one["messages"] for one in rounds)
        for figure in FIGURES:
            values = [one[figure] for one in rounds]
            line[figure] = round(statistics.median(values), 3)
        yield line


def evp_lines(slices):
    for (bench,), rounds in group(slices, ("bench",)).items():
        cost = statistics.median(one["cpu_us"] for one in rounds)
        yield {"bench": bench, "program": "evp", "cpu_us": round(cost, 2)}


def body_lines(slices):
    keys = ("bench", "program", "kind", "canonicalization")
    for key, rounds in group(slices, keys).items():
        line = dict(zip(keys, key))
        for figure in ("gb_s", "sha256_gb_s"):
            values = [one[figure] for one in rounds if figure in one]
            if values:
                line[figure] = round(statistics.median(values), 3)
        yield line


def ratio_line(bench, over, values, target, **more):
    line = {"bench": bench, "program": "mailreeve", "over": over, **more}
    line["ratio"] = round(statistics.median(values), 3)
    line["lowest"] = round(min(values), 3)
    line["highest"] = round(max(values), 3)
    line["target"] = round(target, 3)
    return line


def cost_ratios(slices):
    """Our CPU time a message over that of others, in the same round."""
    cost = {(one["bench"], one["program"], one["round"],
             one.get("connections"), one.get("per_connection")): one["cpu_us"]
            for one in slices if "cpu_us" in one}
    kinds = sorted({key[3:] for key in cost if key[3] is not None})
    for bench, others, target in COST_TARGETS:
        for kind in kinds:
            values = []
            for key, ours in cost.items():
                if key[:2] != (bench, "mailreeve") or key[3:] != kind:
                    continue
                floor = [cost.get((bench, other, key[2],
                                   *((None, None) if other == "evp"
                                     else kind))) for other in others]
                if None not in floor:
                    values.append(ours / sum(floor))
            if values:
                line = ratio_line(bench, "+".join(others), values, target,
                                  connections=kind[0], per_connection=kind[1])
                line["met"] = line["ratio"] <= line["target"]
                yield line


def hash_ratios(slices):
    """Speed with canonicalization over that of SHA-256 alone."""
    keys = ("kind", "program", "canonicalization")
    for (kind, *rest), rounds in group(slices, keys).items():
        if rest != ["mailreeve", "relaxed"]:
            continue
        values = [one["gb_s"] / one["sha256_gb_s"] for one in rounds]
        line = ratio_line("body-hash", "sha256", values, HASH_TARGET,
                          kind=kind)
        line["met"] = line["ratio"] >= line["target"]
        yield line


def lines(slices):
    bodies = [one for one in slices if one["bench"] == "body-hash"]
    evps = [one for one in slices if one.get("program") == "evp"]
    milters = [one for one in slices if "messages" in one]
    yield from milter_lines(milters)
    yield from evp_lines(evps)
    yield from body_lines(bodies)
    yield from cost_ratios(milters + evps)
    yield from hash_ratios(bodies)


def print_table(found):
    def show(columns, chosen):
        rows = [[str(line.get(column, "")) for column in columns]
                for line in found if chosen(line)]
        if not rows:
            return
        widths = [max(len(row[i]) for row in [columns, *rows])
                  for i in range(len(columns))]
        for row in [columns, *rows]:
            print("  ".join(cell.ljust(width) for cell, width
                            in zip(row, widths)).rstrip())
        print()

    show(["bench", "program", "log", "connections", "per_connection",
          *FIGURES], lambda line: "cpu_us" in line)
    show(["bench", "program", "kind", "canonicalization", "gb_s",
          "sha256_gb_s"], lambda line: "gb_s" in line)
    show(["bench", "over", "kind", "connections", "per_connection", "ratio",
          "lowest", "highest", "target", "met"], lambda line: "ratio" in line)


def main():
    found = list(lines(read(sys.argv[2:])))
    if sys.argv[1] == "json":
        for line in found:
            print(json.dumps(line))
    else:
        print_table(found)


main()
