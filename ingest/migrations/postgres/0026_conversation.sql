-- What requester and staff say to each other about a ticket, and who of staff has it.

create table messages (
    site_id    text    not null,
    message_id uuid    not null, -- chosen by the form, so that a form sent twice is one message
    ticket_id  uuid    not null,
    kind       text    not null check (kind in ('reply', 'note', 'answer')), -- of staff to the requester; among staff; of the requester
    via        text    not null check (via in ('desk', 'page', 'mail')),
    author     text,            -- of staff, as colleagues know them; null: the requester
    body       text    not null, -- plain text
    mail_id    text,            -- Message-ID of the mail that it came by
    at         bigint not null,
    primary key (site_id, message_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
create index messages_by_ticket on messages (site_id, ticket_id, at, message_id);
-- The same mail comes again when whoever hands it over has not heard the answer.
create unique index messages_by_mail on messages (site_id, mail_id) where mail_id is not null;
select cornerdesk_lock_by_site('messages');

alter table attachments add column message_id uuid; -- the message that it came with; null: the submission

alter table tickets add column assignee uuid; -- of staff; null: nobody has it
create index tickets_assigned on tickets (assignee, queue_at, received_at, ticket_id) where assignee is not null and held is null and status in ('new', 'open', 'waiting');
-- Out of the queue until then; null: in it.
alter table tickets add column snoozed_until bigint;

create table tags (
    site_id   text not null,
    ticket_id uuid not null,
    tag       text not null, -- small letters, no blanks
    primary key (site_id, ticket_id, tag),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
create index tags_by_name on tags (tag, site_id, ticket_id);
select cornerdesk_lock_by_site('tags');
