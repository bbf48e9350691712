//! A policy of a test's own, in a folder as operators keep them.

use std::{fs, sync::LazyLock};

use jiff::{Span, Timestamp, Zoned, tz::TimeZone};

use crate::{product::now_s, scratch};

/// The policy's id, for the setting `policy` of a site.
pub const POLICY: &str = "acme";

/// When the office of [`by_day_after_tomorrow`] is open for four hours, however long a test takes.
pub fn due() -> Timestamp {
    let noon = DAY_AFTER_TOMORROW.with().hour(14).build();
    noon.expect("a time of day").timestamp()
}

/// The midnight that begins it in Berlin. Decided once: what was promised shortly before midnight is looked at shortly after it.
static DAY_AFTER_TOMORROW: LazyLock<Zoned> = LazyLock::new(|| {
    let now = i64::try_from(now_s()).expect("this century");
    let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
    let now = Timestamp::from_second(now).expect("now").to_zoned(berlin);
    let day = now.date().checked_add(Span::new().days(2)).expect("a day");
    day.to_zoned(now.time_zone().clone()).expect("a midnight")
});

/// The section of the configuration with a folder in which the policy is: an office that is open on one day a week, the day after tomorrow;
/// questions are answered within four of its hours, ideas are not promised anything, and sales are somebody else's.
pub fn by_day_after_tomorrow() -> String {
    let day = DAY_AFTER_TOMORROW.strftime("%a").to_string().to_lowercase();
    let policy = format!(
        r#"schema = "cornerdesk.policy/1"
default_calendar = "office"

[policy]
id = "{POLICY}"
title = "Acme support"
source = "a test"

[calendars.office]
kind = "weekly"
zone = "Europe/Berlin"

[[calendars.office.windows]]
days = ["{day}"]
open = "10:00"
close = "18:00"

[categories.question]
title = "Question"

[categories.idea]
title = "Idea"
sla = false

[categories.sales]
title = "Offers and prices"
redirect = "sales@acme.example"

[[targets]]
metric = "first_response"
within = {{ hours = 4 }}
clock = "business"
"#
    );
    let folder = scratch::folder("policies");
    fs::write(folder.join(format!("{POLICY}.toml")), policy).expect("a policy");
    format!("[policies]\nfolder = \"{}\"", folder.display())
}
