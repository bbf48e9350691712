//! Our own PostgreSQL, started from the installed binaries, one database per test.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{
    awaiting::{eventually, eventually_blocking},
    process::{self, Account, Signal},
    ready, scratch,
};

/// Who may do everything, row-level security or not.
const SUPERUSER: &str = "postgres";
/// Who the databases belong to: somebody whom row-level security stops.
const OWNER: &str = "cornerdesk";
const START_UP: Duration = Duration::from_secs(30);

/// What the server promises about a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As in production; for tests about faults.
    Full,
    /// Nothing reaches the disk in time; for tests about everything else.
    None,
}

/// A running PostgreSQL server that belongs to this test process.
#[derive(Debug)]
pub struct Postgres {
    binaries: PathBuf,
    data_folder: PathBuf,
    socket_folder: PathBuf,
    account: Option<Account>,
    durability: Durability,
    /// Ends with this process.
    server: Child,
    /// A database with the schema in it, of which others are made.
    ready: OnceLock<String>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        process::send(Signal::Quit, self.server.id());
        // Its files are swept by the next run; it must not write to them then.
        let _ = self.server.wait();
    }
}

impl Postgres {
    /// The server of this process, started at the first call.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start: tests on PostgreSQL are never skipped.
    pub fn shared(durability: Durability) -> &'static Self {
        static DURABLE: OnceLock<Postgres> = OnceLock::new();
        static FAST: OnceLock<Postgres> = OnceLock::new();
        let server = match durability {
            Durability::Full => &DURABLE,
            Durability::None => &FAST,
        };
        server.get_or_init(|| Self::start(durability))
    }

    /// Makes an empty database and returns its URL.
    pub fn create_database(&self) -> String {
        self.url(&self.create_from("template0"))
    }

    /// Makes a database with the schema in it and returns its URL.
    pub fn create_ready_database(&self) -> String {
        let ready = self.ready.get_or_init(|| {
            let name = self.create_from("template0");
            ready::bring_up_to_date(&self.url(&name));
            name
        });
        self.url(&self.create_from(ready))
    }

    fn create_from(&self, template: &str) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut command = Command::new(self.binaries.join("createdb"));
        command.arg("--host").arg(&self.socket_folder).args([
            "--username",
            SUPERUSER,
            "--owner",
            OWNER,
            "--template",
            template,
            &name,
        ]);
        run(command);
        name
    }

    fn url(&self, name: &str) -> String {
        let socket_folder = self.socket_folder.display();
        format!("postgres://{OWNER}@localhost/{name}?host={socket_folder}")
    }

    /// Starts a server of one's own, for tests that do to it what others would suffer from.
    ///
    /// # Panics
    ///
    /// Like [`Self::shared`].
    pub fn start(durability: Durability) -> Self {
        let binaries = installed_binaries();
        let account = process::account_instead_of_root(&["postgres", "nobody"]);
        let data_folder = scratch::folder_reachable_by_others("postgres", false);
        // The path of a socket may have 107 bytes.
        let socket_folder = scratch::folder_reachable_by_others("s", true);
        for folder in [&data_folder, &socket_folder] {
            give_to(account, folder);
        }
        initialise(&binaries, account, &data_folder);
        let server = serve(&binaries, account, &data_folder, &socket_folder, durability);
        let started = Self {
            binaries,
            data_folder,
            socket_folder,
            account,
            durability,
            server,
            ready: OnceLock::new(),
        };
        eventually_blocking(START_UP, "PostgreSQL to accept", || started.accepts());
        let mut command = Command::new(started.binaries.join("createuser"));
        command.arg("--host").arg(&started.socket_folder);
        command.args(["--username", SUPERUSER, OWNER]);
        run(command);
        started
    }

    /// The words with which an operator lets a database be copied (row-level security would stop its owner) into a file, in the state that
    /// is called as the service says.
    pub fn dump_command(url: &str, file: &Path) -> Vec<String> {
        let program = installed_binaries().join("pg_dump");
        let (program, file) = (program.display(), file.display());
        vec![
            program.to_string(),
            "--snapshot={snapshot}".to_owned(),
            "--format=custom".to_owned(),
            format!("--file={file}"),
            as_superuser(url),
        ]
    }

    /// Puts such a copy into an empty database.
    pub fn restore(url: &str, file: &Path) {
        let mut command = Command::new(installed_binaries().join("pg_restore"));
        command.args(["--exit-on-error", "--dbname", url]).arg(file);
        run(command);
    }

    /// What `pg_ctl restart -m immediate` does: nothing that runs is ended in order.
    pub async fn restart_immediately(&mut self) {
        process::send(Signal::Quit, self.server.id());
        eventually(START_UP, "PostgreSQL to end", async || {
            let status = self.server.try_wait();
            status.expect("a child can be waited for")
        })
        .await;
        self.server = serve(
            &self.binaries,
            self.account,
            &self.data_folder,
            &self.socket_folder,
            self.durability,
        );
        eventually(START_UP, "PostgreSQL to accept", async || self.accepts()).await;
    }

    fn accepts(&self) -> Option<()> {
        let mut command = Command::new(self.binaries.join("pg_isready"));
        command
            .arg("--quiet")
            .arg("--host")
            .arg(&self.socket_folder);
        let status = command.status().expect("pg_isready can be run");
        status.success().then_some(())
    }
}

