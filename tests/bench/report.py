#!/usr/bin/python3
"""report.py FORMAT [FILE ...]: what inside.sh measured, slice by slice, as a
table for people (FORMAT table) or as lines of JSON (FORMAT json).

Machines are noisy, so a figure is the median over all rounds, and a ratio is
the median of the ratios within each round, with the lowest and the highest."""

import json
import statistics
import sys

FIGURES = ("rate", "p50_ms", "p99_ms", "cpu_us", "rss_kb")

# Bench, what is compared with what, and how many times as much it may cost.
# Without a target: what one may want to know; that of sign-4k says how near the
# first target anybody can come who uses libmilter and OpenSSL.
THIRD = 1 / 3
OURS = ("mailreeve",)
OTHERS = ("opendkim+opendmarc",)
COSTS = (
    ("sign-4k", OURS, ("opendkim",), THIRD),
    ("sign-4k", OURS, ("empty", "evp"), 1.25),
    ("sign-4k", ("empty", "evp"), ("opendkim",), None),
    ("verify-4k", OURS, OTHERS, THIRD),
    ("verify-4k", OURS, ("empty",), 1.6),
    ("verify-4k", OURS, ("rspamd",), None),
    ("verify-4k", OURS, ("opendkim",), None),
    ("verify-4k-cold", OURS, OTHERS, THIRD),
    ("verify-4k-cold", OURS, ("empty",), None),
    ("verify-4k-cold", OURS, ("rspamd",), None),
    ("verify-100k", OURS, OTHERS, THIRD),
    ("verify-100k", OURS, ("empty",), None),
    ("verify-100k", OURS, ("rspamd",), None),
    ("verify-100k-cold", OURS, OTHERS, THIRD),
    ("verify-100k-cold", OURS, ("rspamd",), None),
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


def questions(rounds):
    """To the DNS for each message.  Two packets each, a question and its
    answer, and twice as many on the way through bench_slowdns."""
    packets = 4 if rounds[0]["bench"].endswith("-cold") else 2
    return statistics.median(one["udp"] / packets / one["messages"]
                             for one in rounds)


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
        line["dns"] = round(questions(rounds), 2)
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


def policy_lines(slices):
    keys = ("bench", "program", "kind")
    for key, rounds in group(slices, keys).items():
        cost = statistics.median(one["cpu_us"] for one in rounds)
        yield {**dict(zip(keys, key)), "cpu_us": round(cost, 2)}


def ratio_line(bench, program, over, values, **more):
    line = {"bench": bench, "program": program, "over": over, **more}
    line["ratio"] = round(statistics.median(values), 3)
    line["lowest"] = round(min(values), 3)
    line["highest"] = round(max(values), 3)
    return line


def cost_ratios(slices):
    """CPU time a message over that of others, in the same round."""
    costs = {(one["bench"], one["round"], one["program"],
              one.get("connections"), one.get("per_connection")):
             one["cpu_us"] for one in slices}
    kinds = sorted({key[3:] for key in costs if key[3] is not None})
    rounds = sorted({key[1] for key in costs})

    def cost(bench, number, programs, kind):
        """The sum for these programs, or None when one was not measured."""
        found = [costs.get((bench, number, program,
                            *((None, None) if program == "evp" else kind)))
                 for program in programs]
        return None if None in found else sum(found)

    for bench, programs, others, target in COSTS:
        for kind in kinds:
            pairs = [(cost(bench, number, programs, kind),
                      cost(bench, number, others, kind)) for number in rounds]
            values = [ours / theirs for ours, theirs in pairs
                      if ours is not None and theirs is not None]
            if not values:
                continue
            line = ratio_line(bench, "+".join(programs), "+".join(others),
                              values, connections=kind[0],
                              per_connection=kind[1])
            if target is not None:
                line["target"] = round(target, 3)
                line["met"] = line["ratio"] <= line["target"]
            yield line


def hash_ratios(slices):
    """Speed with canonicalization over that of SHA-256 alone."""
    keys = ("kind", "program", "canonicalization")
    for (kind, *rest), rounds in group(slices, keys).items():
        if rest != ["mailreeve", "relaxed"]:
            continue
        values = [one["gb_s"] / one["sha256_gb_s"] for one in rounds]
        line = ratio_line("body-hash", "mailreeve", "sha256", values,
                          kind=kind)
        line["target"] = round(HASH_TARGET, 3)
        line["met"] = line["ratio"] >= line["target"]
        yield line


def lines(slices):
    bodies = [one for one in slices if one["bench"] == "body-hash"]
    policies = [one for one in slices if one["bench"] == "policies"]
    evps = [one for one in slices if one.get("program") == "evp"]
    milters = [one for one in slices if "messages" in one]
    yield from milter_lines(milters)
    yield from evp_lines(evps)
    yield from body_lines(bodies)
    yield from policy_lines(policies)
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
          *FIGURES, "dns"], lambda line: "cpu_us" in line
         and line["bench"] != "policies")
    show(["bench", "program", "kind", "cpu_us"],
         lambda line: line["bench"] == "policies")
    show(["bench", "program", "kind", "canonicalization", "gb_s",
          "sha256_gb_s"], lambda line: "gb_s" in line)
    show(["bench", "program", "over", "kind", "connections", "per_connection", "ratio",
          "lowest", "highest", "target", "met"], lambda line: "ratio" in line)


def main():
    found = list(lines(read(sys.argv[2:])))
    if sys.argv[1] == "json":
        for line in found:
            print(json.dumps(line))
    else:
        print_table(found)


main()
