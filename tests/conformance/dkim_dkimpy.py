#!/usr/bin/python3
"""dkimpy's opinion of the corpus.

Usage, in tests/:
    dkim_dkimpy.py verify DIRECTORY  verify DIRECTORY/ours and print a line for
                                     each signature: its name, then pass or
                                     what is wrong
    dkim_dkimpy.py sign DIRECTORY    sign DIRECTORY/plain into DIRECTORY/dkimpy,
                                     each with two keys
"""
import base64
import os
import sys

try:
    import dkim
    import nacl  # noqa: F401  (dkimpy's Ed25519 needs it)
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

CANONS = {"r": b"relaxed", "s": b"simple"}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def records(directory):
    lines = read(os.path.join(directory, "records")).splitlines()
    return dict(line.split(b" ", 1) for line in lines)


def verify(directory):
    keys = records(directory)

    def find_key(name, timeout=5):
        return keys.get(name.rstrip(b"."))

    folder = os.path.join(directory, "ours")
    for name in sorted(os.listdir(folder)):
        for number, letter in enumerate("re"):
            result = "pass"
            try:
                message = dkim.DKIM(read(os.path.join(folder, name)))
                if not message.verify(idx=number, dnsfunc=find_key):
                    result = "does not match"
            except dkim.DKIMException as error:
                result = str(error)
            print(f"{name}.{letter} {result}")


def seed(path):
    """The bare Ed25519 key that dkimpy wants, from PKCS #8."""
    lines = read(path).splitlines()
    der = base64.b64decode(b"".join(lines[1:-1]))
    return base64.b64encode(der[-32:])


def sign(directory):
    # dkimpy computes RSA in Python: a short key saves a minute.
    keys = [
        (b"p", read("support/keys/rsa1024.pem"), b"rsa-sha256"),
        (b"e", seed("support/keys/ed25519.pem"), b"ed25519-sha256"),
    ]
    folder = os.path.join(directory, "plain")
    out = os.path.join(directory, "dkimpy")
    os.mkdir(out)
    for name in sorted(os.listdir(folder)):
        message = read(os.path.join(folder, name))
        canons = tuple(CANONS[letter] for letter in name[-2:])
        fields = b""
        try:
            for selector, key, algorithm in keys:
                fields += dkim.sign(
                    message, selector, b"example.com", key,
                    canonicalize=canons, signature_algorithm=algorithm)
        except dkim.DKIMException as error:
            for letter in "re":
                print(f"{name}.{letter} cannot sign: {error}")
            continue
        with open(os.path.join(out, name), "wb") as file:
            file.write(fields + message)


if len(sys.argv) == 3 and sys.argv[1] == "verify":
    verify(sys.argv[2])
elif len(sys.argv) == 3 and sys.argv[1] == "sign":
    sign(sys.argv[2])
else:
    print(__doc__, file=sys.stderr)
    sys.exit(64)
