//! What can be asked: by the description, and by the routers.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cornerdesk_tests::client::Client;
use serde_json::Value;

/// What `/openapi.json` describes, as `GET /path`.
pub async fn described(client: &Client) -> BTreeSet<String> {
    let description: Value = client
        .get("/openapi.json")
        .await
        .json()
        .await
        .expect("JSON");
    let paths = description["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().expect("operations").keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}

/// Paths of the routers, from their files; those of the demonstration are not of a site.
pub fn routed() -> BTreeSet<String> {
    let source = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../ingest/src"));
    let mut paths = BTreeSet::new();
    collect_routes(&source, &mut paths);
    // The links in mails are written by their purpose.
    paths.extend(["/not-me/{site}/{token}", "/confirm/{site}/{token}"].map(str::to_owned));
    paths
}

fn collect_routes(folder: &Path, paths: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("demo") {
            collect_routes(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("demo.rs")
        {
            let text = fs::read_to_string(&path).expect("a source");
            let routes = text.split(".route(").skip(1);
            paths.extend(routes.filter_map(|rest| {
                let path = rest.trim_start().strip_prefix('"')?.split_once('"')?.0;
                // Notices for staff have routes, too.
                path.starts_with('/').then(|| path.to_owned())
            }));
        }
    }
}
