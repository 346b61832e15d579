-- Payloads of callbacks, each consumed once.
create table chaingraph.signals (
    execution_id text collate "C" not null,
    seq bigint not null,
    kind text not null,
    payload json not null,
    created_at timestamptz not null default now(),
    primary key (execution_id, seq)
);

-- One row for each waiting task of the workflow; a wake-up completes all of an execution's.
create table chaingraph.tokens (
    token text collate "C" primary key,
    execution_id text collate "C" not null,
    workflow_run integer not null,
    created_at timestamptz not null default now()
);

create index tokens_by_execution on chaingraph.tokens (execution_id);
