-- Rows are only added, and deleted when they are old: vacuum follows the inserts, to keep the visibility map fresh.
create table chaingraph.events (
    execution_id text collate "C" not null,
    index integer not null,
    type text not null,
    occurred_at timestamptz not null,
    data json not null,
    primary key (execution_id, index)
) with (
    autovacuum_vacuum_insert_threshold = 50000,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);

create table chaingraph.node_results (
    execution_id text collate "C" not null,
    node_id text collate "C" not null,
    attempt integer not null,
    status text not null check (status in ('started', 'completed', 'failed', 'skipped')),
    detail json not null,
    primary key (execution_id, node_id)
) with (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.05
);
