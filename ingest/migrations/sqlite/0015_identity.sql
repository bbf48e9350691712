-- People for whom a site's product vouches.

-- Names of keys and where they are: list of KeyConfig. Never a secret.
alter table sites add column identity text not null default '[]';
alter table sites add column identity_required integer not null default 0; -- 1: nobody else may submit

alter table tickets add column requester_sub text; -- the product's own id of the person; null: nobody vouches for the requester
alter table tickets add column requester_name text;

-- 1: asked for by somebody whose address the product vouches for. Such mails have a budget that strangers cannot use up.
alter table sent_mails add column is_verified integer not null default 0;
