//! `/desk/people`: who may sign in, with which role and whose tickets they see. For admins.

pub mod person;

use std::collections::BTreeSet;

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use cornerdesk_shared::{
    limits::Limits, problem::ProblemKind, validation::clean_line, validation::validate_email,
};
use minijinja::{Value, context};
use uuid::Uuid;

use super::{
    invitation::NAME_MOST_CHARS,
    session::{Admin, shown},
};
use crate::{
    app::App,
    audit::{Act, By},
    http::{checked::CheckedBody, problem::HttpError},
    ids,
    outbox::invite_staff,
    staff::{Role, VisibleSites, invitation},
    store::{self, StoreError, Tx, second_factor::CODES_RULE, staff::Staff},
};

/// Fields of a form, some of them several times.
pub(super) type Fields = Vec<(String, String)>;

/// The first value of a field.
pub(super) fn field<'a>(fields: &'a Fields, wanted: &str) -> &'a str {
    let found = fields.iter().find(|(name, _)| name == wanted);
    found.map_or("", |(_, value)| value)
}

/// Role and sites as a form says them. A site that nobody knows is left out.
pub(super) fn access_of(
    fields: &Fields,
    staff: Uuid,
    known: &BTreeSet<String>,
) -> (Role, VisibleSites) {
    let role = Role::from_name(field(fields, "role")).unwrap_or(Role::Agent);
    if role == Role::Admin || field(fields, "sites") != "some" {
        return (role, VisibleSites::All);
    }
    let named = fields.iter().filter(|(name, _)| name == "site");
    let sites = named.map(|(_, site)| site.clone());
    let sites = sites.filter(|site| known.contains(site)).collect();
    (role, VisibleSites::Of { staff, sites })
}

/// Keys and names of the sites.
pub(super) async fn sites(app: &App) -> Result<Vec<(String, String)>, StoreError> {
    let table = app.sites.all().await?;
    let sites = table.iter();
    Ok(sites
        .map(|(key, site)| (key.clone(), site.name.clone()))
        .collect())
}

/// For the fields of a form.
pub(super) fn choices(sites: &[(String, String)], visible: &VisibleSites) -> Value {
    let is_all = visible.is_all();
    let sites = sites.iter();
    let site = |(key, name): &(String, String)| context! { key, name, is_chosen => !is_all && visible.contains(key) };
    context! { is_all, sites => sites.map(site).collect::<Vec<_>>() }
}

/// The list.
///
/// # Errors
/// When the database fails.
pub async fn get(State(app): State<App>, Admin(staff): Admin) -> Result<Response, HttpError> {
    page(&app, &staff, StatusCode::OK, &Vec::new(), None).await
}

async fn page(
    app: &App,
    staff: &Staff,
    status: StatusCode,
    typed: &Fields,
    fault: Option<&str>,
) -> Result<Response, HttpError> {
    let sites = sites(app).await?;
    let mut tx = app.store.read().await?;
    let everybody = store::staff::everybody(&mut tx).await?;
    let waiting = store::invitations::waiting(&mut tx, app.clock.now()).await?;
    let rule = store::second_factor::rule(&mut tx, CODES_RULE).await?;
    let oidc = &app.config.desk.oidc;
    let linked = store::identities::linked(&mut tx, &oidc.issuer).await?;
    tx.rollback().await?;
    let row = |one: &Staff| -> Value {
        let has_no_way_in = one.password_hash.is_empty() && !linked.contains(&one.id);
        let state = match (has_no_way_in, waiting.contains(&one.id)) {
            (false, _) => "",
            (true, true) => "Invited",
            (true, false) => "Invitation is over",
        };
        context! {
            id => one.id.to_string(),
            name => &one.name,
            email => &one.email,
            role => one.role.title(),
            sites => named(&sites, &one.visible),
            has_codes => one.has_codes,
            is_linked => linked.contains(&one.id),
            state,
        }
    };
    let roles = Role::ALL.map(|role| context! { name => role.as_str(), title => role.title() });
    let html = app.pages.render(
        "desk/people.html",
        context! {
            staff => shown(staff),
            people => everybody.iter().map(row).collect::<Vec<_>>(),
            roles,
            chosen_role => Role::from_name(field(typed, "role")).unwrap_or(Role::Agent).as_str(),
            access => choices(&sites, &VisibleSites::All),
            name => field(typed, "name"),
            email => field(typed, "email"),
            provider => oidc.is_on().then_some(&oidc.name),
            codes_are_asked => rule == 1,
            has_codes => staff.has_codes,
            can_mail => app.rules.public_origin().is_some() && !sites.is_empty(),
            fault,
        },
    )?;
    Ok((status, Html(html)).into_response())
}

fn named(sites: &[(String, String)], visible: &VisibleSites) -> String {
    if visible.is_all() {
        return "All".to_owned();
    }
    let seen = sites.iter().filter(|(key, _)| visible.contains(key));
    let names: Vec<&str> = seen.map(|(_, name)| name.as_str()).collect();
    if names.is_empty() {
        "None".to_owned()
    } else {
        names.join(", ")
    }
}

