#!/usr/bin/python3
"""policy_report.py FORMAT [FILE ...]: what policy_inside.sh measured, slice by
slice, as a table for people (FORMAT table) or as lines of JSON (FORMAT json).

Machines are noisy, so a figure is the median over all rounds, and a ratio is
the median of the ratios within each round, with the lowest and the highest."""

import json
import statistics
import sys

FIGURES = ("rate", "p50_us", "p99_us", "max_us", "accepted_ms", "cpu_us",
           "rss_kb")
# Of the speed of a server that does nothing.
RATE_TARGET = 0.75
P99_TARGET_US = 1000
ACCEPTED_TARGET_MS = 10
MEMORY_TARGETS_KB = {100000: 25 * 1024, 1000000: 200 * 1024}
# lookup_timeout, and a tenth of a second for all else.
DEADLINE_MS = 1500
DEADLINE_TARGET_MS = DEADLINE_MS + 100
# What accounts may wait more, at 99 of 100, when a list is dead.
BESIDE_TARGET_US = 1000


def read(files):
    slices = []
    for name in files:
        with open(name, encoding="utf-8") as file:
            slices += [json.loads(line) for line in file]
    return slices


def split_level(program):
    return (program.removesuffix("-info"),
            "info" if program.endswith("-info") else "warning")


def group(slices, *keys):
    groups = {}
    for one in slices:
        groups.setdefault(tuple(one.get(key) for key in keys), []).append(one)
    return groups


def median(rounds, figure):
    return round(statistics.median(one[figure] for one in rounds), 3)


def rate_lines(slices):
    for (bench, name), rounds in group(slices, "bench", "program").items():
        program, log = split_level(name)
        line = {"bench": bench, "program": program, "log": log,
                "requests": sum(one["requests"] for one in rounds)}
        for one in rounds:
            # Of the kernel's hundredths of a second.
            one["cpu_us"] = one["ticks"] * 10000 / one["requests"]
        for figure in FIGURES:
            line[figure] = median(rounds, figure)
        line["max_us"] = max(one["max_us"] for one in rounds)
        yield line


def ratio_lines(slices):
    """How fast we are over the server that does nothing, in the same round."""
    rates = {(one["bench"], one["round"], one["program"]): one["rate"]
             for one in slices}
    for bench in dict.fromkeys(key[0] for key in rates):
        for name in ("mailreeve", "mailreeve-info", "mailreeve-full",
                     "postfwd", "postgrey"):
            values = [rate / rates[bench, number, "empty"]
                      for (where, number, program), rate in rates.items()
                      if (where, program) == (bench, name)
                      and (bench, number, "empty") in rates]
            if not values:
                continue
            program, log = split_level(name)
            line = {"bench": bench, "program": program, "log": log,
                    "over": "empty",
                    "ratio": round(statistics.median(values), 3),
                    "lowest": round(min(values), 3),
                    "highest": round(max(values), 3)}
            if name == "mailreeve":
                line["target"] = RATE_TARGET
                line["met"] = line["ratio"] >= RATE_TARGET
            yield line


def verdict(bench, what, value, target):
    return {"bench": bench, "what": what, "value": value, "at_most": target,
            "met": value <= target}


def rate_verdicts(lines):
    for line in lines:
        if (line["program"], line["log"]) != ("mailreeve", "warning"):
            continue
        if line["bench"].startswith("rate-50-"):
            yield verdict(line["bench"], "p99_us", line["p99_us"],
                          P99_TARGET_US)
            yield verdict(line["bench"], "accepted_ms", line["accepted_ms"],
                          ACCEPTED_TARGET_MS)


def memory_lines(slices):
    for one in slices:
        yield {key: one[key] for key in (
            "bench", "program", "algorithm", "keys", "empty_kb", "rss_kb",
            "peak_kb", "own_kb", "rate")}


def memory_verdicts(slices):
    for one in slices:
        target = MEMORY_TARGETS_KB.get(one["keys"])
        if one["program"] == "mailreeve" and target is not None:
            yield verdict("memory", f"rss_kb of {one['keys']} accounts, "
                          f"{one['algorithm']}", one["rss_kb"], target)


def list_lines(slices):
    for (what,), rounds in group(slices, "program").items():
        yield {"bench": "lists", "who": what,
               "requests": sum(one["requests"] for one in rounds),
               "p50_us": median(rounds, "p50_us"),
               "p99_us": median(rounds, "p99_us"),
               "max_us": max(one["max_us"] for one in rounds)}


def list_verdicts(lines):
    found = {line["who"]: line for line in lines}
    for who in ("ten", "silent"):
        if who in found:
            yield verdict("lists", f"p99 ms of strangers, {who}",
                          found[who]["p99_us"] / 1000, DEADLINE_TARGET_MS)
    if "beside" in found:
        yield verdict(
            "lists", "p99 us of accounts beside a dead list, more than alone",
            found["beside"]["p99_us"] - found["alone"]["p99_us"],
            BESIDE_TARGET_US)


def lines(slices):
    rates = [one for one in slices if one["bench"].startswith("rate-")]
    memory = [one for one in slices if one["bench"] == "memory"]
    lists = [one for one in slices if one["bench"] == "lists"]
    found = list(rate_lines(rates))
    about_lists = list(list_lines(lists))
    yield from found
    yield from memory_lines(memory)
    yield from about_lists
    yield from ratio_lines(rates)
    yield from rate_verdicts(found)
    yield from memory_verdicts(memory)
    yield from list_verdicts(about_lists)


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

    show(["bench", "program", "log", *FIGURES], lambda line: "cpu_us" in line)
    show(["bench", "program", "algorithm", "keys", "empty_kb", "rss_kb",
          "peak_kb", "own_kb", "rate"], lambda line: "keys" in line)
    show(["bench", "who", "requests", "p50_us", "p99_us", "max_us"],
         lambda line: "who" in line)
    show(["bench", "program", "log", "over", "ratio", "lowest", "highest",
          "target", "met"], lambda line: "ratio" in line)
    show(["bench", "what", "value", "at_most", "met"],
         lambda line: "what" in line)


def main():
    found = list(lines(read(sys.argv[2:])))
    if sys.argv[1] == "json":
        for line in found:
            print(json.dumps(line))
    else:
        print_table(found)


main()
