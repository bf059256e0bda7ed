"""quota_sessions.py SESSIONS ROUNDS SEED USER,... [keep]: sessions at once that
append, deliver, copy, move, expunge, and delete mailboxes (unless told to keep
them) at random; print how many of each were done.  What a server that is killed
answers is no failure here."""
import collections
import imaplib
import random
import smtplib
import sys
import threading

imaplib.Commands["MOVE"] = ("SELECTED",)
BOXES = ["INBOX", "A", "B"]
ERRORS = (OSError, imaplib.IMAP4.error, smtplib.SMTPException)


def text(size):
    return b"Subject: x\r\n\r\n" + b"x" * size + b"\r\n"


class Session:
    def __init__(self, user, seed, done):
        self.user, self.random, self.done = user, random.Random(seed), done
        self.imap = None

    def connect(self):
        self.imap = imaplib.IMAP4("127.0.0.1", 14143, timeout=30)
        self.imap.login(self.user, "x")
        for box in BOXES:
            self.imap.create(box)

    def box(self):
        return self.random.choice(BOXES)

    def append(self):
        return self.imap.append(
            self.box(), None, None, text(self.random.randrange(30000))
        )[0]

    def lmtp(self):
        client = smtplib.LMTP("127.0.0.1", 14024, timeout=30)
        client.ehlo("x")
        client.mail("a@b.example")
        client.rcpt(self.user)
        try:
            return client.data(text(self.random.randrange(30000)))[0]
        except smtplib.SMTPDataError as error:
            return error.smtp_code

    def uid(self, box):
        self.imap.select(box)
        found = self.imap.uid("SEARCH", "ALL")[1][0].split()
        return self.random.choice(found).decode() if found else None

    def copy(self):
        uid = self.uid(self.box())
        return uid and self.imap.uid("COPY", uid, self.box())[0]

    def move(self):
        uid = self.uid(self.box())
        return uid and self.imap.uid("MOVE", uid, self.box())[0]

    def expunge(self):
        uid = self.uid(self.box())
        if uid is None:
            return None
        self.imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
        return self.imap.expunge()[0]

    def delete(self):
        self.imap.select("INBOX")
        box = self.random.choice(BOXES[1:])
        answer = self.imap.delete(box)[0]
        self.imap.create(box)
        return answer

    def run(self, rounds):
        doings = [self.append] * 5 + [self.lmtp] * 3 + [self.copy] * 3
        doings += [self.move] * 3 + [self.expunge] * 4
        if "keep" not in sys.argv[5:]:
            doings.append(self.delete)
        for _ in range(rounds):
            try:
                if self.imap is None:
                    self.connect()
                doing = self.random.choice(doings)
                answer = doing()
                self.done[doing.__name__, str(answer)] += 1
            except ERRORS:
                self.imap = None
                self.done["gone", ""] += 1


def main():
    sessions, rounds, seed = map(int, sys.argv[1:4])
    users = sys.argv[4].split(",")
    done = collections.Counter()
    threads = [
        threading.Thread(
            target=Session(users[i % len(users)], seed * 1000 + i, done).run,
            args=(rounds,),
        )
        for i in range(sessions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(" ".join(f"{k[0]}:{k[1]}={v}" for k, v in sorted(done.items())))


main()
