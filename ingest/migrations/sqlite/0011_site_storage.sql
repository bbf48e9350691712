-- What the files of a site take up, as one number, so that a quota is not asked of a sum. Changed in the transaction that changes the files.

create table site_storage (
    site_id    text not null references sites (site_id),
    used_bytes integer not null, -- sizes of its attachments, and announced lengths of its uploads
    primary key (site_id)
) strict;
insert into site_storage (site_id, used_bytes)
select
    site_id,
    coalesce((select sum(size_bytes) from attachments where attachments.site_id = sites.site_id), 0)
        + coalesce((select sum(length_bytes) from uploads where uploads.site_id = sites.site_id), 0)
from sites;

-- Most of it; null: what the configuration says for every site.
alter table sites add column quota_bytes integer;

-- Contract: no release ever read this table; `secrets` holds what it was made for.
drop table installation_secrets;
