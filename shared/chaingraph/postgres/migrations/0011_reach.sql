-- Whether the last stop or pause was for the descendants, too: those that begin later look here.
alter table chaingraph.progress add column command_reach text not null default 'alone'
    check (command_reach in ('alone', 'tree'));
