-- Who of staff may do what: roles, sites, second factors, invitations; and the log of what they did.

alter table staff add column role text not null default 'admin' check (role in ('agent', 'lead', 'admin'));
alter table staff add column all_sites integer not null default 1; -- 0: those in staff_sites only
alter table staff add column left_at bigint;     -- may not sign in any more; null: may
alter table staff add column totp_secret bytea;    -- sealed with a key that is not in the database; null: none
alter table staff add column totp_since bigint;  -- a code was right for the first time; null: the secret is only offered
alter table staff add column totp_step bigint;   -- of the last code that was used, so that none is used twice

create table staff_sites (
    staff_id uuid not null references staff (staff_id) on delete cascade,
    site_id  text not null references sites (site_id) on delete cascade,
    primary key (staff_id, site_id)
);
select cornerdesk_lock_by_site('staff_sites');

-- Codes for whoever has lost the device that makes them. Each is good for once.
create table staff_codes (
    staff_id  uuid not null references staff (staff_id) on delete cascade,
    code_hash bytea not null, -- SHA-256; a code has 80 random bits
    primary key (staff_id, code_hash)
);

alter table staff_sessions add column last_used_at bigint; -- null: not since it began
alter table staff_sessions add column device text;          -- browser and system, by their names alone

-- Half a sign-in: the password was right, the code is still to come.
create table staff_entries (
    token_hash bytea    not null, -- SHA-256 of the cookie's token
    staff_id   uuid    not null references staff (staff_id) on delete cascade,
    expires_at bigint not null,
    primary key (token_hash)
);

-- Somebody may choose a password, once. The link follows from the id and a key that is not in the database.
create table staff_invitations (
    invitation_id uuid    not null,
    staff_id      uuid    not null references staff (staff_id) on delete cascade,
    expires_at    bigint not null,
    primary key (invitation_id)
);
create index staff_invitations_by_staff on staff_invitations (staff_id);

-- How often somebody guessed a password or a code of late.
create table staff_guesses (
    subject    bytea  not null, -- a digest of the account that was named, or of where the guess came from
    used_until bigint not null,
    primary key (subject)
);

-- What holds for everybody at the desk.
create table desk_rules (
    rule  text    not null,
    value integer not null,
    primary key (rule)
);

-- What staff did. Each row holds the digest of the one before it, so that none can be changed or taken out without a trace.
create table audit (
    seq      bigint not null,
    at       bigint not null,
    actor    uuid,             -- of staff; null: nobody who was signed in
    act      text    not null,
    detail   text    not null, -- ids and kinds, as JSON; no texts, no addresses
    previous bytea    not null, -- hash of the row before; zeros in the first
    hash     bytea    not null, -- SHA-256 of previous and the row
    primary key (seq)
);
create index audit_by_actor on audit (actor, seq);
create function cornerdesk_only_added_to() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is only added to';
end
$$;
create trigger audit_is_not_changed before update or delete or truncate on audit for each statement execute function cornerdesk_only_added_to();

-- The last row of the log. Whoever adds one holds this, so that the rows come one after the other.
create table audit_head (
    one  integer not null check (one = 1),
    seq  bigint not null,
    hash bytea    not null,
    primary key (one)
);
