-- An index for the full text of PostgreSQL; SQLite walks its index of words from the newest piece on. The number is the same in both folders.
select 1;
