//! `cornerdesk staff add|password|remove`.

use std::io::BufRead;

use clap::Subcommand;
use cornerdesk_shared::{limits::Limits, validation::validate_email};

use super::Records;
use crate::{
    desk::password,
    ids,
    store::{self, staff::Staff},
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
        /// Read the password (15 characters or more) from standard input, instead of making one and printing it once.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set a new password and end the person's sessions.
    Password {
        /// The address to sign in with.
        email: String,
        /// Read the password (15 characters or more) from standard input, instead of making one and printing it once.
        #[arg(long)]
        password_stdin: bool,
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
            password_stdin,
        } => add(records, &email, name, password_stdin).await,
        Command::Password {
            email,
            password_stdin,
        } => set_password(records, &email, password_stdin).await,
        Command::Remove { email } => remove(records, &email).await,
    }
}

async fn remove(records: &Records, email: &str) -> anyhow::Result<()> {
    let email = email.trim().to_lowercase();
    let mut tx = records.store.write().await?;
    anyhow::ensure!(
        store::staff::delete(&mut tx, &email).await?,
        "nobody has the address {email}"
    );
    tx.commit().await?;
    println!("{email} may not sign in any more");
    Ok(())
}

async fn add(
    records: &Records,
    email: &str,
    name: Option<String>,
    from_stdin: bool,
) -> anyhow::Result<()> {
    let email = email.trim().to_lowercase();
    anyhow::ensure!(
        validate_email(&email, &Limits::default()).is_none(),
        "\"{email}\" is not an e-mail address"
    );
    let (secret, was_made) = secret(from_stdin)?;
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    let staff = Staff {
        id: ids::new_id(),
        email,
        name,
        password_hash: password::hash(secret.clone()).await?,
    };
    let mut tx = records.store.write().await?;
    let is_new = store::staff::insert(&mut tx, &staff, records.clock.now()).await?;
    anyhow::ensure!(
        is_new,
        "{} has an account already: `cornerdesk staff password {}` sets a new password",
        staff.email,
        staff.email
    );
    tx.commit().await?;
    println!("{} may sign in at /desk", staff.email);
    tell(&secret, was_made);
    Ok(())
}

async fn set_password(records: &Records, email: &str, from_stdin: bool) -> anyhow::Result<()> {
    let email = email.trim().to_lowercase();
    let (secret, was_made) = secret(from_stdin)?;
    let hash = password::hash(secret.clone()).await?;
    let mut tx = records.store.write().await?;
    anyhow::ensure!(
        store::staff::set_password(&mut tx, &email, &hash).await?,
        "nobody has the address {email}"
    );
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
