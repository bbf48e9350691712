-- The lists of the desk: filters, views that staff keep, full text, acts on many tickets, and what happened lately.

create index tickets_queue_by_site on tickets (site_id, queue_at, received_at, ticket_id) where held is null and status in ('new', 'open', 'waiting');
create index tickets_by_site on tickets (site_id, received_at, ticket_id) where held is null;
create index tickets_by_category on tickets (category, received_at, ticket_id) where category is not null and held is null;
create index tickets_by_priority on tickets (priority, received_at, ticket_id) where priority is not null and held is null;
create index tickets_by_plan on tickets (plan, received_at, ticket_id) where plan is not null and held is null;
create index tickets_by_assignee on tickets (assignee, received_at, ticket_id) where assignee is not null and held is null;
-- What happened since somebody looked.
create index timeline_by_time on timeline (at);

-- Filters that somebody gave a name.
create table saved_views (
    view_id    uuid   not null,
    staff_id   uuid   not null references staff (staff_id) on delete cascade,
    name       text   not null,
    path       text   not null, -- of the list: /desk or /desk/tickets
    query      text   not null, -- as it stands in the address
    is_shared  bigint not null, -- 1: colleagues see it, too
    created_at bigint not null,
    primary key (view_id)
);
create index saved_views_by_staff on saved_views (staff_id);

-- What somebody did last to many tickets at once, so that they can take it back.
create table bulk_acts (
    staff_id uuid   not null references staff (staff_id) on delete cascade,
    act_id   uuid   not null,
    at       bigint not null,
    done     text   not null, -- which tickets, what was set, what was there before
    primary key (staff_id)
);

-- Words of tickets and messages, each a piece. Derived, and made anew after a move.
create table search_pieces (
    site_id   text     not null,
    ticket_id uuid     not null,
    piece_id  uuid     not null, -- of the message; the ticket's own: of the submission
    number    bigint   not null generated always as identity, -- the newest piece has the highest
    words     tsvector not null,
    primary key (site_id, ticket_id, piece_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
create index search_pieces_by_number on search_pieces (number);
create index search_pieces_by_word on search_pieces using gin (words) with (gin_pending_list_limit = 512);
select cornerdesk_lock_by_site('search_pieces');
-- `@@` is not leakproof, so that beside the lock above no index could answer it. In a policy of its own it stands on the same level as the
-- lock. Whoever has asked for no words meets no piece.
create policy only_found on search_pieces as restrictive for select
    using (words @@ (select current_setting('cornerdesk.search', true)::tsquery));

-- Pieces that were there before full text was, and wait for their words.
create table search_unfilled (
    site_id   text not null,
    ticket_id uuid not null,
    piece_id  uuid not null,
    primary key (site_id, ticket_id, piece_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
insert into search_unfilled (site_id, ticket_id, piece_id) select site_id, ticket_id, ticket_id from tickets;
insert into search_unfilled (site_id, ticket_id, piece_id) select site_id, ticket_id, message_id from messages;
select cornerdesk_lock_by_site('search_unfilled');
