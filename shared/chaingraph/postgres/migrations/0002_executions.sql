-- What is fixed at create. What moves is in progress, so that no commit touches an index of this table.
create table chaingraph.executions (
    id text collate "C" primary key,
    flow_id text collate "C" not null,
    flow_hash text collate "C" not null,
    owner_id text not null,
    root_id text collate "C" not null,
    parent_id text collate "C",
    depth integer not null default 0,
    options json not null,
    integration json not null,
    external_event json,
    idempotency_key text,
    request_hash text,
    is_open boolean not null default true,
    created_at timestamptz not null default date_trunc('milliseconds', now())
);

create unique index executions_by_idempotency_key on chaingraph.executions (owner_id, idempotency_key)
    where idempotency_key is not null;

create index roots_by_flow on chaingraph.executions (flow_id, created_at desc, id desc) where depth = 0;
create index executions_by_owner on chaingraph.executions (owner_id, created_at desc, id desc);
create index executions_by_age on chaingraph.executions (created_at desc, id desc);
create index executions_by_root on chaingraph.executions (root_id, depth);
create index executions_by_parent on chaingraph.executions (parent_id) where parent_id is not null;
create index open_executions on chaingraph.executions (created_at, id) where is_open;

-- The hot twin of executions, updated by every commit: no index but the key, and half of each page free, so that an
-- update stays on its page and touches no index (HOT).
create table chaingraph.progress (
    execution_id text collate "C" primary key,
    status text not null default 'created'
        check (status in ('created', 'running', 'paused', 'completed', 'failed', 'stopped')),
    command text check (command in ('pause', 'resume', 'stop')),
    command_by text,
    command_reason text,
    epoch bigint not null default 0,
    worker_id text,
    lease_expires_at timestamptz,
    next_index integer not null default 0,
    signal_seq bigint not null default 0,
    seen_seq bigint not null default 0,
    workflow_run integer not null default 1,
    failure_count integer not null default 0,
    error_count integer not null default 0,
    error_message text,
    error_node_id text,
    active_ms bigint not null default 0,
    waiting json,
    wake_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    updated_at timestamptz not null default now()
) with (
    fillfactor = 50,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.2,
    autovacuum_vacuum_cost_delay = 0
);

-- The audit of takeovers and of slices that died; rows are only added.
create table chaingraph.recoveries (
    execution_id text collate "C" not null,
    recovered_at timestamptz not null default now(),
    reason text not null,
    detail text,
    epoch bigint not null,
    previous_status text not null,
    previous_worker_id text,
    worker_id text
);

create index recoveries_by_execution on chaingraph.recoveries (execution_id, recovered_at);
