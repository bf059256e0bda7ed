#!/usr/bin/python3
"""quota_report.py FORMAT [FILE ...]: what quota_inside.sh measured, as a table for
people (FORMAT table) or as lines of JSON (FORMAT json).

A figure is the median over all rounds, and a ratio is the median of the ratios
within each round, with the lowest and the highest: machines are noisy."""

import json
import statistics
import sys

# (bench, to what, at least)
TARGETS = (
    ("lmtp-10", "none", 0.85),
    ("lmtp-10", "stock-count", 1.1),
    ("lmtp-1-200folders", "stock-count", 2.5),
    ("getquotaroot-200folders", "stock-count", 4.0),
)


def read(files):
    """For each bench and program, what was done a second in each turn, and the
    processor time of one."""
    rates = {}
    for name in files:
        with open(name, encoding="utf-8") as file:
            for line in file:
                turn = json.loads(line)
                rates.setdefault(turn["bench"], {}).setdefault(
                    turn["program"], []
                ).append(
                    (
                        turn["done"] * 1e6 / turn["us"],
                        turn["cpu_us"] / max(turn["done"], 1),
                    )
                )
    return rates


def compare(ours, others):
    ratios = [a[0] / b[0] for a, b in zip(ours, others) if b[0] > 0]
    return min(ratios), statistics.median(ratios), max(ratios)


def records(rates):
    for bench, programs in rates.items():
        for program, found in programs.items():
            record = {
                "bench": bench,
                "program": program,
                "rate": round(statistics.median(one[0] for one in found), 1),
                "cpu_us": round(statistics.median(one[1] for one in found), 1),
                "schema": 1,
            }
            if program == "mailreeve":
                for other in ("none", "stock-count"):
                    if other in programs:
                        record["to_" + other.replace("-", "_")] = [
                            round(ratio, 3)
                            for ratio in compare(found, programs[other])
                        ]
            yield record


def table(rates):
    print(
        f"{'bench':28}{'program':14}{'a second':>10}{'CPU, us':>10}   mailreeve is"
    )
    for record in records(rates):
        words = [
            f"{record[key][1]:.2f} x {name} "
            f"({record[key][0]:.2f} to {record[key][2]:.2f})"
            for key, name in (
                ("to_none", "none"),
                ("to_stock_count", "stock-count"),
            )
            if key in record
        ]
        print(
            f"{record['bench']:28}{record['program']:14}"
            f"{record['rate']:>10.0f}{record['cpu_us']:>10.0f}"
            f"   {', '.join(words)}"
        )
    for bench, other, least in [
        (name + series, other, least)
        for series in ("", "-24")
        for name, other, least in TARGETS
    ]:
        programs = rates.get(bench, {})
        if "mailreeve" in programs and other in programs:
            ratio = compare(programs["mailreeve"], programs[other])[1]
            word = "met" if ratio >= least else "MISSED"
            print(f"{word}: {bench} {ratio:.2f} x {other}, wanted {least}")


def main():
    rates = read(sys.argv[2:])
    if sys.argv[1] == "table":
        table(rates)
    else:
        for record in records(rates):
            print(json.dumps(record))


main()
