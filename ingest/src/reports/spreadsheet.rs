//! Tables for spreadsheets: CSV by RFC 4180, in which no text is a formula. Pure.
//!
//! Who writes to support writes into a cell of a colleague's spreadsheet. Whatever a program could take for a formula begins with an apostrophe, which
//! spreadsheets show as text (threat S21).

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

/// A text as a cell.
fn cell(text: &str) -> std::borrow::Cow<'_, str> {
    // What programs leave out before they look for a formula.
    let begins = text.trim_start_matches(|c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                '"' | '\'' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'
            )
    });
    let is_formula =
        begins.starts_with(['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠', '−']);
    let is_cut = text.starts_with(|c: char| c.is_control());
    if is_formula || is_cut {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_stranger_is_a_formula() {
        for hostile in [
            "=1+1",
            "+1",
            "-2+3+cmd|' /C calc'!A0",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "\0=1",
            " =1",
            "\"=1",
            "'=1",
            "＝1+1",
            "＋1",
            "－1",
            "＠A1",
            "\u{feff}=1",
            "\u{200b}=1",
            "\u{a0}=1",
            "\u{3000}=1",
            "%0A=1",
            "|calc",
            "\"\" =1",
            "\tx",
        ] {
            assert_eq!(cell(hostile), format!("'{hostile}"), "{hostile:?}");
        }
        for innocent in [
            "",
            "A ticket",
            "1",
            "a=b",
            "2026-11-22",
            "CD-7K3F-92XQ",
            "Ärger – schon wieder",
            "“quoted”",
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
