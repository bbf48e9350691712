//! Child processes that cannot outlive the tests, and signals to them.
//!
//! The kernel sends a child its parent-death signal when the *thread* that spawned it ends. Tests run on threads
//! that come and go, so one thread, which lives as long as the process, spawns for all of them.

use std::{
    fs, io,
    os::unix::{fs::MetadataExt, process::CommandExt},
    process::{Child, Command},
    sync::{OnceLock, mpsc},
    thread,
};

/// A signal, by the name people know it by.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// Dies without a chance to do anything.
    Kill,
    /// Please end.
    Terminate,
    /// PostgreSQL's immediate shutdown: kills its children and gives shared memory back.
    Quit,
    /// Stops where it stands.
    Stop,
}

impl Signal {
    fn number(self) -> libc::c_int {
        match self {
            Self::Kill => libc::SIGKILL,
            Self::Terminate => libc::SIGTERM,
            Self::Quit => libc::SIGQUIT,
            Self::Stop => libc::SIGSTOP,
        }
    }
}

struct Birth {
    command: Command,
    at_our_death: Signal,
    child: mpsc::SyncSender<io::Result<Child>>,
}

/// Starts `command` as a child that gets `at_our_death` when this process ends, however it ends.
pub fn spawn(command: Command, at_our_death: Signal) -> io::Result<Child> {
    static NURSERY: OnceLock<mpsc::Sender<Birth>> = OnceLock::new();
    let nursery = NURSERY.get_or_init(|| {
        let (births, requests) = mpsc::channel::<Birth>();
        thread::spawn(move || {
            // Never ends: the sender is static.
            for birth in requests {
                let child = spawn_here(birth.command, birth.at_our_death);
                // Nobody waits any more only if the asking thread died.
                let _ = birth.child.send(child);
            }
        });
        births
    });
    let (child, spawned) = mpsc::sync_channel(1);
    let birth = Birth {
        command,
        at_our_death,
        child,
    };
    nursery
        .send(birth)
        .map_err(|_| io::Error::other("the spawning thread is gone"))?;
    spawned
        .recv()
        .map_err(|_| io::Error::other("the spawning thread is gone"))?
}

#[expect(
    unsafe_code,
    reason = "pre_exec and prctl have no safe form; the closure only makes async-signal-safe calls"
)]
fn spawn_here(mut command: Command, at_our_death: Signal) -> io::Result<Child> {
    let parent = std::process::id();
    let signal = at_our_death.number();
    // SAFETY: between fork and exec only prctl and getppid are called, both async-signal-safe. The standard library runs
    // this after it changed user and group; a change of credentials would clear the parent-death signal.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, signal) != 0 {
                return Err(io::Error::last_os_error());
            }
            if libc::getppid().cast_unsigned() != parent {
                return Err(io::Error::other("the tests ended while a child was born"));
            }
            Ok(())
        });
    }
    command.spawn()
}

/// Sends `signal` to a child of ours.
#[expect(unsafe_code, reason = "kill has no safe form in std")]
pub fn send(signal: Signal, pid: u32) {
    // SAFETY: kill touches no memory of ours; the pid is of a child that we have not yet waited for.
    let result = unsafe { libc::kill(pid.cast_signed(), signal.number()) };
    assert_eq!(result, 0, "{signal:?} to process {pid}");
}

/// A user that a server which refuses to run as root can run as.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// The account to drop to when we are root: the first of `names` that exists. `None` when we are not root.
pub fn account_instead_of_root(names: &[&str]) -> Option<Account> {
    let we_are_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !we_are_root {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").expect("/etc/passwd is readable");
    let account = names.iter().find_map(|name| {
        let line = passwd
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        let uid = fields.next()?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    });
    Some(
        account
            .unwrap_or_else(|| panic!("running as root, and none of the users {names:?} exists")),
    )
}

/// The process that started `pid`; `None` when there is no such process.
pub fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(") ")?.1;
    after_name.split(' ').nth(1)?.parse().ok()
}

/// Memory that `pid` has resident now, in bytes; `None` when there is no such process.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// When `pid` was started, in clock ticks since boot; `None` when there is no such process.
///
/// Together with the pid it names a process even after the pid is used again.
pub fn started_at_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(") ")?.1;
    after_name.split(' ').nth(19)?.parse().ok()
}
