-- What staff decided about suggestions, and what is learned from it.

-- The latest decision about a ticket: what was suggested, and what was chosen.
create table classification_decisions (
    site_id    text    not null,
    ticket_id  blob    not null,
    facet      text    not null check (facet in ('category', 'priority')),
    suggested  text,                -- null: nothing was sure enough
    percent    integer,             -- how sure the suggestion was
    chosen     text    not null,    -- '': none
    decided_at integer not null,
    primary key (site_id, ticket_id, facet),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;
create index classification_decisions_by_time on classification_decisions (site_id, decided_at);

-- How often a class was chosen where a word was in the text. Only words that the policy or the product's help have published, and concepts of
-- ours: nothing of a requester, so it stays when a ticket goes.
create table classification_counts (
    site_id   text    not null references sites (site_id),
    facet     text    not null check (facet in ('category', 'priority')),
    word      text    not null, -- '': every decision; '#outage': a concept
    class     text    not null, -- '': none
    decisions integer not null,
    primary key (site_id, facet, word, class)
) strict;