fn initialise(binaries: &Path, account: Option<Account>, data_folder: &Path) {
    let mut initdb = Command::new(binaries.join("initdb"));
    initdb
        .args(["--no-sync", "--auth", "trust", "--username", "postgres"])
        .args(["--encoding", "UTF8", "--locale", "C", "--pgdata"])
        .arg(data_folder);
    run(as_account(initdb, account, data_folder));
}

fn serve(
    binaries: &Path,
    account: Option<Account>,
    data_folder: &Path,
    socket_folder: &Path,
    durability: Durability,
) -> Child {
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories={}", socket_folder.display()),
        "max_connections=300".to_owned(),
        format!("shared_buffers={}", shared_buffers()),
    ];
    if durability == Durability::None {
        settings.push("fsync=off".to_owned());
        settings.push("full_page_writes=off".to_owned());
    }
    let log =
        fs::File::create(socket_folder.join("log")).expect("the log of PostgreSQL can be made");
    let mut postgres = Command::new(binaries.join("postgres"));
    postgres.arg("-D").arg(data_folder);
    for setting in settings {
        postgres.arg("-c").arg(setting);
    }
    postgres
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    process::spawn(as_account(postgres, account, data_folder), Signal::Quit)
        .expect("postgres can be started")
}

/// The address of the same database for somebody who may do everything.
pub fn as_superuser(url: &str) -> String {
    url.replacen(OWNER, SUPERUSER, 1)
}

/// Memory of the server: little, since several run at once; benchmarks say what a server with so many tickets has (`CORNERDESK_SHARED_BUFFERS`).
fn shared_buffers() -> String {
    std::env::var("CORNERDESK_SHARED_BUFFERS").unwrap_or_else(|_| "64MB".to_owned())
}

const PROGRAMS: [&str; 5] = ["initdb", "postgres", "pg_isready", "createdb", "createuser"];

/// Finds the folder with our [`PROGRAMS`]: `CORNERDESK_POSTGRES_BIN`, else `PATH`, else where Debian puts it.
fn installed_binaries() -> PathBuf {
    let named = std::env::var_os("CORNERDESK_POSTGRES_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    debian.sort();
    named
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(debian.into_iter().rev().map(|(_, folder)| folder.join("bin")))
        .find(|folder| PROGRAMS.iter().all(|program| folder.join(program).is_file()))
        .expect(
            "PostgreSQL is not installed: no initdb, postgres, pg_isready, createdb and createuser in CORNERDESK_POSTGRES_BIN, PATH or /usr/lib/postgresql. \
             Install it (Debian: apt-get install postgresql); these tests are not skipped",
        )
}

fn give_to(account: Option<Account>, folder: &Path) {
    if let Some(Account { uid, gid }) = account {
        chown(folder, Some(uid), Some(gid)).expect("root can give a folder away");
    }
}

fn as_account(mut command: Command, account: Option<Account>, folder: &Path) -> Command {
    if let Some(Account { uid, gid }) = account {
        command.uid(uid).gid(gid);
    }
    command.current_dir(folder);
    command
}

fn run(mut command: Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {complaint}");
}
