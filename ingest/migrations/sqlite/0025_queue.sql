-- The queue of the desk: what is due next first. Derived from the clocks, and written with them.

alter table tickets add column queue_at integer not null default 9223372036854775807; -- when a person is to answer; the default: nothing is due
alter table tickets add column awaits text; -- 'classification': nothing is due as long as staff have not said what the ticket is; null: it awaits nothing

update tickets
set queue_at = coalesce(clocks.due_at, 9223372036854775807), awaits = case when clocks.reason = 'unclassified' then 'classification' end
from clocks
where clocks.site_id = tickets.site_id and clocks.ticket_id = tickets.ticket_id and clocks.metric = 'first_response'
    and not exists (
        select 1 from timeline where timeline.site_id = tickets.site_id and timeline.ticket_id = tickets.ticket_id and timeline.kind = 'answered'
    );

create index tickets_queue on tickets (queue_at, received_at, ticket_id) where held is null and status in ('new', 'open', 'waiting');
create index tickets_unclassified on tickets (received_at, ticket_id) where awaits = 'classification' and held is null and status in ('new', 'open', 'waiting');