/// Invites somebody: they get a mail with a link by which they choose a password.
///
/// # Errors
/// When the database fails.
pub async fn invite(
    State(app): State<App>,
    Admin(admin): Admin,
    CheckedBody(Form(fields)): CheckedBody<Form<Fields>>,
) -> Result<Response, HttpError> {
    let refuse = async |fault: &str| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        page(&app, &admin, status, &fields, Some(fault)).await
    };
    let email = field(&fields, "email").trim().to_lowercase();
    if validate_email(&email, &Limits::default()).is_some() {
        return refuse("That is no e-mail address. Check it and send it again.").await;
    }
    let line = clean_line(field(&fields, "name"));
    let line = if line.is_empty() {
        email.split('@').next().unwrap_or_default().to_owned()
    } else {
        line
    };
    let (id, now) = (ids::new_id(), app.clock.now());
    let known = sites(&app).await?.into_iter().map(|(key, _)| key).collect();
    let (role, visible) = access_of(&fields, id, &known);
    let staff = Staff {
        id,
        email,
        name: line.chars().take(NAME_MOST_CHARS).collect(),
        password_hash: String::new(),
        role,
        visible,
        has_codes: false,
    };
    let mut tx = app.store.write().await?;
    let staff = if store::staff::insert(&mut tx, &staff, now).await? {
        staff
    } else if store::staff::come_back(&mut tx, &staff.email).await? {
        back(&mut tx, &staff).await?
    } else {
        tx.rollback().await?;
        return refuse("Somebody with this address is on the list already.").await;
    };
    send(&app, &mut tx, &staff).await?;
    let added = Act::Added {
        whom: staff.id,
        role,
        visible: staff.visible.clone(),
    };
    let by = By::Staff(admin.id);
    store::audit::append(&mut tx, by, &added, now).await?;
    store::audit::append(&mut tx, by, &Act::Invited(staff.id), now).await?;
    tx.commit().await?;
    app.new_jobs.announce();
    Ok(Redirect::to(&format!("/desk/people/{}", staff.id)).into_response())
}

/// Somebody who had left: the same person, with what they may do now.
async fn back(tx: &mut Tx, wished: &Staff) -> Result<Staff, StoreError> {
    let found = store::staff::find_by_email(tx, &wished.email).await?;
    let found = found.ok_or(StoreError::RowCount {
        expected: 1,
        actual: 0,
    })?;
    let visible = match &wished.visible {
        VisibleSites::All => VisibleSites::All,
        VisibleSites::Of { sites, .. } => VisibleSites::Of {
            staff: found.id,
            sites: sites.clone(),
        },
    };
    store::staff::set_access(tx, found.id, wished.role, &visible).await?;
    Ok(Staff {
        role: wished.role,
        visible,
        ..found
    })
}

/// An invitation, and the job that mails it. Jobs belong to a site: to one that the person sees, or to the first.
pub(super) async fn send(app: &App, tx: &mut Tx, staff: &Staff) -> Result<(), HttpError> {
    let (invited, now) = (ids::new_id(), app.clock.now());
    let expires_at = now.saturating_add(invitation::LASTS).unwrap_or(now);
    store::invitations::add(tx, invited, staff.id, expires_at, now).await?;
    let sites = sites(app).await?;
    let mut keys = sites.iter().map(|(key, _)| key);
    let site = keys.clone().find(|key| staff.visible.contains(key));
    let Some(site) = site.or_else(|| keys.next()) else {
        let detail = "There is no site yet, so no mail can be sent. Add one first, or use `cornerdesk staff add`.";
        return Err(HttpError::new(ProblemKind::MalformedRequest, detail));
    };
    let (id, payload) = (ids::new_id(), invite_staff::payload(invited));
    store::jobs::insert(tx, site, id, invite_staff::KIND, &payload, now, now).await?;
    Ok(())
}

/// `POST /desk/people/codes`: whether everybody has to sign in with a code.
///
/// # Errors
/// When the admin has no codes, or the database fails.
pub async fn ask_codes(
    State(app): State<App>,
    Admin(admin): Admin,
    CheckedBody(Form(fields)): CheckedBody<Form<Fields>>,
) -> Result<Response, HttpError> {
    let value = i32::from(field(&fields, "codes") == "on");
    if value == 1 && !admin.has_codes {
        let fault = "Set your own codes up first: then you know that it works.";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return page(&app, &admin, status, &fields, Some(fault)).await;
    }
    let mut tx = app.store.write().await?;
    store::second_factor::set_rule(&mut tx, CODES_RULE, value).await?;
    let rule = CODES_RULE;
    let (by, act) = (By::Staff(admin.id), Act::RuleSet { rule, value });
    store::audit::append(&mut tx, by, &act, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/desk/people#codes").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_role_and_sites() {
        let known = BTreeSet::from(["acme".to_owned(), "second".to_owned()]);
        let read = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            let fields = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let (role, visible) = access_of(&fields.collect(), Uuid::nil(), &known);
            let sites = match visible {
                VisibleSites::All => None,
                VisibleSites::Of { sites, .. } => Some(sites.into_iter().collect::<Vec<_>>()),
            };
            (role, sites)
        };
        let acme = || Some(vec!["acme".to_owned()]);
        for (fields, expected) in [
            (&[][..], (Role::Agent, None)),
            (&[("role", "boss")], (Role::Agent, None)),
            (
                &[("role", "lead"), ("sites", "all"), ("site", "acme")],
                (Role::Lead, None),
            ),
            (
                &[("role", "lead"), ("sites", "some"), ("site", "acme")],
                (Role::Lead, acme()),
            ),
            (
                &[("sites", "some"), ("site", "acme"), ("site", "nowhere")],
                (Role::Agent, acme()),
            ),
            (&[("sites", "some")], (Role::Agent, Some(Vec::new()))),
            (
                &[("role", "admin"), ("sites", "some"), ("site", "acme")],
                (Role::Admin, None),
            ),
        ] {
            assert_eq!(read(fields), expected, "{fields:?}");
        }
    }
}
