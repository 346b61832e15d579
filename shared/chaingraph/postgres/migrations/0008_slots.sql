-- A row for each slice that holds a slot. The numbers are unique, in all and for each owner, so that the limits hold
-- without a lock while there is room; epoch: of the claim that holds it.
create table chaingraph.slots (
    execution_id text collate "C" primary key,
    owner_id text not null,
    epoch bigint not null,
    number integer not null unique,
    owner_number integer not null,
    taken_at timestamptz not null default now(),
    unique (owner_id, owner_number)
) with (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Executions that found no slot. called_at: when it was told that one is free.
create table chaingraph.waiting_line (
    execution_id text collate "C" primary key,
    owner_id text not null,
    place bigint generated always as identity,
    joined_at timestamptz not null default now(),
    called_at timestamptz
) with (autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

create index waiting_line_by_owner on chaingraph.waiting_line (owner_id, place);

-- When an owner got a slot out of the line, as a number that grows: who waits longest is next.
create table chaingraph.line_turns (
    owner_id text primary key,
    served bigint not null
);

create sequence chaingraph.line_turn_numbers;

-- Slots of slices that died: their lease is over, or a later claim went without one. The epochs are compared so that
-- a successor that takes the slot over at this moment keeps it.
create function chaingraph.clear_dead_slots() returns void language sql as $$
    delete from chaingraph.slots s using chaingraph.progress p
    where p.execution_id = s.execution_id and (
        p.epoch > s.epoch
        or p.epoch = s.epoch and coalesce(p.lease_expires_at, '-infinity') < now()
    )
$$;

-- Who may take the slots that are free: first come first served within an owner, the owners in turn. One that was
-- called and has not come is passed over for a while, so that it blocks nobody; asking: comes at this moment.
create function chaingraph.next_in_line(most integer, most_of_owner integer, asking text)
returns setof text language sql stable as $$
    with recursive held as (
        select owner_id, count(*) as slots from chaingraph.slots group by owner_id
    ), room as (
        select greatest(0, most - count(*)) as slots from chaingraph.slots
    ), owners as (
        (select owner_id from chaingraph.waiting_line order by owner_id limit 1)
        union all
        select (
            select w.owner_id from chaingraph.waiting_line w
            where w.owner_id > owners.owner_id order by w.owner_id limit 1
        )
        from owners where owners.owner_id is not null
    ), heads as (
        select w.execution_id, w.place, coalesce(t.served, 0) as served,
            row_number() over (partition by o.owner_id order by w.place) as turn
        from owners o
        cross join room
        left join held h on h.owner_id = o.owner_id
        left join chaingraph.line_turns t on t.owner_id = o.owner_id
        cross join lateral (
            select execution_id, place from chaingraph.waiting_line
            where owner_id = o.owner_id and (
                called_at is null or execution_id = asking
                or called_at not between now() - interval '30 seconds' and now() - interval '5 seconds'
            )
            order by place
            limit greatest(0, least(room.slots, most_of_owner - coalesce(h.slots, 0)))
        ) w
    )
    select execution_id from heads order by turn, served, place limit (select slots from room)
$$;

-- Numbers that nobody holds, in all and of this owner; no row when there is none.
create function chaingraph.free_numbers(of_owner text, most integer, most_of_owner integer)
returns table (number integer, owner_number integer) language sql volatile as $$
    select in_all.number, of_one.number
    from (
        select number from generate_series(1, most) number
        where number not in (select s.number from chaingraph.slots s)
        order by random() limit 1
    ) in_all, (
        select number from generate_series(1, most_of_owner) number
        where number not in (select s.owner_number from chaingraph.slots s where s.owner_id = of_owner)
        order by random() limit 1
    ) of_one
    where (select count(*) from chaingraph.slots) < most
        and (select count(*) from chaingraph.slots s where s.owner_id = of_owner) < most_of_owner
$$;

-- Whether the claim of this epoch has a slot now; without one the execution stands in line.
create function chaingraph.take_slot(
    wanting text, of_owner text, of_epoch bigint, most integer, most_of_owner integer
) returns boolean language plpgsql as $$
declare
    chosen record;
begin
    update chaingraph.slots set epoch = of_epoch, taken_at = now() where execution_id = wanting;
    if found then
        return true;
    end if;
    if not exists (select from chaingraph.waiting_line) then
        for attempt in 1..5 loop
            if attempt <= 2 then
                select 1 + floor(random() * most)::integer as number,
                    1 + floor(random() * most_of_owner)::integer as owner_number
                into chosen;
            else
                select * into chosen from chaingraph.free_numbers(of_owner, most, most_of_owner);
                exit when not found;
            end if;
            insert into chaingraph.slots (execution_id, owner_id, epoch, number, owner_number)
            values (wanting, of_owner, of_epoch, chosen.number, chosen.owner_number)
            on conflict do nothing;
            if found then
                return true;
            end if;
        end loop;
    end if;

    -- From here on no slot is given back unseen: who gives one back either has done so, or finds this one in line.
    perform pg_advisory_xact_lock(4021500002);
    perform chaingraph.clear_dead_slots();
    insert into chaingraph.waiting_line (execution_id, owner_id) values (wanting, of_owner)
    on conflict (execution_id) do update set called_at = null;
    if wanting not in (select chaingraph.next_in_line(most, most_of_owner, wanting)) then
        return false;
    end if;
    loop
        select * into chosen from chaingraph.free_numbers(of_owner, most, most_of_owner);
        if not found then
            return false;
        end if;
        insert into chaingraph.slots (execution_id, owner_id, epoch, number, owner_number)
        values (wanting, of_owner, of_epoch, chosen.number, chosen.owner_number)
        on conflict do nothing;
        exit when found;
    end loop;
    delete from chaingraph.waiting_line where execution_id = wanting;
    insert into chaingraph.line_turns (owner_id, served)
    values (of_owner, nextval('chaingraph.line_turn_numbers'))
    on conflict (owner_id) do update set served = excluded.served;
    return true;
end
$$;

-- Give the slot back; whether somebody stands in line, who is to be called after the commit.
create function chaingraph.free_slot(ended text) returns boolean language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(4021500002);
    delete from chaingraph.slots where execution_id = ended;
    return exists (select from chaingraph.waiting_line);
end
$$;

-- Those in line for whom there is a slot and who have not been called lately.
create function chaingraph.call_next(most integer, most_of_owner integer) returns setof text language plpgsql as $$
begin
    perform chaingraph.clear_dead_slots();
    return query
    update chaingraph.waiting_line set called_at = now()
    where execution_id in (select chaingraph.next_in_line(most, most_of_owner, null))
        and (called_at is null or called_at < now() - interval '30 seconds')
    returning execution_id;
end
$$;
