//! The real binary: started on a free port, watched, killed, started again.

mod binary;
mod commands;
mod configuration;
mod files;
mod staff;
mod storage;
mod worker;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

pub use binary::cornerdesk as binary;
pub use configuration::{Database, Setup};
pub use staff::Staff;
pub use worker::Worker;

use crate::{
    client::Client,
    disk::Disk,
    eventually,
    failing_disk::{FailingDisk, Failure},
    false_time::FalseTime,
    process::{self, Signal},
    ready, scratch,
};

const START_UP: Duration = Duration::from_secs(20);
const SHUT_DOWN: Duration = Duration::from_secs(40);
/// A job that is under way is due again when its lease ends.
const LONGEST_LEASE: Duration = Duration::from_secs(5);

/// The site that every service under test has.
pub const SITE: &str = "acme";

/// Who signs in to the desk, after [`Service::add_staff`].
pub const STAFF_EMAIL: &str = "sam@acme.example";
/// Their password.
pub const STAFF_PASSWORD: &str = "correct-horse-battery";

/// A service that was started, and everything that belongs to it.
#[derive(Debug)]
pub struct Service {
    folder: PathBuf,
    is_demo: bool,
    runs_jobs: bool,
    flag: Option<&'static str>,
    child: Option<Child>,
    address: String,
    /// Where the data folder is; in `folder` when there is none.
    disk: Option<Disk>,
    false_time: Option<FalseTime>,
    failing_disk: Option<FailingDisk>,
    /// Where the data folder is when it is shared with other services.
    shared_data: Option<PathBuf>,
    /// Whether its key file is its own.
    has_own_key: bool,
    /// Environment variables.
    variables: Vec<(String, String)>,
}

impl Service {
    /// Starts a service with one site and nowhere to send mail to.
    pub async fn start(database: Database) -> Self {
        Self::start_with(Setup::new(database)).await
    }

    /// Starts a service as `setup` says.
    ///
    /// # Panics
    ///
    /// With the service's log, when it is not ready in time.
    pub async fn start_with(setup: Setup) -> Self {
        let mut service = Self::prepare_ready(&setup);
        service.run(&setup.listen).await;
        service
    }

    /// Like [`Self::start_with`], with the data folder on a disk of its own.
    pub async fn start_on(disk: Disk, setup: Setup) -> Self {
        let mut service = Self::prepare(&setup);
        service.disk = Some(disk);
        service.run(&setup.listen).await;
        service
    }

    /// Like [`Self::start_with`], in a time of day that [`Self::advance`] puts forward.
    pub async fn start_in_false_time(setup: Setup) -> Self {
        let mut service = Self::prepare_ready(&setup);
        service.false_time = Some(FalseTime::new(&service.folder));
        service.run(&setup.listen).await;
        service
    }

    /// Like [`Self::start_in_false_time`], beginning at an instant (RFC 3339).
    pub async fn start_at(setup: Setup, instant: &str) -> Self {
        let mut service = Self::prepare_ready(&setup);
        service.false_time = Some(FalseTime::at(&service.folder, instant));
        service.run(&setup.listen).await;
        service
    }

    /// Like [`Self::start_with`], with a disk that [`Self::fail_calls`] lets fail.
    pub async fn start_on_a_failing_disk(setup: Setup) -> Self {
        let mut service = Self::prepare_ready(&setup);
        service.failing_disk = Some(FailingDisk::new(&service.folder));
        service.run(&setup.listen).await;
        service
    }

    /// Lets one write or synchronisation of ten fail.
    ///
    /// # Panics
    ///
    /// Unless it was started by [`Self::start_on_a_failing_disk`].
    pub fn fail_calls(&self, failure: Failure) {
        let disk = self.failing_disk.as_ref().expect("a failing disk");
        disk.fail(self.pid(), failure);
    }

    /// Lets no call fail any more.
    ///
    /// # Panics
    ///
    /// Unless it was started by [`Self::start_on_a_failing_disk`].
    pub fn heal_calls(&self) {
        let disk = self.failing_disk.as_ref().expect("a failing disk");
        disk.heal(self.pid());
    }

    /// Puts the time of day forward, for the service and its commands, when every job that is due is done: a lease ends by the time of day, so what
    /// was under way when hours pass at once would be done twice.
    ///
    /// # Panics
    ///
    /// Unless it was started by [`Self::start_in_false_time`].
    pub async fn let_pass(&self, span: Duration) {
        self.nothing_due().await;
        self.advance(span);
    }

