"""Which test shows which bar: what Regulars promises of reliability (R) and security (S). None is forgotten, and none is
named that is not there. `HEAVY` are tried by `make faults` alone, most others by both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

TESTED: dict[str, tuple[str, ...]] = {
    # The same key, the same bytes; 400, 422, 409; scope, 30 days, refusals and faults; one posting of fifty.
    "R3": (
        "api/test_retries.py::test_L50_L62_the_same_bytes_again_and_a_header_that_says_so",
        "api/test_retries.py::test_L50_fifty_at_once_are_one_posting",
        "api/test_retries.py::test_L50_several_of_one_key_in_one_batch_are_one",
        "api/test_retries.py::test_L50_while_the_first_has_no_answer_a_retry_hears_409_within_two_seconds_and_when_to_come_back",
        "activities/test_two_processes.py::test_L50_a_slow_first_try_says_what_its_retry_has_done_meanwhile",
        "api/test_retries.py::test_L51_another_body_under_a_key_is_refused_and_so_is_the_same_body_at_another_place",
        "api/test_retries.py::test_L51_no_write_without_a_key",
        "api/test_retries.py::test_L51_keys_belong_to_the_client",
        "journeys/test_a_day_at_the_till.py::test_another_programs_key_finds_nothing_of_this_one",
        "activities/test_walls.py::test_keys_documents_phones_and_cards_are_each_programs_own",
        "api/test_retries.py::test_L51_a_refusal_is_an_answer_and_a_fault_of_the_body_uses_no_key_up",
        "activities/test_cleaning.py::test_a_claim_lives_as_long_as_answers_are_promised",
        "activities/test_cleaning.py::test_a_document_is_known_after_its_claim_went",
        "api/test_retries.py::test_L52_a_document_is_known_beneath_the_keys",
        "api/test_retries.py::test_L52_returns_of_one_receipt_are_told_apart_line_by_line",
        "activities/test_waiting.py::test_a_return_that_waited_is_not_taken_for_done_because_its_till_was_told_that_it_waits",
        "laws/test_law3.py::test_LAW3_control_without_keys_and_documents_doubles_are_seen",
    ),
    # Hostile numbers: 422 and no row, in every field of every operation.
    "R7": (
        "api/test_hostile_everywhere.py::test_r7_every_whole_number_is_read_strictly",
        "api/test_hostile_everywhere.py::test_r7_over_http_they_are_refused_and_no_row_is_written",
        "api/test_hostile_amounts.py::test_hostile_numbers_are_refused_and_write_nothing",
        "api/test_hostile_amounts.py::test_the_same_bodies_pass_with_a_plain_number",
        "checkout/test_offline.py::test_r7_what_an_offline_till_signs_is_read_as_strictly",
    ),
    "R18": (
        "api/test_schemathesis.py::test_made_up_requests_are_answered_as_described",
        "api/test_schemathesis.py::test_control_an_answer_that_is_not_described_is_seen",
    ),
    "R19": (
        "laws/test_r19.py::test_r19_a_days_queue_told_shuffled_and_twice_gives_the_online_result",
        "laws/test_r19.py::test_r19_control_acts_that_count_twice_are_seen",
        "checkout/test_offline.py::test_l58_whoever_was_stopped_in_the_middle_goes_on",
    ),
    # Walls between programs.
    "S2": (
        "house/test_walls.py::test_s2_as_one_program_no_row_of_another_is_seen_changed_or_inserted",
        "house/test_walls.py::test_s2_without_a_program_nothing_is_seen_also_on_a_connection_that_was_used",
        "house/test_walls.py::test_s2_the_owner_is_bound_too",
        "house/test_walls.py::test_s2_control_a_hole_in_a_wall_is_seen",
        "house/test_walls.py::test_s2_control_a_view_and_a_function_that_lend_rights_are_seen",
        "house/test_walls.py::test_s2_control_a_role_that_steps_over_walls_is_seen",
        "house/test_tables.py::test_every_table_of_programs_has_its_wall",
        "house/test_tables.py::test_the_app_owns_nothing_and_no_wall_can_be_stepped_over",
        "house/test_tables.py::test_views_and_functions_lend_nobody_rights",
        "house/test_tables.py::test_a_unique_key_across_accounts_begins_with_the_program",
        "house/test_tables.py::test_nobody_reaches_a_partition_past_its_parents_wall",
        "kit/test_database.py::test_a_used_connection_forgets_the_programs",
    ),
    # Rotating codes.
    "S7": (
        "members/test_cards.py::test_codes_are_those_of_rfc_6238",
        "members/test_claims.py::test_a_screenshot_90_seconds_old_is_only_a_number",
        "activities/test_codes.py::test_screenshot_of_ninety_seconds_ago_is_refused",
        "members/test_claims.py::test_a_rotating_code_counts_once_and_for_a_retry_of_the_same_activity",
        "activities/test_codes.py::test_rotating_code_redeems_once",
        "members/test_claims.py::test_a_static_number_and_a_made_up_code_are_no_proof",
        "activities/test_codes.py::test_static_number_earns_but_does_not_redeem",
        "activities/test_codes.py::test_without_the_setting_a_number_redeems",
        "checkout/test_offline.py::test_s7_the_code_of_the_app_is_proof_at_the_moment_it_was_shown_offline_too",
    ),
    # Card numbers.
    "S8": (
        "members/test_identity.py::test_s8_the_check_digit_tells_every_single_error_wherever_it_stands",
        "members/test_identity.py::test_the_check_digit_catches_every_single_error_and_every_swap_of_neighbours",
        "members/test_identity.py::test_every_pair_of_digits_is_told_from_its_swap",
        "members/test_identity.py::test_luhn_would_miss_a_swap_that_ours_catches",
        "members/test_identity.py::test_s8_bodies_are_ten_thousand_million_and_more_and_never_in_a_row",
    ),
    # Rule bombs.
    "S12": (
        "program/test_bombs_at_save.py::test_s12_more_than_fifty_forms_are_each_refused_as_the_program_is_saved_with_their_place",
        "program/test_bombs_at_save.py::test_s12_control_a_plain_condition_is_saved",
        "language/test_bombs.py::test_a_bomb_is_refused_with_a_place",
        "language/test_bombs.py::test_what_is_accepted_stays_within_its_stated_cost",
        "language/test_bombs.py::test_random_accepted_rules_stay_within_their_cost",
        "language/test_bombs.py::test_a_stated_cost_that_is_too_low_would_be_seen",
    ),
}
EXPECTED = {"R3", "R7", "R18", "R19", "S2", "S7", "S8", "S12"}


def test_every_bar_of_this_page_is_tested() -> None:
    assert set(TESTED) >= EXPECTED


@pytest.mark.parametrize("bar", TESTED)
def test_what_a_bar_names_is_there(bar: str) -> None:
    for named in TESTED[bar]:
        file, _, test = named.partition("::")
        text = (TESTS / file).read_text(encoding="utf-8")
        assert re.search(rf"^(?:async )?def {test}\(", text, re.MULTILINE), f"{bar}: {named}"
