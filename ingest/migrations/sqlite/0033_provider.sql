-- Staff sign in with the account that they have at a provider (OpenID Connect).

-- Whose account of which provider belongs to whom of staff.
create table staff_identities (
    issuer    text    not null,
    subject   text    not null, -- the provider's id of the person
    staff_id  blob    not null references staff (staff_id) on delete cascade,
    linked_at integer not null,
    primary key (issuer, subject)
) strict;
create unique index staff_identities_by_staff on staff_identities (staff_id, issuer);

-- A sign-in that was good for a session, until its answer could not come back any more: each is good for one.
create table staff_provider_entries (
    token_hash blob    not null, -- SHA-256 of what the browser held
    expires_at integer not null,
    primary key (token_hash)
) strict;

alter table staff_sessions add column by_provider integer; -- 1: begun by a provider, who asks for codes by itself; null: not
