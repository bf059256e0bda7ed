#!/usr/bin/python3
"""Write the signed messages of this folder and keys.zone.

The private keys are made here and forgotten, so all files change together.
Needs python3-cryptography; the scenarios need only the files.
"""
import base64
import hashlib
import os
import re

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

HERE = os.path.dirname(os.path.abspath(__file__))
SENT = 1767225600  # 2026-01-01
BODY = "The reeve counts the sheep.\r\n\r\nAll of them are here.\r\n"
# What is not there is kept for a while, as it is in the real DNS.
zone = ["%s 300 IN SOA ns.%s hostmaster.%s 1 300 300 300 300" % (top, top, top)
        for top in ("example.", "org.")]


def publish(name, text):
    pieces = [text[i:i + 200] for i in range(0, len(text), 200)]
    quoted = " ".join('"%s"' % piece for piece in pieces)
    zone.append("%s. 300 IN TXT %s" % (name, quoted))


def record(key, extra=""):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        kind, form = "ed25519", (serialization.Encoding.Raw,
                                 serialization.PublicFormat.Raw)
    else:
        kind, form = "rsa", (serialization.Encoding.DER,
                             serialization.PublicFormat.SubjectPublicKeyInfo)
    public = base64.b64encode(key.public_key().public_bytes(*form)).decode()
    return "v=DKIM1; k=%s;%s p=%s" % (kind, extra, public)


def relaxed_field(name, value):
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()
    return name.lower() + b":" + value + b"\r\n"


def relaxed_body(body):
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ")
             for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def sign(fields, body, key, tags, digest="sha256"):
    """Return the value of a relaxed/relaxed signature over all fields."""
    names = [name for name, _ in fields]
    canonical = relaxed_body(body)
    for tag in tags:
        if tag.startswith("l="):
            canonical = canonical[:int(tag[2:])]
    body_hash = hashlib.new(digest, canonical).digest()
    value = " v=1; c=relaxed/relaxed; %s;\r\n\th=%s;\r\n\tbh=%s;\r\n\tb=" % (
        "; ".join(tags), ":".join(names),
        base64.b64encode(body_hash).decode())
    value = value.encode()
    data = b"".join(relaxed_field(n.encode(), v) for n, v in fields)
    data += relaxed_field(b"DKIM-Signature", value)[:-2]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        mark = key.sign(hashlib.sha256(data).digest())
    else:
        hash_type = hashes.SHA1() if digest == "sha1" else hashes.SHA256()
        mark = key.sign(data, padding.PKCS1v15(), hash_type)
    return value + base64.b64encode(mark)


def mail(sender="Ann <ann@sender.example>", subject="Sheep"):
    fields = [("From", sender), ("To", "bob@here.example"),
              ("Subject", subject),
              ("Date", "Thu, 01 Jan 2026 00:00:00 +0000"),
              ("Message-ID", "<1@sender.example>")]
    return [(name, (" " + value).encode()) for name, value in fields]


def write(name, fields, body, signatures):
    text = b"".join(b"DKIM-Signature:" + s + b"\r\n" for s in signatures)
    text += b"".join(n.encode() + b":" + v + b"\r\n" for n, v in fields)
    text += b"\r\n" + body
    with open(os.path.join(HERE, name), "wb") as out:
        out.write(text.replace(b"\r\n", b"\n"))


def tags_of(domain, selector, *more, algorithm="rsa-sha256", time=SENT):
    return ["a=" + algorithm, "d=" + domain, "s=" + selector,
            "t=%d" % time, *more]


def main():
    key = rsa.generate_private_key(65537, 2048)
    small = rsa.generate_private_key(65537, 768)
    edwards = ed25519.Ed25519PrivateKey.generate()
    body = BODY.encode()
    fields = mail()

    for domain in ("sender.example", "xn--bcher-kva.example"):
        publish("rsa._domainkey." + domain, record(key))
    publish("ed._domainkey.sender.example", record(edwards))
    publish("small._domainkey.sender.example", record(small))
    publish("testing._domainkey.sender.example", record(key, " t=y;"))
    publish("strict._domainkey.sender.example", record(key, " t=s;"))
    publish("web._domainkey.sender.example", record(key, " s=web;"))
    publish("revoked._domainkey.sender.example", "v=DKIM1; k=rsa; p=")
    for i in range(1, 15):
        publish("s%d._domainkey.other.example" % i, record(key))
    zone.append("; @servfail broken._domainkey.sender.example.")
    zone.append("; @timeout silent._domainkey.sender.example.")

    def one(name, selector, *more, use=key, digest="sha256", **rest):
        write(name, fields, body, [sign(fields, body, use, tags_of(
            "sender.example", selector, *more, **rest), digest)])

    one("good.eml", "rsa", "i=ann@sender.example")
    one("ed25519.eml", "ed", use=edwards, algorithm="ed25519-sha256")
    one("sha1.eml", "rsa", digest="sha1", algorithm="rsa-sha1")
    one("small.eml", "small", use=small)
    one("expired.eml", "rsa", "x=%d" % (SENT + 60))
    one("future.eml", "rsa", time=4102444800)
    one("partial.eml", "rsa", "l=29")
    one("testing.eml", "testing")
    one("strict.eml", "strict", "i=ann@news.sender.example")
    one("web.eml", "web")
    one("revoked.eml", "revoked")
    one("absent.eml", "absent")
    one("servfail.eml", "broken")
    one("timeout.eml", "silent")
    good = sign(fields, body, key, tags_of("sender.example", "rsa"))
    write("malformed.eml", fields, body,
          [b" v=1; a=rsa-sha256; d=sender.example; s=rsa; this is no tag", good])
    write("two.eml", fields, body, [good, sign(
        fields, body, edwards, tags_of("sender.example", "ed",
                                       algorithm="ed25519-sha256"))])
    write("many.eml", fields, body, [
        sign(fields, body, key, tags_of("other.example", "s%d" % i))
        for i in range(1, 15)] + [good])
    author = "Jürgen <jürgen@bücher.example>"
    fields = mail(author, "Schäfchen zählen")
    write("eai.eml", fields, body, [sign(fields, body, key, tags_of(
        "bücher.example", "rsa", "i=jürgen@bücher.example"))])
    with open(os.path.join(HERE, "keys.zone"), "w") as out:
        out.write("; made by make.py\n" + "\n".join(zone) + "\n")


main()
