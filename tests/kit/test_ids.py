from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kit import ids


def test_uuid7_carries_its_millisecond_and_its_version() -> None:
    made = ids.uuid7(0x0190_1234_5678, bytes(10))
    assert str(made) == "01901234-5678-7000-8000-000000000000"
    assert (made.version, ids.unix_ms(made)) == (7, 0x0190_1234_5678)
    full = ids.uuid7(0x0190_1234_5678, b"\xff" * 10)
    assert str(full) == "01901234-5678-7fff-bfff-ffffffffffff"


def test_uuid7_wants_ten_bytes_and_a_time_it_can_hold() -> None:
    for unix_ms, noise in ((0, bytes(9)), (1 << 48, bytes(10)), (-1, bytes(10))):
        with pytest.raises(ValueError, match="ten random bytes"):
            ids.uuid7(unix_ms, noise)


def test_the_text_of_an_id_has_one_length() -> None:
    assert ids.to_wire("act", UUID(int=0)) == "act_00000000000000000000000000"
    assert ids.to_wire("case", UUID(int=(1 << 128) - 1)) == "case_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
    # 33 is 1 times 32 and 1.
    assert ids.to_wire("mem", UUID(int=33)) == "mem_00000000000000000000000011"


@given(st.uuids(), st.sampled_from(sorted(ids.PREFIXES)))
def test_an_id_comes_back_in_any_case(identifier: UUID, prefix: str) -> None:
    text = ids.to_wire(prefix, identifier)
    assert ids.from_wire(prefix, text) == identifier
    assert ids.from_wire(prefix, text.lower()) == identifier


def test_letters_that_are_misheard_are_forgiven() -> None:
    assert ids.from_wire("mem", "mem_oOoooooooooooooooooooooo1I") == UUID(int=33)
    assert ids.from_wire("mem", "mem_0000000000000000000000001L") == UUID(int=33)


def test_the_id_of_something_else_is_refused_as_such() -> None:
    with pytest.raises(ids.WrongKindOfId) as refused:
        ids.from_wire("mem", ids.to_wire("act", UUID(int=1)))
    assert (refused.value.code, refused.value.fields["expected"]) == ("wrong_kind_of_id", "mem")


@pytest.mark.parametrize(
    "text", ["", "mem_", "mem_123", "123", "mem_U0000000000000000000000000", "mem_80000000000000000000000000", "xyz_1"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ids.MalformedId):
        ids.from_wire("mem", text)


def test_the_first_id_of_a_millisecond_bounds_all_of_them() -> None:
    assert ids.first_of(1000) < ids.uuid7(1000, bytes(10)) < ids.uuid7(1000, b"\xff" * 10) < ids.first_of(1001)
