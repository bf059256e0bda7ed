#!/usr/bin/python3
"""Whatever an attacker tries, nobody who reads our results is told that the
victim's domain is behind his mail.

usage: attacks.py ATTACKS MILTER FILE

The program ATTACKS sends the attacks in FILE, and those of the paper
"Composition Kills" (USENIX Security 2020) where they are, to MILTER, once as it
is by default and once with enforce = no, so that what it says of refused mail
is seen, too.  Every Authentication-Results field that arrives is read by our
own parser, by another one (python3-authres), and by readers that know only part
of RFC 8601, as many programs behind a mail server do.  Python's email.utils
must find no author at a domain that we did not look at.
"""

import email.utils
import json
import os
import re
import subprocess
import sys

import authres

VICTIMS = ("legitimate.com", "example.com")
OURS = "mx.example"
SUITE = "ar/espoofer-part.json"
# In these the attacker also names himself, so a pass of his own is true.
OWN = {"server_a8", "server_a9", "server_a10"}


def is_victim(name):
    name = name.rpartition("@")[2].lower().rstrip(".")
    return any(name == v or name.endswith("." + v) for v in VICTIMS)


def mentions_victim(text):
    """Does a victim's name stand in text, as a whole name?"""
    return any(re.search(r"(?<![\w.-])(?:[\w-]+\.)*" + re.escape(v)
                         + r"(?![\w-]|\.[\w])", text, re.I) for v in VICTIMS)


def ours(field):
    """What our own parser found: pairs of a result and its properties."""
    if field["results"] is None:
        return None
    return [(r["method"], r["result"], list(r["properties"].values()))
            for r in field["results"]]


def python_authres(field):
    """The same by another parser."""
    try:
        read = authres.AuthenticationResultsHeader.parse(
            "Authentication-Results: " + field["text"])
    except Exception as error:  # it raises what it likes
        return [("unreadable", repr(error), [])]
    return [(r.method, r.result or "", [p.value for p in r.properties])
            for r in read.results]


def judge_parsed(results):
    """What a parser tells of a victim; None: nothing bad."""
    for method, result, values in results or []:
        if method == "unreadable":
            return "cannot be read: " + result
        if result == "pass" and any(is_victim(str(v)) for v in values):
            return f"{method}=pass for a victim"
    return None


def split_naively(text):
    """A reader that splits at each semicolon."""
    return text.split(";")


def drop_comments(text):
    """One that knows of comments, but not of nested ones."""
    return re.sub(r"\([^()]*\)", "", text).split(";")


def drop_quoted(text):
    """One for which apostrophes are quotes, too."""
    return re.sub(r"\"[^\"]*\"|'[^']*'", "", text).split(";")


def drop_open(text):
    """One for which a comment or quote that does not end hides the rest."""
    return re.sub(r"\([^)]*$|\"[^\"]*$|'[^']*$", "", text).split(";")


def judge_text(text, reader):
    """What a naive reader takes for a pass of a victim."""
    for part in reader(text):
        if re.search(r"\b(spf|dkim|dmarc|arc)\s*=\s*pass\b", part, re.I) \
                and mentions_victim(part):
            return f"{reader.__name__} reads: {part.strip()}"
    return None


def judge_field(field, own):
    """Return what is wrong with one field."""
    text = field["text"]
    if not re.search(r"\bmx\.example\b", text, re.I):
        return None
    if ours(field) is None:
        return "we cannot read our own field: " + text
    for results in (ours(field), python_authres(field)):
        bad = judge_parsed(results)
        if bad is not None:
            return f"{bad}: {text}"
    for reader in (split_naively, drop_comments, drop_quoted, drop_open):
        bad = judge_text(text, reader)
        if bad is not None:
            return bad
    if not own and re.search(r"dmarc\s*=\s*pass", text, re.I):
        return "dmarc=pass: " + text
    return None


def judge_received_spf(text):
    """The same of a Received-SPF field, whose readers look for the result and
    then for a name."""
    if not text.startswith("pass"):
        return None
    key = "helo" if "identity=\"helo\"" in text else "envelope-from"
    names = re.findall(key + r"=([^;]*)", text)
    if any(mentions_victim(name) for name in names) \
            or re.search(r"=\s*pass", text):
        return "Received-SPF: " + text
    return None


def outcome(line):
    """Say in a few words what happened."""
    words = [line["reply"][:9].strip()]
    for field in line["fields"]:
        for method, result, values in ours(field) or []:
            if method == "dmarc":
                words.append(f"{method}={result}"
                             + "".join(f"({v})" for v in values[:1]))
            elif method in ("spf", "dkim"):
                words.append(f"{method}={result}")
    words += [word for word in ("warned", "tagged") if line[word]]
    if line["signatures"] > 0 and line["name"].startswith("client_"):
        words.append("signed")
    return " ".join(words)


