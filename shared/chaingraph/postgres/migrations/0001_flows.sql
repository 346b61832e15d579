create table chaingraph.flows (
    id text collate "C" primary key,
    owner_id text not null,
    name text not null,
    version integer not null default 1,
    document json not null,
    -- Whole milliseconds: a client's page cursor, which has no more, is exact.
    created_at timestamptz not null default date_trunc('milliseconds', now()),
    updated_at timestamptz not null default date_trunc('milliseconds', now())
);

create index flows_by_owner on chaingraph.flows (owner_id, created_at desc, id desc);
create index flows_by_age on chaingraph.flows (created_at desc, id desc);

-- Immutable, shared by every execution of the same content.
create table chaingraph.flow_snapshots (
    hash text collate "C" primary key,
    document json not null,
    created_at timestamptz not null default now()
);
