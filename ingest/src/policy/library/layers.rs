//! The files that a document is made of, and how they are merged (`RULES.md`, section 1).

use serde_json::{Map, Value, json};

use super::Library;
use crate::policy::{
    fault::{Fault, KeyPath, nearest},
    schema, shape,
    source::Source,
};

/// Tables whose order people see.
const ORDERED: [&str; 4] = ["categories", "priorities", "plans", "channels"];

/// The files that a document is made of.
pub(super) struct Layers<'a> {
    pub(super) policy: (String, &'a Source),
    pub(super) overlay: Option<(String, &'a Source)>,
}

impl<'a> Layers<'a> {
    pub(super) fn open(
        library: &'a Library,
        policy: &str,
        overlay: Option<&str>,
    ) -> Result<Self, Vec<Fault>> {
        let missing = |what: &str, name: &str, hint: String| {
            let meaning = format!("there is no {what} \"{name}\"");
            vec![Fault::new(KeyPath::default(), meaning, hint)]
        };
        let open = |path: String| {
            let source = library.source(&path)?;
            Some((path, source))
        };
        let policy = open(format!("{policy}.toml"))
            .ok_or_else(|| missing("policy", policy, nearest(policy, library.policies())))?;
        let overlay = match overlay {
            None => None,
            Some(name) => Some(
                open(format!("overlays/{name}.toml"))
                    .ok_or_else(|| missing("overlay", name, nearest(name, library.overlays())))?,
            ),
        };
        Ok(Self { policy, overlay })
    }

    pub(super) fn is_no_toml(&self) -> bool {
        self.later_first()
            .any(|(_, source)| !source.faults.is_empty())
    }

    pub(super) fn later_first(&self) -> impl Iterator<Item = (&str, &'a Source)> {
        let layers = self.overlay.iter().chain([&self.policy]);
        layers.map(|(path, source)| (path.as_str(), *source))
    }

    /// What is wrong with the files by themselves: syntax, names, the overlay's own keys.
    pub(super) fn own_faults(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for (path, source) in self.later_first() {
            faults.extend(source.faults.clone());
            faults.extend(derived_keys(path, source));
        }
        let (path, source) = &self.policy;
        let id = path.trim_end_matches(".toml");
        let key = KeyPath::of(&["policy", "id"]);
        faults.extend(name_fault(
            source,
            path,
            &key,
            &source.value["policy"]["id"],
            id,
        ));
        let Some((path, source)) = &self.overlay else {
            return faults;
        };
        let own: Map<String, Value> = shape::names(schema::OVERLAY)
            .filter_map(|key| Some((key.to_owned(), source.value.get(key)?.clone())))
            .collect();
        for fault in shape::faults(&Value::Object(own), schema::OVERLAY) {
            let line = source.line(&fault.key).or(Some(1));
            faults.push(fault.at(path, line));
        }
        let name = path
            .trim_start_matches("overlays/")
            .trim_end_matches(".toml");
        let key = KeyPath::of(&["name"]);
        faults.extend(name_fault(source, path, &key, &source.value["name"], name));
        let key = KeyPath::of(&["extends"]);
        faults.extend(name_fault(source, path, &key, &source.value["extends"], id));
        faults
    }

    /// Tables key by key; everything else is replaced whole.
    pub(super) fn merged(&self) -> Value {
        let mut merged = self.policy.1.value.clone();
        if let Some((_, overlay)) = &self.overlay {
            let mut own = overlay.value.clone();
            if let Some(table) = own.as_object_mut() {
                table.retain(|key, _| !shape::names(schema::OVERLAY).any(|name| name == key));
            }
            replace_holidays(&mut merged, &own);
            merge(&mut merged, own);
        }
        merged
    }

    /// The names of tables in the order of the files: the policy's, then what the overlay adds.
    pub(super) fn order(&self) -> Value {
        let mut order = Map::new();
        for table in ORDERED {
            let mut names: Vec<&String> = Vec::new();
            let layers = [Some(&self.policy), self.overlay.as_ref()];
            for (_, source) in layers.into_iter().flatten() {
                for name in source.order.get(table).into_iter().flatten() {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            if !names.is_empty() {
                order.insert(table.to_owned(), json!(names));
            }
        }
        Value::Object(order)
    }
}

/// Keys that stand in documents and in no file: what a file says by its order and its comments.
fn derived_keys(path: &str, source: &Source) -> Vec<Fault> {
    let mut keys = vec![KeyPath::of(&["order"])];
    let sets = source.value["holidays"].as_object().into_iter().flatten();
    keys.extend(sets.map(|(set, _)| KeyPath::of(&["holidays", set, "names"])));
    let written = keys.into_iter().filter_map(|key| {
        let line = source.line(&key)?;
        let hint = "the order of the file is the order, and the comment behind a date its name";
        Some(Fault::new(key, "there is no such key", hint).at(path, Some(line)))
    });
    written.collect()
}

fn name_fault(
    source: &Source,
    path: &str,
    key: &KeyPath,
    written: &Value,
    wanted: &str,
) -> Option<Fault> {
    let written = written.as_str().filter(|written| *written != wanted)?;
    let meaning = format!("is \"{written}\", and the file is \"{path}\"");
    let hint = format!("write \"{wanted}\", or rename the file");
    Some(Fault::new(key.clone(), meaning, hint).at(path, source.line(key)))
}

fn merge(base: &mut Value, layer: Value) {
    match (base, layer) {
        (Value::Object(base), Value::Object(layer)) => {
            for (key, value) in layer {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, layer) => *base = layer,
    }
}

/// A layer that lists a set of holidays in one way replaces a list that was written in the other.
fn replace_holidays(base: &mut Value, layer: &Value) {
    for (name, set) in layer["holidays"].as_object().into_iter().flatten() {
        let base = base.get_mut("holidays").and_then(|sets| sets.get_mut(name));
        if let (Some(Value::Object(base)), Some(set)) = (base, set.as_object()) {
            if set.contains_key("file") {
                base.remove("dates");
            }
            if set.contains_key("dates") {
                base.remove("file");
            }
        }
    }
}
