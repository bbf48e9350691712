-- Whether somebody of staff gets a mail when the requester of a ticket of theirs writes.
alter table staff add column hears_answers integer not null default 1; -- 0: no
