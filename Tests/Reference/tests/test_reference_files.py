"""What becomes of names on a disk."""

import pytest
from keylink_reference import OpenedItem
from keylink_reference.files import safe_name, save


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.txt", "a.txt"),
        (".profile", ".profile"),
        ("r\u00e9sume\u0301.pdf", "r\u00e9sume\u0301.pdf"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("console.txt", "console.txt"),
        ("LPT1.log", "_LPT1.log"),
        ("a. .", "a___"),
        ("...", "___"),
        (" ", "_"),
        ("a<b>c:d", "a_b_c_d"),
    ],
)
def test_safe_name(name, safe):
    assert safe_name(name) == safe


def item(name, data=b"data"):
    return OpenedItem("text" if name is None else "file", name, None, bytearray(data))


def test_keeps_names_apart_and_overwrites_nothing(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"was here")
    written = save([item("A.TXT", b"1"), item("a.txt", b"2"), item(None, b"3"), item("n" * 255), item("n" * 255)], tmp_path)
    assert [path.name for path in written] == ["A (2).TXT", "a (3).txt", "secret.txt", "n" * 255, "n" * 251 + " (2)"]
    assert [path.read_bytes() for path in written[:3]] == [b"1", b"2", b"3"]
    assert (tmp_path / "a.txt").read_bytes() == b"was here"
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in written)


def test_follows_no_link(tmp_path):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    (folder / "a.txt").symlink_to(outside)
    save([item("a.txt")], folder)
    assert not outside.exists()


def test_leaves_nothing_when_it_fails(tmp_path):
    broken = item("b.txt")
    broken.data = None
    with pytest.raises(TypeError):
        save([item("a.txt"), broken], tmp_path)
    assert list(tmp_path.iterdir()) == []
