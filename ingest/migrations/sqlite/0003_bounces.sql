-- Addresses that a mail server said it cannot deliver to, and what the installation keeps secret.

create table undeliverable_addresses (
    address blob not null, -- SHA-256 of the address in small letters; never the address
    until   integer not null, -- no mail before
    primary key (address)
) strict;
create index undeliverable_addresses_by_end on undeliverable_addresses (until);

create table secrets (
    name  text not null,
    value blob not null,
    primary key (name)
) strict;
