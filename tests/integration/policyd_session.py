#!/usr/bin/python3
"""policyd_session.py HOST CA USER PASSWORD COMMAND ...: a submission that is not
straight: each COMMAND is one mail that is given up after so many recipients, as
`4 reset', or sent, as `2 send'.  Prints the reply to each last RCPT TO and to
the end of what was sent."""

import smtplib
import ssl
import sys


def play(smtp, user, recipients, end):
    smtp.mail(user)
    for i in range(recipients):
        code, text = smtp.rcpt(f"to{i}@b.example")
    print(code, text.decode())
    if end == "send":
        print(*smtp.data(f"From: {user}\r\nSubject: many\r\n\r\nHello\r\n"))
    else:
        smtp.rset()


def main():
    host, ca, user, password = sys.argv[1:5]
    context = ssl.create_default_context(cafile=ca)
    with smtplib.SMTP(host, 587, timeout=60) as smtp:
        smtp.starttls(context=context)
        smtp.login(user, password)
        for recipients, end in zip(sys.argv[5::2], sys.argv[6::2]):
            play(smtp, user, int(recipients), end)


main()