def judge_control(line):
    """Of mail that is in order: it must pass, or nothing here means much."""
    passed = [values for field in line["fields"]
              for method, result, values in ours(field) or []
              if method == "dmarc" and result == "pass"]
    if not line["reply"].startswith("250") or not passed or line["tagged"]:
        return "did not pass: " + outcome(line)
    return judge_authors(line)


def judge_client(line):
    """Of a user who writes as somebody else: refused, or unsigned and the
    postmaster is told."""
    if line["reply"][0] in "45":
        return None
    if line["signatures"] > 0:
        return "was signed"
    return None if line["warned"] else "left without a warning"


def python_authors(line):
    """The domains that Python's email.utils finds in the only From field; none
    where there are several fields."""
    text = re.sub(r"\r\n(?=[ \t])", "", line["attack"]["data"].get(
        "from_header", ""))
    values = re.findall(r"^From[ \t]*:(.*)\r\n", text, re.I | re.M)
    if len(values) != 1 or text.count("\r\n") != 1:
        return set()
    found = email.utils.getaddresses(values) + [email.utils.parseaddr(values[0])]
    return {address.rpartition("@")[2].lower().rstrip(".")
            for name, address in found if "@" in address}


def judge_authors(line):
    """Does Python find an author at a domain of whom nothing is said, though
    another passes?"""
    told = {}
    for field in line["fields"]:
        for method, result, values in ours(field) or []:
            if method == "dmarc":
                told.update({value: result for value in values})
    unknown = python_authors(line) - set(told)
    if "pass" in told.values() and unknown:
        return f"Python reads {unknown}, we read {set(told)}"
    return None


def is_junk(line):
    """Was it marked as mail without an author that can be read?"""
    return line["tagged"] and any(
        (method, result) == ("dmarc", "permerror") for field in line["fields"]
        for method, result, values in ours(field) or [])


def judge(line):
    """Return what is wrong with what happened, or None."""
    name = line["name"]
    if line["attack"].get("expect") == "pass":
        return judge_control(line)
    if name.startswith("client_"):
        return judge_client(line)
    if line["reply"][0] in "45":
        return None
    own = line["attack"].get("own", False) or name in OWN
    found = [judge_field(field, own) for field in line["fields"]]
    found += [judge_received_spf(text) for text in line["received_spf"]]
    found.append(judge_authors(line))
    for bad in found:
        if bad is not None:
            return bad
    if not any(OURS in field["text"] for field in line["fields"]):
        return "nothing was said of it"
    # Where no reader need find the victim it is Junk at least.
    if line["mode"] == "enforce" and not own and not is_junk(line):
        return "was delivered: " + outcome(line)
    return None


def check_readers():
    """Each reader must be able to find what it is there for."""
    forged = {"text": "mx.example; spf=pass smtp.mailfrom=a@legitimate.com",
              "results": [{"method": "spf", "result": "pass",
                           "properties": {"a": "a@legitimate.com"}}]}
    assert judge_parsed(ours(forged)) and judge_parsed(python_authres(forged))
    assert judge_parsed(python_authres({"text": ";;"}))
    for reader, text in (
            (split_naively, "x; y=\";dkim=pass header.d=legitimate.com\""),
            (drop_comments, "x; dkim=pass (a; b) header.d=legitimate.com"),
            (drop_quoted, "dkim=pass ' ; ' header.d=legitimate.com"),
            (drop_open, "dkim=pass header.d=legitimate.com(.attack.com")):
        assert judge_text(text, reader), reader
    assert judge_authors({
        "attack": {"data": {"from_header": "From: a@other.example\r\n"}},
        "fields": [{"text": "", "results": [
            {"method": "dmarc", "result": "pass",
             "properties": {"header.from": "attack.com"}}]}]})
    assert judge_received_spf("pass (x) envelope-from=\"a@legitimate.com'@b\"")
    assert not judge_text("dkim=pass header.d=legitimate.com.attack.com",
                          split_naively)


def suite():
    """The attacks of the paper, or nothing where they are not."""
    root = os.environ.get("MAILREEVE_SUITES") or "../../shared/suites"
    path = os.path.join(root, SUITE)
    if os.access(path, os.R_OK):
        return [path]
    print(f"{path} is not there: only our own attacks")
    return []


def main():
    program, milter, path = sys.argv[1:4]
    check_readers()
    run = subprocess.run([program, milter, *suite(), path], check=False,
                         stdout=subprocess.PIPE, encoding="ascii")
    failures = 0
    lines = [json.loads(text) for text in run.stdout.splitlines()]
    for line in lines:
        bad = judge(line)
        failures += bad is not None
        print(f"{'BAD ' if bad else 'ok  '} {line['mode']:8}"
              f"{line['name']:28} {outcome(line)}")
        if bad:
            print(f"     {line['attack']['description']}\n     {bad}")
    print(f"{len(lines)} attacks and controls, {failures} bad")
    sys.exit(0 if run.returncode == 0 and lines and failures == 0 else 1)


if __name__ == "__main__":
    main()
