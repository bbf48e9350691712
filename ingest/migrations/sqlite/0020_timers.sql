-- One timer for each ticket with a clock: a job in a lane of its own, moved whenever the clock moves.

-- The same table without the list of lanes, which SQLite cannot take away from a column. The program alone says which there are; programs of
-- before take jobs of the two lanes that they know.
create table jobs_with_timers (
    site_id      text    not null references sites (site_id),
    job_id       blob    not null,
    kind         text    not null,
    payload      text    not null, -- ids, nothing personal
    state        text    not null check (state in ('ready', 'done', 'dead')),
    attempts     integer not null,
    available_at integer not null,
    lease_token  blob,
    last_error   text,             -- words of ours, nothing personal
    created_at   integer not null,
    finished_at  integer,
    ticket_id    blob,             -- the ticket that a job is about; null: none
    lane         text    not null default 'mail',
    primary key (site_id, job_id)
) strict;
insert into jobs_with_timers (site_id, job_id, kind, payload, state, attempts, available_at, lease_token, last_error, created_at, finished_at, ticket_id, lane)
select site_id, job_id, kind, payload, state, attempts, available_at, lease_token, last_error, created_at, finished_at, ticket_id, lane from jobs;
drop table jobs;
alter table jobs_with_timers rename to jobs;
create index jobs_ready_by_lane on jobs (lane, available_at) where state = 'ready';
create index jobs_by_ticket on jobs (site_id, ticket_id);
create index jobs_dead on jobs (created_at) where state = 'dead';
create unique index jobs_timer on jobs (site_id, ticket_id) where lane = 'clock';

-- What staff were told about a ticket. A key is used once, so that working something out again cannot tell it twice.
create table notifications (
    site_id    text    not null references sites (site_id),
    ticket_id  blob    not null,
    key        text    not null, -- metric/cycle/threshold
    alarm_at   integer not null, -- when it came true
    noticed_at integer not null, -- when the service saw it
    primary key (site_id, ticket_id, key),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;

-- What a member of staff was not told at once, since it would have been too many mails in an hour: goes out in one.
create table postponed_notices (
    site_id   text    not null references sites (site_id),
    recipient blob    not null, -- SHA-256 of the address
    ticket_id blob    not null,
    key       text    not null,
    alarm_at  integer not null,
    job_id    blob,             -- the mail that it goes out with; null: none yet
    primary key (site_id, recipient, ticket_id, key),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;
