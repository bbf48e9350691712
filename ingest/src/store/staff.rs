//! Staff.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, Tx, expect_rows, instant, list_statements, sessions::TokenHash, tx::on};
use crate::staff::{Role, VisibleSites};

list_statements! {
    PRESENT = "
        select staff_id, name from staff where left_at is null order by name, staff_id
    ";
    INSERT = "
        insert into staff (staff_id, email, name, password_hash, created_at, role, all_sites)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (email) do nothing
    ";
    FIND = "
        select staff_id, email, name, password_hash, role, all_sites, totp_since from staff where staff_id = $1
    ";
    GIVE_PASSWORD = "
        update staff set name = $2, password_hash = $3 where staff_id = $1 and left_at is null
    ";
    LEAVE = "
        update staff
        set left_at = $2, password_hash = '', totp_secret = null, totp_since = null, totp_step = null
        where staff_id = $1 and left_at is null
    ";
    COME_BACK = "
        update staff set left_at = null where email = $1 and left_at is not null
    ";
    SITES_OF = "
        select site_id from staff_sites where staff_id = $1
    ";
    SITES_OF_EVERYBODY = "
        select staff_sites.staff_id, staff_sites.site_id
        from staff_sites
        join staff on staff.staff_id = staff_sites.staff_id
        where staff.left_at is null
    ";
    FORGET_SITES = "
        delete from staff_sites where staff_id = $1
    ";
    ADD_SITE = "
        insert into staff_sites (staff_id, site_id) values ($1, $2)
    ";
    SET_ACCESS = "
        update staff set role = $2, all_sites = $3 where staff_id = $1
    ";
    SET_PASSWORD = "
        update staff set password_hash = $2 where email = $1
    ";
    FIND_BY_EMAIL = "
        select staff_id, email, name, password_hash, role, all_sites, totp_since from staff where email = $1 and left_at is null
    ";
    EVERYBODY = "
        select staff_id, email, name, password_hash, role, all_sites, totp_since from staff where left_at is null order by name, email
    ";
    NAMES = "
        select staff_id, name from staff
    ";
    COUNT_ADMINS = "
        select count(*) from staff where role = 'admin' and left_at is null
            and (password_hash <> '' or exists (select 1 from staff_identities where staff_identities.staff_id = staff.staff_id))
    ";
    FIND_BY_SESSION = "
        select staff.staff_id, staff.email, staff.name, staff.password_hash, staff.role, staff.all_sites, staff.totp_since,
            coalesce(staff_sessions.last_used_at, staff_sessions.created_at) as last_used_at,
            staff_sessions.by_provider,
            (select value from desk_rules where rule = 'codes') as codes_rule
        from staff_sessions
        join staff on staff.staff_id = staff_sessions.staff_id
        where staff_sessions.token_hash = $1 and staff_sessions.expires_at > $2 and staff.left_at is null
            and coalesce(staff_sessions.last_used_at, staff_sessions.created_at) > $3
    ";
    CLOSE_SESSIONS_OF = "
        delete from staff_sessions where staff_id = (select staff_id from staff where email = $1)
    ";
    DELETE = "
        delete from staff where email = $1
    ";
}

/// One of the people who answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Staff {
    /// Internal id.
    pub id: Uuid,
    /// Small letters.
    pub email: String,
    /// As colleagues know them.
    pub name: String,
    /// PHC string; empty as long as they have none.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
    /// Whose tickets they get to see.
    pub visible: VisibleSites,
    /// Does a code belong to their sign-in?
    pub has_codes: bool,
}

/// Somebody who is signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub staff: Staff,
    /// When their session was used last, to within some minutes.
    pub last_used_at: Timestamp,
    /// Has everybody to sign in with a code?
    pub codes_are_asked: bool,
    /// Did the session begin with the word of a provider, who asks for codes by itself?
    pub by_provider: bool,
}

#[derive(sqlx::FromRow)]
struct SignedInRow {
    #[sqlx(flatten)]
    staff: Row,
    last_used_at: i64,
    by_provider: Option<i32>,
    codes_rule: Option<i32>,
}

#[derive(sqlx::FromRow)]
struct Row {
    staff_id: Uuid,
    email: String,
    name: String,
    password_hash: String,
    role: String,
    all_sites: i32,
    totp_since: Option<i64>,
}

impl Row {
    /// Whatever sites are named for them: from who says what others see nothing is kept.
    fn sees_all(&self) -> bool {
        self.all_sites == 1 || self.role == Role::Admin.as_str()
    }

    /// The person, for whom these sites are named. The only place that says who sees which.
    fn with_sites(self, sites: BTreeSet<String>) -> Result<Staff, StoreError> {
        let role = Role::from_name(&self.role).ok_or(StoreError::Corrupt {
            table: "staff",
            fault: "an unknown role",
        })?;
        let visible = if self.sees_all() {
            VisibleSites::All
        } else {
            VisibleSites::Of {
                staff: self.staff_id,
                sites,
            }
        };
        Ok(Staff {
            id: self.staff_id,
            email: self.email,
            name: self.name,
            password_hash: self.password_hash,
            role,
            visible,
            has_codes: self.totp_since.is_some(),
        })
    }
}

/// The person of a row, with their sites.
async fn whole(tx: &mut Tx, row: Row) -> Result<Staff, StoreError> {
    if row.sees_all() {
        return row.with_sites(BTreeSet::new());
    }
    let sites: Vec<String> = on!(tx, |conn| sqlx::query_scalar(SITES_OF)
        .bind(row.staff_id)
        .fetch_all(conn)
        .await)?;
    row.with_sites(sites.into_iter().collect())
}

