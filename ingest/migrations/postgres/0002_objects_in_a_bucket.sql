-- Attachments in an object store: the pieces of an upload that are there, and keys that no row names.

alter table uploads add column pieces jsonb not null default '[]'; -- list of key, size and digest, in their order

-- A key under which bytes may lie that no other row names. The row is there before the first byte is written, and goes in the transaction
-- that names the key elsewhere; or it says that the bytes are to be deleted, and goes when they are.
create table loose_blobs (
    site_id text    not null references sites (site_id),
    blob    text    not null,
    state   text    not null check (state in ('writing', 'doomed')),
    since   bigint  not null,
    primary key (site_id, blob)
);
create index loose_blobs_by_age on loose_blobs (state, since);
