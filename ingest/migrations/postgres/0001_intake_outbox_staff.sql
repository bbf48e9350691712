-- The first schema, for PostgreSQL. Same tables and names as the SQLite one.
-- site_id stands in every key, so that a row belongs to one site and a sharded database can distribute by it. Staff and their sessions belong
-- to the installation. Instants are microseconds since 1970-01-01T00:00:00Z.

create table sites (
    site_id         text        not null,
    name            text        not null,
    allowed_origins jsonb       not null, -- list of text
    accent          text        not null, -- #rrggbb
    locale          text        not null,
    source          text        not null check (source in ('file', 'command', 'retired')),
    created_at      bigint      not null,
    primary key (site_id)
);

create table tickets (
    site_id     text   not null references sites (site_id),
    ticket_id   uuid   not null,
    reference   text   not null,
    summary     text   not null,
    description text   not null,
    email       text   not null,
    locale      text   not null,
    category    text,
    plan        text,
    context     jsonb  not null, -- PageContext
    status      text   not null check (status in ('new', 'open', 'waiting', 'solved', 'closed')),
    received_at bigint not null,
    primary key (site_id, ticket_id),
    -- Over all sites: staff and requesters name a ticket by its reference alone.
    unique (reference)
);
create index tickets_by_arrival on tickets (received_at, ticket_id);

-- The ordered facts of a ticket.
create table timeline (
    site_id   text    not null,
    ticket_id uuid    not null,
    seq       integer not null, -- 1, 2, 3 …
    at        bigint  not null,
    kind      text    not null,
    data      jsonb   not null,
    primary key (site_id, ticket_id, seq),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);

create table attachments (
    site_id       text    not null,
    attachment_id uuid    not null,
    ticket_id     uuid    not null,
    position      integer not null, -- 0, 1, 2 … in the order of the submission
    name          text    not null, -- display name; never a path
    content_type  text    not null, -- as declared by the sender; never trusted
    size_bytes    bigint  not null,
    sha256        bytea   not null,
    blob          text    not null, -- key in the blob store
    primary key (site_id, attachment_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
create index attachments_by_ticket on attachments (site_id, ticket_id, position);

-- An attachment on its way: deleted when it becomes an attachment or expires.
create table uploads (
    site_id       text    not null references sites (site_id),
    upload_id     uuid    not null,
    name          text    not null,
    content_type  text    not null,
    length_bytes  bigint  not null,
    offset_bytes  bigint  not null,
    sha256        bytea,            -- set when complete
    blob          text    not null,
    expires_at    bigint  not null,
    primary key (site_id, upload_id)
);
create index uploads_by_expiry on uploads (expires_at);

-- The first receipt for a key of the client.
create table idempotency_keys (
    site_id     text   not null references sites (site_id),
    key         text   not null,
    fingerprint bytea  not null, -- SHA-256 of the submission and its files
    receipt     jsonb,           -- null only inside the transaction that makes the ticket
    created_at  bigint not null,
    primary key (site_id, key)
);

-- The outbox. A job is leased by moving available_at into the future and setting lease_token; a crash needs no repair.
create table jobs (
    site_id      text    not null references sites (site_id),
    job_id       uuid    not null,
    kind         text    not null,
    payload      jsonb   not null, -- ids, nothing personal
    state        text    not null check (state in ('ready', 'done', 'dead')),
    attempts     integer not null,
    available_at bigint  not null,
    lease_token  uuid,
    last_error   text,             -- words of ours, nothing personal
    created_at   bigint  not null,
    finished_at  bigint,
    primary key (site_id, job_id)
);
create index jobs_ready on jobs (available_at) where state = 'ready';

create table staff (
    staff_id      uuid   not null,
    email         text   not null, -- small letters
    name          text   not null,
    password_hash text   not null, -- PHC string, argon2id
    created_at    bigint not null,
    primary key (staff_id),
    unique (email)
);

create table staff_sessions (
    token_hash bytea  not null, -- SHA-256 of the cookie's token
    staff_id   uuid   not null references staff (staff_id) on delete cascade,
    created_at bigint not null,
    expires_at bigint not null,
    primary key (token_hash)
);
