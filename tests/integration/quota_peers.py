"""quota_peers.py SOCKET UID: what a user without rights, who floods and lies,
gets of quotad; and that others are served meanwhile.  Prints what went wrong."""
import os
import sys

import quota_client
from quota_client import ASK, BAD, COMMAND, DENIED, HARD, LOOK, OK, RECOUNT
from quota_client import RECOUNT_BEGIN, RECOUNT_END, RESERVE, ask, frame, hear

PATH, UID = sys.argv[1], int(sys.argv[2])
PROBLEMS = []


def connect():
    return quota_client.connect(PATH)


def wants(what, found, wanted):
    if found != wanted:
        PROBLEMS.append(f"{what}: {found!r}, not {wanted!r}")


def as_stranger(work):
    """Run work() as another user, in a process of its own."""
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)
        PROBLEMS.clear()
        work()
        for problem in PROBLEMS:
            print(problem, flush=True)
        os._exit(1 if PROBLEMS else 0)
    if os.waitpid(pid, 0)[1] != 0:
        PROBLEMS.append("a stranger")


def garbage(raw):
    client = connect()
    client.sendall(raw)
    return hear(client)[0]


def stranger():
    root = [("user/al", 1)]
    client = connect()
    wants("reserves", ask(client, RESERVE, "al", root)[0], DENIED)
    wants("looks", ask(client, LOOK, "al", root)[0], DENIED)
    wants("counts", ask(client, RECOUNT_BEGIN, "al")[0], DENIED)
    wants("asks", ask(client, ASK, "al", size=1)[0], DENIED)
    wants("commands", ask(client, COMMAND, "-", words="status")[0], DENIED)
    for raw in (
        b"GET / HTTP/1.0\r\n\r\n",
        b"\xff" * 64,
        b"\0\0\0\0",
        frame(RESERVE, "al", root)[:4] + b"\x02" + b"\0" * 60,
        frame(99, "al", root),
        frame(RESERVE, "a\nb", root),
    ):
        if garbage(raw) not in (None, BAD):
            PROBLEMS.append(f"takes {raw!r}")
    crowd = []
    for _ in range(200):
        try:
            crowd.append(connect())
        except OSError:
            break
    served = sum(ask_quietly(one) for one in crowd)
    if not 10 <= served <= 50:
        PROBLEMS.append(f"{served} connections of 200 are served")
    for one in crowd:
        one.close()


def ask_quietly(client):
    try:
        return ask(client, LOOK, "al", [("user/al", 0)])[0] == DENIED
    except OSError:
        return False


def flood():
    """Requests without an end, whose answers nobody reads."""
    client = connect()
    client.setblocking(False)
    raw = frame(COMMAND, "-", words="status") * 100
    sent = 0
    try:
        for _ in range(3000):
            sent += client.send(raw)
    except BlockingIOError:
        pass
    except ConnectionError:
        return
    other = connect()
    wants("while one floods", ask(other, ASK, "nobody", size=1)[0], 0x88)


def main():
    root = [("user/al", 100)]
    ours = connect()
    wants("never counted", ask(ours, RESERVE, "al", root)[0], RECOUNT)
    _, sequence = ask(ours, RECOUNT_BEGIN, "al")
    wants(
        "counted",
        ask(ours, RECOUNT_END, "al", root, sequence=sequence)[0],
        OK,
    )
    as_stranger(stranger)
    flood()
    wants("after all that", ask(ours, RESERVE, "al", root)[0], OK)
    wants("too much", ask(ours, RESERVE, "al", [("user/al", 2000)])[0], HARD)
    for _ in range(255):
        ask(ours, RESERVE, "al", [("user/al", 0)])
    wants("leases without end", ask(ours, RESERVE, "al", [("user/al", 0)])[0], BAD)
    for problem in PROBLEMS:
        print(problem)
    sys.exit(1 if PROBLEMS else 0)


main()
