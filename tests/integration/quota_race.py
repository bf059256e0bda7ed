"""quota_race.py append|lmtp fast|slow COUNT BYTES USER,...: so many messages of
that size at once for these users in turn; print how many were taken, how many
were refused, how many neither, and a refusal."""
import imaplib
import smtplib
import socket
import sys
import threading
import time

KIND, PACE, COUNT, BYTES = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5])
USERS = sys.argv[5].split(",")
TIMEOUT = 60


def message():
    text = b"From: a@b.example\r\nSubject: race\r\n\r\n"
    line = b"x" * 76 + b"\r\n"
    text += line * ((BYTES - len(text)) // len(line) - 1)
    return text + b"y" * (BYTES - len(text) - 2) + b"\r\n"


TEXT = message()
BARRIER = threading.Barrier(COUNT)


def in_two(send, data):
    """Half of it, a pause in which all others are as far, and the rest."""
    half = len(data) // 2
    send(data[:half])
    if PACE == "slow":
        BARRIER.wait(TIMEOUT)
        time.sleep(0.05)
    send(data[half:])


def append(user):
    client = imaplib.IMAP4("127.0.0.1", 14143)
    client.login(user, "x")
    BARRIER.wait(TIMEOUT)
    client.send(b"a APPEND INBOX {%d}\r\n" % len(TEXT))
    answer = client.readline()
    if not answer.startswith(b"+"):
        if PACE == "slow":
            BARRIER.wait(TIMEOUT)
        return answer
    in_two(client.send, TEXT)
    client.send(b"\r\n")
    while not answer.startswith(b"a "):
        answer = client.readline()
        if not answer:
            return b"gone"
    return answer


def lmtp(user):
    client = smtplib.LMTP("127.0.0.1", 14024, timeout=TIMEOUT)
    client.ehlo("race.example")
    client.mail("a@b.example")
    client.rcpt(user)
    client.putcmd("data")
    client.getreply()
    BARRIER.wait(TIMEOUT)
    in_two(client.sock.sendall, TEXT + b".\r\n")
    code, text = client.getreply()
    return b"%d %s" % (code, text)


def judge(answer):
    if answer.startswith((b"a OK", b"250")):
        return "taken"
    if answer.startswith((b"a NO [OVERQUOTA]", b"552", b"452")):
        return "refused"
    return "neither"


def run(index, answers):
    try:
        answers[index] = (append if KIND == "append" else lmtp)(
            USERS[index % len(USERS)]
        )
    except (OSError, imaplib.IMAP4.error, smtplib.SMTPException) as error:
        answers[index] = repr(error).encode()
    except threading.BrokenBarrierError:
        answers[index] = b"others did not come"


def main():
    socket.setdefaulttimeout(TIMEOUT)
    answers = [b""] * COUNT
    threads = [
        threading.Thread(target=run, args=(i, answers)) for i in range(COUNT)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [judge(answer) for answer in answers]
    others = sorted(
        (a for a in answers if judge(a) != "taken"), key=judge
    )
    print(
        found.count("taken"),
        found.count("refused"),
        found.count("neither"),
        (others or [b""])[0].decode(errors="replace").strip(),
    )


main()
