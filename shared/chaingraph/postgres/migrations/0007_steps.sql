-- Commands of the debugger: run what is ready, or one node of it, and pause again.
alter table chaingraph.progress drop constraint progress_command_check;
alter table chaingraph.progress add constraint progress_command_check
    check (command in ('pause', 'resume', 'stop', 'step', 'stepOver'));
