"""Every lot as it stood at a moment, in SQL: what the entries posted by then had left of it, with the dates that it had
then. Liability, breakage and the export of lots are sums over these rows."""

from __future__ import annotations

from typing import Final

# $1 the program, $2 the moment. `cost` is what remains at the lot's own cost, a half rounded up, so that any report is
# the sum of its lots. `state` is by time, whether or not a sweeper wrote it down: ended points are no debt any more.
# Of a lot that has ended while a hold pins some of it, these are: `owed`, at `owed_cost`.
LOTS_AT: Final = """
    select l.account_id, l.member_id, l.activity_id, l.n, l.currency as balance,
        split_part(l.currency, '@', 1) as currency, l.funder, l.rule, l.release, l.line, l.source_id, l.zone,
        l.earned_at, d.active_at, d.expires_at, d.expires_on, l.cancels_at, l.granted,
        (l.granted - coalesce(u.taken, 0))::bigint as remaining, coalesce(u.held, 0)::bigint as held,
        l.cost_minor, round(l.cost_minor::numeric * (l.granted - coalesce(u.taken, 0)) / l.granted)::bigint as cost,
        (case when d.expires_at <= $2 then coalesce(u.held, 0)
            else l.granted - coalesce(u.taken, 0) end)::bigint as owed,
        round(l.cost_minor::numeric * (case when d.expires_at <= $2 then coalesce(u.held, 0)
            else l.granted - coalesce(u.taken, 0) end) / l.granted)::bigint as owed_cost,
        case
            when coalesce(u.held, 0) = 0 and d.expires_at <= $2 then 'ended'
            when e.to_book <> 'pending' or coalesce(u.began, false) then 'active'
            when l.cancels_at <= $2 then 'ended'
            when d.active_at <= $2 then 'active'
            else 'pending'
        end as state
    from regulars.lot l
    join regulars.entry e on e.account_id = l.account_id and e.currency = l.currency and e.activity_id = l.activity_id
        and e.n = l.n and e.program_id = $1 and e.posted_at <= $2
    left join (
        select u.account_id, u.lot_activity_id as activity_id, u.lot_n as n,
            sum(u.amount) filter (where x.kind not in ('activate', 'hold', 'release')) as taken,
            sum(case x.kind when 'hold' then u.amount when 'release' then u.amount when 'capture' then -u.amount end)
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
        select case when c.account_id is not null then c.active_at when f.account_id is not null then f.old_active_at
                else l.active_at end as active_at,
            case when c.account_id is not null then c.expires_at when f.account_id is not null then f.old_expires_at
                else l.expires_at end as expires_at,
            case when c.account_id is not null then c.expires_on when f.account_id is not null then f.old_expires_on
                else l.expires_on end as expires_on
    ) d
    where l.program_id = $1
"""
