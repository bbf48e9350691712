use super::*;

/// As sent, as shown, and the extension that a program goes by when it opens the file.
const NAMES: &[(&str, &str, &str)] = &[
    // Paths.
    ("../../etc/passwd", "passwd", ""),
    (r"C:\temp\a.txt", "a.txt", ".txt"),
    (r"..\..\windows\win.ini", "win.ini", ".ini"),
    ("/absolute/b.png", "b.png", ".png"),
    ("c.png/", UNNAMED, ""),
    ("..", UNNAMED, ""),
    (".", UNNAMED, ""),
    ("...", UNNAMED, ""),
    ("", UNNAMED, ""),
    ("   ", UNNAMED, ""),
    ("..／..／etc／passwd", "passwd", ""),
    ("a∕b⁄c＼d.txt", "d.txt", ".txt"),
    ("%2e%2e%2fpasswd", "%2e%2e%2fpasswd", ""),
    ("file:///etc/shadow", "shadow", ""),
    // Hidden files, and what Windows drops at the end.
    (".htaccess", "htaccess", ""),
    ("\u{200b}.htaccess", "htaccess", ""),
    ("\u{200b}..\u{200b}/x.png", "x.png", ".png"),
    (" . .profile", "profile", ""),
    ("run.exe.", "run.exe", ".exe"),
    ("run.exe. . ", "run.exe", ".exe"),
    ("run.exe\u{a0}", "run.exe", ".exe"),
    ("run.exe.\u{200b}.\u{feff}", "run.exe", ".exe"),
    // The shown extension is the real one.
    ("photo\u{202e}gpj.exe", "photogpj.exe", ".exe"),
    ("photo\u{2067}gpj.\u{2069}exe", "photogpj.exe", ".exe"),
    ("\u{202e}cod.scr", "cod.scr", ".scr"),
    ("a.jpg\u{200b}.exe", "a.jpg.exe", ".exe"),
    ("a.e\u{200d}x\u{2060}e", "a.exe", ".exe"),
    ("a.exe\u{e0041}\u{e007f}", "a.exe", ".exe"),
    ("a.jpg\u{fe0f}", "a.jpg", ".jpg"),
    ("a\u{ad}b.png", "ab.png", ".png"),
    ("a.\u{3164}exe", "a.exe", ".exe"),
    ("a．exe", "a.exe", ".exe"),
    ("a․exe", "a.exe", ".exe"),
    (
        "invoice.pdf                                    .exe",
        "invoice.pdf .exe",
        ".exe",
    ),
    (
        "invoice.pdf\u{2003}\u{2003}\u{3000}.exe",
        "invoice.pdf .exe",
        ".exe",
    ),
    ("invoice.pdf\u{2800}\u{2800}.exe", "invoice.pdf.exe", ".exe"),
    ("a.pdf\r\n.exe", "a.pdf.exe", ".exe"),
    ("a.pdf\u{2028}.exe", "a.pdf.exe", ".exe"),
    ("a.png\u{0}.exe", "a.png.exe", ".exe"),
    // Lines, quotes and markup.
    ("a\r\nContent-Type: b", "aContent-Type_ b", ""),
    ("a\r\n\r\n<script>.html", "a_script_.html", ".html"),
    ("a\tb.txt", "a b.txt", ".txt"),
    ("a\"; filename=\"evil.exe", "a_; filename=_evil.exe", ".exe"),
    ("a＂b.png", "a_b.png", ".png"),
    ("a\u{7f}\u{80}\u{9f}b.png", "ab.png", ".png"),
    (
        "<img src=x onerror=alert(1)>.png",
        "_img src=x onerror=alert(1)_.png",
        ".png",
    ),
    // Streams and devices of Windows.
    ("a.txt::$DATA", "a.txt__$DATA", ".txt__$DATA"),
    ("a.txt:evil.exe", "a.txt_evil.exe", ".exe"),
    ("CON", "_CON", ""),
    ("con.txt", "_con.txt", ".txt"),
    ("Nul .tar.gz", "_Nul .tar.gz", ".gz"),
    ("AUX.", "_AUX", ""),
    ("com1", "_com1", ""),
    ("LPT³.txt", "_LPT³.txt", ".txt"),
    ("CO\u{200b}N.png", "_CON.png", ".png"),
    ("console.log", "console.log", ".log"),
    ("COM10.txt", "COM10.txt", ".txt"),
    // Names of people all over the world stay what they are, in composed form.
    ("Přehled říjen.xlsx", "Přehled říjen.xlsx", ".xlsx"),
    ("Pr\u{30c}ehled.xlsx", "Přehled.xlsx", ".xlsx"),
    ("レポート 2026.pdf", "レポート 2026.pdf", ".pdf"),
    ("תמונה.png", "תמונה.png", ".png"),
    ("émoji 😀.gif", "émoji 😀.gif", ".gif"),
    ("archive.tar.gz", "archive.tar.gz", ".gz"),
    // No characters at all.
    ("\u{e000}\u{fffd}\u{fdd0}.png", "png", ""),
];

#[test]
fn a_name_shows_what_it_is() {
    for (sent, shown, extension) in NAMES {
        let name = display_name(sent);
        assert_eq!(name, *shown, "{sent:?}");
        assert_eq!(stem_and_extension(&name).1, *extension, "{sent:?}");
    }
}

#[test]
fn a_name_is_never_a_path_and_never_leaves_its_line() {
    for (sent, _, _) in NAMES {
        let name = display_name(sent);
        assert!(!name.is_empty() && name.chars().count() <= NAME_MOST_CHARS);
        assert!(
            !name.starts_with('.') && !name.ends_with(['.', ' ']),
            "{name:?}"
        );
        assert!(!name.contains(['/', '\\', '"', '<', '>', ':']), "{name:?}");
        assert!(
            !name.chars().any(|c| c.is_control() || is_unseen(c)),
            "{name:?}"
        );
    }
}

#[test]
fn a_clean_name_stays_as_it_is() {
    for (sent, _, _) in NAMES {
        let once = display_name(sent);
        assert_eq!(display_name(&once), once, "{sent:?}");
    }
}

#[test]
fn a_long_name_keeps_its_extension() {
    let shown = display_name(&format!("{}.tar.gz", "a".repeat(4096)));
    assert_eq!(shown.chars().count(), NAME_MOST_CHARS);
    assert!(shown.ends_with("a….gz"), "{shown}");
    let shown = display_name(&format!("a.exe.{}", "b".repeat(4096)));
    assert_eq!(shown.chars().count(), NAME_MOST_CHARS);
    assert!(shown.ends_with("b…"), "{shown}");
}
