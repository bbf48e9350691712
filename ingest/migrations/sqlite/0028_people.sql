-- Who of staff may do what: roles, sites, second factors, invitations; and the log of what they did.

alter table staff add column role text not null default 'admin' check (role in ('agent', 'lead', 'admin'));
alter table staff add column all_sites integer not null default 1; -- 0: those in staff_sites only
alter table staff add column left_at integer;     -- may not sign in any more; null: may
alter table staff add column totp_secret blob;    -- sealed with a key that is not in the database; null: none
alter table staff add column totp_since integer;  -- a code was right for the first time; null: the secret is only offered
alter table staff add column totp_step integer;   -- of the last code that was used, so that none is used twice

create table staff_sites (
    staff_id blob not null references staff (staff_id) on delete cascade,
    site_id  text not null references sites (site_id) on delete cascade,
    primary key (staff_id, site_id)
) strict;

-- Codes for whoever has lost the device that makes them. Each is good for once.
create table staff_codes (
    staff_id  blob not null references staff (staff_id) on delete cascade,
    code_hash blob not null, -- SHA-256; a code has 80 random bits
    primary key (staff_id, code_hash)
) strict;

alter table staff_sessions add column last_used_at integer; -- null: not since it began
alter table staff_sessions add column device text;          -- browser and system, by their names alone

-- Half a sign-in: the password was right, the code is still to come.
create table staff_entries (
    token_hash blob    not null, -- SHA-256 of the cookie's token
    staff_id   blob    not null references staff (staff_id) on delete cascade,
    expires_at integer not null,
    primary key (token_hash)
) strict;

-- Somebody may choose a password, once. The link follows from the id and a key that is not in the database.
create table staff_invitations (
    invitation_id blob    not null,
    staff_id      blob    not null references staff (staff_id) on delete cascade,
    expires_at    integer not null,
    primary key (invitation_id)
) strict;
create index staff_invitations_by_staff on staff_invitations (staff_id);

-- How often somebody guessed a password or a code of late.
create table staff_guesses (
    subject    blob  not null, -- a digest of the account that was named, or of where the guess came from
    used_until integer not null,
    primary key (subject)
) strict;

-- What holds for everybody at the desk.
create table desk_rules (
    rule  text    not null,
    value integer not null,
    primary key (rule)
) strict;

-- What staff did. Each row holds the digest of the one before it, so that none can be changed or taken out without a trace.
create table audit (
    seq      integer not null,
    at       integer not null,
    actor    blob,             -- of staff; null: nobody who was signed in
    act      text    not null,
    detail   text    not null, -- ids and kinds, as JSON; no texts, no addresses
    previous blob    not null, -- hash of the row before; zeros in the first
    hash     blob    not null, -- SHA-256 of previous and the row
    primary key (seq)
) strict;
create index audit_by_actor on audit (actor, seq);
create trigger audit_is_not_changed before update on audit begin select raise(abort, 'the audit log is only added to'); end;
create trigger audit_is_not_shortened before delete on audit begin select raise(abort, 'the audit log is only added to'); end;

-- The last row of the log. Whoever adds one holds this, so that the rows come one after the other.
create table audit_head (
    one  integer not null check (one = 1),
    seq  integer not null,
    hash blob    not null,
    primary key (one)
) strict;
