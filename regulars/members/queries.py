"""Hot statements of this room, over arrays; every one that writes takes its rows sorted by key, so that two batches
cannot block each other.
"""

from __future__ import annotations

from typing import Final

from regulars.kit import arrays

# Not by coalesce where a key is compared: the wall around a table takes it for a leak, and then every row is read.
IDENTIFIERS: Final = """
select t.nr, coalesce(v.account_id, i.account_id) as account_id, coalesce(v.leads_to, i.member_id) as member_id,
    i.card_id, i.member_id as named, m.status, m.enrolled_at
from unnest($1::int[], $2::int[], $3::text[], $4::bytea[]) as t (nr, p, k, h)
join regulars.identifier i on i.program_id = t.p and i.kind = t.k and i.hash = t.h
left join regulars.moved v on v.program_id = i.program_id and v.member_id = i.member_id
left join regulars.member m
    on m.account_id = case when v.account_id is null then i.account_id else v.account_id end
    and m.member_id = case when v.leads_to is null then i.member_id else v.leads_to end
"""

# Who is not in a household is the account of the same id, so our own ids need no lookup row; who is, or was merged, has
# one in `moved`.
OWN_IDS: Final = """
select t.m as named, t.p as program_id, coalesce(v.account_id, t.m) as account_id,
    coalesce(v.leads_to, t.m) as member_id
from unnest($1::int[], $2::uuid[]) as t (p, m)
left join regulars.moved v on v.program_id = t.p and v.member_id = t.m
left join regulars.member m on m.account_id = t.m and m.member_id = t.m and m.program_id = t.p
where v.member_id is not null or m.member_id is not null
"""

CLAIM: Final = """
insert into regulars.identifier (program_id, kind, hash, account_id, member_id, card_id, claimed_at)
select p, k, h, a, m, c, $7
from unnest($1::int[], $2::text[], $3::bytea[], $4::uuid[], $5::uuid[], $6::uuid[]) as t (p, k, h, a, m, c)
order by p, k, h
on conflict do nothing
"""

MEMBERS: Final = """
select m.account_id, m.member_id, m.status, m.enrolled_at
from unnest($1::uuid[], $2::uuid[]) as t (a, m) join regulars.member m on m.account_id = t.a and m.member_id = t.m
"""

STATUSES: Final = """
select m.member_id, m.status
from unnest($1::uuid[], $2::uuid[]) as t (a, m) join regulars.member m on m.account_id = t.a and m.member_id = t.m
order by m.account_id, m.member_id for share of m
"""

CARDS: Final = """
select c.account_id, c.card_id, c.member_id, c.status, c.last_four, c.blocked_at, c.sealed_secret, m.wrapped_key
from unnest($1::uuid[], $2::uuid[]) as t (a, c)
join regulars.card c on c.account_id = t.a and c.card_id = t.c
join regulars.member m on m.account_id = c.account_id and m.member_id = c.member_id
"""

USE_STEPS: Final = """
insert into regulars.card_step (account_id, card_id, step, program_id, activity_id, used_at)
select a, c, s, p, v, $6 from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::int[], $5::uuid[]) as t (a, c, s, p, v)
order by a, c, s
on conflict do nothing
"""

STEPS: Final = """
select t.nr, s.activity_id from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[]) as t (nr, a, c, s)
join regulars.card_step s on s.account_id = t.a and s.card_id = t.c and s.step = t.s
"""


