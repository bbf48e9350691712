//! `/desk/people/{id}`: one colleague, and what an admin may do about their account.

use axum::{
    Form,
    extract::{Path, State},
    response::{Html, Redirect},
};
use cornerdesk_shared::problem::ProblemKind;
use minijinja::context;
use uuid::Uuid;

use super::{Fields, access_of, choices, field, send, sites};
use crate::{
    app::App,
    audit::{Act, By},
    desk::session::{self, Admin, shown},
    http::{checked::CheckedBody, problem::HttpError},
    show::Moment,
    staff::Role,
    store::{self, Tx, staff::Staff},
};

/// The page.
///
/// # Errors
/// When there is nobody with this id, or the database fails.
pub async fn get(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(id): Path<String>,
) -> Result<Html<String>, HttpError> {
    let sites = sites(&app).await?;
    let now = app.clock.now();
    let mut tx = app.store.read().await?;
    let person = find(&mut tx, &id).await?;
    let sessions =
        store::sessions::of_staff(&mut tx, person.id, session::limits(&app), now).await?;
    let waiting = store::invitations::waiting(&mut tx, now).await?;
    let oidc = &app.config.desk.oidc;
    let linked = store::identities::since(&mut tx, person.id, &oidc.issuer).await?;
    tx.rollback().await?;
    let roles = Role::ALL.map(|role| context! { name => role.as_str(), title => role.title() });
    let html = app.pages.render(
        "desk/person.html",
        context! {
            staff => shown(&admin),
            id => person.id.to_string(),
            name => &person.name,
            email => &person.email,
            is_me => person.id == admin.id,
            has_password => !person.password_hash.is_empty(),
            provider => oidc.is_on().then_some(&oidc.name),
            linked => linked.map(|at| Moment::new(at, now)),
            allows_passwords => oidc.allows_passwords(),
            is_invited => waiting.contains(&person.id),
            has_codes => person.has_codes,
            sessions => sessions.len(),
            roles,
            chosen_role => person.role.as_str(),
            access => choices(&sites, &person.visible),
        },
    )?;
    Ok(Html(html))
}

/// Somebody who has not left.
async fn find(tx: &mut Tx, id: &str) -> Result<Staff, HttpError> {
    let none = || HttpError::new(ProblemKind::NotFound, "Nobody with this account is here.");
    let id = Uuid::try_parse(id).map_err(|_| none())?;
    let everybody = store::staff::everybody(tx).await?;
    let found = everybody.into_iter().find(|staff| staff.id == id);
    found.ok_or_else(none)
}

/// What an admin may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Access,
    Invite,
    CodesOff,
    Unlink,
    EndSessions,
    Remove,
}

impl Deed {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "access" => Self::Access,
            "invite" => Self::Invite,
            "codes-off" => Self::CodesOff,
            "unlink" => Self::Unlink,
            "end-sessions" => Self::EndSessions,
            "remove" => Self::Remove,
            _ => return None,
        })
    }
}

/// Does what the form's button names.
///
/// # Errors
/// When nobody would be an admin any more, there is nobody with this id, or the database fails.
pub async fn post(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(id): Path<String>,
    CheckedBody(Form(fields)): CheckedBody<Form<Fields>>,
) -> Result<Redirect, HttpError> {
    let refused = |detail| HttpError::new(ProblemKind::MalformedRequest, detail);
    let deed = Deed::from_name(field(&fields, "deed"))
        .ok_or_else(|| refused("Nothing was chosen. Go back and press a button."))?;
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let person = find(&mut tx, &id).await?;
    let act = match deed {
        Deed::Access => {
            let known = sites(&app).await?.into_iter().map(|(key, _)| key).collect();
            let (role, visible) = access_of(&fields, person.id, &known);
            store::staff::set_access(&mut tx, person.id, role, &visible).await?;
            Act::AccessChanged {
                whose: person.id,
                role,
                visible,
            }
        }
        Deed::Invite => {
            send(&app, &mut tx, &person).await?;
            Act::Invited(person.id)
        }
        Deed::CodesOff => {
            store::second_factor::turn_off(&mut tx, person.id).await?;
            Act::CodesTurnedOff(person.id)
        }
        Deed::Unlink => {
            store::identities::unlink(&mut tx, person.id).await?;
            store::sessions::close_others_of(&mut tx, person.id, None).await?;
            Act::Unlinked(person.id)
        }
        Deed::EndSessions => Act::SessionsEnded {
            whose: person.id,
            count: store::sessions::close_others_of(&mut tx, person.id, None).await?,
        },
        Deed::Remove => {
            store::sessions::close_others_of(&mut tx, person.id, None).await?;
            store::invitations::forget(&mut tx, person.id, now).await?;
            store::second_factor::turn_off(&mut tx, person.id).await?;
            store::identities::unlink(&mut tx, person.id).await?;
            store::staff::leave(&mut tx, person.id, now).await?;
            Act::Removed(person.id)
        }
    };
    store::audit::append(&mut tx, By::Staff(admin.id), &act, now).await?;
    // Counted after the log was written to: whoever takes another admin away at the same moment has come to an end by then.
    if store::staff::count_admins(&mut tx).await? == 0 {
        tx.rollback().await?;
        return Err(refused(
            "Nothing was changed: nobody would be an admin any more. Make somebody else one first.",
        ));
    }
    tx.commit().await?;
    app.new_jobs.announce();
    Ok(Redirect::to(&match deed {
        Deed::Remove => "/desk/people".to_owned(),
        _ => format!("/desk/people/{}", person.id),
    }))
}
