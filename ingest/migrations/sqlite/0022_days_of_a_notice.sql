-- What a notice named: one that was given late names later days than were announced. Null: sent before these were kept, or not sent.
alter table deprecation_notices add column ends_on text;
alter table deprecation_notices add column supported_until text;
