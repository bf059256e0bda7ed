"""quota_client.py: frames as lib/ledger/ledger_frame.h has them, for tests that
speak to quotad themselves."""
import socket
import struct

RESERVE, LOOK, RECOUNT_BEGIN, RECOUNT_END, ASK, COMMAND = 1, 4, 5, 6, 8, 10
OK, RECOUNT, DENIED, BAD, HARD = 0x81, 0x86, 0x8A, 0x8B, 0x84


def text(words):
    raw = words.encode() + b"\0"
    return struct.pack(">H", len(raw)) + raw


def frame(verb, holder="", roots=(), words="", lease=0, sequence=0, size=0):
    body = struct.pack(">IIQQQ", 1, 0, lease, sequence, size)
    body += text(holder) + text(words) + struct.pack(">B", len(roots))
    for key, amount in roots:
        body += text(key) + struct.pack(">qqqqq", amount, amount > 0, 1000, 0, 0)
    head = struct.pack(">IBBH", len(body) + 4, 1, verb, 0)
    return head + body


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(5)
    client.connect(path)
    return client


def hear(client):
    """The kind of the next reply, and its sequence; None at the end."""
    try:
        head = client.recv(4, socket.MSG_WAITALL)
        if len(head) < 4:
            return None, 0
        body = client.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL)
        return body[1], struct.unpack(">Q", body[24:32])[0]
    except (ConnectionError, TimeoutError):
        return None, 0


def ask(client, *args, **kwargs):
    client.sendall(frame(*args, **kwargs))
    return hear(client)
