"""Judge a Maildir: judge_mailbox.py DIRECTORY ZONE-FILE COUNT

Every message must have passed mx.a.example under a queue id of its own, carry
one RSA and one Ed25519 signature of a.example and exactly one
Authentication-Results field, by mx.b.example, with dkim=pass for both, spf=pass
for HELO and MAIL FROM, dmarc=pass, and no other result of these.  dkimpy
verifies a sample once more.
"""

import email
import email.policy
import os
import re
import sys

import dkim

SAMPLE = 20
# How Postfix writes it for mail from the network and from its own machine.
RECEIVED = re.compile(
    r"by mx\.a\.example \(Postfix[^)]*\)\s+(?:with \w+ )?id (\w+)")


def keys(zone_file):
    """Return the key records by name, as a zone file writes them."""
    records = {}
    with open(zone_file, encoding="ascii") as lines:
        for line in lines:
            if "._domainkey TXT" in line:
                name = line.split()[0] + ".a.example."
                records[name] = "".join(re.findall(r'"([^"]*)"', line))
    return records


def judge(message):
    """Return the queue id at mx.a.example, and what is wrong or None."""
    hops = [RECEIVED.search(field) for field in message.get_all("Received", [])]
    ids = [hop[1] for hop in hops if hop]
    if len(ids) != 1:
        return None, "passed mx.a.example %d times" % len(ids)
    signed = sorted(re.search(r"\ba=([\w-]+)", field)[1]
                    for field in message.get_all("DKIM-Signature", [])
                    if re.search(r"\bd=a\.example\b", field))
    if signed != ["ed25519-sha256", "rsa-sha256"]:
        return ids[0], "signed with %s" % signed
    fields = message.get_all("Authentication-Results", [])
    if len(fields) != 1 or not fields[0].split()[0].startswith("mx.b.example"):
        return ids[0], "%d Authentication-Results fields" % len(fields)
    results = re.findall(r"\bdkim=(\w+)", fields[0])
    if results != ["pass", "pass"]:
        return ids[0], "verified with %s" % results
    for method, count in (("spf", 2), ("dmarc", 1)):
        results = re.findall(r"(?<![.\w])%s=(\w+)" % method, fields[0])
        if results != ["pass"] * count:
            return ids[0], "%s found %s" % (method, results)
    return ids[0], None


def second_opinion(raw, records):
    """Say whether dkimpy finds both signatures good."""
    def lookup(name, timeout=5):
        return records.get(name.decode()).encode()

    verifier = dkim.DKIM(raw)
    return all(verifier.verify(idx=index, dnsfunc=lookup) for index in (0, 1))


def main():
    directory, zone_file, count = sys.argv[1:]
    records = keys(zone_file)
    names = sorted(os.listdir(directory))
    step = max(1, len(names) // SAMPLE)
    seen, wrong, sampled = set(), [], 0
    for number, name in enumerate(names):
        with open(os.path.join(directory, name), "rb") as file:
            raw = file.read()
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        queue_id, trouble = judge(message)
        seen.add(queue_id)
        if trouble is None and number % step == 0:
            sampled += 1
            if not second_opinion(raw, records):
                trouble = "dkimpy does not verify it"
        if trouble is not None:
            wrong.append("%s: %s" % (name, trouble))
    print("%d messages, %d different, %d wrong; %d verified by dkimpy too" %
          (len(names), len(seen), len(wrong), sampled))
    for line in wrong[:10]:
        print("  " + line)
    if wrong or sampled == 0 or len(seen) != int(count):
        sys.exit(1)
    if len(names) != len(seen):
        sys.exit("some arrived twice")


main()
