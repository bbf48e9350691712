//! `cornerdesk staff add|list|access|password|codes-off|unlink|remove`.

use std::io::BufRead;

use clap::Subcommand;
use cornerdesk_shared::{limits::Limits, validation::validate_email};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Records;
use crate::{
    audit::{Act, By},
    desk::password,
    ids,
    staff::{Role, VisibleSites},
    store::{self, Tx, staff::Staff},
};

/// What to do with staff.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add somebody who may sign in to the desk.
    Add {
        /// The address to sign in with.
        email: String,
        /// As colleagues know them; the address's first part by default.
        #[arg(long)]
        name: Option<String>,
        /// What they may do; by default the first one of all is an admin, and everybody else an agent.
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        /// Key of a site whose tickets they see, again for each; without it those of all sites. An admin sees all.
        #[arg(long = "site", value_name = "KEY")]
        sites: Vec<String>,
        /// Read the password (15 characters or more) from standard input, instead of making one and printing it once.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Who may sign in, with what, and where.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say what somebody may do and whose tickets they see.
    Access {
        /// The address they sign in with.
        email: String,
        /// What they may do.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Key of a site whose tickets they see, again for each; without it those of all sites. An admin sees all.
        #[arg(long = "site", value_name = "KEY")]
        sites: Vec<String>,
    },
    /// Set a new password and end the person's sessions.
    Password {
        /// The address to sign in with.
        email: String,
        /// Read the password (15 characters or more) from standard input, instead of making one and printing it once.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Ask no code of somebody any more, who has lost what makes them; they set them up anew.
    CodesOff {
        /// The address they sign in with.
        email: String,
    },
    /// Let somebody's account at the provider be theirs no more, and end their sessions; the next one that shows their address is.
    Unlink {
        /// The address they sign in with.
        email: String,
    },
    /// Take somebody's account away and end their sessions.
    Remove {
        /// The address they sign in with.
        email: String,
    },
}

/// Runs the command.
///
/// # Errors
/// When the address or the password cannot be used, or the database fails.
pub async fn run(records: &Records, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add {
            email,
            name,
            role,
            sites,
            password_stdin,
        } => {
            let wish = Wish {
                email: &email,
                name,
                role,
                sites,
            };
            add(records, wish, password_stdin).await
        }
        Command::List { json } => list(records, json).await,
        Command::Access { email, role, sites } => access(records, &email, role, sites).await,
        Command::Password {
            email,
            password_stdin,
        } => set_password(records, &email, password_stdin).await,
        Command::CodesOff { email } => codes_off(records, &email).await,
        Command::Unlink { email } => unlink(records, &email).await,
        Command::Remove { email } => remove(records, &email).await,
    }
}

/// Somebody by the address that they sign in with.
async fn known(tx: &mut Tx, email: &str) -> anyhow::Result<Staff> {
    let found = store::staff::find_by_email(tx, email).await?;
    found.ok_or_else(|| anyhow::anyhow!("nobody has the address {email}"))
}

/// Writes down what was done here.
async fn write_down(records: &Records, tx: &mut Tx, act: &Act) -> anyhow::Result<()> {
    store::audit::append(tx, By::CommandLine, act, records.clock.now()).await?;
    Ok(())
}

async fn codes_off(records: &Records, email: &str) -> anyhow::Result<()> {
    let email = email.trim().to_lowercase();
    let mut tx = records.store.write().await?;
    let staff = known(&mut tx, &email).await?;
    anyhow::ensure!(
        store::second_factor::turn_off(&mut tx, staff.id).await?,
        "{email} has no codes"
    );
    write_down(records, &mut tx, &Act::CodesTurnedOff(staff.id)).await?;
    tx.commit().await?;
    println!("{email} signs in with the password alone, and may set codes up anew");
    Ok(())
}

async fn unlink(records: &Records, email: &str) -> anyhow::Result<()> {
    let email = email.trim().to_lowercase();
    let mut tx = records.store.write().await?;
    let staff = known(&mut tx, &email).await?;
    anyhow::ensure!(
        store::identities::unlink(&mut tx, staff.id).await?,
        "{email} has no account at the provider"
    );
    store::sessions::close_others_of(&mut tx, staff.id, None).await?;
    write_down(records, &mut tx, &Act::Unlinked(staff.id)).await?;
    tx.commit().await?;
    println!("{email} is linked to no account at the provider; earlier sessions have ended");
    Ok(())
}

async fn remove(records: &Records, email: &str) -> anyhow::Result<()> {
    let email = email.trim().to_lowercase();
    let mut tx = records.store.write().await?;
    let staff = known(&mut tx, &email).await?;
    store::staff::delete(&mut tx, &email).await?;
    write_down(records, &mut tx, &Act::Removed(staff.id)).await?;
    tx.commit().await?;
    println!("{email} may not sign in any more");
    Ok(())
}

/// The role that somebody names on the command line.
fn role(name: &str) -> Result<Role, String> {
    Role::from_name(name).ok_or_else(|| {
        let known = Role::ALL.map(Role::as_str);
        format!("one of {}", known.join(", "))
    })
}

