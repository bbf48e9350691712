-- Several requests in one submission, and what is announced to go.

-- Each splitting of a ticket, so that the same one happens once.
create table splits (
    site_id     text   not null,
    ticket_id   uuid   not null, -- the ticket that was split
    fingerprint bytea  not null, -- SHA-256 of the parts
    into_list   jsonb  not null, -- list of references
    at          bigint not null,
    primary key (site_id, ticket_id, fingerprint),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
select cornerdesk_lock_by_site('splits');

-- Attachments of the ticket that was split, which belong to a part of it, too. The bytes are there once.
create table attachment_shares (
    site_id       text    not null,
    ticket_id     uuid    not null,
    attachment_id uuid    not null,
    position      integer not null, -- 0, 1, 2 …
    primary key (site_id, ticket_id, attachment_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade,
    foreign key (site_id, attachment_id) references attachments (site_id, attachment_id) on delete cascade
);
create index attachment_shares_by_attachment on attachment_shares (site_id, attachment_id);
select cornerdesk_lock_by_site('attachment_shares');

-- What is announced to go.
create table deprecations (
    site_id         text   not null references sites (site_id),
    deprecation_id  uuid   not null, -- follows from the feature
    feature         text   not null,
    notice_on       text   not null, -- day of the written notice, YYYY-MM-DD
    ends_on         text   not null, -- first day without it
    supported_until text,            -- null: the policy does not say
    announced_by    text   not null,
    announced_at    bigint not null,
    primary key (site_id, deprecation_id)
);
select cornerdesk_lock_by_site('deprecations');

-- Whom it is to be said to. The key of a mail: one for each address, however often it is announced.
create table deprecation_notices (
    site_id        text   not null,
    deprecation_id uuid   not null,
    recipient      bytea  not null, -- digest of the address of a contact
    account        text   not null,
    sent_at        bigint,          -- null: not yet
    fault          text,            -- why it cannot be sent, in words of ours
    primary key (site_id, deprecation_id, recipient),
    foreign key (site_id, deprecation_id) references deprecations (site_id, deprecation_id) on delete cascade
);
select cornerdesk_lock_by_site('deprecation_notices');
