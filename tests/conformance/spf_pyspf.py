#!/usr/bin/python3
"""spf_pyspf.py FILE: what pyspf says of an SPF test suite in YAML.

One line a case, in the order of the file, with tabs between: name, result,
explanation ("DEFAULT": the domain has none).  DNS answers come from the file
alone: no question leaves this process.
"""
import sys

import spf
import yaml

TYPES = ("A", "AAAA", "MX", "PTR", "TXT")


def value(kind, data):
    """DATA as pyspf's resolver returns it."""
    if kind == "TXT":
        strings = data if isinstance(data, list) else [data]
        return [text.encode("latin-1") for text in strings] or [b""]
    return tuple(data) if kind == "MX" else data


def records(entries):
    """The records of a name; see spf_suite.py about type SPF."""
    pairs = [pair for entry in entries if entry != "TIMEOUT"
             for pair in entry.items()]
    if all(kind != "TXT" for kind, _ in pairs):
        pairs = [("TXT" if kind == "SPF" else kind, data)
                 for kind, data in pairs]
    return [(kind, value(kind, data)) for kind, data in pairs
            if kind != "SPF" and data != "NONE"]


class Zone:
    """Takes the place of pyspf's resolver."""

    def __init__(self, data):
        self.names = {name.rstrip(".").lower(): entries
                      for name, entries in data.items()}

    def lookup(self, name, qtype, *_):
        entries = self.names.get(name.rstrip(".").lower(), [])
        found = [((name, kind), data) for kind, data in records(entries)
                 if kind in (qtype, "CNAME")]
        if not found and "TIMEOUT" in entries:
            raise spf.TempError("DNS time-out")
        return found


def judge(case):
    query = spf.query(i=case["host"], s=case["mailfrom"], h=case["helo"],
                      receiver="mx.receiver.example", timeout=20, querytime=0)
    query.set_default_explanation("DEFAULT")
    result, _, explanation = query.check()
    return result, explanation if result == "fail" else "DEFAULT"


def main():
    sys.stdout.reconfigure(encoding="latin-1", errors="replace")
    with open(sys.argv[1], encoding="utf-8") as file:
        for scenario in yaml.safe_load_all(file):
            spf.DNSLookup = Zone(scenario["zonedata"]).lookup
            for title, case in scenario["tests"].items():
                print(title, *judge(case), sep="\t")


main()
