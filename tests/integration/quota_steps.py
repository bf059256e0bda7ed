"""quota_steps.py QUOTAD CONFIG RELAY SOCKET VICTIM WHEN LAST: one life of a mail
for each frame that the plugin and quotad exchange over it, in which the process
VICTIM (client or daemon) is killed just before or just after (WHEN) that frame
passes, until a life needs no more frames, or LAST was reached.  Each has a user
of its own, step1@d.example and so on; prints how many there were, and fails when
a message is lost that somebody was told is stored."""
import imaplib
import os
import signal
import smtplib
import socket
import struct
import subprocess
import sys
import threading
import time

imaplib.Commands["MOVE"] = ("SELECTED",)
ERRORS = (OSError, EOFError, imaplib.IMAP4.error, smtplib.SMTPException)
HEADER = 8
FIELD = "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"


class Daemon:
    """quotad, started anew when it was killed."""

    def __init__(self, program, config, path):
        self.command, self.path = [program, "-c", config], path
        self.lock = threading.Lock()
        self.start()

    def start(self):
        with open(os.path.dirname(self.command[2]) + "/quotad.log", "a") as log:
            self.process = subprocess.Popen(self.command, stderr=log)
        while not os.path.exists(self.path):
            time.sleep(0.01)

    def kill(self):
        with self.lock:
            self.process.kill()
            self.process.wait()
            os.unlink(self.path)
            self.start()

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Relay:
    """Between the plugin and quotad: counts frames, and kills at one of them."""

    def __init__(self, path, daemon, victim, when):
        self.daemon, self.victim, self.when = daemon, victim, when
        self.lock = threading.Lock()
        self.arm(0)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o777)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def arm(self, step):
        self.step, self.passed, self.killed = step, 0, False

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            who = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            pid = struct.unpack("3i", who)[0]
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.daemon.path)
            except OSError:
                client.close()
                continue
            for pair in (client, server), (server, client):
                threading.Thread(
                    target=self.pump, args=(*pair, pid), daemon=True
                ).start()

    def pump(self, source, target, pid):
        try:
            while True:
                frame = self.read(source, HEADER)
                (rest,) = struct.unpack(">I", frame[:4])
                frame += self.read(source, rest + 4 - HEADER)
                self.pass_on(frame, target, pid)
        except (OSError, EOFError):
            for end in source, target:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    @staticmethod
    def read(source, size):
        data = b""
        while len(data) < size:
            more = source.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def pass_on(self, frame, target, pid):
        with self.lock:
            self.passed += 1
            due = self.passed == self.step
            self.killed = self.killed or due
            if due and self.when == "before":
                self.kill(pid)
            target.sendall(frame)
            if due and self.when == "after":
                # What was passed on is to be read first.
                time.sleep(0.02)
                self.kill(pid)

    def kill(self, pid):
        if self.victim == "daemon":
            self.daemon.kill()
            return
        os.kill(pid, signal.SIGKILL)
        end = time.time() + 10
        while os.path.exists(f"/proc/{pid}") and time.time() < end:
            time.sleep(0.002)


def text(name, size=20000):
    return f"Subject: {name}\r\n\r\n".encode() + b"x" * size + b"\r\n"


class Life:
    """Messages come, are copied, moved and removed; a server that dies is asked
    again for the next thing only."""

    def __init__(self, user):
        self.user, self.imap, self.stored = user, None, []

    def client(self):
        if self.imap is None:
            imap = imaplib.IMAP4("127.0.0.1", 14143, timeout=30)
            imap.login(self.user, "x")
            imap.create("Old")
            self.imap = imap
        return self.imap

    def append(self, name):
        if self.client().append("INBOX", None, None, text(name))[0] == "OK":
            self.stored.append(name)

    def deliver(self, name):
        with smtplib.LMTP("127.0.0.1", 14024, timeout=30) as client:
            client.ehlo("x")
            client.mail("a@b.example")
            client.rcpt(self.user)
            if client.data(text(name))[0] == 250:
                self.stored.append(name)

    def uid(self, name):
        self.client().select("INBOX")
        found = self.client().uid("SEARCH", "SUBJECT", name)[1][0].split()
        return found[0].decode() if found else None

    def on(self, command, name, *where):
        uid = self.uid(name)
        if uid is not None:
            self.client().uid(command, uid, *where)

    def expunge(self, name):
        if name in self.stored:
            self.stored.remove(name)
        self.on("STORE", name, "+FLAGS.SILENT", r"(\Deleted)")
        self.client().expunge()

    def run(self):
        steps = [
            (self.append, "one"),
            (self.deliver, "two"),
            (self.on, "COPY", "one", "Old"),
            (self.on, "MOVE", "two", "Old"),
            (self.append, "three"),
            (self.expunge, "three"),
        ]
        # Once as who has never been counted, once as who has.
        for step in steps + steps:
            try:
                step[0](*step[1:])
            except ERRORS:
                self.imap = None
        try:
            self.client().logout()
        except ERRORS:
            pass

    def lost(self):
        imap = imaplib.IMAP4("127.0.0.1", 14143, timeout=30)
        imap.login(self.user, "x")
        there = []
        for box in "INBOX", "Old":
            imap.select(box, readonly=True)
            for uid in imap.uid("SEARCH", "ALL")[1][0].split():
                field = imap.uid("FETCH", uid, FIELD)[1][0][1]
                there.append(field.decode().split(":")[1].strip())
        imap.logout()
        return [name for name in set(self.stored) if name not in there]


def main():
    program, config, path, socket_path, victim, when, last = sys.argv[1:]
    daemon = Daemon(program, config, socket_path)
    relay = Relay(path, daemon, victim, when)
    # Whoever started us says when Dovecot is there.
    sys.stdin.readline()
    lost, step, alive = [], 0, True
    while alive and step < int(last):
        step += 1
        relay.arm(step)
        life = Life(f"step{step}@d.example")
        life.run()
        alive = relay.killed
        relay.arm(0)
        if victim == "daemon":
            time.sleep(1.1)
        lost += [f"{life.user}: {name}" for name in life.lost()]
    if lost:
        print("lost: " + ", ".join(lost), file=sys.stderr)
    print(step, flush=True)
    # And looks at the ledger now.
    sys.stdin.read()
    daemon.stop()


main()
