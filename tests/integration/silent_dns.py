#!/usr/bin/python3
"""silent_dns.py ADDRESS SERVER NAME: a way to a DNS server on which questions
below NAME are never answered, as by a DNS list that went away."""

import socket
import sys


def main():
    address, server, name = sys.argv[1:4]
    silent = b"".join(bytes([len(label)]) + label.encode()
                      for label in name.split("."))
    askers = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    askers.bind((address, 53))
    while True:
        question, asker = askers.recvfrom(4096)
        if silent in question.lower():
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
            there.settimeout(2)
            there.connect((server, 53))
            there.send(question)
            try:
                askers.sendto(there.recv(65535), asker)
            except OSError:
                pass


main()
