-- Requests that come by mail.

-- Addresses of a site: who writes there asks it for help.
alter table sites add column mail_addresses jsonb not null default '[]'; -- list of text

-- By which mail a request came, so that the mail makes one ticket and what is written about it stays together.
create table first_mails (
    site_id     text not null,
    ticket_id   uuid not null,
    digest      bytea not null, -- SHA-256 of the mail: its Message-ID, date, subject, text and files
    mail_id     text,          -- its Message-ID, where it has a usable one
    sender_name text,          -- the name beside the sender's address; null: none
    reply_to    text,          -- where the sender wants the answer, if it is another address than theirs
    left_out    text,          -- which of its files were not kept and why, one a line; null: none
    primary key (site_id, ticket_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
create unique index first_mails_by_digest on first_mails (site_id, digest);
create index first_mails_by_mail_id on first_mails (site_id, mail_id) where mail_id is not null;
select cornerdesk_lock_by_site('first_mails');
