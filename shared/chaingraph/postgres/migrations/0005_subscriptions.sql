create table chaingraph.connections (
    id text collate "C" primary key,
    user_id text,
    is_admin boolean not null default false,
    announces_identity boolean not null,
    connected_at timestamptz not null default now()
);

create index unidentified_connections on chaingraph.connections (connected_at) where user_id is null;

-- relay_epoch null: the row belongs to no relay.
create table chaingraph.subscriptions (
    connection_id text collate "C" not null references chaingraph.connections (id) on delete cascade,
    request_id text collate "C" not null,
    execution_id text collate "C" not null,
    event_types text[] not null,
    batch_size integer not null,
    batch_timeout_ms integer not null,
    snapshot text not null check (snapshot in ('full', 'values')),
    cursor integer not null,
    is_started boolean not null default false,
    is_stopping boolean not null default false,
    relay_epoch bigint,
    created_at timestamptz not null default now(),
    primary key (connection_id, request_id)
);

create index stopping_subscriptions on chaingraph.subscriptions (connection_id, request_id) where is_stopping;
create index unassigned_subscriptions on chaingraph.subscriptions (connection_id, request_id)
    where relay_epoch is null;

-- expires_at null: given back.
create table chaingraph.relay_leases (
    name text collate "C" primary key,
    epoch bigint not null,
    holder text not null,
    expires_at timestamptz
);
