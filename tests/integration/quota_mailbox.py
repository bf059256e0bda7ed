"""quota_mailbox.py USER SCRIPT: run a line of commands against one mailbox by IMAP
and LMTP, and print one word for each answer: ok, over, or the answer itself.

    append MAILBOX BYTES | lmtp BYTES | copy FROM UID TO | move FROM UID TO |
    expunge MAILBOX UID | create MAILBOX | delete MAILBOX | quota | select MAILBOX
"""
import imaplib
import re
import smtplib
import sys

imaplib.Commands["MOVE"] = ("SELECTED",)


def text(size):
    head = b"From: a@b.example\r\nSubject: test\r\n\r\n"
    return head + b"x" * (size - len(head) - 2) + b"\r\n"


class Mailbox:
    def __init__(self, user):
        self.user = user
        self.imap = imaplib.IMAP4("127.0.0.1", 14143)
        self.imap.login(user, "x")

    def judge(self, answer):
        state, data = answer
        if state == "OK":
            return "ok"
        words = (data[0] or b"").decode(errors="replace")
        return "over" if "[OVERQUOTA]" in words else f"{state}:{words}"

    def select(self, mailbox):
        return self.judge(self.imap.select(mailbox))

    def append(self, mailbox, size):
        return self.judge(self.imap.append(mailbox, None, None, text(int(size))))

    def lmtp(self, size):
        client = smtplib.LMTP("127.0.0.1", 14024)
        client.ehlo("test.example")
        client.mail("a@b.example")
        client.rcpt(self.user)
        try:
            code, said = client.data(text(int(size)))
        except smtplib.SMTPDataError as error:
            code, said = error.smtp_code, error.smtp_error
        return "ok" if code == 250 else f"{code}:{said.decode()}"

    def copy(self, source, uid, target):
        self.imap.select(source)
        return self.judge(self.imap.uid("COPY", uid, target))

    def move(self, source, uid, target):
        self.imap.select(source)
        return self.judge(self.imap.uid("MOVE", uid, target))

    def expunge(self, mailbox, uid):
        self.imap.select(mailbox)
        self.imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
        return self.judge(self.imap.expunge())

    def create(self, mailbox):
        return self.judge(self.imap.create(mailbox))

    def delete(self, mailbox):
        self.imap.select("INBOX")
        return self.judge(self.imap.delete(mailbox))

    def quota(self):
        _, data = self.imap.getquotaroot("INBOX")
        found = []
        for part in data[1]:
            match = re.match(rb'"?([^"(]*)"? \((.*)\)', part)
            found.append(
                match.group(1).decode().strip()
                + "="
                + match.group(2).decode().replace(" ", ",")
            )
        return ";".join(found).replace(" ", "_")


def main():
    mailbox = Mailbox(sys.argv[1])
    for line in sys.argv[2].split(";"):
        words = line.split()
        if words:
            print(getattr(mailbox, words[0])(*words[1:]))


main()
