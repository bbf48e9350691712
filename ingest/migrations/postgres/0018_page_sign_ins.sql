-- Somebody proves on the page of a request that they read its mailbox: by a code that was mailed there. The code follows from the id and the
-- installation's secret, and is kept nowhere.
create table page_sign_ins (
    site_id       text    not null,
    sign_in_id    uuid    not null,
    ticket_id     uuid    not null,
    asked_at      bigint  not null,
    expires_at    bigint  not null, -- of the code; then of the session
    attempts_left integer not null,
    session_hash  bytea,            -- SHA-256 of the session's token, once the code was right
    primary key (site_id, sign_in_id),
    foreign key (site_id, ticket_id) references tickets (site_id, ticket_id) on delete cascade
);
create index page_sign_ins_by_ticket on page_sign_ins (site_id, ticket_id, asked_at);
create index page_sign_ins_by_expiry on page_sign_ins (expires_at);
select cornerdesk_lock_by_site('page_sign_ins');
