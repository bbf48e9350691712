-- Where staff work on a ticket: what they have begun to write, who else is there, answers that are used again and again.

-- What somebody of staff has typed and not sent.
create table reply_drafts (
    site_id    text   not null,
    ticket_id  blob   not null,
    staff_id   blob   not null references staff (staff_id) on delete cascade,
    message_id blob   not null, -- of the message that it becomes
    kind       text   not null check (kind in ('reply', 'note')),
    body       text   not null,
    saved_at   integer not null,
    primary key (site_id, ticket_id, staff_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;

-- Who has the page of a ticket open. A row that is not renewed counts no more.
create table ticket_presence (
    site_id    text   not null,
    ticket_id  blob   not null,
    staff_id   blob   not null references staff (staff_id) on delete cascade,
    is_writing integer not null, -- 1: there is something in the box
    seen_at    integer not null,
    primary key (site_id, ticket_id, staff_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;
create index ticket_presence_by_age on ticket_presence (seen_at);

create table canned_answers (
    site_id    text   not null references sites (site_id),
    canned_id  blob   not null,
    title      text   not null, -- for staff
    body       text   not null, -- with placeholders
    changed_by text   not null,
    changed_at integer not null,
    primary key (site_id, canned_id)
) strict;

create index tickets_snoozed on tickets (snoozed_until) where snoozed_until is not null;
