-- Alarms of monitoring systems, and articles that are for some plans only.

alter table sites add column alerts text not null default '[]'; -- list of AlertsConfig: where tokens are, never a token

-- A monitoring system that has sent something. Whoever takes its alarms locks the row, so that each is taken after the other.
create table alarm_sources (
    site_id            text    not null references sites (site_id),
    source             text    not null, -- its name in the configuration
    heard_at           integer not null,
    overflow_ticket_id blob,             -- counts the alarms that were over the limit; null: there were none
    primary key (site_id, source)
) strict;

-- What an alarm has come to. One row for each key, so that one alarm has one ticket while that is open.
create table alarms (
    site_id   text    not null,
    source    text    not null,
    alarm_key text    not null,
    ticket_id blob    not null, -- the ticket that it has made last, or the one that counts
    is_firing integer not null, -- 1 or 0
    severity  text,             -- as it was said last
    heard_at  integer not null,
    primary key (site_id, source, alarm_key),
    foreign key (site_id, source) references alarm_sources (site_id, source) on delete cascade,
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;
create index alarms_by_ticket on alarms (site_id, ticket_id);
create index alarms_by_heard on alarms (heard_at);

-- For whom an article is. One without a row is for everybody.
create table article_plans (
    site_id    text not null,
    article_id blob not null,
    plan       text not null, -- id of a plan of the site's policy
    primary key (site_id, article_id, plan),
    foreign key (site_id, article_id) references articles (site_id, article_id) on delete cascade
) strict;
