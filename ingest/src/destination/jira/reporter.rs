//! For whom a request is made: the person over there who is the requester, where the product vouches for them.
//!
//! Whoever only says who they are is never looked up: else anybody could write in somebody's name.

use serde_json::json;

use super::{
    client::{Ask, Jira},
    read::User,
    settings::Flavour,
};
use crate::destination::{Fault, Verdict};

/// Whom a search for an address is about. An address may be hidden: then only the one person is it whom an exact search finds. Pure.
fn pick<'a>(found: &'a [User], email: &str) -> Option<&'a str> {
    let active = || found.iter().filter(|user| user.active != Some(false));
    let is_same = |user: &&User| {
        let known = user.email_address.as_deref();
        known.is_some_and(|known| known.eq_ignore_ascii_case(email))
    };
    if let Some(user) = active().find(is_same) {
        return user.id();
    }
    match found {
        [user] if user.email_address.is_none() && user.active != Some(false) => user.id(),
        _ => None,
    }
}

/// What Jira knows somebody by; nothing where it knows nobody and nobody may be made, or we may not ask.
///
/// # Errors
/// When Jira is away, or refuses us altogether.
pub(super) async fn find(
    jira: &Jira,
    desk: &str,
    email: &str,
    name: Option<&str>,
) -> Result<Option<String>, Fault> {
    if let Some(id) = known_to_desk(jira, desk, email).await? {
        return Ok(Some(id));
    }
    let known = match known_to_jira(jira, email).await? {
        Some(id) => Some(id),
        None if jira.settings.create_customers => make(jira, email, name).await?,
        None => None,
    };
    if let Some(id) = &known {
        add_to_desk(jira, desk, id).await?;
    }
    Ok(known)
}

/// A refusal means that we may not, and then there is nobody; what may work later is for later.
fn refused_is<T>(answer: Result<T, Fault>, otherwise: T) -> Result<T, Fault> {
    match answer {
        Err(fault) if matches!(fault.verdict, Verdict::Never | Verdict::Disabled) => {
            let is_of_account = fault.seen.status == Some(401);
            if is_of_account {
                Err(fault)
            } else {
                Ok(otherwise)
            }
        }
        other => other,
    }
}

async fn known_to_desk(jira: &Jira, desk: &str, email: &str) -> Result<Option<String>, Fault> {
    let path = ["servicedeskapi", "servicedesk", desk, "customer"];
    let query = [("query", email)];
    let found = jira
        .all::<User>(Ask::get("customer", &path).with(&query))
        .await;
    let found = refused_is(found, Vec::new())?;
    Ok(pick(&found, email).map(str::to_owned))
}

async fn known_to_jira(jira: &Jira, email: &str) -> Result<Option<String>, Fault> {
    let flavour = jira.settings.flavour;
    let path = ["api", flavour.api(), "user", "search"];
    let name = match flavour {
        Flavour::Cloud => "query",
        Flavour::DataCenter => "username",
    };
    let query = [(name, email)];
    let found = jira
        .ask::<Vec<User>>(Ask::get("user", &path).with(&query))
        .await;
    let found = refused_is(found, Vec::new())?;
    Ok(pick(&found, email).map(str::to_owned))
}

/// Makes a customer. Somebody who is there already is found, since the conflict says so.
async fn make(jira: &Jira, email: &str, name: Option<&str>) -> Result<Option<String>, Fault> {
    let name = name.unwrap_or(email);
    let (body, query) = match jira.settings.flavour {
        Flavour::Cloud => (
            json!({ "email": email, "displayName": name }),
            &[("strictConflictStatusCode", "true")][..],
        ),
        Flavour::DataCenter => (json!({ "email": email, "fullName": name }), &[][..]),
    };
    let path = ["servicedeskapi", "customer"];
    let made = jira
        .ask::<User>(Ask::post("customer", &path, &body).with(query))
        .await;
    match made {
        Ok(user) => Ok(user.id().map(str::to_owned)),
        Err(fault) if matches!(fault.seen.status, Some(400 | 409)) => {
            known_to_jira(jira, email).await
        }
        Err(fault) => refused_is(Err(fault), None),
    }
}

/// A desk that is open to all refuses this, and needs it not.
async fn add_to_desk(jira: &Jira, desk: &str, id: &str) -> Result<(), Fault> {
    let body = match jira.settings.flavour {
        Flavour::Cloud => json!({ "accountIds": [id] }),
        Flavour::DataCenter => json!({ "usernames": [id] }),
    };
    let path = ["servicedeskapi", "servicedesk", desk, "customer"];
    let added = jira.send(Ask::post("customer", &path, &body)).await;
    let added = added.map(drop);
    refused_is(added, ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str, email: Option<&str>, active: bool) -> User {
        User {
            account_id: Some(id.into()),
            email_address: email.map(Into::into),
            active: Some(active),
            ..User::default()
        }
    }

    #[test]
    fn somebody_is_found_by_the_whole_address_and_nobody_who_is_merely_like_it() {
        let ada = || user("ada", Some("Ada@acme.example"), true);
        let hidden = || user("hidden", None, true);
        for (found, expected) in [
            (vec![], None),
            (
                vec![user("x", Some("nada@acme.example"), true), ada()],
                Some("ada"),
            ),
            (vec![user("x", Some("nada@acme.example"), true)], None),
            (vec![hidden()], Some("hidden")),
            (vec![hidden(), user("other", None, true)], None),
            (vec![hidden(), ada()], Some("ada")),
            (vec![user("gone", Some("ada@acme.example"), false)], None),
            (vec![user("gone", None, false)], None),
        ] {
            assert_eq!(pick(&found, "ada@acme.example"), expected, "{found:?}");
        }
    }
}
