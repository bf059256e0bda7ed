#!/usr/bin/python3
"""Mail that one hop may read otherwise than the next.

usage: attacks_mail.py send HOST
       attacks_mail.py judge FOLDER

Send all of it to HOST with a sender whose SPF is in order; look at what of it
arrived in FOLDER.
"""

import email
import pathlib
import re
import smtplib
import sys

HEADERS = (
    b"From: <any@elsewhere.example>\r\n",
    b"From: <any@elsewhere.example>\r\nFrom: <admin@victim.example>\r\n",
    b"From: <any@elsewhere.example>\r\nFrom : <admin@victim.example>\r\n",
    b"From: <any@elsewhere.example>\r\nFrom\t: <admin@victim.example>\r\n",
    b"From: <any@elsewhere.example>\0, <admin@victim.example>\r\n",
    b"From: <admin@victim.example>\0, <any@elsewhere.example>\r\n",
    b"From\0: <admin@victim.example>\r\nFrom: <any@elsewhere.example>\r\n",
    b" From: <admin@victim.example>\r\nFrom: <any@elsewhere.example>\r\n",
    b"\tx\r\nFrom: <admin@victim.example>\r\n"
    b"From: <any@elsewhere.example>\r\n",
    b"From: <any@elsewhere.example>\r\n From: <admin@victim.example>\r\n",
    b"From: <any@elsewhere.example>\rFrom: <admin@victim.example>\r\n",
    b"From: <any@elsewhere.example>\r\r\nFrom: <admin@victim.example>\r\n",
    b"From: <any@elsewhere.example>\r\nFr\xc3\xb6m: x\r\n"
    b"From: <admin@victim.example>\r\n",
    b"X: y\r\nFrom <admin@victim.example>\r\n"
    b"From: <any@elsewhere.example>\r\n",
    b"From admin@victim.example Thu Nov 26 10:00:00 2026\r\n"
    b"From: <any@elsewhere.example>\r\n",
    b"From: <any@elsewhere.example>\r\n\0\r\nFrom: <admin@victim.example>\r\n",
    b"From: <any@elsewhere.example>\r\n: x\r\n"
    b"From: <admin@victim.example>\r\n",
    b"From:" + b" " * 70000 + b"<admin@victim.example>,"
    b"<any@elsewhere.example>\r\n",
    b"From: <any@elsewhere.example>," + b" \r\n" * 30000
    + b" <admin@victim.example>\r\n",
    b"From: <any@elsewhere.example>\r\nSender: <admin@victim.example>\r\n",
)


def send_one(host, number, header, subject):
    """Whether it was taken; a refusal is as good an end as any."""
    with smtplib.SMTP(host, 25, "home.example") as session:
        session.ehlo()
        session.mail("any@elsewhere.example")
        session.rcpt("bob@b.example")
        session.putcmd("data")
        session.getreply()
        session.sock.sendall(
            header + b"To: <bob@b.example>\r\nSubject: " + subject
            + b"\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\nMessage-ID: <"
            + b"%d@elsewhere.example>\r\n\r\nHello Bob\r\n.\r\n" % number)
        code, text = session.getreply()
        print(f"{number:2} {code} {text.decode()[:60]}")
        return code == 250


def send(host):
    for number, header in enumerate(HEADERS):
        taken = send_one(host, number, header, b"%d" % number)
        if number == 0 and not taken:
            sys.exit("mail that is in order is refused")
    send_one(host, len(HEADERS), HEADERS[0], b"The last")


def judge(folder):
    passed = 0
    bad = 0
    for path in pathlib.Path(folder).iterdir():
        raw = path.read_bytes()
        message = email.message_from_bytes(raw)
        said = " ".join(message.get_all("Authentication-Results", []))
        # For a reader of any kind, up to the first empty line.
        header = re.split(rb"\r?\n\r?\n", raw)[0]
        authors = b" ".join(re.findall(
            rb"^[ \t]*from[ \t\0]*:.*(?:\n[ \t].*)*", header, re.M | re.I))
        for word in message.get_all("From", []):
            authors += str(word).encode("utf-8", "replace")
        is_pass = re.search(r"dmarc\s*=\s*pass", said) is not None
        passed += is_pass
        if b"victim.example" in authors and is_pass:
            print(f"{authors!r}: {said}")
            bad += 1
    print(f"{passed} passed as what they are, {bad} as another's")
    sys.exit(0 if passed >= 2 and bad == 0 else 1)


if __name__ == "__main__":
    {"send": send, "judge": judge}[sys.argv[1]](sys.argv[2])
