"""What holds for every envelope: it comes back, and nothing else does."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from keylink_reference import EnvelopeError, Item, open_envelope, open_pieces, padme, seal
from keylink_reference.header import HEADER_BYTES
from keylink_reference.records import name_problem

SMALL = 4096

texts = st.text(max_size=200).map(lambda text: text.encode())
names = st.text(min_size=1, max_size=60).filter(lambda name: name_problem(name.encode()) is None)
types = st.none() | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)
octets = st.binary(max_size=300) | st.integers(0, 3 * SMALL).map(bytes)
keys = st.binary(min_size=32, max_size=32)
salts = st.binary(min_size=16, max_size=16)

items = st.lists(
    st.builds(Item, st.just("text"), texts, st.none(), types, st.booleans())
    | st.builds(Item, st.just("file"), octets, names, types, st.booleans()),
    min_size=1,
    max_size=5,
)


def told(item) -> tuple:
    return (item.kind, item.name, item.type, bytes(item.data))


@given(items, keys, salts, st.sampled_from([12, 13, 16, 20]), st.data())
def test_comes_back(given_items, key, salt, chunk_log2, data):
    envelope = seal(given_items, key, chunk_log2=chunk_log2, salt=salt).envelope
    cuts = sorted(data.draw(st.lists(st.integers(0, len(envelope)), max_size=6)))
    pieces = [envelope[a:b] for a, b in zip([0, *cuts], [*cuts, len(envelope)], strict=True)]
    for opened in (open_envelope(envelope, key), open_pieces(pieces, key)):
        assert list(map(told, opened.items)) == list(map(told, given_items))


def _sealed(size: int) -> tuple[bytes, bytes]:
    key = bytes(range(32))
    item = Item("file", bytes(i % 251 for i in range(size)), "a.bin")
    return seal([item], key, chunk_log2=12, salt=bytes(16)).envelope, key


TWO_BOXES = _sealed(5000)
ONE_BOX = _sealed(10)


def expected_of(position: int) -> set[str]:
    """The codes that a change at this place of the octets may come to."""
    if position < 4:
        return {"malformed-header"}
    if position == 4:
        return {"unsupported-version"}
    if position < 16:
        return {"malformed-header", "wrong-link"}
    if position < 48:
        return {"wrong-link"}
    return {"wrong-key"} if position < HEADER_BYTES else {"corrupt"}


def test_every_bit_of_a_small_envelope_counts():
    envelope, key = ONE_BOX
    for position in range(len(envelope)):
        for bit in range(8):
            changed = bytearray(envelope)
            changed[position] ^= 1 << bit
            with pytest.raises(EnvelopeError) as caught:
                open_envelope(bytes(changed), key)
            assert caught.value.code in expected_of(position)


@given(st.integers(0, len(TWO_BOXES[0]) * 8 - 1))
def test_any_bit_counts(which):
    envelope, key = TWO_BOXES
    changed = bytearray(envelope)
    changed[which // 8] ^= 1 << which % 8
    with pytest.raises(EnvelopeError) as caught:
        open_envelope(bytes(changed), key)
    assert caught.value.code in expected_of(which // 8)


@given(st.integers(0, len(TWO_BOXES[0]) - 1))
@example(HEADER_BYTES)
@example(HEADER_BYTES + SMALL + 16)
@example(HEADER_BYTES + SMALL + 32)
def test_any_cut_fails(length):
    envelope, key = TWO_BOXES
    for pieces in ([envelope[:length]], [envelope[i : i + 1] for i in range(length)]):
        with pytest.raises(EnvelopeError) as caught:
            open_pieces(pieces, key)
        assert caught.value.code == ("malformed-header" if length < HEADER_BYTES else "corrupt")


@given(st.binary(min_size=1, max_size=2 * SMALL))
def test_anything_appended_fails(more):
    for envelope, key in (ONE_BOX, TWO_BOXES):
        with pytest.raises(EnvelopeError) as caught:
            open_envelope(envelope + more, key)
        assert caught.value.code == "corrupt"


@given(st.binary(max_size=300), keys)
def test_no_octets_do_anything_but_fail_with_a_code(garbage, key):
    for octets in (garbage, b"KLNK\1" + garbage):
        with pytest.raises(EnvelopeError):
            open_envelope(octets, key)


@given(keys)
def test_no_other_link_key_opens(key):
    envelope, right = ONE_BOX
    assume(key != right)
    with pytest.raises(EnvelopeError) as caught:
        open_envelope(envelope, key)
    assert caught.value.code == "wrong-link"


@given(st.integers(2, 2**39))
def test_padme_adds_little_and_stays_where_it_is(length):
    padded = padme(length)
    assert length <= padded <= length * 1.12
    assert padme(padded) == padded
    assert padme(length + 1) >= padded


@given(st.binary(min_size=256, max_size=6000))
def test_length_is_one_of_few(data):
    sizes = {len(seal([Item("file", data[:n], "a")], bytes(32), salt=bytes(16)).envelope) for n in (1, 100, 200)}
    assert len(sizes) == 1
