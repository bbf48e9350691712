-- Addresses are words of their own now: every piece gets its words once more, beside everything else. Until then it is found by those it has.

insert into search_unfilled (site_id, ticket_id, piece_id) select site_id, ticket_id, ticket_id from tickets where true on conflict do nothing;
insert into search_unfilled (site_id, ticket_id, piece_id) select site_id, ticket_id, message_id from messages where true on conflict do nothing;
