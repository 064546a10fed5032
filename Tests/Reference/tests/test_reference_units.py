"""What has no vector: parameters alone, receipts, refusals of input, what a reader releases when."""

import math

import pytest
from groups.craft import TEXT_ITEM, Craft, flip, pad, record
from keylink_reference import EnvelopeError, Item, RefusedInput, open_envelope, padme, parse, parse_receipt, seal
from keylink_reference import keys as schedule
from keylink_reference.envelope import Reader
from keylink_reference.header import parse_parameters
from keylink_reference.link import decode, encode
from keylink_reference.payload import ItemData

KEY = bytes(range(32))
NOTE = Item("text", b"kettle")


def code_of(call, *arguments, **named) -> str:
    with pytest.raises(EnvelopeError) as caught:
        call(*arguments, **named)
    return caught.value.code


@pytest.mark.parametrize(
    ("length", "padded"),
    [
        (2, 2), (3, 3), (8, 8), (9, 10), (10, 10), (11, 12), (15, 16), (17, 18), (255, 256), (256, 256), (257, 272),
        (272, 272), (273, 288), (3968, 3968), (3969, 4096), (4096, 4096), (4097, 4352), (65537, 67584),
        (1_000_000, 1_015_808), (2**32 - 1, 2**32), (2**32, 2**32), (2**32 + 1, 2**32 + 2**26),
        (2**39 - 1, 2**39), (2**39, 2**39),
    ],
)  # fmt: skip
def test_padme(length, padded):
    assert padme(length) == padded


def test_padme_as_the_paper_writes_it():
    for length in range(2, 20000):
        exponent = math.floor(math.log2(length))
        bits = exponent - (math.floor(math.log2(exponent)) + 1)
        assert padme(length) == (length + 2**bits - 1) // 2**bits * 2**bits


def test_receipt_of_the_specification():
    link = "https://keylink.example/r/AAECAwQFBgcICQoLDA0ODw#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    receipt = parse_receipt(link)
    token = schedule.receipt_token(receipt.key)
    assert str(receipt) == link
    assert encode(token) == "2Vqc5fv1lxBo19bnu2FMXicxmeAofg4H3ZbTd3gwV7Y"
    assert schedule.verifier(token).hex() == "bcf07d89e05aff50420cb9ab075a0ff23ae2c644acbaba50ac4c2654b254689d"
    assert code_of(parse, link) == "malformed-link"
    assert code_of(parse_receipt, link.replace("/r/", "/s/")) == "malformed-link"


@pytest.mark.parametrize("text", ["AB", "AA==", "A", "A A", "AAA"])
def test_base64url_of_one_byte_has_one_spelling(text):
    assert decode("AA", 1) == b"\0"
    with pytest.raises((EnvelopeError, ValueError)):
        decode(text, 1)


def test_parameters_alone():
    parameters = seal([NOTE], KEY).parameters
    assert parse_parameters(parameters).chunk_log2 == 16
    assert code_of(parse_parameters, parameters[:-1]) == "malformed-header"
    assert code_of(parse_parameters, parameters + b"\0") == "malformed-header"
    assert code_of(parse_parameters, b"") == "malformed-header"
    assert code_of(parse_parameters, b"KLNK\2") == "unsupported-version"
    assert code_of(parse_parameters, b"KLNK\1") == "malformed-header"
    assert code_of(parse_parameters, flip(parameters, 5, 1)) == "malformed-header"
    assert code_of(schedule.unlock, KEY, None, parse_parameters(flip(parameters, 20))) == "wrong-link"


def test_claim_with_other_parameters_is_another_link():
    looked_at, claimed = seal([NOTE], KEY), seal([NOTE], KEY)
    assert open_envelope(claimed.envelope, KEY, parameters=claimed.parameters).items
    assert code_of(open_envelope, claimed.envelope, KEY, parameters=looked_at.parameters) == "wrong-link"
    newer = flip(claimed.envelope, 4, 1)
    assert code_of(open_envelope, newer, KEY, parameters=looked_at.parameters) == "unsupported-version"


def never(*_arguments):
    raise AssertionError("stretched")


def test_nothing_is_stretched_before_link_and_passphrase():
    sealed = Craft("unit_stretch", flags=1, opslimit=8, memlimit=262144)
    envelope = sealed.envelope(TEXT_ITEM + pad())
    assert code_of(open_envelope, envelope, sealed.link_key, None, stretch=never) == "passphrase-required"
    assert code_of(open_envelope, envelope, sealed.link_key, "", stretch=never) == "passphrase-required"
    assert code_of(open_envelope, flip(envelope, 40), sealed.link_key, "x", stretch=never) == "wrong-link"
    with pytest.raises(RefusedInput):
        open_envelope(envelope, sealed.link_key, "half a pair \ud83d", stretch=never)
    with pytest.raises(RefusedInput):
        seal([NOTE], KEY, "half a pair \ud83d", stretch=never)


