//! `/desk/audit.csv`, `/desk/audit.json`: the whole log to be kept elsewhere, for admins. Rows are read and sent some at a time, however many there are, with
//! the digests by which they follow each other; the last one says who took the log along.

use std::{collections::HashMap, io};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    app::App,
    audit::{Act, By, Row},
    desk::session::Admin,
    hexadecimal::hex,
    http::problem::HttpError,
    reports::spreadsheet::Csv,
    store::{self, StoreError, staff::Staff},
};

/// Rows that are read at a time: some tens of kilobytes.
const BATCH: u32 = 250;

/// As what it is taken along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

impl Format {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// For spreadsheets.
///
/// # Errors
/// When the database fails.
pub async fn csv(State(app): State<App>, Admin(admin): Admin) -> Result<Response, HttpError> {
    send(app, &admin, Format::Csv).await
}

/// For programs: a list with an object for each row.
///
/// # Errors
/// When the database fails.
pub async fn json(State(app): State<App>, Admin(admin): Admin) -> Result<Response, HttpError> {
    send(app, &admin, Format::Json).await
}

async fn send(app: App, admin: &Staff, format: Format) -> Result<Response, HttpError> {
    let now = app.clock.now();
    let act = Act::LogExported {
        format: format.as_str(),
    };
    let mut tx = app.store.write().await?;
    store::audit::append(&mut tx, By::Staff(admin.id), &act, now).await?;
    let last = store::audit::end(&mut tx).await?.seq;
    let names = store::staff::names(&mut tx).await?.into_iter().collect();
    tx.commit().await?;
    let name = format!(
        "attachment; filename=\"audit-log-{}.{}\"",
        now.strftime("%Y-%m-%d"),
        format.as_str()
    );
    let (disposition, plain) = (HeaderValue::from_str(&name), "attachment");
    let content_type = match format {
        Format::Csv => "text/csv; charset=utf-8; header=present",
        Format::Json => "application/json",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (
            header::CONTENT_DISPOSITION,
            disposition.unwrap_or(HeaderValue::from_static(plain)),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    let left = Left {
        app,
        names,
        format,
        sent: 0,
        last,
    };
    // Who waits for a slow reader holds no connection to the database: each step has a transaction of its own, and the rows are never changed.
    let parts = stream::try_unfold(left, Left::next);
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// What is still to be sent.
struct Left {
    app: App,
    names: HashMap<Uuid, String>,
    format: Format,
    /// The last row that was sent.
    sent: i64,
    /// The last one that is to be sent.
    last: i64,
}

impl Left {
    /// The next part. A fault ends the answer before its end, which the browser says.
    async fn next(mut self) -> io::Result<Option<(Vec<u8>, Self)>> {
        if self.sent >= self.last {
            return Ok(None);
        }
        let mut rows = self.rows().await.map_err(io::Error::other)?;
        rows.retain(|row| row.seq <= self.last);
        let Some(end) = rows.last().map(|row| row.seq) else {
            return Err(io::Error::other("the log is shorter than its end says"));
        };
        let place = Place {
            is_first: self.sent == 0,
            is_last: end == self.last,
        };
        let part = match self.format {
            Format::Csv => table(&rows, &self.names, place).map_err(io::Error::other)?,
            Format::Json => list(&rows, &self.names, place),
        };
        self.sent = end;
        Ok(Some((part, self)))
    }

    async fn rows(&self) -> Result<Vec<Row>, StoreError> {
        let mut tx = self.app.store.read().await?;
        let rows = store::audit::after(&mut tx, self.sent, BATCH).await?;
        tx.rollback().await?;
        Ok(rows)
    }
}

/// Where some rows stand among all.
#[derive(Clone, Copy, Debug)]
struct Place {
    is_first: bool,
    is_last: bool,
}

const COLUMNS: [&str; 8] = [
    "number",
    "at",
    "who",
    "staff_id",
    "act",
    "detail",
    "digest_before",
    "digest",
];

fn table(rows: &[Row], names: &HashMap<Uuid, String>, place: Place) -> Result<Vec<u8>, csv::Error> {
    let mut table = if place.is_first {
        Csv::new(&COLUMNS)?
    } else {
        Csv::more()
    };
    for row in rows {
        let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
        table.row([
            row.seq.to_string().as_str(),
            &row.at.to_string(),
            &super::who(row, &detail, names),
            &row.actor.map_or_else(String::new, |id| id.to_string()),
            &row.act,
            &row.detail,
            &hex(&row.previous),
            &hex(&row.hash),
        ])?;
    }
    table.finish()
}

fn list(rows: &[Row], names: &HashMap<Uuid, String>, place: Place) -> Vec<u8> {
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
        let who = super::who(row, &detail, names);
        // The detail as it is kept too: the digest is that of its octets.
        let object = json!({
            "number": row.seq, "at": row.at.to_string(), "who": who, "staff_id": row.actor, "act": &row.act, "detail": detail,
            "detail_as_kept": &row.detail, "digest_before": hex(&row.previous), "digest": hex(&row.hash),
        });
        text.push_str(if place.is_first && number == 0 {
            "[\n"
        } else {
            ",\n"
        });
        text.push_str(&object.to_string());
    }
    if place.is_last {
        text.push_str("\n]\n");
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::audit::BEGINNING;

    fn rows() -> Vec<Row> {
        let (mut rows, mut hash) = (Vec::new(), BEGINNING);
        for seq in 0..3 {
            let act = Act::SignInFailed(None);
            let row = Row::after(seq, hash, By::Nobody, &act, Timestamp::UNIX_EPOCH);
            hash = row.hash;
            rows.push(row);
        }
        rows
    }

    fn in_two_parts(part: impl Fn(&[Row], Place) -> Vec<u8>) -> String {
        let rows = rows();
        let place = |is_first| Place {
            is_first,
            is_last: !is_first,
        };
        let whole = [
            part(&rows[..2], place(true)),
            part(&rows[2..], place(false)),
        ]
        .concat();
        String::from_utf8(whole).unwrap()
    }

    #[test]
    fn parts_of_a_list_are_one_list() {
        let names = HashMap::new();
        let text = in_two_parts(|rows, place| list(rows, &names, place));
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(list[1]["digest"], list[2]["digest_before"]);
        assert_eq!(list[0]["who"], "Not signed in");
    }

    #[test]
    fn parts_of_a_table_have_one_head() {
        let names = HashMap::new();
        let text = in_two_parts(|rows, place| table(rows, &names, place).unwrap());
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let numbers: Vec<String> = reader
            .records()
            .map(|row| row.unwrap()[0].to_owned())
            .collect();
        assert_eq!(numbers, ["1", "2", "3"]);
        assert_eq!(
            (
                text.matches('\u{feff}').count(),
                text.matches("number,").count()
            ),
            (1, 1)
        );
    }
}
