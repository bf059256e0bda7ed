#!/usr/bin/python3
"""Decision vectors for DMARC, in YAML, as JSON with zone files in it.

Usage: dmarc_vectors.py FILE

A vector has: id; from; zone (name -> list of TXT records, each a text or a list
of its strings, or a mapping of A, MX, CNAME to RDATA); fails (name -> servfail
or timeout); spf and dkim (domains; "?" before one: it is not decided);
discovery; expect.
"""
import json
import sys

import yaml


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def strings(record):
    pieces = record if isinstance(record, list) else [record]
    cut = []
    for piece in pieces:
        cut += [piece[i : i + 255] for i in range(0, max(len(piece), 1), 255)]
    return " ".join(quote(piece) for piece in cut)


def zone_lines(vector):
    for name, data in vector.get("zone", {}).items():
        if isinstance(data, dict):
            for rrtype, rdata in data.items():
                yield f"{name}. 300 IN {rrtype} {rdata}"
        else:
            for record in data:
                yield f"{name}. 300 IN TXT {strings(record)}"
    for name, how in vector.get("fails", {}).items():
        yield f"; @{how} {name}."


with open(sys.argv[1], encoding="utf-8") as file:
    vectors = yaml.load(file, Loader=yaml.BaseLoader)
for vector in vectors:
    vector["zone"] = "\n".join(zone_lines(vector)) + "\n"
    if vector.get("spf") == "null":
        vector["spf"] = ""
json.dump(vectors, sys.stdout)
