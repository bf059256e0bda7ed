#!/usr/bin/python3
"""dns_findings.py ids FILE: print the ids of findings that count.
dns_findings.py cure FILE ID: print the cure of that finding, as dns_change
takes it, with "run COMMAND" for commands; "advice" where there is only that.
"""
import json
import re
import sys


def lines(text):
    """Records of a zone file, each on one line."""
    record = ""
    for line in (text or "").split("\n"):
        record += line.strip() + " "
        bare = re.sub(r'"[^"]*"', "", record)
        if bare.count("(") == bare.count(")"):
            if record.strip():
                yield re.sub(r'(^[^"]*)\(\s*|\s*\)\s*$', r"\1", record)
            record = ""


def change(verb, record):
    owner, _, kind, value = re.sub(r"\s+", " ", record, count=3).split(" ", 3)
    print(verb, owner, kind, value.strip())


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        findings = [f for f in json.load(file)["findings"]
                    if f["severity"] != "ok" and "accepted" not in f]
    if sys.argv[1] == "ids":
        for finding in findings:
            print(finding["id"], finding["subject"], finding["text"],
                  finding.get("found", ""), sep="\t")
        return
    finding = next(f for f in findings if f["id"] == sys.argv[3])
    done = False
    for record in lines(finding.get("remove")):
        change("unset", record)
        done = True
    for record in lines(finding.get("add")):
        change("set", record)
        done = True
    if "command" in finding:
        print("run", finding["command"])
        done = True
    if not done:
        print("advice", finding["advice"])


main()
