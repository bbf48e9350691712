-- What was cut from the mail that a message came by: earlier mails and a signature. Staff can unfold it; null: nothing was cut, or it came in another way.

alter table messages add column quoted text;
