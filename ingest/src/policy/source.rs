//! A file as it was written: its values, the line of each, the order of its tables, and what its comments call a date.

use std::{collections::BTreeMap, ops::Range};

use jiff::civil::Date;
use serde_json::{Map, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::fault::{Fault, KeyPath};

/// A TOML file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its bytes, for pins.
    pub text: String,
    /// Its values.
    pub value: Value,
    /// The names in each table of the top level, in the order of the file.
    pub order: BTreeMap<String, Vec<String>>,
    /// What the comments behind dates call them.
    pub names: BTreeMap<String, String>,
    /// What is no TOML.
    pub faults: Vec<Fault>,
    lines: BTreeMap<KeyPath, usize>,
}

impl Source {
    /// Reads a file; what cannot be read is among its faults.
    #[must_use]
    pub fn read(path: &str, text: &str) -> Self {
        let mut source = Self {
            text: text.to_owned(),
            value: Value::Null,
            order: BTreeMap::new(),
            names: names_of_dates(text),
            faults: Vec::new(),
            lines: BTreeMap::new(),
        };
        let starts = LineStarts::of(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let line = error.span().map(|span| starts.line(&span));
            let meaning = format!("is no TOML: {}", error.message());
            let fault = Fault::new(KeyPath::default(), meaning, "");
            source.faults.push(fault.at(path, line));
        }
        source.value = source.table(table.get_ref(), &KeyPath::default(), &starts);
        source
    }

    /// The line of a value, or of the nearest table around it.
    #[must_use]
    pub fn line(&self, key: &KeyPath) -> Option<usize> {
        self.lines.get(key).copied()
    }

    fn table(&mut self, table: &DeTable<'_>, path: &KeyPath, starts: &LineStarts) -> Value {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        if let [super::fault::Step::Key(name)] = path.0.as_slice() {
            let names = entries.iter().map(|(key, _)| key.get_ref().to_string());
            self.order.insert(name.clone(), names.collect());
        }
        let mut read = Map::new();
        for (key, value) in entries {
            let path = path.key(key.get_ref());
            self.lines.insert(path.clone(), starts.line(&key.span()));
            let value = self.value(value, &path, starts);
            read.insert(key.get_ref().to_string(), value);
        }
        Value::Object(read)
    }

    fn value(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        path: &KeyPath,
        starts: &LineStarts,
    ) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(number) => {
                let digits = number.as_str().replace('_', "");
                i64::from_str_radix(&digits, number.radix()).map_or(Value::Null, Value::from)
            }
            DeValue::Float(number) => {
                let number = number.as_str().replace('_', "").parse::<f64>();
                number.map_or(Value::Null, Value::from)
            }
            DeValue::Boolean(yes) => Value::Bool(*yes),
            // A date without quotation marks is what its author means.
            DeValue::Datetime(date) => Value::String(date.to_string()),
            DeValue::Array(entries) => {
                let entries = entries.iter().enumerate().map(|(index, entry)| {
                    let path = path.index(index);
                    self.lines.insert(path.clone(), starts.line(&entry.span()));
                    self.value(entry, &path, starts)
                });
                Value::Array(entries.collect())
            }
            DeValue::Table(table) => self.table(table, path, starts),
        }
    }
}

/// Where the lines of a text begin.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// The line of a place, counted from 1.
    fn line(&self, span: &Range<usize>) -> usize {
        self.0.partition_point(|start| *start <= span.start)
    }
}

/// What comments call dates: `"2026-12-25",  # Fri Noël`.
fn names_of_dates(text: &str) -> BTreeMap<String, String> {
    text.lines().filter_map(name_of_date).collect()
}

fn name_of_date(line: &str) -> Option<(String, String)> {
    let (entry, comment) = line.split_once('#')?;
    let date = entry.trim().trim_end_matches(',').trim().trim_matches('"');
    date.parse::<Date>().ok()?;
    let comment = comment.trim();
    let name = match comment.split_once(' ') {
        Some(("Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun", name)) => name.trim(),
        _ => comment,
    };
    (!name.is_empty()).then(|| (date.to_owned(), name.to_owned()))
}