def enrol_sql(first: int) -> tuple[str, int]:
    """CTEs that write members and their cards where the account is in `ok`; how many parameters they take from
    `first` on.
    """
    p = [f"${first + offset}" for offset in range(13)]
    return (
        f"""members_new as materialized (
    select t.* from unnest({p[0]}::uuid[], {p[1]}::uuid[], {p[2]}::int[], {p[3]}::timestamptz[], {p[4]}::bool[],
    {p[5]}::text[],
        {p[6]}::bytea[], {p[7]}::bytea[], {p[8]}::uuid[], {p[9]}::text[], {p[10]}::bytea[], {p[11]}::bytea[],
        {p[12]}::bool[])
        as t (account_id, member_id, program_id, enrolled_at, anonymous, language, wrapped_key, sealed_profile,
        card_id, last_four,
              sealed_number, sealed_secret, has_card)
    join ok using (account_id)
), members_rows as (
    insert into regulars.member (account_id, member_id, program_id, status, anonymous, language, enrolled_at,
        wrapped_key, sealed_profile)
    select account_id, member_id, program_id, 'active', anonymous, language, enrolled_at, wrapped_key, sealed_profile
    from members_new order by account_id, member_id
    on conflict do nothing returning account_id, member_id
), members_cards as (
    insert into regulars.card (account_id, card_id, program_id, member_id, status, last_four, sealed_number,
        sealed_secret, created_at)
    select n.account_id, card_id, program_id, n.member_id, 'active', last_four, sealed_number, sealed_secret,
    enrolled_at
    from members_new n join members_rows using (account_id, member_id) where has_card order by n.account_id, card_id
)""",
        13,
    )


def consents_sql(first: int) -> tuple[str, int]:
    """A CTE that adds to the history of consents where the account is in `ok`; how many parameters it takes."""
    columns = (
        ("account_id", "uuid"),
        ("activity_id", "uuid"),
        ("n", "int"),
        ("program_id", "int"),
        ("member_id", "uuid"),
        ("purpose", "text"),
        ("channel", "text"),
        ("given", "bool"),
        ("version", "text"),
        ("source", "text"),
        ("proof", "text"),
        ("said_at", "timestamptz"),
    )
    names = arrays.names(columns)
    return (
        (
            f"members_said as (insert into regulars.member_consent ({names}) select {names} "
            f"from {arrays.source(columns, first)} join ok using (account_id))"
        ),
        len(columns),
    )


def facts_sql(first: int) -> tuple[str, int]:
    """CTEs that write moves between segments and changed attributes where the account is in `ok`; how many parameters
    they take.
    """
    p = [f"${first + offset}" for offset in range(14)]
    return (
        f"""members_moves as materialized (
    select t.* from unnest({p[0]}::uuid[], {p[1]}::uuid[], {p[2]}::text[], {p[3]}::int[], {p[4]}::bool[])
        as t (account_id, member_id, segment, program_id, entered) join ok using (account_id)
), members_entered as (
    insert into regulars.member_segment (account_id, member_id, segment, program_id)
    select account_id, member_id, segment, program_id from members_moves where entered order by 1, 2, 3
    on conflict do nothing
), members_left as (
    delete from regulars.member_segment s using members_moves t
    where not t.entered and s.account_id = t.account_id and s.member_id = t.member_id and s.segment = t.segment
), members_changes as materialized (
    select t.* from unnest({p[5]}::uuid[], {p[6]}::uuid[], {p[7]}::text[], {p[8]}::int[], {p[9]}::text[],
    {p[10]}::bigint[],
        {p[11]}::date[], {p[12]}::timestamptz[], {p[13]}::text[])
        as t (account_id, member_id, name, program_id, text_value, number_value, date_value, moment_value, json_value)
    join ok using (account_id)
), members_known as (
    insert into regulars.member_attribute as x
        (account_id, member_id, name, program_id, text_value, number_value, date_value, moment_value, json_value)
    select account_id, member_id, name, program_id, text_value, number_value, date_value, moment_value,
    json_value::jsonb
    from members_changes
    where num_nonnulls(text_value, number_value, date_value, moment_value, json_value) > 0 order by 1, 2, 3
    on conflict (account_id, member_id, name) do update set text_value = excluded.text_value,
        number_value = excluded.number_value, date_value = excluded.date_value, moment_value = excluded.moment_value,
        json_value = excluded.json_value
), members_forgotten as (
    delete from regulars.member_attribute x using members_changes t
    where num_nonnulls(t.text_value, t.number_value, t.date_value, t.moment_value, t.json_value) = 0
        and x.account_id = t.account_id and x.member_id = t.member_id and x.name = t.name
)""",
        14,
    )
