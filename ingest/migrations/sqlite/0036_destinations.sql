-- Where tickets go on, and what became of that.

-- What is known of a destination of the configuration, whatever the site.
create table destination_states (
    destination    text    not null, -- its name in the configuration
    kind           text    not null,
    declared_at    integer not null, -- when a service first had it in its configuration
    removed_at     integer,          -- when none had it any more; null: it is used
    paused_at      integer,          -- somebody stopped it; null: nobody did
    paused_by      text,            -- who, as colleagues know them
    disabled_at    integer,          -- it stopped itself, since nothing can come of it until somebody changes something
    disabled_why   text,            -- in words of ours
    asked_until    integer,          -- up to when it was asked what changed over there
    polled_at      integer,  -- when somebody last began to ask
    primary key (destination)
) strict;

-- Secrets that were given once, at the command line or the desk.
create table destination_secrets (
    destination text    not null,
    field       text    not null,
    sealed      blob not null, -- with the key of the installation, for this field of this destination
    set_at      integer not null,
    set_by      text    not null,
    primary key (destination, field)
) strict;

-- How far what happened to a ticket was handed on.
create table destination_cursors (
    site_id   text    not null,
    ticket_id blob    not null,
    seq       integer not null, -- of the last fact of the timeline that was looked at
    primary key (site_id, ticket_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;

-- A ticket and a destination that has got it.
create table destination_links (
    site_id       text    not null,
    ticket_id     blob    not null,
    destination   text    not null,
    begun_at      integer not null,
    remote_id     text,             -- what they call it; null: it is not there yet, or nothing is kept there
    remote_key    text,             -- what people over there call it
    url           text,             -- where people of staff open it
    remote_status text,             -- as it is called over there
    progress      text    not null, -- what is there, what was begun
    clocks        text    not null, -- clocks of theirs
    linked_at     integer,           -- when it was made over there
    wanted        integer not null, -- how often it was asked to be made equal
    settled       integer not null, -- as which of these it was
    pull_wanted   integer not null, -- how often it was asked to be looked at over there
    pull_settled  integer not null,
    primary key (site_id, ticket_id, destination),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;
create unique index destination_links_by_remote on destination_links (destination, remote_id) where remote_id is not null;

-- Every attempt to do something at a destination.
create table delivery_attempts (
    site_id     text    not null, -- '': of no site
    attempt_id  blob    not null,
    destination text    not null,
    job_id      blob,
    ticket_id   blob,             -- null: of no ticket, such as one that somebody tried out
    what        text    not null, -- type of an event, or name of a step
    at          integer not null,
    took_ms     integer not null,
    status      integer,          -- of their answer; null: there was none
    request_id  text,             -- what they call the request
    outcome     text    not null, -- done, again, unclear, refused, dead, disabled
    reason      text,             -- in words of ours
    primary key (site_id, attempt_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;
create index delivery_attempts_by_destination on delivery_attempts (destination, at, attempt_id);
create index delivery_attempts_by_ticket on delivery_attempts (site_id, ticket_id, at);
create index delivery_attempts_by_age on delivery_attempts (at);
