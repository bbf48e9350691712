-- Row-level security, the second lock between sites (the first is site_id in every statement): a transaction meets the rows of the site in its
-- setting cornerdesk.site; of all sites when that is '*'; and none when it is not set. Also for the owner of the tables.

-- Locks one table that has site_id. A migration that makes such a table calls it.
create function cornerdesk_lock_by_site(locked text) returns void language plpgsql as $$
declare
    -- A subquery is asked once for a statement, not once for a row.
    ours constant text := '(site_id = (select current_setting(''cornerdesk.site'', true)) or (select current_setting(''cornerdesk.site'', true)) = ''*'')';
begin
    execute format('alter table %I enable row level security', locked);
    execute format('alter table %I force row level security', locked);
    execute format('create policy one_site on %I using %s with check %s', locked, ours, ours);
end
$$;

do $$
declare
    found text;
begin
    for found in
        select c.table_name
        from information_schema.columns c
        join information_schema.tables t using (table_schema, table_name)
        where c.table_schema = current_schema() and c.column_name = 'site_id' and t.table_type = 'BASE TABLE'
    loop
        perform cornerdesk_lock_by_site(found);
    end loop;
end
$$;
