"""Which test shows which numbered case of docs/ledger.md: none is forgotten, and none is named that is not there.

`pytest -s tests/laws/test_ledger_cases.py` prints the list. A case is told as a story in `tests/cases` over HTTP and by bulk
import; what is no story (a race, hostile numbers, a till's signed queue) is shown by the tests that its file names, and what
runs over HTTP alone says why. What waits for something that is not built is listed with what it waits for.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from tests.cases import stories
from tests.cases.shop import ONLINE

TESTS = Path(__file__).parents[1]
CASES = range(1, 85)

DEEPER: dict[int, tuple[str, ...]] = {
    5: (
        "engine/points/test_cases.py::test_L05_only_this_sales_pending_lot_is_cut",
        "engine/test_cases_returns.py::test_L05_before_activation_only_the_pending_lot_of_the_sale_is_cut",
    ),
    6: (
        "engine/points/test_cases.py::test_L06_own_lot_first_then_others_in_spend_order",
        "engine/points/test_cases.py::test_L06_never_held_points",
    ),
    7: (
        "engine/points/test_cases.py::test_L07_already_spent",
        "engine/test_cases_returns.py::test_L07_what_is_spent_already_is_owed",
        "engine/points/test_cases.py::test_L07_arrears_have_a_ceiling",
    ),
    8: (
        "engine/points/test_cases.py::test_L08_arrears_are_paid_first",
        "engine/points/test_cases.py::test_L08_pending_points_pay_on_activation_only",
        "engine/points/test_cases.py::test_L08_largest_balance_counts_after_repaying",
        "engine/points/test_cases.py::test_L08_an_earning_that_pays_a_debt_needs_no_lots",
    ),
    9: (
        "engine/points/test_cases.py::test_L09_points_go_back_last_taken_first",
        "engine/test_cases_returns.py::test_L09_points_paid_go_back_to_the_lots_they_came_from_last_taken_first",
        "engine/test_orders.py::test_l9_a_cancelled_order_gives_points_back_to_the_lots_they_came_from",
        "engine/points/test_cases.py::test_L09_never_more_than_was_taken",
    ),
    10: (
        "engine/points/test_cases.py::test_L10_a_lot_that_died_since_comes_back_with_the_return_grace",
        "engine/test_cases_returns.py::test_L10_a_lot_that_died_since_comes_back_with_the_grace_of_a_return",
        "engine/test_rewards.py::test_l10_a_lot_that_died_since_comes_back_with_the_return_grace",
        "engine/points/test_cases.py::test_L10_a_lot_that_is_not_loaded_is_asked_for",
    ),
    11: (
        "engine/test_cases_returns.py::test_L11_a_refund_gives_back_per_tender_what_the_line_took",
        "engine/test_pricing.py::test_L11_a_refund_gives_back_per_tender_what_the_reduced_line_took",
    ),
    12: (
        "engine/test_rewards.py::test_l12_goods_back_and_the_reward_kept_its_price_stays_spent",
        "engine/test_rewards.py::test_l12_the_reward_comes_back_its_price_goes_back_and_what_was_earned_stays",
    ),
    13: ("engine/test_cases_orders.py::test_L13_void_before_payment_writes_nothing_but_the_voided_hold",),
    14: (
        "activities/test_returns.py::test_L14_an_exchange_is_one_activity",
        "engine/test_cases_returns.py::test_L14_an_exchange_owes_nothing_on_its_way",
    ),
    15: (
        "activities/test_submit.py::test_L15_return_before_its_sale_waits_and_comes_with_it",
        "activities/test_waiting.py::test_a_sale_that_never_comes_is_a_case_after_30_days",
        "activities/test_waiting.py::test_what_waits_for_what_waits_comes_with_it_in_any_order",
    ),
    16: (
        "activities/test_returns.py::test_L16_the_same_return_again_is_the_first_answer",
        "engine/test_cases_returns.py::test_L16_more_than_was_sold_is_refused_and_changes_nothing",
        "activities/test_returns.py::test_L16_more_than_was_sold_is_refused_and_changes_nothing",
    ),
    17: (
        "engine/test_cases_orders.py::test_L17_without_a_receipt_nothing_is_reversed_by_guess",
        "activities/test_returns.py::test_a_return_that_nobody_sold_is_told",
    ),
    18: (
        "activities/test_returns.py::test_L18_a_return_that_names_a_return_undoes_it",
        "activities/test_waiting.py::test_what_waits_for_what_waits_comes_with_it_in_any_order",
        "engine/test_undone_returns.py::test_L18_a_return_undone_leaves_everything_as_if_it_had_never_been",
        "engine/test_undone_returns.py::test_L18_under_the_rules_of_the_sale",
        "engine/test_undone_returns.py::test_L18_a_debt_is_forgiven_first_and_what_others_gave_goes_back_to_them",
    ),
    19: ("engine/test_cases_orders.py::test_L19_however_late_a_return_reverses",),
    20: (
        "engine/test_cases_orders.py::test_L20_an_order_earns_once_when_it_is_paid",
        "engine/test_cases_orders.py::test_L20_what_earned_when_it_was_ordered_earns_nothing_when_it_is_paid",
    ),
    21: (
        "engine/test_cases_amounts.py::test_L21_the_part_paid_with_points_earns_nothing",
        "engine/test_pricing.py::test_L21_points_are_earned_on_goods_after_discounts_less_what_points_paid",
        "engine/test_tenders.py::test_L21_a_bought_gift_card_earns_and_one_that_was_won_does_not",
        "engine/test_cases_amounts.py::test_L21_shipping_deposits_and_gift_cards_earn_nothing",
    ),
    22: ("engine/test_cases_returns.py::test_L22_a_chargeback_by_amount_spreads_over_the_lines",),
    23: (
        "engine/points/test_cases.py::test_L23_authorised_then_settled_in_part",
        "engine/test_cases_returns.py::test_L23_points_wait_until_the_payment_is_settled",
        "engine/points/test_cases.py::test_L23_not_settled_by_the_deadline",
        "engine/test_cases_returns.py::test_L23_what_is_not_settled_in_time_is_cancelled",
    ),
    24: (
        "engine/points/test_cases.py::test_L24_spend_order",
        "engine/points/test_cases.py::test_L24_oldest_first",
        "engine/points/test_cases.py::test_L24_pending_never",
    ),
    35: (
        "engine/points/test_cases.py::test_L35_transfer_keeps_dates",
        "engine/test_sending.py::test_L35_they_arrive_with_the_dates_that_they_had",
        "engine/test_sending.py::test_L35_they_are_earned_by_nobody",
        "engine/test_sending.py::test_L35_to_be_given_points_keeps_nothing_alive",
    ),
    36: (
        "checkout/test_sending.py::test_L36_what_is_too_much_or_for_nobody_is_refused_and_nothing_moves",
        "engine/points/test_cases.py::test_L36_no_transfer_while_something_is_owed",
        "engine/test_sending.py::test_L36_a_fee_is_spent_by_the_sender",
        "checkout/test_sending.py::test_L36_who_is_gone_gets_nothing_and_the_points_are_home_in_their_own_lots",
    ),
    37: ("engine/points/test_cases.py::test_L37_extend_and_reinstate",),
    38: (
        "engine/test_cases_amounts.py::test_L38_balance_stays_within_what_every_program_reads_right",
        "kit/test_money.py::test_l38_what_is_no_whole_number_is_refused",
        "api/test_hostile_amounts.py::test_hostile_numbers_are_refused_and_write_nothing",
        "kit/test_money.py::test_l38_what_is_out_of_range_is_refused",
    ),
    39: (
        "engine/test_cases_amounts.py::test_L39_an_amount_of_the_order_is_spread_by_largest_remainder",
        "kit/test_money.py::test_l39_spread_by_largest_remainder",
    ),
    40: (
        "engine/test_cases_amounts.py::test_L40_points_are_rounded_once_an_order_and_rule",
        "engine/test_cases_amounts.py::test_L40_or_once_a_line_where_the_currency_says_so",
    ),
    41: (
        "engine/points/test_cases.py::test_L41_burn_only_what_applies",
        "engine/test_cases_amounts.py::test_L41_only_points_that_apply_are_burnt",
        "engine/test_pricing.py::test_L41_points_burn_only_what_a_discount_leaves",
        "engine/points/test_cases.py::test_L41_points_smaller_than_a_coin_are_not_burnt_for_nothing",
    ),
    42: (
        "engine/points/test_cases.py::test_L42_minimum_and_step",
        "engine/test_cases_amounts.py::test_L42_points_are_used_in_steps",
        "engine/test_pricing.py::test_L42_minimum_and_step_hold_on_what_is_left",
        "engine/points/test_cases.py::test_L42_less_than_the_least_is_nothing",
    ),
    43: (
        "activities/test_reviews.py::test_L43_a_limit_cuts_at_the_till_and_in_a_history_alike",
        "engine/test_budgets.py::test_L43_what_another_cap_cuts_does_not_use_the_budget_up",
        "engine/test_cases_amounts.py::test_L43_caps_cut_and_say_so",
        "engine/test_cases_amounts.py::test_L43_a_cap_that_rejects_gives_nothing",
    ),
    44: (
        "activities/test_reviews.py::test_L44_L45_what_comes_back_stays_within_the_room_and_gives_it_back",
        "engine/test_budgets.py::test_L44_returns_give_room_back_to_the_period_of_the_sale",
        "engine/test_cases_returns.py::test_L44_room_returns_to_the_period_of_the_sale",
        "engine/test_budgets.py::test_L44_a_sale_that_was_cut_is_not_topped_up",
    ),
    45: ("engine/test_cases_returns.py::test_L45_a_capped_sale_that_is_returned_stays_within_its_room",),
    47: (
        "engine/points/test_cases.py::test_L47_decimals_of_the_currency",
        "engine/test_cases_amounts.py::test_L47_money_without_decimals_is_not_divided_by_a_hundred",
        "kit/test_money.py::test_l47_decimals_are_those_of_the_currency",
    ),
    48: ("engine/test_cases_returns.py::test_L48_a_rest_is_carried_to_the_next_purchase",),
    49: ("engine/test_cases_returns.py::test_L49_a_return_borrows_from_what_is_carried",),
    53: (
        "activities/test_submit.py::test_L53_last_points_go_to_one_of_fifty",
        "activities/test_two_processes.py::test_L53_last_points_have_one_winner",
    ),
    54: (
        "activities/test_vouchers.py::test_L54_two_tills_one_code_one_winner",
        "engine/test_rewards.py::test_l54_one_winner_for_the_last_unit_and_it_comes_back_when_an_order_fails",
    ),
    55: (
        "engine/test_orders.py::test_l55_a_step_that_fails_voids_the_hold_and_nothing_is_spent",
        "rewards/test_fulfilment.py::test_l55_a_target_that_says_no_leaves_everything_as_it_was",
    ),
    56: (
        "engine/points/test_cases.py::test_L56_capture_a_part",
        "engine/test_members.py::test_L56_a_hold_is_captured_in_part_and_ends_once",
        "engine/points/test_cases.py::test_L56_a_closed_hold_stays_closed",
        "engine/points/test_cases.py::test_L56_never_more_than_is_held",
    ),
    57: (
        "activities/test_time.py::test_L57_a_hold_that_is_over_reserves_nothing",
        "engine/points/test_cases.py::test_L57_a_hold_past_its_time_reserves_nothing",
        "engine/test_members.py::test_L57_a_hold_that_is_over_reserves_nothing",
    ),
    73: (
        "engine/points/test_cases.py::test_L73_a_lot_stores_what_its_funder_pays",
        "engine/test_cases_orders.py::test_L73_what_is_reversed_later_names_the_lot_with_its_funder_and_price",
    ),
    75: ("engine/points/test_cases.py::test_L75_given_points_expire_like_earned_ones",),
    76: (
        "engine/points/test_cases.py::test_L76_what_makes_no_whole_unit_stays",
        "engine/test_dealing.py::test_L76_an_exchange_stores_both_entries_and_what_makes_no_whole_unit_stays",
    ),
    77: (
        "checkout/test_joining.py::test_L77_a_return_after_the_month_takes_its_bonus_back",
        "engine/test_closed_periods.py::test_L77_a_return_after_the_month_closed_takes_the_bonus_back_now",
        "engine/test_closed_periods.py::test_L77_it_makes_no_difference_whether_the_sweeper_came_before",
        "engine/test_closed_periods.py::test_L77_what_is_still_reached_stays",
    ),
    78: (
        "engine/test_pricing_returns.py::test_L78_three_for_two_kept_comes_back_at_what_was_paid",
        "engine/test_vouchers.py::test_L78_a_return_keeps_the_price_or_works_it_out_anew",
        "engine/test_pricing_returns.py::test_L78_three_for_two_recalculated_refunds_the_difference",
        "engine/test_pricing_returns.py::test_L78_a_threshold_that_is_lost",
    ),
    79: (
        "engine/test_cases_amounts.py::test_L79_points_of_a_basket_cannot_pay_for_it",
        "engine/test_tenders.py::test_L79_a_basket_cannot_be_paid_with_what_it_earns_unless_the_currency_says_so",
        "engine/test_tenders.py::test_L79_returned_a_basket_that_paid_for_itself_leaves_nothing",
    ),
    80: ("engine/test_choices.py::test_a_sale_comes_back_under_the_choice_of_its_day",),
    81: (
        "checkout/test_dealing.py::test_L81_bought_miles_are_given_back_as_far_as_they_are_unspent",
        "engine/test_dealing.py::test_L81_bought_points_are_given_back_as_far_as_unspent_for_that_share_of_the_money",
        "engine/test_dealing.py::test_L81_nothing_is_given_back_after_the_period_or_of_what_is_spent",
    ),
    82: (
        "engine/points/test_cases.py::test_L82_two_funders",
        "engine/test_cases_amounts.py::test_L82_two_funders_share_by_largest_remainder",
        "engine/test_cases_returns.py::test_L82_each_funder_gets_back_its_own",
    ),
    83: ("engine/test_rewards.py::test_l83_a_service_withdrawn_ends_at_the_moment_stated_and_nothing_comes_back",),
    84: (
        "engine/test_ladders.py::test_L84_what_is_beyond_the_level_comes_again_as_a_lot_of_the_new_year",
        "engine/test_ladders.py::test_L84_what_comes_late_rolls_as_much_more_and_what_goes_back_as_much_less",
    ),
}
"""Beside its story: what the engine and the rooms show of a case, each in its own place."""


def test_every_case_is_tested_or_says_what_it_waits_for() -> None:
    files = {case: file_of(case) for case in CASES}
    print("\n" + "\n".join(line(case, said) for case, said in files.items() if said is not None))
    print("\nDone over HTTP also where the rest comes in by file:")
    print("\n".join(f"  {act}: {why}" for act, why in ONLINE.items()))
    assert [fault for case, said in files.items() for fault in faults(case, said)] == []
    # Coalition: charges and payments between partners are not settled yet.
    assert [case for case, said in files.items() if said is not None and "waits" in said] == [73, 74]


def file_of(case: int) -> dict[str, Any] | None:
    """What the file of a case says; none: there is no such file."""
    name = f"L{case:02}"
    return stories.read(name) if name in stories.names() else None


def faults(case: int, said: dict[str, Any] | None) -> list[str]:
    """What is wrong with the file of a case."""
    if said is None:
        return [f"L{case} is neither tested nor listed"]
    found = []
    told = bool(stories.told(said))
    if not told and not said.get("tests") and not said.get("waits"):
        found.append(f"L{case} has no story, names no test and waits for nothing")
    if not told and said.get("tests") and not said.get("alone"):
        found.append(f"L{case} does not say why no file tells it")
    named = (*said.get("tests", ()), *DEEPER.get(case, ()))
    return found + [f"L{case} names {one}, which is not there" for one in named if not _is_there(one)]


def line(case: int, said: dict[str, Any]) -> str:
    """One case as the list has it."""
    ones = stories.told(said)
    ways = [f"{len(ones)} over HTTP"] if ones else []
    by_file = sum(one.online is None for one in ones)
    ways += [f"{by_file} by file"] if by_file else []
    deeper = len(said.get("tests", ())) + len(DEEPER.get(case, ())) + len(numbered().get(case, ()))
    ways += [f"{deeper} tests"] if deeper else []
    why = [one.online for one in ones if one.online] or ([said["alone"]] if "alone" in said else [])
    rest = [f"HTTP alone: {'; '.join(why)}"] if why else []
    rest += [f"waits: {said['waits']}"] if "waits" in said else []
    return f"  L{case:<3} {said['title'][:32]:32}  {', '.join(ways) or '-':32}  {'. '.join(rest)}"


@functools.cache
def numbered() -> dict[int, list[str]]:
    """Tests elsewhere that say the number of their case in their name."""
    found: dict[int, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for name in _tests(path):
            if named := re.match(r"test_[lL]0?(\d+)_", name):
                found.setdefault(int(named[1]), []).append(f"{path.relative_to(TESTS)}::{name}")
    return found


def test_control_a_case_that_is_not_there_is_missed() -> None:
    assert faults(85, None) == ["L85 is neither tested nor listed"]
    assert faults(85, {"case": 85}) == ["L85 has no story, names no test and waits for nothing"]
    assert faults(85, {"case": 85, "alone": "x", "tests": ["engine/test_cases_returns.py::test_L99_nothing"]}) == [
        "L85 names engine/test_cases_returns.py::test_L99_nothing, which is not there"
    ]
    assert faults(85, {"case": 85, "tests": ["laws/test_ledger_cases.py"]}) == ["L85 does not say why no file tells it"]
    assert faults(85, {"case": 85, "waits": "for somebody"}) == []


def _is_there(named: str) -> bool:
    file, _, test = named.partition("::")
    path = TESTS / file
    return path.is_file() and (not test or test in _tests(path))


def _tests(path: Path) -> set[str]:
    return set(re.findall(r"^(?:async )?def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE))
