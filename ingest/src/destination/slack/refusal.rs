//! What Slack says when it does not take something, in words for staff and with what mends it.

use crate::destination::Fault;

/// Longest name of an error that is shown.
const CODE_MOST_CHARS: usize = 60;

/// Names of errors are small letters and `_`; anything else is not repeated.
fn shown(code: &str) -> &str {
    let is_code = (1..=CODE_MOST_CHARS).contains(&code.len())
        && code
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code {
        code
    } else {
        "an error without a name"
    }
}

/// An error in an answer to an app.
pub(super) fn of_app(code: &str) -> Fault {
    let code = shown(code);
    let disabled = |words: &str| Fault::disabled(format!("{words} ({code}), then let it go on"));
    match code {
        "invalid_auth"
        | "not_authed"
        | "token_revoked"
        | "token_expired"
        | "account_inactive"
        | "not_allowed_token_type" => disabled(
            "it does not take the token any more. Install the app again and give its Bot User OAuth Token by `cornerdesk destination secret`",
        ),
        "missing_scope" | "no_permission" => disabled(
            "the app lacks a permission. Add the scope chat:write, install the app again and give the new token by `cornerdesk destination secret`",
        ),
        "channel_not_found" => disabled(
            "it finds no such channel, or a private one in which the app is not. Set slack.channel to the channel's id, and invite the app to the channel",
        ),
        "not_in_channel" => disabled(
            "the app is not in the channel. Write /invite and the name of the app in the channel of slack.channel",
        ),
        "is_archived" => disabled("the channel is archived. Set slack.channel to another"),
        "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_only_channel"
        | "restricted_action_non_threadable_channel"
        | "org_login_required"
        | "ekm_access_denied"
        | "team_access_not_granted"
        | "access_denied"
        | "team_added_to_org" => disabled(
            "the workspace does not let the app write there. Ask whoever administers it, or set slack.channel to another channel",
        ),
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
            Fault::later(format!("it says that it gets too much at once ({code})"))
        }
        "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout"
        | "accesslimited"
        | "team_access_not_ready" => Fault::later(format!("it cannot take anything now ({code})")),
        "message_not_found"
        | "thread_not_found"
        | "cant_update_message"
        | "edit_window_closed"
        | "cannot_reply_to_message" => Fault::never(format!(
            "the message of this ticket is gone there, or cannot be changed ({code})"
        )),
        _ => Fault::never(format!("it does not take this message ({code})")),
    }
}

/// A status and a plain text that answer an incoming webhook.
pub(super) fn of_webhook(status: u16, text: &str) -> Fault {
    let code = shown(text);
    let disabled = |words: &str| {
        Fault::disabled(format!(
            "it answers {status} ({code}): {words}, then let it go on"
        ))
    };
    match status {
        401 | 403 => disabled(
            "the webhook may not write. Make a new one and give its address by `cornerdesk destination secret`",
        ),
        404 => disabled(
            "the webhook is gone. Make a new one and give its address by `cornerdesk destination secret`",
        ),
        410 => disabled(
            "the channel is archived. Make a webhook for another one and give its address by `cornerdesk destination secret`",
        ),
        _ => Fault::never(format!("it does not take this message ({status}, {code})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::Verdict;

    #[test]
    fn each_error_has_its_verdict() {
        for (codes, verdict) in [
            (
                "invalid_auth token_revoked account_inactive missing_scope channel_not_found not_in_channel is_archived restricted_action",
                Verdict::Disabled,
            ),
            (
                "ratelimited internal_error fatal_error service_unavailable",
                Verdict::Later,
            ),
            (
                "msg_too_long invalid_blocks message_not_found thread_not_found something_new",
                Verdict::Never,
            ),
        ] {
            for code in codes.split(' ') {
                let fault = of_app(code);
                assert_eq!(fault.verdict, verdict, "{code}");
                assert!(fault.reason.contains(code), "{}", fault.reason);
            }
        }
        assert!(of_app("not_in_channel").reason.contains("/invite"));
        for (status, verdict) in [
            (400, Verdict::Never),
            (403, Verdict::Disabled),
            (404, Verdict::Disabled),
            (410, Verdict::Disabled),
        ] {
            assert_eq!(of_webhook(status, "no_service").verdict, verdict);
        }
    }

    #[test]
    fn what_is_no_name_is_not_repeated() {
        for strange in ["", "<b>x</b>", "canary@example.com", &"x".repeat(61)] {
            assert!(of_app(strange).reason.contains("without a name"));
            assert!(of_webhook(404, strange).reason.contains("without a name"));
        }
    }
}
