-- Tickets that are kept apart until somebody lets them in, and what is counted against abuse.

-- Why a ticket is not worked on yet; null: it is.
alter table tickets add column held text check (held in ('suspected', 'unconfirmed'));
-- One index for each list: a flood of held tickets must not slow the other one down.
create index tickets_let_in on tickets (received_at, ticket_id) where held is null;
create index tickets_held on tickets (received_at, ticket_id) where held is not null;

-- What somebody has used of an allowance. A row whose instant has passed says nothing any more and is swept.
create table allowances (
    site_id    text    not null references sites (site_id),
    subject    bytea   not null, -- SHA-256 of the kind of allowance and of whom it is for; no address is kept
    used_until bigint not null, -- the instant at which all of it is there again
    primary key (site_id, subject)
);
create index allowances_used on allowances (used_until);

-- How much comes in, in slices of ten seconds: what decides whether proof of work is asked for.
create table pressure (
    site_id   text    not null references sites (site_id),
    slice     bigint not null, -- seconds since 1970, a multiple of ten
    submitted bigint not null,
    held      bigint not null,
    refused   bigint not null,
    primary key (site_id, slice)
);

-- Proofs of work that were used: each counts once, until it expires.
create table spent_proofs (
    site_id    text    not null references sites (site_id),
    proof      bytea   not null, -- SHA-256 of the challenge
    expires_at bigint not null,
    primary key (site_id, proof)
);
create index spent_proofs_by_expiry on spent_proofs (expires_at);

-- Random bytes of this installation, made once, that every process of it needs: keys for what it signs.
create table installation_secrets (
    name   text not null,
    secret bytea not null,
    primary key (name)
);
