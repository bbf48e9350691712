-- Whoever sees a few sites searches the newest pieces of these: those of all others would only be in the way.

create index search_pieces_by_site on search_pieces (site_id, number);
