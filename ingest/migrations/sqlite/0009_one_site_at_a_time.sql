-- Row-level security is PostgreSQL's; SQLite has none. The number is the same in both folders.
select 1;
