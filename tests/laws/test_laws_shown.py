"""Which test shows which law and which invariant of docs/ledger.md, and by which control it is seen to be able to fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MACHINE = "laws/test_machine_laws.py::test_the_laws_hold_wherever_the_machine_has_come"
FORKS = "laws/test_machine_laws.py::test_control_of_each_law_a_way_gone_wrong_is_seen"
PURE = "laws/test_machine_pure.py::test_the_ledger_does_what_the_model_foretells"
DATABASE = "laws/test_machine_database.py::test_the_ledger_does_what_the_model_foretells"
BROKEN = "laws/test_machine_pure.py::test_control_an_account_that_breaks_an_invariant_is_seen"
CONTROLS = "laws/test_controls.py::test_"
CONTROLS_DATABASE = "laws/test_controls_database.py::test_"

SHOWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "LAW1": (
        (
            PURE,
            "laws/test_law1.py::test_LAW1_a_quote_is_the_commit",
            "laws/test_gifts.py::test_LAW1_what_is_quoted_is_given",
        ),
        ("laws/test_law1.py::test_LAW1_control_something_between_quote_and_commit_is_seen",),
    ),
    "LAW2": ((MACHINE, "engine/test_laws.py::test_LAW2_many_small_returns_equal_one"), (FORKS,)),
    "LAW3": (
        (
            DATABASE,
            "laws/test_law3.py::test_LAW3_retries_change_nothing",
            "laws/test_gifts.py::test_LAW3_retries_give_nothing_again",
        ),
        ("laws/test_law3.py::test_LAW3_control_without_keys_and_documents_doubles_are_seen",),
    ),
    "LAW4": ((MACHINE, "engine/test_merging.py::test_LAW4_merge_then_unmerge_is_identity"), (FORKS,)),
    "LAW5": (
        ("laws/test_machine_database.py::test_LAW5_any_interleaving_equals_some_serial_order",),
        ("laws/test_machine_database.py::test_LAW5_control_a_lost_update_and_a_wrong_refusal_are_no_serial_order",),
    ),
    "LAW6": ((MACHINE, "engine/test_laws.py::test_LAW6_a_sale_and_its_full_return_leave_nothing"), (FORKS,)),
    "LAW7": (
        (MACHINE, "engine/points/test_laws.py::test_LAW7_spend_and_refund_in_any_parts_is_identity"),
        (FORKS, "engine/points/test_laws.py::test_LAW7_can_fail"),
    ),
    "LAW8": (
        (MACHINE, DATABASE, "laws/test_law8.py::test_LAW8_a_sweeper_changes_nothing"),
        (FORKS, "laws/test_law8.py::test_LAW8_control_a_sweeper_with_a_wrong_clock_is_seen"),
    ),
    "LAW9": (
        (MACHINE, PURE, "engine/test_laws.py::test_LAW9_lines_add_up_and_their_order_does_not_matter"),
        (FORKS, "engine/test_laws.py::test_LAW9_control_a_line_left_out_is_seen"),
    ),
    "LAW10": (
        (MACHINE, "engine/test_sending.py::test_LAW10_a_ring_of_transfers_ends_where_it_began"),
        (FORKS, "engine/test_sending.py::test_LAW10_catches_a_transfer_that_gives_points_a_new_life"),
    ),
    "LAW11": (
        (
            PURE,
            DATABASE,
            "laws/test_law11.py::test_LAW11_the_past_decided_again_is_the_past",
            "laws/test_gifts.py::test_LAW11_what_was_given_is_given_again",
        ),
        (
            f"{CONTROLS}LAW11_control_another_past_or_a_byte_of_state_is_seen",
            f"{CONTROLS_DATABASE}LAW11_control_a_byte_of_state_is_seen",
            f"{CONTROLS_DATABASE}LAW11_control_an_activity_left_out_is_seen",
            "laws/test_law11.py::test_LAW11_control_an_activity_left_out_is_seen",
        ),
    ),
    "LAW12": (
        (
            "laws/test_law12.py::test_LAW12_import_equals_one_by_one",
            "laws/test_gifts.py::test_LAW12_imported_or_one_by_one_a_member_gets_the_same",
        ),
        ("laws/test_law12.py::test_LAW12_control_another_order_is_seen",),
    ),
    "LAW13": (
        (MACHINE, "engine/test_laws.py::test_LAW13_a_price_does_not_depend_on_what_it_changes"),
        (FORKS, "engine/test_laws.py::test_LAW13_control_the_balance_does_change_the_price"),
    ),
    **{f"I{n}": ((PURE, DATABASE), (BROKEN,)) for n in range(1, 7)},
    "I7": (
        (PURE, DATABASE, "engine/points/test_cases.py::test_L09_never_more_than_was_taken"),
        (f"{CONTROLS}I7_control_more_taken_back_than_a_sale_earned_is_seen",),
    ),
    "I8": (
        (PURE, DATABASE, "ledger/test_random.py::test_random_histories_hold_together_and_can_be_replayed"),
        (
            f"{CONTROLS}I8_control_a_statement_that_says_something_else_is_seen",
            f"{CONTROLS_DATABASE}I8_control_an_entry_that_was_posted_at_another_time_is_seen",
        ),
    ),
    "I9": (
        (
            PURE,
            DATABASE,
            "ledger/test_exporting.py::test_I9_files_add_up_to_the_balances_in_points_and_in_money",
        ),
        (
            f"{CONTROLS}I9_control_a_lot_of_another_funder_or_at_another_price_is_seen",
            f"{CONTROLS_DATABASE}I9_control_a_lot_of_another_funder_is_seen",
        ),
    ),
    "I10": (
        (PURE, DATABASE, "engine/points/test_moving.py::test_I10_whatever_happens_points_are_somewhere"),
        (f"{CONTROLS}I10_control_points_that_never_arrive_are_seen",),
    ),
    "I11": (
        (DATABASE, "laws/test_law3.py::test_LAW3_retries_change_nothing"),
        ("laws/test_law3.py::test_LAW3_control_without_keys_and_documents_doubles_are_seen",),
    ),
    "I12": (
        ("laws/test_gifts.py::test_I12_what_is_shared_is_the_sum_of_its_uses_and_never_above_what_there_is",),
        ("laws/test_gifts.py::test_I12_control_uses_that_are_left_out_are_missed",),
    ),
    "I13": (
        (PURE, DATABASE),
        (
            f"{CONTROLS}I13_control_a_refusal_that_leaves_a_trace_is_seen",
            f"{CONTROLS_DATABASE}I13_control_a_refusal_that_leaves_a_trace_is_seen",
        ),
    ),
    "I14": (
        (PURE, DATABASE),
        (
            f"{CONTROLS}I14_control_an_act_where_somebody_left_is_seen",
            f"{CONTROLS_DATABASE}I14_control_an_entry_where_somebody_left_is_seen",
        ),
    ),
}


def test_every_law_and_invariant_is_shown_and_has_its_control() -> None:
    assert set(SHOWN) == {f"LAW{n}" for n in range(1, 14)} | {f"I{n}" for n in range(1, 15)}
    assert all(shows and controls for shows, controls in SHOWN.values())


@pytest.mark.parametrize("named", sorted({one for both in SHOWN.values() for names in both for one in names}))
def test_what_is_named_is_there(named: str) -> None:
    file, _, test = named.partition("::")
    text = (TESTS / file).read_text(encoding="utf-8")
    assert re.search(rf"^(?:async )?def {test}\(", text, re.MULTILINE)


def test_control_a_test_that_is_not_there_is_missed() -> None:
    text = (TESTS / "laws/test_law3.py").read_text(encoding="utf-8")
    assert re.search(r"^def test_LAW3_nothing\(", text, re.MULTILINE) is None
