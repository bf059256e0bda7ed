"""quota_ask.py SOCKET UID HOLDER KEY: print what quotad answers the user UID who asks
for room of 100 bytes."""
import os
import sys

from quota_client import DENIED, OK, RESERVE, ask, connect

NAMES = {OK: "OK", DENIED: "DENIED"}


def main():
    path, uid, holder, key = sys.argv[1:]
    os.setgroups([])
    os.setresuid(int(uid), int(uid), int(uid))
    kind, _ = ask(connect(path), RESERVE, holder, [(key, 100)])
    print(NAMES.get(kind, kind))


main()
