#!/usr/bin/python3
"""spf_suite.py FILE: print an SPF test suite in YAML as lines for spf_suite.c.

Each line is a word, a space and a value:

    scenario DESCRIPTION    begins a group with a zone of its own
    zone LINE               a line of its zone file
    case NAME               begins a test; then helo, host and mail_from
    result WORD             one of the results that are right; several may come
    explanation TEXT        what must be given; "DEFAULT": nothing
"""
import sys

import yaml

QUESTIONS = ("A", "AAAA", "MX", "PTR", "TXT")


def escape(text, keep):
    """TEXT with all bytes but letters, digits and KEEP as \\DDD."""
    return "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 or chr(byte) in keep
        else "\\%03d" % byte
        for byte in text.encode("latin-1"))


def name(text):
    """TEXT as an absolute name in a zone file."""
    return escape(text.rstrip("."), "-_.") + "."


def rdata(kind, value):
    if kind == "TXT":
        strings = value if isinstance(value, list) else [value]
        return " ".join('"%s"' % escape(part, "-_.=:/ ")
                        for string in strings or [""]
                        for part in pieces(string))
    if kind == "MX":
        return "%d %s" % (value[0], name(value[1]))
    if kind in ("CNAME", "PTR"):
        return name(value)
    return value


def pieces(string):
    """RFC 1035 3.3: a character-string has 255 bytes at most."""
    return [string[at:at + 255] for at in range(0, len(string), 255)] or [""]


def records(entries):
    """The records of one name as pairs, and whether other questions fail.

    The suites write type SPF for what every implementation finds with the type
    that it uses: so it is TXT, unless TXT is given too ("NONE": there is
    none)."""
    timeout = "TIMEOUT" in entries
    pairs = [pair for entry in entries if entry != "TIMEOUT"
             for pair in entry.items()]
    if all(kind != "TXT" for kind, _ in pairs):
        pairs = [("TXT" if kind == "SPF" else kind, value)
                 for kind, value in pairs]
    return [pair for pair in pairs
            if pair[0] != "SPF" and pair[1] != "NONE"], timeout


def print_zone(zone):
    for owner, entries in zone.items():
        pairs, timeout = records(entries)
        for kind, value in pairs:
            print("zone", name(owner), "0 IN", kind, rdata(kind, value))
        for kind in QUESTIONS if timeout else ():
            if kind not in [pair[0] for pair in pairs]:
                print("zone ; @timeout", name(owner), kind)


def print_case(title, case):
    print("case", title)
    print("helo", case["helo"])
    print("host", case["host"])
    print("mail_from", case["mailfrom"])
    results = case["result"]
    for result in results if isinstance(results, list) else [results]:
        print("result", result)
    if "explanation" in case:
        print("explanation", case["explanation"])


def main():
    sys.stdout.reconfigure(encoding="latin-1")
    with open(sys.argv[1], encoding="utf-8") as file:
        for scenario in yaml.safe_load_all(file):
            print("scenario", scenario["description"].strip())
            print_zone(scenario["zonedata"])
            for title, case in scenario["tests"].items():
                print_case(title, case)


main()
