//! The figures as tables for people and as JSON for programs.

use std::{collections::BTreeMap, fs, path::PathBuf};

use cornerdesk_tests::scratch;
use serde_json::{Map, Value, json};

/// Rows by part, in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Figures {
    parts: BTreeMap<String, Vec<Value>>,
}

/// A row of a table: names and values in their order.
pub fn row(cells: &[(&str, Value)]) -> Value {
    let cells = cells.iter().map(|(name, value)| json!([name, value]));
    Value::Array(cells.collect())
}

impl Figures {
    /// Adds a row, and prints it, so that a person sees how far it is.
    pub fn add(&mut self, part: &str, row: Value) {
        let rows = self.parts.entry(part.to_owned()).or_default();
        if rows.is_empty() {
            println!("\n{part}");
        }
        let cells = cells(&row).map(|(name, value)| format!("{name}: {}", text(value)));
        println!("  {}", cells.collect::<Vec<_>>().join(", "));
        rows.push(row);
    }

    /// Prints every table and writes each part to `target/bench/PART.json`.
    pub fn finish(&self) {
        let folder: PathBuf = scratch::target_folder().join("bench");
        fs::create_dir_all(&folder).expect("a folder");
        for (part, rows) in &self.parts {
            println!("\n## {part}\n");
            table(rows);
            let objects = rows.iter().map(|row| {
                let object: Map<String, Value> = cells(row)
                    .map(|(name, value)| (name.to_owned(), value.clone()))
                    .collect();
                Value::Object(object)
            });
            let file = folder.join(format!("{}.json", part.replace(' ', "-")));
            let json = serde_json::to_string_pretty(&objects.collect::<Vec<_>>()).expect("JSON");
            fs::write(&file, json + "\n").expect("the figures can be written");
        }
        println!("\nAs JSON: {}", folder.display());
    }
}

fn cells(row: &Value) -> impl Iterator<Item = (&str, &Value)> {
    row.as_array()
        .into_iter()
        .flatten()
        .map(|cell| (cell[0].as_str().unwrap_or_default(), &cell[1]))
}

fn table(rows: &[Value]) {
    let Some(first) = rows.first() else { return };
    let names: Vec<&str> = cells(first).map(|(name, _)| name).collect();
    println!("| {} |\n|{}", names.join(" | "), "---|".repeat(names.len()));
    for row in rows {
        println!(
            "| {} |",
            cells(row)
                .map(|(_, value)| text(value))
                .collect::<Vec<_>>()
                .join(" | ")
        );
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            if number.abs() >= 100.0 {
                format!("{number:.0}")
            } else {
                format!("{number:.1}")
            }
        }
        other => other.to_string(),
    }
}