    /// Waits until no mail and no file has a job that is due or under way.
    ///
    /// # Panics
    ///
    /// Unless it was started by [`Self::start_in_false_time`].
    pub async fn nothing_due(&self) {
        let time = self.false_time.as_ref().expect("a false time");
        eventually(
            Duration::from_secs(60),
            "all that is due to be done",
            async || {
                let soon = time.now() + LONGEST_LEASE;
                let ready = self.jobs("ready");
                let mut due = ready.iter().map(|job| job["available_at"].as_str());
                due.all(|at| at.and_then(|at| at.parse::<jiff::Timestamp>().ok()) > Some(soon))
                    .then_some(())
            },
        )
        .await;
    }

    /// Puts the time of day forward at once, whatever is under way.
    ///
    /// # Panics
    ///
    /// Unless it was started by [`Self::start_in_false_time`].
    pub fn advance(&self, by: Duration) {
        let time = self.false_time.as_ref().expect("a false time");
        time.advance(by);
    }

    /// How far its time is ahead of the machine's.
    ///
    /// # Panics
    ///
    /// Unless it was started by [`Self::start_in_false_time`].
    pub fn ahead(&self) -> Duration {
        let time = self.false_time.as_ref().expect("a false time");
        time.ahead()
    }

    /// Puts the time of day back, for the service and its commands.
    ///
    /// # Panics
    ///
    /// Unless it was started by [`Self::start_in_false_time`].
    pub fn set_back(&self, by: Duration) {
        let time = self.false_time.as_ref().expect("a false time");
        time.set_back(by);
    }

    /// Like [`Self::prepare`], with the schema in its database.
    pub fn prepare_ready(setup: &Setup) -> Self {
        let service = Self::prepare(setup);
        if setup.has_own_file() {
            ready::put_into(&service.data_folder());
        }
        service
    }

    /// Writes the configuration without starting anything: for tests of the command line and of start-up.
    pub fn prepare(setup: &Setup) -> Self {
        let folder = scratch::folder("service");
        let service = Self {
            folder,
            is_demo: setup.is_demo,
            runs_jobs: setup.runs_jobs,
            flag: None,
            child: None,
            address: String::new(),
            disk: None,
            false_time: None,
            failing_disk: None,
            shared_data: setup.data_folder.clone(),
            has_own_key: setup.has_own_key,
            variables: setup.variables.clone(),
        };
        service.configure(setup);
        service
    }

    /// Writes another configuration; it counts from the next start on.
    pub fn configure(&self, setup: &Setup) {
        fs::write(self.folder.join("cornerdesk.toml"), setup.to_toml())
            .expect("the configuration can be written");
    }

    /// The service's own origin, such as `http://127.0.0.1:41234`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Host and port, such as `127.0.0.1:41234`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A caller of the API of [`SITE`].
    pub fn client(&self) -> Client {
        Client::new(&self.origin(), SITE)
    }

    /// Size in bytes of the largest file that the service has open and whose path holds `part`, even when it has no name any more.
    pub fn largest_open_file(&self, part: &str) -> u64 {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("it runs");
        let sizes = open.flatten().filter_map(|entry| {
            let path = std::fs::read_link(entry.path()).ok()?;
            let is_it = path.to_string_lossy().contains(part);
            let file = std::fs::metadata(entry.path()).ok();
            file.filter(|_| is_it).map(|file| file.len())
        });
        sizes.max().unwrap_or(0)
    }

    /// The folder with the database and the attachments.
    pub fn data_folder(&self) -> PathBuf {
        match &self.disk {
            Some(disk) => disk.folder_outside().join("data"),
            None => self
                .shared_data
                .clone()
                .unwrap_or_else(|| self.folder.join("data")),
        }
    }

