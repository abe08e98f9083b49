"""Every lot as it stands at a moment, in SQL: with what is left of it, its dates, and what of it is owed by then,
whether or not a sweeper wrote down what time did. Liability, breakage and the export of lots are sums over these rows.

It is the same from what was posted by then and from what is stored now; `at_time` says it of one balance.
"""

from __future__ import annotations

from typing import Final

# $1 the program, $2 the moment. Of a lot that is over, what a hold still pins is owed, for as long as that hold lives;
# of one that lives, all that is left but for what a debt takes at the moment at which it begins or is let go of. `cost`
# and `owed_cost` are at the lot's own cost, a half rounded up, so that any report is the sum of its lots.
_BY_TIME: Final = """
    with over as ({over}), debts as ({debts}), lots as {kept} materialized ({lots}), stands as (
        select l.*, coalesce(l.expires_at <= $2, false) or (not l.begun and coalesce(l.cancels_at <= $2, false)) as gone
        from lots l
    ), comes as (
        select one.*, sum(amount) over (partition by account_id, balance order by moment, activity_id, n, amount
            rows unbounded preceding) as upto
        from (
            select l.account_id, l.balance, l.activity_id, l.n, o.ends_at as moment, o.amount, d.arrears
            from debts d join over o using (account_id, balance) join lots l using (account_id, activity_id, n)
            where l.expires_at is null or l.expires_at > o.ends_at
            union all
            select l.account_id, l.balance, l.activity_id, l.n, l.active_at, l.remaining, d.arrears
            from debts d join lots l using (account_id, balance) where l.waits and l.begun
        ) one
    ), paid as (
        select account_id, activity_id, n, sum(least(amount, greatest(arrears - (upto - amount), 0))) as points
        from comes group by 1, 2, 3
    ), loose as (
        select account_id, activity_id, n, sum(amount) as points from over group by 1, 2, 3
    )
    select s.*, round(s.cost_minor::numeric * s.remaining / s.granted)::bigint as cost, o.owed::bigint,
        round(s.cost_minor::numeric * o.owed / s.granted)::bigint as owed_cost,
        case when s.gone and o.owed = 0 then 'ended' when s.begun or s.gone then 'active' else 'pending' end as state
    from stands s
    left join loose using (account_id, activity_id, n)
    left join paid using (account_id, activity_id, n)
    cross join lateral (
        select case when s.gone then s.held - coalesce(loose.points, 0)
            else s.remaining - coalesce(paid.points, 0) end as owed
    ) o
"""
_BEGUN: Final = """(not {waits} or coalesce({active_at} <= $2 and (l.cancels_at is null or l.cancels_at > {active_at})
            and ({expires_at} is null or {expires_at} > {active_at}), false))"""
# What holds pin whose time is over.
_PINNED: Final = """
        select h.account_id, h.currency as balance, u.lot_activity_id as activity_id, u.lot_n as n, u.amount,
            h.expires_at as ends_at
        from {holds} h join regulars.lot_use u using (account_id, currency, version)
        where h.program_id = $1 and h.expires_at <= $2 and u.program_id = $1"""

_LET_GO_LATER: Final = """(
            select hold.* from (
                select distinct account_id, hold_id from regulars.entry
                where program_id = $1 and kind = 'release' and posted_at > $2
            ) later join regulars.hold using (account_id, hold_id)
        )"""

LOTS_NOW: Final = _BY_TIME.format(
    over=f"{_PINNED.format(holds='regulars.hold')} and h.state = 'open'",
    debts="""
        select account_id, currency as balance, arrears from regulars.balance where program_id = $1 and arrears > 0""",
    kept="not",
    lots=f"""
        select l.account_id, l.activity_id, l.n, l.currency as balance, split_part(l.currency, '@', 1) as currency,
            l.funder, l.granted, l.remaining, l.held, l.cost_minor, l.active_at, l.expires_at, l.cancels_at,
            l.pending as waits, {_BEGUN.format(waits="l.pending", active_at="l.active_at", expires_at="l.expires_at")}
            as begun
        from regulars.lot l where l.program_id = $1 and l.remaining > 0""",
)
"""From what is stored: for a moment that is now or later."""

LOTS_AT: Final = _BY_TIME.format(
    # One that is not open any more was, where it was let go of later.
    over=f"""{_PINNED.format(holds="regulars.hold")} and h.state = 'open'
        union all {_PINNED.format(holds=_LET_GO_LATER)} and h.state <> 'open'""",
    debts="""
        select account_id, currency as balance,
            sum(case when from_book = 'arrears' then amount else -amount end) as arrears
        from regulars.entry where program_id = $1 and posted_at <= $2 and 'arrears' in (from_book, to_book)
        group by 1, 2 having sum(case when from_book = 'arrears' then amount else -amount end) > 0""",
    kept="",
    lots=f"""
        select l.account_id, l.member_id, l.activity_id, l.n, l.currency as balance,
            split_part(l.currency, '@', 1) as currency, l.funder, l.rule, l.release, l.line, l.source_id, l.zone,
            l.earned_at, d.active_at, d.expires_at, d.expires_on, l.cancels_at, l.granted,
            (l.granted - coalesce(u.taken, 0))::bigint as remaining, coalesce(u.held, 0)::bigint as held, l.cost_minor,
            w.waits, {_BEGUN.format(waits="w.waits", active_at="d.active_at", expires_at="d.expires_at")} as begun
        from regulars.lot l
        join regulars.entry e on e.account_id = l.account_id and e.currency = l.currency
            and e.activity_id = l.activity_id and e.n = l.n and e.program_id = $1 and e.posted_at <= $2
        left join (
            select u.account_id, u.lot_activity_id as activity_id, u.lot_n as n,
                sum(u.amount) filter (where x.kind not in ('activate', 'hold', 'release')) as taken,
                sum(case when x.kind in ('hold', 'release') then u.amount when x.kind = 'capture' then -u.amount end)
                    as held,
                bool_or(x.kind = 'activate') as began
            from regulars.lot_use u join regulars.entry x using (account_id, currency, version)
            where u.program_id = $1 and x.program_id = $1 and x.posted_at <= $2 group by 1, 2, 3
        ) u on u.account_id = l.account_id and u.activity_id = l.activity_id and u.n = l.n
        left join (
            select distinct on (account_id, lot_activity_id, lot_n) account_id, lot_activity_id, lot_n,
                active_at, expires_at, expires_on
            from regulars.lot_change where program_id = $1 and posted_at <= $2
            order by account_id, lot_activity_id, lot_n, seq desc
        ) c on c.account_id = l.account_id and c.lot_activity_id = l.activity_id and c.lot_n = l.n
        left join (
            select distinct on (account_id, lot_activity_id, lot_n) account_id, lot_activity_id, lot_n,
                old_active_at, old_expires_at, old_expires_on
            from regulars.lot_change where program_id = $1 and posted_at > $2
            order by account_id, lot_activity_id, lot_n, seq
        ) f on f.account_id = l.account_id and f.lot_activity_id = l.activity_id and f.lot_n = l.n
        cross join lateral (
            select case when c.account_id is not null then c.active_at
                    when f.account_id is not null then f.old_active_at else l.active_at end as active_at,
                case when c.account_id is not null then c.expires_at
                    when f.account_id is not null then f.old_expires_at else l.expires_at end as expires_at,
                case when c.account_id is not null then c.expires_on
                    when f.account_id is not null then f.old_expires_on else l.expires_on end as expires_on
        ) d
        cross join lateral (select e.to_book = 'pending' and not coalesce(u.began, false) as waits) w
        where l.program_id = $1""",
)
"""From what was posted by a moment that is complete."""
