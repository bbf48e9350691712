-- Mails and work on files stand in queues of their own.

-- Every job that is here already is about a mail, or about a file and will be done a little later.
alter table jobs add column lane text not null default 'mail' check (lane in ('mail', 'files'));
update jobs set lane = 'files' where kind in ('examine_attachment', 'make_preview', 'scan_attachment');
create index jobs_ready_by_lane on jobs (lane, available_at) where state = 'ready';
drop index jobs_ready;
