"""The vectors, a module for each file of Spec/vectors.

Each has `cases()`. Envelopes are put together by hand from primitives (see craft), not by the writer under test, and
every expectation is written down, not computed: generate.py then asks the reference reader whether it agrees.
"""

from . import boxes, examples, header, keys, link, name, passphrase, paste, payload, text, writer

ALL = {
    "box": boxes.cases,
    "example": examples.cases,
    "header": header.cases,
    "keys": keys.cases,
    "link": link.cases,
    "name": name.cases,
    "passphrase": passphrase.cases,
    "paste": paste.cases,
    "payload": payload.cases,
    "text": text.cases,
    "writer": writer.cases,
}
