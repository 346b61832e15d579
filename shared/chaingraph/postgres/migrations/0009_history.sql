-- Executions that have ended keep their row; events_deleted_at: when the rest of them was deleted.
alter table chaingraph.executions add column events_deleted_at timestamptz;

create index ended_executions on chaingraph.executions (created_at, id)
    where not is_open and events_deleted_at is null;
create index connections_by_age on chaingraph.connections (connected_at);
create index executions_by_document on chaingraph.executions (flow_hash) where events_deleted_at is null;

-- The lock makes those who create an execution with this document wait; the look after it sees those who came before.
create function chaingraph.delete_unused_documents(older_than interval, most integer) returns integer
language plpgsql as $$
declare
    candidate text;
    deleted integer := 0;
begin
    for candidate in
        select s.hash from chaingraph.flow_snapshots s
        where s.created_at < now() - older_than and not exists (
            select from chaingraph.executions e where e.flow_hash = s.hash and e.events_deleted_at is null
        )
        order by s.created_at limit most for update of s skip locked
    loop
        delete from chaingraph.flow_snapshots s
        where s.hash = candidate and not exists (
            select from chaingraph.executions e where e.flow_hash = s.hash and e.events_deleted_at is null
        );
        if found then
            deleted := deleted + 1;
        end if;
    end loop;
    return deleted;
end
$$;
