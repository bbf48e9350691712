-- Whether a mail may go out by itself: how many a mailbox had, who said that they did not write to us, and the links by which they say so.

alter table sites add column acknowledge text not null default 'ack' check (acknowledge in ('ack', 'confirm-first', 'verified-only'));

-- A mailbox, over all sites. Also what a process holds while it counts the mails of one.
create table recipients (
    recipient      blob not null, -- SHA-256 of the address in its one spelling; never the address
    objected_until integer,       -- no mail before
    primary key (recipient)
) strict;

-- A mail that was or may have been sent, for a day: one row for a job, however often it is repeated.
create table sent_mails (
    site_id   text    not null references sites (site_id),
    job_id    blob    not null,
    recipient blob    not null,
    at        integer not null, -- of the last attempt
    primary key (site_id, job_id)
) strict;
create index sent_mails_by_recipient on sent_mails (recipient, at);
create index sent_mails_by_time on sent_mails (at);

-- What a link in a mail may do.
create table mail_links (
    site_id    text    not null,
    token_hash blob    not null, -- SHA-256 of the token
    ticket_id  blob    not null,
    recipient  blob    not null,
    purpose    text    not null check (purpose in ('object', 'confirm')),
    expires_at integer not null,
    used_at    integer,
    primary key (site_id, token_hash),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;
create index mail_links_by_ticket on mail_links (site_id, ticket_id);
create index mail_links_by_expiry on mail_links (expires_at);