    /// The disk that the service was started on.
    pub fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("the service has its own disk")
    }

    /// What the service has written to its standard output and standard error so far.
    pub fn log(&self) -> String {
        let log = fs::read(self.log_file()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The id of the running process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the service is running").id()
    }

    /// Most memory that the process ever had resident, in bytes.
    pub fn peak_memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))
            .expect("a running process has a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|value| value.trim().strip_suffix(" kB"));
        kibibytes
            .and_then(|number| number.trim().parse::<u64>().ok())
            .expect("VmHWM is in kB")
            * 1024
    }

    /// Memory that the process and its children have resident now, in bytes.
    pub fn memory_with_children_bytes(&self) -> u64 {
        let own = self.pid();
        let processes = fs::read_dir("/proc").expect("/proc can be read").flatten();
        processes
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| *pid == own || process::parent_of(*pid) == Some(own))
            .map(|pid| process::resident_bytes(pid).unwrap_or_default())
            .sum()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::send(Signal::Kill, child.id());
            child.wait().expect("a killed child can be waited for");
        }
    }

    /// Cuts the power of service and disk; the next start finds what was on the disk at that instant.
    pub fn cut_power(&mut self) {
        self.disk().cut_power();
        self.kill();
        let found = self.disk().found_after_the_cut();
        self.disk = Some(found);
    }

    /// Asks the service to end and waits until it has.
    pub async fn terminate(&mut self) -> ExitStatus {
        process::send(Signal::Terminate, self.pid());
        self.ended().await
    }

    /// Waits until the service has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let child = self.child.as_mut().expect("the service is running");
        let status = eventually(SHUT_DOWN, "the service to end", async || {
            child.try_wait().expect("a child can be waited for")
        })
        .await;
        self.child = None;
        status
    }

    /// Starts a service that was only prepared.
    pub async fn start_prepared(&mut self) {
        self.run("127.0.0.1:0").await;
    }

    /// Starts the service again on the port it had, and returns how long it took until it was ready.
    pub async fn start_again(&mut self) -> Duration {
        let started = Instant::now();
        let address = self.address.clone();
        self.run(&address).await;
        started.elapsed()
    }

    /// Starts it again on the port it had, with one more flag of `serve`.
    pub async fn serve_with(&mut self, flag: &'static str) {
        self.flag = Some(flag);
        self.start_again().await;
    }

    /// Starts a service that is expected to end by itself, and waits until it has.
    pub async fn run_to_its_end(&mut self) -> ExitStatus {
        self.spawn("127.0.0.1:0");
        self.ended().await
    }

    async fn run(&mut self, listen: &str) {
        let log_before = self.log().len();
        self.spawn(listen);
        self.address = self.announced_address(log_before).await;
        self.ready().await;
    }

    fn spawn(&mut self, listen: &str) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_file())
            .expect("the log can be written");
        let mut command = self.executable();
        command
            .arg("serve")
            .args(self.is_demo.then_some("--demo"))
            .args((!self.runs_jobs).then_some("--no-jobs"))
            .args(self.flag)
            .args(self.flags())
            .args(["--listen", listen])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be cloned"))
            .stderr(log);
        let child = process::spawn(command, Signal::Kill).expect("the binary can be started");
        self.child = Some(child);
    }

    /// Waits for the line `listening on http://ADDRESS`.
    async fn announced_address(&mut self, log_before: usize) -> String {
        self.while_running("the service to say where it listens", async |service| {
            let log = service.log();
            let announcement = log[log_before..].split("listening on http://").nth(1)?;
            // Only a complete line holds the whole address.
            announcement.contains('\n').then(|| {
                let end = announcement.find(|c: char| c.is_whitespace() || c == '/');
                announcement[..end.unwrap_or(announcement.len())].to_owned()
            })
        })
        .await
    }

    async fn ready(&mut self) {
        let url = self.url("/readyz");
        self.while_running("the service to be ready", async |_| {
            let response = reqwest::get(&url).await.ok()?;
            response.status().is_success().then_some(())
        })
        .await;
    }

    /// Probes until there is an answer; panics with the log when the service ends or the time is up.
    async fn while_running<T>(
        &mut self,
        what: &str,
        mut probe: impl AsyncFnMut(&Self) -> Option<T>,
    ) -> T {
        let started = Instant::now();
        eventually(START_UP * 2, what, async || {
            if let Some(answer) = probe(self).await {
                return Some(answer);
            }
            let child = self.child.as_mut().expect("the service was started");
            let status = child.try_wait().expect("a child can be waited for");
            let in_time = status.is_none() && started.elapsed() < START_UP;
            assert!(in_time, "{what}: {status:?}\n{}", self.log());
            None
        })
        .await
    }

    fn executable(&self) -> Command {
        let mut command = match &self.disk {
            Some(disk) => disk.bring_in(binary::cornerdesk()),
            None => Command::new(binary::cornerdesk()),
        };
        command.current_dir(&self.folder);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if !self.has_own_key && !self.is_demo {
            command.env("CORNERDESK_KEY_FILE", shared_key());
        }
        if let Some(time) = &self.false_time {
            time.rule(&mut command);
        }
        if let Some(disk) = &self.failing_disk {
            disk.rule(&mut command);
        }
        command
    }

    fn flags(&self) -> Vec<PathBuf> {
        let flag = |name: &str| Path::new(name).to_owned();
        let data_folder = match &self.disk {
            Some(disk) => disk.folder_inside().join("data"),
            None => self.data_folder(),
        };
        let mut flags = vec![flag("--data"), data_folder];
        if !self.is_demo {
            flags.extend([flag("--config"), self.folder.join("cornerdesk.toml")]);
        }
        flags
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!(
                "--- log of the service at {} ---\n{}",
                self.address,
                self.log()
            );
        } else {
            // What is left over is swept by the next run.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The key file of all services under test that have none of their own.
pub fn shared_key() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let file = scratch::folder("key").join("sealing.key");
        fs::write(&file, "5e".repeat(32)).expect("the key can be written");
        file
    })
}
