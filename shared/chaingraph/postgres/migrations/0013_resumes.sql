-- The number of the last resume of a tree that has not reached every descendant yet, or whose sender has not said so.
alter table chaingraph.progress add column unfinished_resume bigint;
