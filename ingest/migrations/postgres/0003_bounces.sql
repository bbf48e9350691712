-- Addresses that a mail server said it cannot deliver to, and what the installation keeps secret.

create table undeliverable_addresses (
    address bytea not null, -- SHA-256 of the address in small letters; never the address
    until   bigint not null, -- no mail before
    primary key (address)
);
create index undeliverable_addresses_by_end on undeliverable_addresses (until);

create table secrets (
    name  text not null,
    value bytea not null,
    primary key (name)
);
