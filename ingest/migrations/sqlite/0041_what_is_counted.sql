-- What the head of each page of the desk counts has an index that begins with what it is counted by. Without statistics, which are never
-- gathered on SQLite, another index looked as good, and every ticket that was let in, or every one of a site, was read for it.

create index tickets_awaiting on tickets (awaits, received_at, ticket_id, site_id) where awaits = 'classification' and held is null and status in ('new', 'open', 'waiting');
drop index tickets_to_classify;
create index tickets_held_by_site on tickets (site_id, received_at, ticket_id) where held is not null;
