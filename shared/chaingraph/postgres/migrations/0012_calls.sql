-- Executions that a node has called. inputs: what with; outputs: what they returned; tells_caller: their caller has not
-- been sent a signal of their end yet.
alter table chaingraph.executions
    add column inputs json,
    add column outputs json,
    add column tells_caller boolean not null default false;

create index untold_ends on chaingraph.executions (created_at) where tells_caller and not is_open;

-- The flows that may be called in a tree of executions, as they were when it began.
create table chaingraph.callable_flows (
    root_id text collate "C" not null,
    flow_id text collate "C" not null,
    flow_hash text collate "C" not null,
    metadata json not null,
    primary key (root_id, flow_id)
);

create index callable_flows_by_document on chaingraph.callable_flows (flow_hash);

-- The lock makes those who create an execution with this document wait; the look after it sees those who came before.
create or replace function chaingraph.delete_unused_documents(older_than interval, most integer) returns integer
language plpgsql as $$
declare
    candidate text;
    deleted integer := 0;
begin
    for candidate in
        select s.hash from chaingraph.flow_snapshots s
        where s.created_at < now() - older_than and not exists (
            select from chaingraph.executions e where e.flow_hash = s.hash and e.events_deleted_at is null
        ) and not exists (select from chaingraph.callable_flows c where c.flow_hash = s.hash)
        order by s.created_at limit most for update of s skip locked
    loop
        delete from chaingraph.flow_snapshots s
        where s.hash = candidate and not exists (
            select from chaingraph.executions e where e.flow_hash = s.hash and e.events_deleted_at is null
        ) and not exists (select from chaingraph.callable_flows c where c.flow_hash = s.hash);
        if found then
            deleted := deleted + 1;
        end if;
    end loop;
    return deleted;
end
$$;
