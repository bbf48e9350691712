-- The indexes of the lists also say of which site a ticket is. On PostgreSQL the lock between sites asks for it: without it an index that has
-- it looked cheaper, even where all open tickets then had to be sorted for one page.

create index tickets_in_queue on tickets (queue_at, received_at, ticket_id, site_id) where held is null and status in ('new', 'open', 'waiting');
drop index tickets_queue;
create index tickets_to_classify on tickets (received_at, ticket_id, site_id) where awaits = 'classification' and held is null and status in ('new', 'open', 'waiting');
drop index tickets_unclassified;
create index tickets_in_queue_of_person on tickets (assignee, queue_at, received_at, ticket_id, site_id) where assignee is not null and held is null and status in ('new', 'open', 'waiting');
drop index tickets_assigned;
create index tickets_of_person on tickets (assignee, received_at, ticket_id, site_id) where assignee is not null and held is null;
drop index tickets_by_assignee;
create index tickets_of_category on tickets (category, received_at, ticket_id, site_id) where category is not null and held is null;
drop index tickets_by_category;
create index tickets_of_priority on tickets (priority, received_at, ticket_id, site_id) where priority is not null and held is null;
drop index tickets_by_priority;
create index tickets_of_plan on tickets (plan, received_at, ticket_id, site_id) where plan is not null and held is null;
drop index tickets_by_plan;

-- Which tags a site has, without a look at every ticket that has one.
create index tags_by_site on tags (site_id, tag);
