-- The help index of a site: what is offered while somebody writes.

create table articles (
    site_id    text not null references sites (site_id),
    article_id blob not null, -- follows from the address, so that it stays the same when articles are imported again
    url        text not null,
    locale     text not null,
    title      text not null,
    headings   text not null,
    body       text not null,
    primary key (site_id, article_id)
) strict;

-- Derived from articles, and made anew with them.
create virtual table article_words using fts5 (
    site_id unindexed, article_id unindexed, locale unindexed, title, headings, body,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4'
);

-- What readers said, as numbers only. Kept when an article goes, since it may come back.
create table article_votes (
    site_id    text    not null references sites (site_id),
    article_id blob    not null,
    verdict    text    not null check (verdict in ('helped', 'off_topic', 'hard_to_follow', 'feature_lacking', 'other')),
    votes      integer not null,
    primary key (site_id, article_id, verdict)
) strict;
