use super::*;

fn words(text: &str) -> String {
    cornerdesk_shared::validation::clean_line(text)
}

#[test]
fn the_main_part_is_the_article_and_what_stands_around_it_is_not() {
    let page = read(
        r##"<!DOCTYPE html><html lang="de-AT"><head>
        <title>Totals – Acme Help</title><link rel="stylesheet" href="x.css"><link rel="alternate canonical" href="/a/totals">
        <meta name="description" content="…"><style>p { color: red }</style></head>
        <body><header><h1>Acme Help</h1><nav><ul><li><a href="/">Home</a></ul></nav></header>
        <main id="main"><aside>Related</aside><header><h1>Totals that are <em>doubled</em><a class="anchor" aria-hidden="true" href="#x">#</a></h1><p>By Ada, 3 minutes</p></header>
        <p>When a dis<b>count</b> counts<br>twice.<p>Next &amp; last<script>var a = "</p>not this";</script>
        <img src="a.png" alt="The invoice"><h2>What to do</h2><ul><li>One<li>Two</ul>
        <div hidden>secret</div><template>never</template><svg><title>drawn</title><text>drawn</text></svg><footer>Was this helpful?</footer></main>
        <footer>© Acme</footer></body></html>"##,
    );
    assert_eq!(page.title, "Totals that are doubled");
    assert_eq!(page.headings, ["Totals that are doubled", "What to do"]);
    assert_eq!(
        words(&page.body),
        "When a discount counts twice. Next & last The invoice One Two"
    );
    assert_eq!(page.lang.as_deref(), Some("de-AT"));
    assert_eq!(page.canonical.as_deref(), Some("/a/totals"));
    assert!(!page.is_hidden);
}

#[test]
fn without_a_main_part_it_is_the_article_and_else_the_body() {
    for (html, title, body) in [
        (
            "<title>T</title><body>x<article><h1>A</h1>one</article><article>two</article>y",
            "A",
            "one two",
        ),
        (
            "<title>T</title><div role=main><h1>A</h1>one</div>y",
            "A",
            "one",
        ),
        (
            "<title> T\n 1 </title><p>one<nav>n</nav><p>two",
            "T 1",
            "one two",
        ),
        // An empty frame that scripts would fill.
        (
            "<title>T</title><main></main><article>one</article>",
            "T",
            "one",
        ),
        ("<title>T</title><div id=root></div>", "T", ""),
        ("", "", ""),
    ] {
        let page = read(html);
        assert_eq!(
            (words(&page.title).as_str(), words(&page.body).as_str()),
            (title, body),
            "{html}"
        );
    }
}

#[test]
fn what_is_left_open_ends_with_what_it_stands_in() {
    for (html, body) in [
        ("<body><div><nav>n</div>one", "one"),
        ("<main><div><b>on</div>e</b></main>two", "on e"),
        (
            "<main><span aria-hidden=true><span>x</span>y</span>one</main>",
            "one",
        ),
        ("<main><ul><li hidden>x<li>one</ul>two</main>", "one two"),
        ("<main><nav><nav>x</nav>y</nav>one</main>", "one"),
        ("<main></div></p></b></nav>one</main>two", "one"),
        ("<main><script>x</main>", ""),
        ("<main><!-- x -->one<h2>a<h3>b</h3>two", "one two"),
    ] {
        assert_eq!(words(&read(html).body), body, "{html}");
    }
}

#[test]
fn a_page_may_ask_not_to_be_found() {
    for (html, wanted) in [
        ("<meta name=robots content=noindex>", true),
        ("<META NAME='Robots' CONTENT='NOFOLLOW, NoIndex'>", true),
        ("<meta name=robots content=none>", true),
        ("<meta name=robots content='index, nofollow'>", false),
        ("<meta name=description content=noindex>", false),
    ] {
        assert_eq!(read(html).is_hidden, wanted, "{html}");
    }
}

#[test]
fn texts_are_read_in_the_encoding_that_is_said() {
    let (japanese, ..) = encoding_rs::SHIFT_JIS.encode("<meta charset=shift_jis><h1>請求書</h1>");
    assert!(decoded(&japanese, "text/html").contains("請求書"));
    let (japanese, ..) = encoding_rs::SHIFT_JIS
        .encode("<meta http-equiv=content-type content='text/html; charset=Shift_JIS'>請求書");
    assert!(decoded(&japanese, "text/html").contains("請求書"));
    assert_eq!(
        decoded(b"gr\xf6\xdfe", "text/html; charset=\"ISO-8859-1\""),
        "größe"
    );
    assert_eq!(decoded("größe".as_bytes(), "text/html"), "größe");
    assert_eq!(
        decoded("größe".as_bytes(), "text/html; charset=no-such"),
        "größe"
    );
    assert_eq!(
        decoded("\u{feff}größe".as_bytes(), "text/html; charset=ISO-8859-1"),
        "größe"
    );
}

#[test]
fn a_page_without_end_is_read_in_time() {
    for piece in [
        "<div>",
        "<b>",
        "<nav>",
        "</div>",
        "<h1>",
        "<main>",
        "<p hidden>",
        "<li>x",
    ] {
        let html = piece.repeat(100_000 / piece.len());
        let begun = std::time::Instant::now();
        let _ = read(&html);
        assert!(
            begun.elapsed().as_secs() < 20,
            "{piece}: {:?}",
            begun.elapsed()
        );
    }
}
