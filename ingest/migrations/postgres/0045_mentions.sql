-- Colleagues whom a note names. The text keeps what was typed; whom it meant stands here, by an id that no new name changes.
create table mentions (
    site_id    text   not null,
    message_id uuid   not null, -- the note
    staff_id   uuid   not null references staff (staff_id) on delete cascade,
    ticket_id  uuid   not null,
    handle     text   not null, -- what stands behind the @, in small letters
    at         bigint not null,
    seen_at    bigint,          -- when they opened the ticket; null: not since
    primary key (site_id, message_id, staff_id),
    foreign key (site_id, message_id) references messages (site_id, message_id) on delete cascade,
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
create index mentions_by_ticket on mentions (site_id, ticket_id);
create index mentions_by_staff on mentions (staff_id, at, message_id, site_id);
create index mentions_unseen on mentions (staff_id, site_id) where seen_at is null;
select cornerdesk_lock_by_site('mentions');

-- Whether somebody of staff gets a mail when a colleague names them in a note.
alter table staff add column hears_mentions integer not null default 1; -- 0: no
