//! A blocker of advertisements as people have them: an extension of Chromium that refuses requests before they leave the browser.

use std::{fs, path::PathBuf};

use serde_json::json;

use crate::scratch;

/// An unpacked extension that refuses what `filter` matches, in the syntax of `declarativeNetRequest`: `*` is anything, `^` a separator.
pub fn refusing(filter: &str) -> PathBuf {
    let manifest = json!({
        "manifest_version": 3,
        "name": "Blocker",
        "version": "1",
        "permissions": ["declarativeNetRequest"],
        "declarative_net_request": {
            "rule_resources": [{ "id": "rules", "enabled": true, "path": "rules.json" }],
        },
    });
    let of_every_kind = ["script", "sub_frame", "xmlhttprequest", "other"];
    let rules = json!([{
        "id": 1,
        "action": { "type": "block" },
        "condition": { "urlFilter": filter, "resourceTypes": of_every_kind },
    }]);
    let folder = scratch::folder("ad-blocker");
    for (file, content) in [("manifest.json", manifest), ("rules.json", rules)] {
        fs::write(folder.join(file), content.to_string()).expect("a file can be written");
    }
    folder
}