def test_passphrase_without_flag_is_not_looked_at():
    assert open_envelope(seal([NOTE], KEY).envelope, KEY, "half a pair \ud83d", stretch=never).items


@pytest.mark.parametrize(
    "items",
    [
        [],
        [NOTE] * 1001,
        [Item("text", b"\xff")],
        [Item("text", b"a", name="a.txt")],
        [Item("text", b"a", type="")],
        [Item("text", b"a", type="x" * 256)],
        [Item("text", b"a", type="text/pl\u00e4in")],
        [Item("text", b"a", type="a\nb")],
        [Item("file", b"a")],
        *[[Item("file", b"a", name=name)] for name in ("", ".", "..", "a/b", "a\\b", "a\0b", "a\u202eb", "n" * 256)],
        [Item("file", b"a", name="half a pair \ud83d")],
        [Item("file", b"a", name="/\u0338")],
    ],
    ids=lambda items: str(items[:1])[:60],
)
def test_writer_refuses(items):
    with pytest.raises(RefusedInput):
        seal(items, KEY)


@pytest.mark.parametrize(
    "parameters",
    [
        {"chunk_log2": 11},
        {"chunk_log2": 21},
        {"opslimit": 3, "memlimit": 65536},
        {"passphrase": "x", "opslimit": 2, "memlimit": 65536},
        {"passphrase": "x", "opslimit": 9, "memlimit": 65536},
        {"passphrase": "x", "opslimit": 3, "memlimit": 65535},
        {"passphrase": "x", "opslimit": 3, "memlimit": 262145},
        {"link_key": bytes(31)},
    ],
    ids=str,
)
def test_writer_refuses_parameters(parameters):
    with pytest.raises(RefusedInput):
        seal([NOTE], **{"link_key": KEY, "stretch": never, **parameters})


def test_two_sealings_have_nothing_in_common():
    first, second = seal([NOTE], KEY).envelope, seal([NOTE], KEY).envelope
    assert first[16:32] != second[16:32]
    assert first[80:] != second[80:]


def released(reader: Reader, envelope: bytes) -> tuple[bytes, str]:
    """The data that came out before the error, and its code."""
    data = b""
    with pytest.raises(EnvelopeError) as caught:
        for i in range(len(envelope)):
            for event in reader.feed(envelope[i : i + 1]):
                data += event.octets if isinstance(event, ItemData) else b""
        list(reader.finish())
    return data, caught.value.code


def test_nothing_is_released_of_a_box_that_fails():
    craft = Craft("unit_released")
    payload = TEXT_ITEM + record(2, b"a") + record(5, b"b" * 6000) + pad()
    envelope = flip(craft.envelope(payload), -1)
    data, code = released(Reader(craft.link_key), envelope)
    first = 4096 - len(TEXT_ITEM) - 6 - 5
    assert (data, code) == (b"the kettle is on" + b"b" * first, "corrupt")


def test_nothing_is_released_after_a_malformed_record():
    craft = Craft("unit_malformed")
    payload = TEXT_ITEM + record(6) + TEXT_ITEM + pad(5000)
    data, code = released(Reader(craft.link_key), craft.envelope(payload))
    assert (data, code) == (b"the kettle is on", "malformed-payload")
    data, code = released(Reader(craft.link_key), flip(craft.envelope(payload), -1))
    assert (data, code) == (b"the kettle is on", "corrupt")


def test_nothing_is_released_of_an_item_whose_size_is_out_of_range():
    craft = Craft("unit_size")
    payload = record(2, b"a") + record(4, (2**53).to_bytes(8, "big")) + record(5, b"b" * 6000) + pad()
    assert released(Reader(craft.link_key), craft.envelope(payload)) == (b"", "malformed-payload")


def test_version_is_judged_at_the_fifth_byte():
    reader = Reader(KEY)
    assert list(reader.feed(b"KLNK")) == []
    assert code_of(lambda: list(reader.feed(b"\2"))) == "unsupported-version"
    other = Reader(KEY)
    assert list(other.feed(b"KLNX\2" + bytes(74))) == []
    assert code_of(lambda: list(other.feed(b"\0"))) == "malformed-header"


def test_errors_hold_no_secret():
    sealed = seal([Item("file", b"data", "secret name")], KEY, salt=bytes(16))
    for position in (0, 4, 5, 20, 40, 60, 100):
        with pytest.raises(EnvelopeError) as caught:
            open_envelope(flip(sealed.envelope, position), KEY)
        assert KEY.hex() not in str(caught.value)
        assert "secret" not in str(caught.value)
