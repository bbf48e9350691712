//! `cornerdesk policy eval --policies DIR VECTORS.json`.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    policy::{Library, eval::Evaluator},
    policy_folder,
};

/// Prints what the engine answers to every vector of a file.
///
/// # Errors
/// When a file cannot be read, or a vector is none.
pub fn run(policies: Option<&Path>, vectors: &Path) -> anyhow::Result<()> {
    let library = match policies {
        None => Library::embedded(),
        Some(folder) => {
            policy_folder::read(folder).with_context(|| folder.display().to_string())?
        }
    };
    let text = fs::read_to_string(vectors).with_context(|| vectors.display().to_string())?;
    let file: Value = serde_json::from_str(&text).with_context(|| vectors.display().to_string())?;
    for path in other_files(&library, &file) {
        eprintln!("{path} is not the file that these vectors were made with");
    }
    println!("{:#}", answers(&library, &file)?);
    Ok(())
}

/// The answers by the ids of the vectors.
fn answers(library: &Library, file: &Value) -> anyhow::Result<Value> {
    let Some(vectors) = file["vectors"].as_array() else {
        bail!("the file has no list \"vectors\"");
    };
    let mut evaluator = Evaluator::new(library);
    let mut answers = Map::new();
    for vector in vectors {
        let id = vector["id"].as_str().context("a vector has no \"id\"")?;
        let answer = evaluator
            .evaluate(vector)
            .with_context(|| format!("vector {id}"))?;
        answers.insert(id.to_owned(), answer);
    }
    Ok(Value::Object(answers))
}

/// Files whose pins differ: the first 16 digits of the SHA-256 of their bytes.
fn other_files(library: &Library, file: &Value) -> Vec<String> {
    let pins = file["policies_sha256_16"].as_object().into_iter().flatten();
    let others = pins.filter(|(path, pin)| {
        let text = library.text(path).unwrap_or_default();
        let digest = Sha256::digest(text.as_bytes());
        let digest: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        pin.as_str() != Some(&digest)
    });
    others.map(|(path, _)| path.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: &str = include_str!("../../../../tests/vectors/sla.json");

    fn file() -> Value {
        serde_json::from_str(VECTORS).expect("JSON")
    }

    #[test]
    fn every_vector_is_reproduced() {
        let file = file();
        let answers = answers(&Library::embedded(), &file).expect("answers");
        let vectors = file["vectors"].as_array().expect("vectors");
        assert_eq!(
            vectors.len() as u64,
            file["count"].as_u64().expect("a count")
        );
        assert_eq!(vectors.len(), 1312);
        for vector in vectors {
            let id = vector["id"].as_str().expect("an id");
            assert_eq!(answers[id], vector["expected"], "{vector:#}");
        }
    }

    #[test]
    fn the_policies_are_those_that_the_vectors_were_made_with() {
        let library = Library::embedded();
        let file = file();
        assert_eq!(other_files(&library, &file), Vec::<String>::new());
        let pins = file["policies_sha256_16"].as_object().expect("pins");
        assert_eq!(pins.len(), 14);
    }

    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies"));
        let read = policy_folder::read(folder).expect("the folder");
        let embedded = Library::embedded();
        let names = |library: &Library| {
            let names = library.policies().chain(library.overlays());
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(names(&read), names(&embedded));
    }
}
