-- Erasing what is known of a person.

-- Which ticket came of it, so that the key goes with the ticket; null: an older key, or a program of before wrote it.
alter table idempotency_keys add column ticket_id blob;
update idempotency_keys
set ticket_id = (
    select tickets.ticket_id from tickets
    where tickets.site_id = idempotency_keys.site_id and tickets.reference = json_extract(idempotency_keys.receipt, '$.reference')
)
where receipt is not null;
create index idempotency_keys_by_ticket on idempotency_keys (site_id, ticket_id) where ticket_id is not null;
-- Who looked for a request that they have lost: few beside all other jobs.
create index jobs_finding on jobs (site_id) where kind = 'find_request';

-- What the installation has still to do for itself. 'scrub': something was erased since the file of the database was written anew.
create table chores (
    chore    text    not null,
    asked_at integer not null,
    primary key (chore)
) strict;

-- How long what is over is kept: so many days after the last thing that happened; null: for ever.
alter table sites add column closed_days integer;
alter table sites add column files_days integer; -- its files
