-- One timer for each ticket with a clock: a job in a lane of its own, moved whenever the clock moves.

-- The program alone says which lanes there are; programs of before take jobs of the two lanes that they know.
alter table jobs drop constraint jobs_lane_check;
create unique index jobs_timer on jobs (site_id, ticket_id) where lane = 'clock';

-- What staff were told about a ticket. A key is used once, so that working something out again cannot tell it twice.
create table notifications (
    site_id    text   not null references sites (site_id),
    ticket_id  uuid   not null,
    key        text   not null, -- metric/cycle/threshold
    alarm_at   bigint not null, -- when it came true
    noticed_at bigint not null, -- when the service saw it
    primary key (site_id, ticket_id, key),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
select cornerdesk_lock_by_site('notifications');

-- What a member of staff was not told at once, since it would have been too many mails in an hour: goes out in one.
create table postponed_notices (
    site_id   text   not null references sites (site_id),
    recipient bytea  not null, -- SHA-256 of the address
    ticket_id uuid   not null,
    key       text   not null,
    alarm_at  bigint not null,
    job_id    uuid,            -- the mail that it goes out with; null: none yet
    primary key (site_id, recipient, ticket_id, key),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
select cornerdesk_lock_by_site('postponed_notices');
