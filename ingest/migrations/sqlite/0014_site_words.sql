-- How a site speaks: the time zone of times where the requester's is not known, and texts of its own by language and key.
alter table sites add column time_zone text not null default 'UTC';
alter table sites add column words text not null default '{}';
