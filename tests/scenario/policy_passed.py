"""policy_passed.py BINARY: mailreeve-policyd behind a socket that somebody else
keeps, as systemd does (sd_listen_fds(3), sd_notify(3)): whoever asks while no
daemon is there, while one stops or after one was killed is answered by the next
one, and the socket's name stays."""

import grp
import os
import pwd
import shutil
import signal
import socket
import sys
import tempfile
import time

BINARY = os.path.abspath(sys.argv[1])
PATIENCE = 20
REQUEST = (
    "request=smtpd_access_policy\nprotocol_state=RCPT\n"
    "client_address=192.0.2.7\nsasl_username=ann@example.org\n"
    "sender=ann@example.org\nrecipient=bob@example.net\ninstance={}\n\n"
)


class World:
    """A folder with a configuration, the socket, and where notices go."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mailreeve-passed.")
        self.user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        entry = pwd.getpwnam(self.user)
        group = grp.getgrgid(entry.pw_gid).gr_name
        self.config = self.path("policyd.conf")
        with open(self.config, "w") as file:
            file.write(
                f'sockets = {{"unix:{self.path("policy.sock")}"}}\n'
                f'socket_group = "{group}"\nuser = "{self.user}"\n'
                f'control_socket = "{self.path("control.sock")}"\n'
                f'state = "{self.path("state.sqlite")}"\n'
                f'resolvers = {{"zone:{self.path("zone")}"}}\n'
                "score = no\ngreylist = no\nlog_to = stderr\n"
            )
        with open(self.path("zone"), "w") as file:
            file.write("$ORIGIN example.\n$TTL 60\n@ SOA ns host 1 60 60 60 60\n")
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(self.path("notify"))
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path("policy.sock"))
        self.listener.listen(64)
        os.chmod(self.folder, 0o750)
        if os.geteuid() == 0:
            for path in [self.folder] + [self.path(n) for n in os.listdir(self.folder)]:
                os.chown(path, entry.pw_uid, entry.pw_gid)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        """Start a daemon with the socket as descriptor 3."""
        pid = os.fork()
        if pid == 0:
            os.dup2(self.listener.fileno(), 3)
            own = str(os.getpid())
            os.environ.update(
                LISTEN_PID=own,
                LISTEN_FDS="1",
                NOTIFY_SOCKET=self.path("notify"),
                WATCHDOG_PID=own,
                WATCHDOG_USEC="400000",
            )
            os.execv(BINARY, [BINARY, "-c", self.config])
        return pid

    def until(self, notice):
        """Wait for a notice that begins so."""
        self.notices.settimeout(PATIENCE)
        while not self.notices.recv(4096).decode().startswith(notice):
            pass

    def ask(self, instance):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        client.connect(self.path("policy.sock"))
        client.sendall(REQUEST.format(instance).encode())
        return client


def check(what, holds):
    print(("ok: " if holds else "WRONG: ") + what)
    if not holds:
        sys.exit(1)


def answered(client):
    return client.recv(4096) == b"action=DUNNO\n\n"


def end(pid, number):
    os.kill(pid, number)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def run(world):
    early = world.ask("1")
    pid = world.start()
    check("who asked before there was a daemon is answered", answered(early))
    world.until("READY=1")
    world.until("WATCHDOG=1")
    os.kill(pid, signal.SIGUSR1)
    world.until("RELOADING=1\nMONOTONIC_USEC=")
    world.until("READY=1")
    check("a reload is told", True)

    begin = time.monotonic()
    check("SIGTERM ends it with 0", end(pid, signal.SIGTERM) == 0)
    check("at once", time.monotonic() - begin < 5)
    world.until("STOPPING=1\nEXTEND_TIMEOUT_USEC=")
    check("an idle connection is closed", early.recv(1) == b"")
    check("the name stays", os.path.exists(world.path("policy.sock")))
    check("that of the control socket goes", not os.path.exists(world.path("control.sock")))

    waiting = world.ask("2")
    pid = world.start()
    check("who asked meanwhile is answered", answered(waiting))
    end(pid, signal.SIGKILL)
    waiting = world.ask("3")
    pid = world.start()
    check("and who asked after a crash", answered(waiting))
    check("SIGINT ends it with 0", end(pid, signal.SIGINT) == 0)


def main():
    world = World()
    try:
        run(world)
    finally:
        shutil.rmtree(world.folder)


main()
