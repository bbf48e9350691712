-- What requesters think of the help that they got.

create table ratings (
    site_id    text    not null,
    ticket_id  blob    not null,
    is_good    integer not null check (is_good in (0, 1)),
    comment    text,            -- plain text; null: none
    rated_at   integer not null,
    changed_at integer not null,
    primary key (site_id, ticket_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
) strict;
