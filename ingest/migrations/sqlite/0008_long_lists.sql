-- What is asked of the outbox is answered by an index, however many jobs are done.

-- The ticket that a job is about; null: none.
alter table jobs add column ticket_id blob;
update jobs set ticket_id = unhex(replace(json_extract(payload, '$.ticket_id'), '-', '')) where json_valid(payload);
create index jobs_by_ticket on jobs (site_id, ticket_id);
-- Dead letters, which are few, beside any number of jobs that are done.
create index jobs_dead on jobs (created_at) where state = 'dead';
