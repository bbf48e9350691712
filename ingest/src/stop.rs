//! How the service ends, in two steps: first it says so while it goes on answering, then it takes nothing new.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How far the end has come.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    told: CancellationToken,
    closing: CancellationToken,
}

impl Stop {
    /// The service was told to stop: it is not ready any more, and every connection is asked to be closed.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.told.is_cancelled()
    }

    /// Ends when nothing new is taken any more.
    pub async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// For parts that know one step only: cancelled when nothing new is taken any more.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.closing.clone()
    }

    /// Takes nothing new from now on.
    pub fn close(&self) {
        self.told.cancel();
        self.closing.cancel();
    }

    /// Waits for SIGTERM, which leaves `drain` between the steps, or Ctrl-C, which leaves nothing: somebody sits there and waits.
    pub async fn on_signal(self, drain: Duration) {
        let terminated = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(error) => {
                    tracing::warn!(error = %error, "SIGTERM cannot be heard");
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            () = terminated => {
                tracing::info!(drain_ms = drain.as_millis(), "stopping: not ready any more, still answering");
                self.told.cancel();
                tokio::select! {
                    () = tokio::time::sleep(drain) => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            }
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping: requests and jobs that run are let end");
        self.close();
    }
}
