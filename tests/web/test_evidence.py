"""Documents are printed with the deciding lines marked, and nothing else."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ciem.web.evidence import WHOLE, sheet

BODY = {"Version": "1", "Statement": [{"Effect": "Deny"}, {"Effect": "Allow", "Action": ["a", "b"]}], "a/b": {"~": 1}}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def text(found):
    return ["".join(token for _, token in line.tokens) for line in found.lines]


def marked(*places):
    found = sheet("d", BODY, places)
    return [line.strip(" ,") for line, shown in zip(text(found), found.lines, strict=True) if shown.hit]


@given(values)
def test_what_is_printed_is_the_document(body):
    if body is not None:
        assert json.loads("\n".join(text(sheet("d", body)))) == body


def test_a_pointer_marks_its_value_from_first_to_last_line():
    assert marked("/Statement/1") == ["{", '"Effect": "Allow"', '"Action": [', '"a"', '"b"', "]", "}"]
    assert marked("/Statement/1/Action/0") == ['"a"']


def test_pointers_spell_slash_and_tilde():
    assert marked("/a~1b/~0") == ['"~": 1']


def test_a_place_that_is_not_there_marks_nothing():
    assert marked("/Statement/7") == marked("") == []


def test_a_neighbour_with_the_same_beginning_is_not_marked():
    found = sheet("d", {"a": [1] * 12}, ["/a/1"])
    assert [line.number for line in found.lines if line.hit] == [4]


def test_a_long_document_shows_what_decides_and_counts_the_rest():
    found = sheet("d", {"Statement": [{"Sid": f"s{i}"} for i in range(400)]}, ["/Statement/200"])
    whole = len(json.dumps({"Statement": [{"Sid": ""}] * 400}, indent=2).splitlines())
    assert len(found.lines) < WHOLE
    assert '"s200"' in "".join(text(found))
    assert len(found.lines) + sum(line.skipped for line in found.lines) + found.skipped_after == whole


def test_a_document_that_was_not_read_says_why():
    found = sheet("d", None, ["/a"], "Access was refused.")
    assert (found.lines, found.problem) == ((), "Access was refused.")
