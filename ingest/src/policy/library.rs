//! A folder of policies, overlays and holidays; layers are merged here (`RULES.md`, section 1).

mod layers;

use std::{collections::BTreeMap, sync::Arc};

use layers::Layers;
use serde_json::{Value, json};

use super::{
    Policy,
    fault::{Fault, KeyPath, Step, nearest},
    schema, shape,
    source::Source,
};

/// Files of policies, by their path relative to the folder: `m3ter.toml`, `overlays/m3ter-no-holidays.toml`, `holidays/fr.toml`.
#[derive(Clone, Debug, Default)]
pub struct Library {
    files: BTreeMap<String, Arc<Source>>,
}

impl Library {
    /// Reads files; whatever is wrong with one is said when it is used.
    pub fn from_files(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files = files.into_iter().map(|(path, text)| {
            let source = Source::read(&path, &text);
            (path, Arc::new(source))
        });
        Self {
            files: files.collect(),
        }
    }

    /// The four policies that are part of the program, their overlays and holidays.
    #[must_use]
    pub fn embedded() -> Self {
        let files = super::embedded::FILES.iter();
        Self::from_files(files.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
    }

    /// The files of both; of two with one path that of `other`.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.files.extend(other.files);
        self
    }

    /// The ids of its policies.
    pub fn policies(&self) -> impl Iterator<Item = &str> {
        let names = self.files.keys().filter(|path| !path.contains('/'));
        names.filter_map(|path| path.strip_suffix(".toml"))
    }

    /// The names of its overlays.
    pub fn overlays(&self) -> impl Iterator<Item = &str> {
        let names = self.files.keys();
        names.filter_map(|path| path.strip_prefix("overlays/")?.strip_suffix(".toml"))
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(|source| source.text.as_str())
    }

    pub(super) fn source(&self, path: &str) -> Option<&Source> {
        self.files.get(path).map(Arc::as_ref)
    }

    /// What an overlay rests on: `assumption`, `contract` or `test`.
    #[must_use]
    pub fn basis(&self, overlay: &str) -> Option<String> {
        let source = self.files.get(&format!("overlays/{overlay}.toml"))?;
        source.value["basis"].as_str().map(str::to_owned)
    }

    /// The policy that an overlay belongs to.
    #[must_use]
    pub fn extends(&self, overlay: &str) -> Option<String> {
        let source = self.files.get(&format!("overlays/{overlay}.toml"))?;
        source.value["extends"].as_str().map(str::to_owned)
    }

    /// Policy and overlay merged, with the dates of holiday files in it: what is kept as a version of the policy, for good.
    ///
    /// # Errors
    /// A file that is missing or no TOML, and keys of the overlay's own that are wrong. What the rest means, [`Policy::from_document`] knows.
    pub fn document(&self, policy: &str, overlay: Option<&str>) -> Result<Value, Vec<Fault>> {
        let layers = Layers::open(self, policy, overlay)?;
        let (document, faults) = self.assemble(&layers);
        if faults.is_empty() {
            Ok(document)
        } else {
            Err(self.located(faults, &layers))
        }
    }

    /// Policy and overlay, ready to use.
    ///
    /// # Errors
    /// Every fault, with file and line.
    pub fn policy(&self, policy: &str, overlay: Option<&str>) -> Result<Policy, Vec<Fault>> {
        let layers = Layers::open(self, policy, overlay)?;
        if layers.is_no_toml() {
            return Err(self.located(layers.own_faults(), &layers));
        }
        let (document, mut faults) = self.assemble(&layers);
        match Policy::from_document(&document) {
            Ok(policy) if faults.is_empty() => return Ok(policy),
            Ok(_) => {}
            Err(of_meaning) => faults.extend(of_meaning),
        }
        Err(self.located(faults, &layers))
    }

    /// The merged document, and what is wrong with its files by themselves.
    fn assemble(&self, layers: &Layers<'_>) -> (Value, Vec<Fault>) {
        let mut faults = layers.own_faults();
        let mut document = layers.merged();
        faults.extend(self.inline_holidays(&mut document, layers));
        document["order"] = layers.order();
        (document, faults)
    }

    /// Adds file and line to faults of a merged document.
    pub(super) fn locate(
        &self,
        faults: Vec<Fault>,
        policy: &str,
        overlay: Option<&str>,
    ) -> Vec<Fault> {
        match Layers::open(self, policy, overlay) {
            Ok(layers) => self.located(faults, &layers),
            Err(_) => faults,
        }
    }

    fn located(&self, faults: Vec<Fault>, layers: &Layers<'_>) -> Vec<Fault> {
        let merged = layers.merged();
        let place = |fault: Fault| {
            if fault.file.is_some() {
                return fault;
            }
            let (file, line) = self.place(&fault.key, layers, &merged);
            fault.at(&file, line)
        };
        let mut faults: Vec<Fault> = faults.into_iter().map(place).collect();
        faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        faults
    }

    /// Where a key stands: in the holiday file, the overlay or the policy; else where the nearest table around it stands.
    fn place(&self, key: &KeyPath, layers: &Layers<'_>, merged: &Value) -> (String, Option<usize>) {
        if let [Step::Key(table), Step::Key(set), rest @ ..] = key.0.as_slice()
            && table == "holidays"
            && let Some(path) = merged["holidays"][set]["file"].as_str()
            && let Some(source) = self.files.get(path)
            && let Some(line) = source.line(&KeyPath(rest.to_vec()))
        {
            return (path.to_owned(), Some(line));
        }
        let mut key = key.clone();
        loop {
            for (path, source) in layers.later_first() {
                if let Some(line) = source.line(&key) {
                    return (path.to_owned(), Some(line));
                }
            }
            if key.0.pop().is_none() {
                return (layers.policy.0.clone(), None);
            }
        }
    }

    /// Puts the dates of holiday files, and what comments call dates, into the document.
    fn inline_holidays(&self, document: &mut Value, layers: &Layers<'_>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let Some(sets) = document.get_mut("holidays").and_then(Value::as_object_mut) else {
            return faults;
        };
        for (name, set) in sets {
            let Some(table) = set.as_object_mut() else {
                continue;
            };
            let key = KeyPath::of(&["holidays", name]);
            let mut names = BTreeMap::new();
            for (_, source) in layers.later_first() {
                names.extend(source.names.clone());
            }
            if table.contains_key("file") && table.contains_key("dates") {
                let meaning = "says both dates and file";
                faults.push(Fault::new(key.clone(), meaning, "write one of them"));
            }
            if let Some(path) = table.get("file").and_then(Value::as_str).map(str::to_owned) {
                let Some(source) = self.files.get(&path) else {
                    let known = self
                        .files
                        .keys()
                        .filter(|path| path.starts_with("holidays/"));
                    let hint = nearest(&path, known.map(String::as_str));
                    let meaning = format!("there is no file \"{path}\"");
                    faults.push(Fault::new(key.key("file"), meaning, hint));
                    continue;
                };
                faults.extend(source.faults.clone());
                let wrong = shape::faults(&source.value, schema::HOLIDAYS);
                faults.extend(wrong.into_iter().map(|fault| {
                    let line = source.line(&fault.key);
                    fault.at(&path, line)
                }));
                table.remove("file");
                table.insert("dates".to_owned(), source.value["dates"].clone());
                names.clone_from(&source.names);
            }
            let dates: Vec<Value> = table
                .get("dates")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            names.retain(|date, _| dates.iter().any(|other| other == date));
            if !names.is_empty() {
                table.insert("names".to_owned(), json!(names));
            }
        }
        faults
    }
}
