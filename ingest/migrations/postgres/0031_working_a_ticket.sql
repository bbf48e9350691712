-- Where staff work on a ticket: what they have begun to write, who else is there, answers that are used again and again.

-- What somebody of staff has typed and not sent.
create table reply_drafts (
    site_id    text   not null,
    ticket_id  uuid   not null,
    staff_id   uuid   not null references staff (staff_id) on delete cascade,
    message_id uuid   not null, -- of the message that it becomes
    kind       text   not null check (kind in ('reply', 'note')),
    body       text   not null,
    saved_at   bigint not null,
    primary key (site_id, ticket_id, staff_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
select cornerdesk_lock_by_site('reply_drafts');

-- Who has the page of a ticket open. A row that is not renewed counts no more.
create table ticket_presence (
    site_id    text   not null,
    ticket_id  uuid   not null,
    staff_id   uuid   not null references staff (staff_id) on delete cascade,
    is_writing bigint not null, -- 1: there is something in the box
    seen_at    bigint not null,
    primary key (site_id, ticket_id, staff_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
create index ticket_presence_by_age on ticket_presence (seen_at);
select cornerdesk_lock_by_site('ticket_presence');

create table canned_answers (
    site_id    text   not null references sites (site_id),
    canned_id  uuid   not null,
    title      text   not null, -- for staff
    body       text   not null, -- with placeholders
    changed_by text   not null,
    changed_at bigint not null,
    primary key (site_id, canned_id)
);
select cornerdesk_lock_by_site('canned_answers');

create index tickets_snoozed on tickets (snoozed_until) where snoozed_until is not null;
