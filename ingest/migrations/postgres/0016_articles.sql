-- The help index of a site: what is offered while somebody writes.

create table articles (
    site_id    text not null references sites (site_id),
    article_id uuid not null, -- follows from the address, so that it stays the same when articles are imported again
    url        text not null,
    locale     text not null,
    title      text not null,
    headings   text not null,
    body       text not null,
    primary key (site_id, article_id)
);
select cornerdesk_lock_by_site('articles');

-- Derived from articles, and made anew with them.
create table article_words (
    site_id    text     not null,
    article_id uuid     not null,
    words      tsvector not null,
    primary key (site_id, article_id)
);
create index article_words_by_word on article_words using gin (words);
select cornerdesk_lock_by_site('article_words');

-- What readers said, as numbers only. Kept when an article goes, since it may come back.
create table article_votes (
    site_id    text   not null references sites (site_id),
    article_id uuid   not null,
    verdict    text   not null check (verdict in ('helped', 'off_topic', 'hard_to_follow', 'feature_lacking', 'other')),
    votes      bigint not null,
    primary key (site_id, article_id, verdict)
);
select cornerdesk_lock_by_site('article_votes');
