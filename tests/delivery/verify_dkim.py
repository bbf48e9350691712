"""Verifies the mail on standard input by dkimpy, with the TXT record of argument 2 at the name of argument 1."""

import sys

import dkim

name, record = (argument.encode() for argument in sys.argv[1:3])


def look_up(asked, timeout=5):
    asked = asked if isinstance(asked, bytes) else asked.encode()
    return record if asked.rstrip(b".") == name.rstrip(b".") else None


print(dkim.verify(sys.stdin.buffer.read(), dnsfunc=look_up))
