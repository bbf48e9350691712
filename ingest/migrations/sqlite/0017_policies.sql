-- Support policies: what a site promises, under which terms a ticket was received, and how its clocks stand.

alter table sites add column policy text;  -- id of a policy; null: the site promises nothing
alter table sites add column overlay text; -- name of an overlay of the policy
alter table sites add column channels text not null default '{}'; -- our ways in, by the channels of the policy: object of text
alter table sites add column accounts text not null default '[]'; -- list of AccountConfig

-- Only ever added: what was published once stays as it was. The newest row of a site and an overlay is in force.
create table policy_versions (
    site_id      text    not null references sites (site_id),
    version      integer not null, -- 1, 2, 3 … of the site
    policy_id    text    not null,
    overlay      text    not null, -- '': none
    digest       text    not null, -- SHA-256 of the document in its canonical form, in hexadecimal
    document     text    not null, -- policy, overlay and holidays in one; JSON as it was digested, so not a JSON column, which keeps no order
    published_at integer not null,
    primary key (site_id, version)
) strict;
create index policy_versions_by_overlay on policy_versions (site_id, overlay, version);

alter table tickets add column account text;           -- key of an account of the site
alter table tickets add column channel text;           -- key of a channel of the policy
alter table tickets add column priority text;          -- key of a priority of the policy
alter table tickets add column impact text;            -- in the requester's own words
alter table tickets add column policy_version integer; -- whose terms hold
create index tickets_by_policy_version on tickets (site_id, policy_version, ticket_id) where policy_version is not null;

-- How the clocks of a ticket stood after its latest fact. Derived from the timeline, and written with the fact.
create table clocks (
    site_id   text    not null,
    ticket_id blob    not null,
    metric    text    not null,
    due_at    integer,          -- null: nothing is promised, or it is paused
    status    text    not null check (status in ('none', 'running', 'paused', 'met', 'breached')),
    reason    text,             -- why there is no due time
    budget_s  integer,
    last_seq  integer not null, -- of the fact
    primary key (site_id, ticket_id, metric),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;
create index clocks_by_due on clocks (due_at, site_id, ticket_id) where status = 'running';
