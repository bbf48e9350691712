-- What is asked of the outbox is answered by an index, however many jobs are done.

-- The ticket that a job is about; null: none.
alter table jobs add column ticket_id uuid;
update jobs set ticket_id = (payload ->> 'ticket_id')::uuid where payload ->> 'ticket_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
create index jobs_by_ticket on jobs (site_id, ticket_id);
-- Dead letters, which are few, beside any number of jobs that are done.
create index jobs_dead on jobs (created_at) where state = 'dead';
