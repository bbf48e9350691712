//! What the service says that the files of its site take up.

use super::{SITE, Service};

impl Service {
    /// By `/metrics`, in bytes.
    ///
    /// # Panics
    ///
    /// When it is not told.
    pub async fn storage_bytes(&self) -> u64 {
        let answer = self.client().get("/metrics").await;
        let metrics = answer.text().await.expect("metrics");
        let name = format!("cornerdesk_site_storage_bytes{{site=\"{SITE}\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(&name));
        value
            .and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("no {name} in {metrics}"))
    }

    /// Sweeps, and compares what is counted for files with the sum over all of them.
    ///
    /// # Panics
    ///
    /// When they differ, or ever did at a start of the service.
    pub fn assert_storage_is_counted(&self) {
        let said = self.command(&["sweep"]);
        let (said, log) = (said.as_str(), self.log());
        for text in [said, log.as_str()] {
            assert!(!text.contains("counted again"), "{text}");
        }
    }
}
