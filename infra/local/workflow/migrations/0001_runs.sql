create schema workflow;

-- Rises whenever a process takes over: one that lost its connection learns whether another was there meanwhile.
create table workflow.owner (epoch bigint not null);
insert into workflow.owner values (0);

create table workflow.definitions (
    digest text primary key,
    text text not null
);

-- Documents are text: what was given is given back to the byte.
create table workflow.runs (
    name text primary key,
    definition text not null references workflow.definitions,
    status text not null,
    input text not null,
    started_at timestamptz not null,
    standing text,
    stopped_at timestamptz,
    output text,
    error text,
    cause text,
    report_due boolean not null default false
) with (fillfactor = 60);

create index runs_by_start on workflow.runs (started_at desc, name desc);
create index runs_open on workflow.runs (name) where status = 'RUNNING';
create index runs_unreported on workflow.runs (name) where report_due;

create table workflow.history (
    run text not null,
    first_event integer not null,
    events text not null,
    primary key (run, first_event)
);
