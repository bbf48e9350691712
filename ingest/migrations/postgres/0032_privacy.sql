-- Erasing what is known of a person.

-- Which ticket came of it, so that the key goes with the ticket; null: an older key, or a program of before wrote it.
alter table idempotency_keys add column ticket_id uuid;
update idempotency_keys
set ticket_id = tickets.ticket_id
from tickets
where tickets.site_id = idempotency_keys.site_id and tickets.reference = idempotency_keys.receipt ->> 'reference';
create index idempotency_keys_by_ticket on idempotency_keys (site_id, ticket_id) where ticket_id is not null;
-- Who looked for a request that they have lost: few beside all other jobs.
create index jobs_finding on jobs (site_id) where kind = 'find_request';

-- What the installation has still to do for itself. 'scrub': something was erased since the file of the database was written anew.
create table chores (
    chore    text   not null,
    asked_at bigint not null,
    primary key (chore)
);

-- How long what is over is kept: so many days after the last thing that happened; null: for ever.
alter table sites add column closed_days bigint;
alter table sites add column files_days bigint; -- its files
