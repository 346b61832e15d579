-- What has become of a callback, by its name: the first row stands. payload: of an answer; no payload: it has expired.
drop table chaingraph.signals;

create table chaingraph.signals (
    execution_id text collate "C" not null,
    name text collate "C" not null,
    payload json,
    created_at timestamptz not null default now(),
    primary key (execution_id, name)
);
