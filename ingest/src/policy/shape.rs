//! What a key may hold, and holding a table against its keys.

use serde_json::Value;

use super::fault::{Fault, KeyPath, nearest};

/// What a key holds.
#[derive(Debug)]
pub enum Shape {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// Any number.
    Number,
    /// `true` or `false`.
    YesNo,
    /// A list of texts.
    Texts,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Keys that are known, and no others.
    Table(&'static [Key]),
    /// Keys that the author names, all with values of one shape.
    ByName(&'static Shape),
    /// A list of tables.
    Rows(&'static [Key]),
    /// A text, or a table with these keys.
    TextOr(&'static [Key]),
}

/// A key of a table.
#[derive(Debug)]
pub struct Key {
    name: &'static str,
    shape: Shape,
    required: bool,
}

/// A key that may be there.
pub const fn may(name: &'static str, shape: Shape) -> Key {
    Key {
        name,
        shape,
        required: false,
    }
}

/// A key that must be there.
pub const fn must(name: &'static str, shape: Shape) -> Key {
    Key {
        name,
        shape,
        required: true,
    }
}

use Shape::{ByName, Number, OneOf, Rows, Table, Text, TextOr, Texts, Whole, YesNo};

/// What is wrong with the keys of a table, which is mended so far that it can be read.
#[derive(Debug, Default)]
pub struct Findings {
    /// Every key that is unknown, missing or of the wrong type.
    pub faults: Vec<Fault>,
    /// Values that were put in place of wrong ones: what is said of them means nothing.
    mended: Vec<KeyPath>,
}

impl Findings {
    /// Whether a key is, lies in, or holds one that was mended.
    #[must_use]
    pub fn mended(&self, key: &KeyPath) -> bool {
        let related =
            |mended: &KeyPath| key.0.starts_with(&mended.0) || mended.0.starts_with(&key.0);
        self.mended.iter().any(related)
    }

    fn wrong(
        &mut self,
        key: &KeyPath,
        value: &mut Value,
        shape: &Shape,
        meaning: String,
        hint: String,
    ) {
        self.faults.push(Fault::new(key.clone(), meaning, hint));
        self.mended.push(key.clone());
        *value = placeholder(shape);
    }
}

/// Holds a table against its keys, and mends it.
#[must_use]
pub fn mend(value: &mut Value, keys: &'static [Key]) -> Findings {
    let mut findings = Findings::default();
    table(value, keys, &KeyPath::default(), &mut findings);
    findings
}

/// Every key that is unknown, missing or of the wrong type.
#[must_use]
pub fn faults(value: &Value, keys: &'static [Key]) -> Vec<Fault> {
    mend(&mut value.clone(), keys).faults
}

/// A value of the shape.
fn placeholder(shape: &Shape) -> Value {
    match shape {
        Text | TextOr(_) => "".into(),
        OneOf(known) => known.first().copied().unwrap_or_default().into(),
        Whole | Number => 0.into(),
        YesNo => false.into(),
        Texts | Rows(_) => Value::Array(Vec::new()),
        Table(keys) => {
            let required = keys.iter().filter(|key| key.required);
            let values = required.map(|key| (key.name.to_owned(), placeholder(&key.shape)));
            Value::Object(values.collect())
        }
        ByName(_) => Value::Object(serde_json::Map::new()),
    }
}

/// Names of the keys, for overlays.
pub fn names(keys: &'static [Key]) -> impl Iterator<Item = &'static str> {
    keys.iter().map(|key| key.name)
}

fn check(value: &mut Value, shape: &'static Shape, path: &KeyPath, findings: &mut Findings) {
    match shape {
        Text if value.is_string() => {}
        Whole if value.is_i64() => {}
        Number if value.is_number() => {}
        YesNo if value.is_boolean() => {}
        Texts if is_texts(value) => {}
        OneOf(known) if value.is_string() => {
            let written = value.as_str().unwrap_or_default();
            if !known.contains(&written) {
                let hint = nearest(written, known.iter().copied());
                let meaning = format!("there is no \"{written}\" here");
                findings.wrong(path, value, shape, meaning, hint);
            }
        }
        Table(keys) | TextOr(keys) if value.is_object() => table(value, keys, path, findings),
        TextOr(_) if value.is_string() => {}
        ByName(shape) if value.is_object() => {
            for (name, value) in value.as_object_mut().into_iter().flatten() {
                check(value, shape, &path.key(name), findings);
            }
        }
        Rows(keys) if value.is_array() => {
            for (index, row) in value.as_array_mut().into_iter().flatten().enumerate() {
                table(row, keys, &path.index(index), findings);
            }
        }
        _ => {
            let meaning = format!("is {}, and must be {}", kind(value), wanted(shape));
            findings.wrong(path, value, shape, meaning, String::new());
        }
    }
}

fn table(value: &mut Value, keys: &'static [Key], path: &KeyPath, findings: &mut Findings) {
    if !value.is_object() {
        let meaning = format!("is {}, and must be a table", kind(value));
        findings.wrong(path, value, &Table(&[]), meaning, String::new());
    }
    let Some(entries) = value.as_object_mut() else {
        return;
    };
    entries.retain(|name, value| {
        let known = keys.iter().find(|key| key.name == name);
        match known {
            Some(key) => check(value, &key.shape, &path.key(name), findings),
            None => {
                let fault = Fault::new(
                    path.key(name),
                    "there is no such key",
                    nearest(name, names(keys)),
                );
                findings.faults.push(fault);
                findings.mended.push(path.key(name));
            }
        }
        known.is_some()
    });
    for key in keys {
        if key.required && !entries.contains_key(key.name) {
            let hint = format!("write {} = {}", key.name, example(&key.shape));
            let meaning = format!("\"{}\" is missing", key.name);
            findings
                .faults
                .push(Fault::new(path.clone(), meaning, hint));
            findings.mended.push(path.key(key.name));
            entries.insert(key.name.to_owned(), placeholder(&key.shape));
        }
    }
}

fn is_texts(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|entries| entries.iter().all(Value::is_string))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Text | OneOf(_) => "a text in quotation marks",
        Whole => "a whole number",
        Number => "a number",
        YesNo => "true or false, without quotation marks",
        Texts => "a list of texts",
        Table(_) | ByName(_) => "a table",
        Rows(_) => "a list of tables",
        TextOr(_) => "a text such as \"09:00\", or a table with time, zone and day",
    }
}

fn example(shape: &Shape) -> String {
    match shape {
        Text => "\"…\"".to_owned(),
        OneOf(known) => {
            let known: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
            known.join(" or ")
        }
        Whole | Number => "1".to_owned(),
        YesNo => "true or false".to_owned(),
        Texts => "[\"…\"]".to_owned(),
        Rows(_) => "[{ … }]".to_owned(),
        Table(_) | ByName(_) => "{ … }".to_owned(),
        TextOr(_) => "\"09:00\"".to_owned(),
    }
}
