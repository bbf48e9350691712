//! WCAG 2.2, level AA: a test for each row of `docs/accessibility.md`, which is written from what they found.

pub(crate) mod audit;
mod operable;
mod perceivable;
mod report;
mod robust;
mod understandable;

use std::{future::Future, panic::AssertUnwindSafe, pin::Pin};

use futures_util::FutureExt;
use tokio::sync::OnceCell;

/// A row of the report: a criterion, how the panel meets it, and the test that shows it.
pub struct Row {
    /// Number and name in WCAG 2.2; several where one thing meets them.
    criterion: &'static str,
    /// How it is met.
    how: &'static str,
    /// The name of the test.
    test: &'static str,
    run: fn() -> Pin<Box<dyn Future<Output = ()>>>,
    outcome: OnceCell<Result<(), String>>,
}

impl Row {
    const fn new(
        criterion: &'static str,
        how: &'static str,
        test: &'static str,
        run: fn() -> Pin<Box<dyn Future<Output = ()>>>,
    ) -> Self {
        Self {
            criterion,
            how,
            test,
            run,
            outcome: OnceCell::const_new(),
        }
    }

    /// What came out. The test of the row and the report share one run.
    async fn outcome(&self) -> &Result<(), String> {
        let run = async || {
            let outcome = AssertUnwindSafe((self.run)()).catch_unwind().await;
            outcome.map_err(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()))
                    .unwrap_or_default()
            })
        };
        self.outcome.get_or_init(run).await
    }

    async fn hold(&self) {
        if let Err(failure) = self.outcome().await {
            panic!("{}: {failure}", self.criterion);
        }
    }
}

/// A test that is a row of the report.
macro_rules! row {
    ($row:ident, $test:ident, $criterion:literal, $how:literal, $body:expr) => {
        pub(super) static $row: $crate::accessibility::Row = $crate::accessibility::Row::new(
            $criterion,
            $how,
            concat!(module_path!(), "::", stringify!($test)),
            || Box::pin($body),
        );

        #[tokio::test]
        async fn $test() {
            $row.hold().await;
        }
    };
}
use row;
