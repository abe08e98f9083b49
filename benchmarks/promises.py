"""What SPEED.md promises, beside what was measured."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Final

import msgspec


class Promise(msgspec.Struct, frozen=True):
    """A figure: which promise it belongs to, what it means, and the bound it must keep (none: only shown)."""

    name: str
    promise: str
    meaning: str
    sign: str = ""
    bound: float = 0.0

    def kept(self, value: float) -> bool | None:
        """Whether a value keeps it; None where nothing was promised."""
        return None if not self.sign else _SIGNS[self.sign](value, self.bound)


_SIGNS: Final[dict[str, Callable[[float, float], bool]]] = {"<=": operator.le, ">=": operator.ge, "<": operator.lt}

PROMISES: Final = (
    Promise("checkout_per_s", "V1", "durable checkouts a second over HTTP, one server process", ">=", 4_000),
    Promise("checkout_p99_ms_half_load", "V1", "p99 at half of that, from the intended moment, ms", "<", 25),
    Promise("checkout_cpu_us", "V1", "CPU a checkout, server and PostgreSQL, us", "<=", 400),
    Promise("checkout_cpu_server_us", "V1", "of it the server", "<=", 250),
    Promise("checkout_cpu_postgres_us", "V1", "of it PostgreSQL", "<=", 150),
    Promise("checkout_cpu_ratio_naive", "V1", "one transaction a request costs so many times more CPU", ">=", 4),
    Promise("naive_per_s", "V1", "checkouts a second, one transaction a request"),
    Promise("load_maker_cpu_share", "V1", "of a core that the load maker used", "<", 0.9),
    Promise("codes_1000000_s", "vouchers", "a million codes made, durable, s", "<", 60),
    Promise("code_found_ms", "vouchers", "a code found among them, ms", "<", 5),
    Promise("import_per_s", "V2", "activities a second, a history in chains", ">=", 10_000),
    Promise("import_single_per_s", "V2", "activities a second, one a member", ">=", 5_000),
    Promise("import_ratio_bare", "V2", "of the bare posting bound", ">=", 0.25),
    Promise("bare_per_s", "V2", "bare postings a second, 5,000 a batch"),
    Promise("decide_us_50_rules", "V3", "decide, 50 rules x 5 lines, us", "<=", 150),
    Promise("decide_us_10000_rules", "V3", "decide, 10,000 rules, median us", "<=", 1_000),
    Promise("quote_p99_ms_500", "V4", "quote p99 at 500 a second, ms", "<", 10),
    Promise("lone_checkout_ms_over_commit", "V5", "a lone checkout above a bare commit, p50 ms", "<=", 3),
    Promise("hot_member_ratio_bare", "V6", "one hot member, 50 at once, against bare commits of one row", ">=", 0.5),
    Promise("hot_member_others_p99_ratio", "V6", "p99 of others beside it, against 50 for 50 members", "<", 2),
    Promise("hot_member_per_s", "V6", "activities of one hot member, a second"),
    Promise("hot_member_bare_ms", "V6", "a bare commit of one row, ms"),
    Promise("decide_apply_cpu_us", "V7", "Python CPU of decide and apply, us", "<=", 200),
    Promise("statements_per_checkout_32", "V7", "statements a checkout, 32 at once", "<=", 0.5),
    Promise("statements_per_checkout_128", "V7", "statements a checkout, 128 at once", "<=", 0.1),
    Promise("catalogue_10000_ms", "-", "first page of 10,000 rewards for one member, median ms", "<", 20),
    Promise("catalogue_10000_page_ms", "-", "100 of them from the middle, median ms", "<", 20),
    Promise(
        "prices_door_ratio", "-", "20 live offers (6 met), 5 vouchers, stacking, whole checkout against plain", "<=", 2
    ),
    Promise("prices_all_door_ratio", "-", "the same where every basket meets all 20 offers", "<=", 2),
    Promise("prices_cpu_ratio", "-", "decide and apply alone, Python, 6 met", "<=", 2),
    Promise("prices_all_cpu_ratio", "-", "decide and apply alone, Python, all 20 met", "<=", 2),
    Promise("prices_door_cpu_us", "-", "a whole checkout with 6 met: server + PostgreSQL, us"),
    Promise("prices_plain_door_cpu_us", "-", "a plain one in the same run: server + PostgreSQL, us"),
    Promise("prices_cpu_us", "-", "decide and apply, 6 met, us"),
    Promise("prices_plain_cpu_us", "-", "decide and apply, plain, us"),
    Promise("standing_cpu_ratio", "-", "3 ladders, 3 challenges, 20 segments, 200 rules against the plain", "<=", 2),
    Promise("hot_given_of_100", "-", "of the last 100 of a budget given to 50 buyers at two processes", ">=", 100),
    Promise("hot_last_100_s", "-", "how long the last 100 took, 150 tries, s"),
    Promise("hot_others_p99_ratio", "-", "p99 of others beside a hot budget, against the same crowd without", "<=", 2),
    Promise("hot_rate_ratio", "-", "purchases of a hot budget, against those without"),
    Promise("backtest_s", "V8", "backtest of the demo's year, s", "<", 60),
    Promise("segment_count_s", "V9", "segment over 1,000,000 members counted, s", "<", 5),
    Promise("segment_recompute_s", "-", "the same worked out anew where 1 % differ, s", "<", 60),
    Promise("run_per_s", "-", "a run for 100,000 members, a second", ">=", 2000),
    Promise("backfill_s", "-", "two metrics of the demo's year filled, s", "<", 30),
    Promise("past_entries", "V10", "entries in the table"),
    Promise("balance_at_p99_ms", "V10", "a balance at a moment, p99 ms", "<", 10),
    Promise("statement_page_p99_ms", "V10", "a statement's page of 50, p99 ms", "<", 10),
    Promise("check_1000000_s_two", "R16", "1,000,000 entries checked by two processes, reckoned, s", "<=", 60),
    Promise("check_1000000_s_one", "R16", "the same by one process, s"),
    Promise("check_entries", "R16", "of so many entries it was reckoned"),
    Promise("large_entries", "V11", "entries in tables of checkouts with checkpoints"),
    Promise("large_checkpoints", "V11", "checkpoints while it was measured"),
    Promise("large_rate_ratio", "V11", "checkouts a second there, against small tables in the same run", ">=", 0.6),
    Promise("large_cpu_ratio", "V11", "CPU a checkout there, against small tables"),
    Promise("large_p99_ms", "V11", "p99 at saturation there, ms", "<", 200),
    Promise("overload_sent_times", "V12", "sent, times the usual rate", ">=", 4),
    Promise("overload_usual_per_s", "V12", "the usual rate, in the same run"),
    Promise("overload_served_per_s", "V12", "served of it a second"),
    Promise("overload_shed_share", "V12", "share that heard 429 or 503"),
    Promise("overload_served_p99_ms", "V12", "p99 of those that were served, ms", "<=", 150),
    Promise("demo_first_page_s", "V13", "demo: first page, s", "<=", 10),
    Promise("demo_again_s", "V13", "demo: first page again, s", "<=", 3),
    Promise("demo_load_s", "V13", "demo: the whole year, s", "<=", 60),
    Promise("rss_mb", "V14", "server process with 10,000 rules, MiB", "<=", 250),
    Promise("rss_growth_percent", "V14", "growth under load, %", "<=", 5),
    Promise("postgres_mb", "V14", "PostgreSQL, MiB", "<=", 512),
    Promise("help_s", "V14", "regulars --help, s", "<=", 0.5),
)
