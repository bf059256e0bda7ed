#!/usr/bin/python3
"""Postgrey passes whom we pass by its white lists, and nobody else.

Usage: passlist_postgrey.py PASSLIST_ASK

Clients and recipients are made from the lines of Debian's lists and of one of
our own: as they stand, with something before or after, and at the edges of
networks.  A running postgrey and our program are asked for each.
"""
import grp
import ipaddress
import os
import pwd
import re
import socket
import subprocess
import sys
import tempfile
import time

POSTGREY = "/usr/sbin/postgrey"
DEBIAN = "/etc/postgrey/"
CLIENTS = r"""
example.org  # and below
 Mail.Example.NET
192.0.2.7
198.51.100.9/25
203.0.113
10.1
2001:db8:1::/48
2001:db8:2::7
/^mx\d+\.example\.com$/
/^(?:smtp\w*|relay)[0-9]+-g[0-9]+\.free\.example$/
/inner/
tld
"""
RECIPIENTS = r"""
postmaster@
abuse@example.net
sales+eu@example.net
open.example
/^list-.*@/
/\.hidden\.example$/
"""


def lines(text):
    stripped = (line.split("#")[0].strip() for line in text.split("\n"))
    return [line for line in stripped if line]


def sample(expression):
    """Something that a simple expression could mean."""
    text = expression.strip("/^$").replace(r"\d+", "7").replace(r"\.", ".")
    text = re.sub(r"\(\?:([^|)]*)[^)]*\)", r"\1", text)
    text = re.sub(r"\[([^]])[^]]*\]\+?", r"\1", text)
    text = re.sub(r"\\w\*|\.\*\??", "x", text)
    return re.sub(r"[?+\\$]", "", text)


def names(line):
    name = sample(line) if line.startswith("/") else line
    yield from (name, name.upper(), "a.b." + name, "a" + name, name + ".b",
                "." + name, name + ".", name[1:], name[:-1], name + "x")
    if line.startswith("/"):
        yield from (name.replace("7", "77"), name.replace("7", "a"),
                    name.replace(".", "x", 1))


def addresses(line):
    if line.startswith("/"):
        return
    parts = line.split("/")[0].split(".")
    if ":" not in line:
        if not all(part.isdigit() for part in parts) or len(parts) < 2:
            return
        if len(parts) < 4:
            line = ".".join(parts + ["0"] * (4 - len(parts))) + "/24"
    network = ipaddress.ip_network(line, strict=False)
    first, last = int(network[0]), int(network[-1])
    kind = type(network[0])
    for number in (first - 1, first, (first + last) // 2, last, last + 1,
                   last + 256):
        yield str(kind(number))


def recipients(line):
    text = sample(line) if line.startswith("/") else line
    for made in (text, text + "example.com", "ann@" + text, "x" + text,
                 "ann@a." + text, text.upper(), text + "@b.example",
                 "ann@x" + text, text.replace("@", "+x@"),
                 text.replace("@", "+@"), text.replace("@", "+x+y@"),
                 text.replace("@", "x@"), text.replace("@", "@a.")):
        yield made
        yield made.replace("@", "+x@") + "example.com"


def cases(clients, addressees):
    nobody = ("unknown", "192.0.2.250", "ann@nowhere.test")
    yield nobody
    for line in clients:
        for name in names(line):
            yield (name, nobody[1], nobody[2])
        for address in addresses(line):
            yield (nobody[0], address, nobody[2])
    for line in addressees:
        for recipient in recipients(line):
            yield (nobody[0], nobody[1], recipient)


def start(folder, files):
    user = pwd.getpwuid(os.getuid()).pw_name
    group = grp.getgrgid(os.getgid()).gr_name
    process = subprocess.Popen(
        [POSTGREY, f"--unix={folder}/socket", f"--dbdir={folder}",
         f"--user={user}", f"--group={group}", "--auto-whitelist-clients=0",
         "--quiet", f"--whitelist-clients={files[0]}",
         f"--whitelist-recipients={files[1]}"],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(20)
        try:
            peer.connect(f"{folder}/socket")
            return process, peer
        except OSError:
            peer.close()
            time.sleep(0.05)
    process.terminate()
    sys.exit("postgrey does not start")


def end(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def theirs(peer, case):
    peer.sendall(("request=smtpd_access_policy\nclient_name=%s\n"
                  "client_address=%s\nsender=a@b.test\nrecipient=%s\n\n"
                  % case).encode())
    reply = b""
    while b"\n\n" not in reply:
        got = peer.recv(1000)
        if not got:
            sys.exit(f"postgrey has no answer to {case}")
        reply += got
    return reply == b"action=DUNNO\n\n"


def compare(ask, clients, addressees):
    """The number of cases, of those that pass, and those that differ."""
    wanted = sorted(set(cases(lines(clients), lines(addressees))))
    with tempfile.TemporaryDirectory() as folder:
        files = (f"{folder}/clients", f"{folder}/recipients")
        for path, text in zip(files, (clients, addressees)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        ours = subprocess.run(
            [ask, *files], input="".join("\t".join(case) + "\n"
                                         for case in wanted),
            capture_output=True, text=True, check=True).stdout.split("\n")
        process, peer = start(folder, files)
        try:
            passed = [theirs(peer, case) for case in wanted]
        finally:
            peer.close()
            end(process)
    differ = [(case, line, theirs_pass) for case, line, theirs_pass
              in zip(wanted, ours, passed) if bool(line) != theirs_pass]
    return len(wanted), sum(passed), differ


def read(name):
    with open(DEBIAN + name, encoding="utf-8") as file:
        return file.read()


def main():
    if not os.access(POSTGREY, os.X_OK):
        print("skipped: no postgrey here")
        sys.exit(77)
    pairs = [(CLIENTS, RECIPIENTS)]
    if os.access(DEBIAN + "whitelist_clients", os.R_OK):
        pairs.append((read("whitelist_clients"),
                      read("whitelist_recipients")))
    failed = False
    for clients, addressees in pairs:
        count, passed, differ = compare(sys.argv[1], clients, addressees)
        print(f"{count} cases, {passed} pass, {len(differ)} differ")
        for case, line, theirs_pass in differ[:20]:
            print(f"{case}: ours {line!r}, theirs {theirs_pass}")
        failed = failed or bool(differ) or passed < 20
    sys.exit(failed)


main()