/// The sites that keys name, for somebody with this role; no key is all of them.
async fn visible(
    tx: &mut Tx,
    staff: Uuid,
    role: Role,
    sites: Vec<String>,
) -> anyhow::Result<VisibleSites> {
    for site in &sites {
        let known = store::sites::find(tx, site).await?;
        anyhow::ensure!(known.is_some(), "there is no site \"{site}\"");
    }
    anyhow::ensure!(
        sites.is_empty() || role != Role::Admin,
        "an admin sees all sites"
    );
    if sites.is_empty() {
        return Ok(VisibleSites::All);
    }
    let sites = sites.into_iter().collect();
    Ok(VisibleSites::Of { staff, sites })
}

async fn access(
    records: &Records,
    email: &str,
    role: Role,
    sites: Vec<String>,
) -> anyhow::Result<()> {
    let email = email.trim().to_lowercase();
    let mut tx = records.store.write().await?;
    let staff = known(&mut tx, &email).await?;
    let visible = visible(&mut tx, staff.id, role, sites).await?;
    store::staff::set_access(&mut tx, staff.id, role, &visible).await?;
    let changed = Act::AccessChanged {
        whose: staff.id,
        role,
        visible: visible.clone(),
    };
    write_down(records, &mut tx, &changed).await?;
    tx.commit().await?;
    println!("{email}: {}, {}", role.as_str(), named(&visible));
    Ok(())
}

/// The sites in words.
fn named(visible: &VisibleSites) -> String {
    match visible {
        VisibleSites::All => "all sites".to_owned(),
        VisibleSites::Of { sites, .. } if sites.is_empty() => "no site".to_owned(),
        VisibleSites::Of { sites, .. } => {
            let sites: Vec<&str> = sites.iter().map(String::as_str).collect();
            sites.join(", ")
        }
    }
}

async fn list(records: &Records, as_json: bool) -> anyhow::Result<()> {
    let mut tx = records.store.read().await?;
    let everybody = store::staff::everybody(&mut tx).await?;
    tx.rollback().await?;
    if as_json {
        let everybody: Vec<Value> = everybody.iter().map(to_json).collect();
        println!("{}", Value::from(everybody));
        return Ok(());
    }
    for staff in &everybody {
        let (role, sites) = (staff.role.as_str(), named(&staff.visible));
        println!("{:<6} {}  {}  {sites}", role, staff.email, staff.name);
    }
    Ok(())
}

fn to_json(staff: &Staff) -> Value {
    let sites = match &staff.visible {
        VisibleSites::All => None,
        VisibleSites::Of { sites, .. } => Some(sites),
    };
    json!({ "email": staff.email, "name": staff.name, "role": staff.role.as_str(), "sites": sites, "codes": staff.has_codes })
}

/// Who is to be added.
struct Wish<'a> {
    email: &'a str,
    name: Option<String>,
    role: Option<Role>,
    sites: Vec<String>,
}

async fn add(records: &Records, wish: Wish<'_>, from_stdin: bool) -> anyhow::Result<()> {
    let email = wish.email.trim().to_lowercase();
    anyhow::ensure!(
        validate_email(&email, &Limits::default()).is_none(),
        "\"{email}\" is not an e-mail address"
    );
    let (secret, was_made) = secret(from_stdin)?;
    let name = wish
        .name
        .unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    let password_hash = password::hash(secret.clone()).await?;
    let mut tx = records.store.write().await?;
    // Somebody has to be able to let others in.
    let is_first = store::staff::count_admins(&mut tx).await? == 0;
    let by_default = if is_first { Role::Admin } else { Role::Agent };
    let (id, role) = (ids::new_id(), wish.role.unwrap_or(by_default));
    let staff = Staff {
        id,
        email,
        name,
        password_hash,
        role,
        visible: visible(&mut tx, id, role, wish.sites).await?,
        has_codes: false,
    };
    let is_new = store::staff::insert(&mut tx, &staff, records.clock.now()).await?;
    anyhow::ensure!(
        is_new,
        "{} has an account already: `cornerdesk staff password {}` sets a new password",
        staff.email,
        staff.email
    );
    let added = Act::Added {
        whom: staff.id,
        role,
        visible: staff.visible.clone(),
    };
    write_down(records, &mut tx, &added).await?;
    tx.commit().await?;
    let (role, sites) = (staff.role.as_str(), named(&staff.visible));
    println!("{} may sign in at /desk ({role}, {sites})", staff.email);
    tell(&secret, was_made);
    Ok(())
}

async fn set_password(records: &Records, email: &str, from_stdin: bool) -> anyhow::Result<()> {
    let email = email.trim().to_lowercase();
    let (secret, was_made) = secret(from_stdin)?;
    let hash = password::hash(secret.clone()).await?;
    let mut tx = records.store.write().await?;
    let staff = known(&mut tx, &email).await?;
    store::staff::set_password(&mut tx, &email, &hash).await?;
    write_down(records, &mut tx, &Act::PasswordChanged(staff.id)).await?;
    tx.commit().await?;
    println!("{email} has a new password; earlier sessions have ended");
    tell(&secret, was_made);
    Ok(())
}

/// A password and whether it was made here. Passwords are never taken from the command line, where every process can read them.
fn secret(from_stdin: bool) -> anyhow::Result<(String, bool)> {
    if !from_stdin {
        return Ok((ids::new_password(), true));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

fn tell(secret: &str, was_made: bool) {
    if was_made {
        println!("password: {secret}\n(it is not kept and will not be shown again)");
    }
}
