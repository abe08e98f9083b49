"""The statements of pay-outs."""

from __future__ import annotations

from typing import Final

BEGIN: Final = """
insert into regulars.payout (program_id, payout_id, currency, period, made_by, made_at)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing
returning payout_id
"""
LINES: Final = """
insert into regulars.payout_line (program_id, payout_id, no, account_id, member_id, state, points)
select $1, $2, n, a, m, 'wanted', 0 from unnest($3::int[], $4::uuid[], $5::uuid[]) as t (n, a, m)
"""
OF_PERIOD: Final = """
select payout_id from regulars.payout where program_id = $1 and currency = $2 and period = $3
"""
FINISHED_OF: Final = """
select currency from regulars.payout
where program_id = $1 and currency = any($2::text[]) and period = $3 and finished_at is not null
"""
UNFINISHED: Final = """
select payout_id from regulars.payout where program_id = $1 and currency = $2 and finished_at is null
"""
ONE: Final = """
select payout_id, currency, period, made_by, made_at, finished_at from regulars.payout
where program_id = $1 and payout_id = $2
"""
ALL: Final = """
select payout_id from regulars.payout where program_id = $1 order by made_at desc, payout_id limit $2
"""
LINES_OF: Final = """
select no, account_id, member_id, state, points, bank_account, activity_id, returned_id, reason
from regulars.payout_line where program_id = $1 and payout_id = $2 order by no
"""
DEBITED: Final = """
update regulars.payout_line set state = $4, points = $5, bank_account = $6, activity_id = $7, reason = $8
where program_id = $1 and payout_id = $2 and no = $3 and state = 'wanted'
"""
FINISH: Final = """
update regulars.payout p set finished_at = $3 where program_id = $1 and payout_id = $2 and finished_at is null
    and not exists (
        select from regulars.payout_line l where l.program_id = $1 and l.payout_id = $2 and l.state = 'wanted'
    )
"""
CONFIRM: Final = """
update regulars.payout_line set state = 'confirmed'
where program_id = $1 and payout_id = $2 and no = any ($3::int[]) and state = 'paid'
"""
RETURNED: Final = """
update regulars.payout_line set state = 'failed', returned_id = $4, reason = $5
where program_id = $1 and payout_id = $2 and no = $3 and state in ('paid', 'confirmed')
"""