/// Writes down what somebody may do and whose tickets they see; `false` when nobody has the id.
///
/// # Errors
/// When the database fails, or has no such site.
pub async fn set_access(
    tx: &mut Tx,
    id: Uuid,
    role: Role,
    visible: &VisibleSites,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SET_ACCESS)
        .bind(id)
        .bind(role.as_str())
        .bind(visible.all_flag())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        put_sites(tx, id, visible).await?;
    }
    Ok(rows == 1)
}

async fn put_sites(tx: &mut Tx, id: Uuid, visible: &VisibleSites) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(FORGET_SITES)
        .bind(id)
        .execute(conn)
        .await
        .map(drop))?;
    let VisibleSites::Of { sites, .. } = visible else {
        return Ok(());
    };
    for site in sites {
        on!(tx, |conn| sqlx::query(ADD_SITE)
            .bind(id)
            .bind(site)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Adds a person; `false` when somebody has the address already.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, staff: &Staff, now: Timestamp) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(INSERT)
        .bind(staff.id)
        .bind(&staff.email)
        .bind(&staff.name)
        .bind(&staff.password_hash)
        .bind(now.as_microsecond())
        .bind(staff.role.as_str())
        .bind(staff.visible.all_flag())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        put_sites(tx, staff.id, &staff.visible).await?;
    }
    Ok(rows == 1)
}

/// Sets a new password and ends the person's sessions; `false` when nobody has the address.
///
/// # Errors
/// When the database fails.
pub async fn set_password(
    tx: &mut Tx,
    email: &str,
    password_hash: &str,
) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(SET_PASSWORD)
        .bind(email)
        .bind(password_hash)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    on!(tx, |conn| sqlx::query(CLOSE_SESSIONS_OF)
        .bind(email)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(rows == 1)
}

/// Takes a person's account away, with their sessions; `false` when nobody has the address.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, email: &str) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(DELETE)
        .bind(email)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// A person by address (small letters).
///
/// # Errors
/// When the database fails.
pub async fn find_by_email(tx: &mut Tx, email: &str) -> Result<Option<Staff>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND_BY_EMAIL)
        .bind(email)
        .fetch_optional(conn)
        .await)?;
    match row {
        Some(row) => whole(tx, row).await.map(Some),
        None => Ok(None),
    }
}

/// Everybody who may sign in, by name, in two statements however many they are: the page of a ticket asks.
///
/// # Errors
/// When the database fails.
pub async fn everybody(tx: &mut Tx) -> Result<Vec<Staff>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(EVERYBODY).fetch_all(conn).await)?;
    let pairs: Vec<(Uuid, String)> = on!(tx, |conn| sqlx::query_as(SITES_OF_EVERYBODY)
        .fetch_all(conn)
        .await)?;
    let mut sites: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    for (whose, site) in pairs {
        sites.entry(whose).or_default().insert(site);
    }
    rows.into_iter()
        .map(|row| {
            let own = sites.remove(&row.staff_id).unwrap_or_default();
            row.with_sites(own)
        })
        .collect()
}

/// Everybody's name, also of those who have left.
///
/// # Errors
/// When the database fails.
pub async fn names(tx: &mut Tx) -> Result<Vec<(Uuid, String)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(NAMES).fetch_all(conn).await)?)
}

/// How many admins can sign in. There is always one, or nobody could let others in.
///
/// # Errors
/// When the database fails.
pub async fn count_admins(tx: &mut Tx) -> Result<u64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT_ADMINS)
        .fetch_one(conn)
        .await)?;
    super::unsigned("staff", count)
}

/// Whose session it is, unless it has ended: was used last before `used_after`, or is over.
///
/// # Errors
/// When the database fails.
pub async fn find_by_session(
    tx: &mut Tx,
    token_hash: TokenHash,
    used_after: Timestamp,
    now: Timestamp,
) -> Result<Option<SignedIn>, StoreError> {
    let row: Option<SignedInRow> = on!(tx, |conn| sqlx::query_as(FIND_BY_SESSION)
        .bind(token_hash.as_slice())
        .bind(now.as_microsecond())
        .bind(used_after.as_microsecond())
        .fetch_optional(conn)
        .await)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(SignedIn {
        staff: whole(tx, row.staff).await?,
        last_used_at: instant("staff_sessions", row.last_used_at)?,
        codes_are_asked: row.codes_rule == Some(1),
        by_provider: row.by_provider == Some(1),
    }))
}

/// Somebody by their id, also when they have left.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<Staff>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(FIND)
        .bind(id)
        .fetch_optional(conn)
        .await)?;
    match row {
        Some(row) => whole(tx, row).await.map(Some),
        None => Ok(None),
    }
}

/// Gives somebody a password, and a name with the first one.
///
/// # Errors
/// When the database fails, or nobody who has not left has the id.
pub async fn give_password(
    tx: &mut Tx,
    id: Uuid,
    name: &str,
    password_hash: &str,
) -> Result<(), StoreError> {
    let rows = on!(tx, |conn| sqlx::query(GIVE_PASSWORD)
        .bind(id)
        .bind(name)
        .bind(password_hash)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    expect_rows(rows, 1)
}

/// Lets somebody sign in no more. Their name stays where they did something; `false` when they had left already.
///
/// # Errors
/// When the database fails.
pub async fn leave(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(LEAVE)
        .bind(id)
        .bind(now.as_microsecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Lets somebody who has left be invited again; `false` when nobody with the address has.
///
/// # Errors
/// When the database fails.
pub async fn come_back(tx: &mut Tx, email: &str) -> Result<bool, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(COME_BACK)
        .bind(email)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Everybody who may sign in, by name.
///
/// # Errors
/// When the database fails.
pub async fn present(tx: &mut Tx) -> Result<Vec<(Uuid, String)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(PRESENT)
        .fetch_all(conn)
        .await)?)
}
