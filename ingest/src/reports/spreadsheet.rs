//! Tables for spreadsheets: CSV by RFC 4180, in which no text is a formula. Pure.
//!
//! Who writes to support writes into a cell of a colleague's spreadsheet. Whatever a program could take for a formula begins with an apostrophe, which
//! spreadsheets show as text (threat S21).

use std::borrow::Cow;

/// A table as CSV: quoted where needed, lines end with CR LF, and a mark at the beginning says that it is UTF-8 (some programs guess otherwise).
#[derive(Debug)]
pub struct Csv(csv::Writer<Vec<u8>>);

impl Csv {
    /// A table with these columns.
    ///
    /// # Errors
    /// Never in memory; the writer's type says that it may.
    pub fn new(columns: &[&str]) -> Result<Self, csv::Error> {
        let mark = "\u{feff}".as_bytes().to_vec();
        let mut table = Self(
            csv::WriterBuilder::new()
                .terminator(csv::Terminator::CRLF)
                .from_writer(mark),
        );
        table.row(columns.iter().copied())?;
        Ok(table)
    }

    /// More rows of a table whose beginning went before.
    #[must_use]
    pub fn more() -> Self {
        let mut writer = csv::WriterBuilder::new();
        Self(
            writer
                .terminator(csv::Terminator::CRLF)
                .from_writer(Vec::new()),
        )
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When it has another number of cells than the first.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> Result<(), csv::Error> {
        for text in cells {
            self.0.write_field(cell(text).as_bytes())?;
        }
        // Ends the record.
        self.0.write_record(None::<&[u8]>)
    }

    /// The bytes.
    ///
    /// # Errors
    /// Never in memory.
    pub fn finish(self) -> Result<Vec<u8>, csv::Error> {
        let bytes = self.0.into_inner();
        bytes.map_err(|error| csv::Error::from(error.into_error()))
    }
}

/// A text as a cell. A program that takes semicolons or tabs for the ends of cells, as those of many countries do, finds more cells in it than there are,
/// and a line that ends within is the end of a row for it: so each part between such marks has to be none, too.
fn cell(text: &str) -> Cow<'_, str> {
    // Some programs leave out what they cannot show.
    let begins_unseen = text.starts_with(|c: char| c.is_control());
    if !begins_unseen && !text.split(PARTS).any(is_formula) {
        return text.into();
    }
    let mut guarded = String::with_capacity(text.len() + 4);
    if begins_unseen {
        guarded.push('\'');
    }
    for part in text.split_inclusive(PARTS) {
        if is_formula(part) && guarded != "'" {
            guarded.push('\'');
        }
        guarded.push_str(part);
    }
    guarded.into()
}

/// What may be the end of a cell for somebody.
const PARTS: [char; 4] = [';', '\t', '\n', '\r'];

/// Could a program take it for a formula?
fn is_formula(part: &str) -> bool {
    // What programs leave out before they look for a formula.
    let begins = part.trim_start_matches(|c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                '"' | '\'' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'
            )
    });
    begins.starts_with(['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠', '−'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What begins a formula, behind everything that a program may leave out before it looks.
    #[test]
    fn no_text_of_a_stranger_is_a_formula() {
        let before = [
            "", " ", "  ", "\"", "\"\"", "\" ", "'", "\0", "\u{b}", "\u{c}", "\u{1b}", "\u{85}",
            "\u{a0}", "\u{2003}", "\u{3000}", "\u{feff}", "\u{200b}", "\u{200e}", "\u{2060}",
            "\u{2028}",
        ];
        let begins = ["=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠", "−"];
        for before in before {
            for begins in begins {
                let hostile = format!("{before}{begins}1+cmd|' /C calc'!A0");
                assert_eq!(cell(&hostile), format!("'{hostile}"), "{hostile:?}");
            }
        }
        assert_eq!(cell("\0x"), "'\0x", "what is cut off");
    }

    #[test]
    fn nor_is_what_stands_behind_the_end_of_a_cell_elsewhere() {
        for (hostile, guarded) in [
            ("a;=1", "a;'=1"),
            ("a\t=1", "a\t'=1"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("\tx", "'\tx"),
            ("a\r\n=1\n+2;b", "a\r\n'=1\n'+2;b"),
            ("=1;=2", "'=1;'=2"),
            ("a; \"@x", "a;' \"@x"),
            ("-;-", "'-;'-"),
        ] {
            assert_eq!(cell(hostile), guarded, "{hostile:?}");
        }
    }

    #[test]
    fn what_is_no_formula_stays_as_it_is() {
        for innocent in [
            "",
            "A ticket",
            "1",
            "a=b",
            "2026-11-22",
            "CD-7K3F-92XQ",
            "Ärger – schon wieder",
            "“quoted”",
            "one;two",
            "{\"a\":-1}",
            "two\nlines",
            "a\tb",
        ] {
            assert_eq!(cell(innocent), innocent);
        }
    }

    #[test]
    fn a_row_of_another_length_is_a_fault() {
        let mut table = Csv::new(&["a", "b"]).unwrap();
        assert!(table.row(["one"]).is_err());
    }

    #[test]
    fn a_table_is_read_again_as_it_was_written() {
        let mut table = Csv::new(&["a", "b"]).unwrap();
        table.row(["say \"x\", please", "two\nlines"]).unwrap();
        let bytes = table.finish().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text,
            "\u{feff}a,b\r\n\"say \"\"x\"\", please\",\"two\nlines\"\r\n"
        );
    }
}
