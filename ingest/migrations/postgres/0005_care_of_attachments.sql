-- What is done with an attachment before staff get it. Attachments from before this migration are 'earlier': not examined, nothing taken out.

-- From here on content_type is the type by content, once the file is examined.
alter table attachments add column examination text not null default 'earlier' check (examination in ('earlier', 'pending', 'done'));
alter table attachments add column kind text not null default 'unknown'
    check (kind in ('image', 'video', 'audio', 'document', 'archive', 'text', 'markup', 'program', 'unknown'));
alter table attachments add column declared_type text; -- what the sender called it, where that is something else
-- 'clean': nothing to take out was there; 'removed': it was taken out; 'kept': it may be there.
alter table attachments add column metadata text not null default 'kept' check (metadata in ('clean', 'removed', 'kept'));
alter table attachments add column sent_sha256 bytea; -- of what was sent, where something was taken out
alter table attachments add column scan text not null default 'unscanned' check (scan in ('pending', 'clean', 'infected', 'unscanned'));
alter table attachments add column scan_detail text; -- the name of what was found, or why it was not scanned
alter table attachments add column released_at bigint; -- somebody of staff opened it for download all the same
alter table attachments add column preview_blob text;
alter table attachments add column preview_fault text; -- why there is no preview
