//! A real Dovecot with one mailbox, with a configuration and folders of its own. Needs root, as Dovecot does to be several users.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{
    awaiting::eventually_blocking,
    process::{self, Signal},
    scratch,
};

const START_UP: Duration = Duration::from_secs(30);
/// Who has the mailbox.
const USER: &str = "reply";
const PASSWORD: &str = "open-sesame";

/// A running Dovecot that belongs to this test process.
#[derive(Debug)]
pub struct Dovecot {
    folder: PathBuf,
    port: u16,
    owner: u32,
    master: Child,
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        process::send(Signal::Terminate, self.master.id());
        let _ = self.master.wait();
        if std::thread::panicking() {
            eprintln!("--- log of Dovecot ---\n{}", self.log());
        }
    }
}

impl Dovecot {
    /// Starts a server with an empty mailbox.
    ///
    /// # Panics
    ///
    /// When Dovecot is not installed or we are not root: these tests are not skipped.
    pub fn start() -> Self {
        let folder = scratch::folder_reachable_by_others("dovecot", false);
        let account = process::account_instead_of_root(&["nobody"]).expect("Dovecot needs root");
        let port = free_port();
        configure(&folder, port, account.uid);
        let log = fs::File::create(folder.join("log")).expect("the log can be made");
        let mut master = Command::new("dovecot");
        master
            .arg("-F")
            .arg("-c")
            .arg(folder.join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be cloned"))
            .stderr(log);
        let master = process::spawn(master, Signal::Terminate).expect(
            "Dovecot is installed (Debian: apt-get install dovecot-imapd); these tests are not skipped",
        );
        let started = Self {
            folder,
            port,
            owner: account.uid,
            master,
        };
        eventually_blocking(START_UP, "Dovecot to accept", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        started
    }

    /// The URL for the service's configuration.
    pub fn url(&self) -> String {
        format!("imap://{USER}:open-sesame@127.0.0.1:{}", self.port)
    }

    /// Puts a mail into the mailbox, as whoever delivers there does.
    pub fn deliver(&self, name: &str, mail: &str) {
        let (part, whole) = (
            self.mailbox().join("tmp").join(name),
            self.mailbox().join("new").join(name),
        );
        fs::write(&part, mail).expect("a mail can be written");
        chown(&part, Some(self.owner), None).expect("root can give a file away");
        fs::rename(part, whole).expect("a mail can be moved");
    }

    /// The marks of a mail in the inbox, as its file name has them: `S` seen, `F` flagged. Nothing while it has none, or is not there any more.
    pub fn marks(&self, name: &str) -> Option<String> {
        let names = names_in(&self.mailbox().join("cur"));
        let found = names.into_iter().find(|found| found.starts_with(name))?;
        let (_, marks) = found.split_once(":2,")?;
        (!marks.is_empty()).then(|| marks.to_owned())
    }

    /// How many mails are in the folder `Done`.
    pub fn done(&self) -> usize {
        let folder = self.mailbox().join(".Done");
        names_in(&folder.join("cur")).len() + names_in(&folder.join("new")).len()
    }

    fn mailbox(&self) -> PathBuf {
        self.folder.join("mail").join(USER)
    }

    /// What Dovecot has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("a folder of mails").flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    names.collect()
}

fn configure(folder: &Path, port: u16, owner: u32) {
    let place = folder.display();
    for made in ["run", "state", "mail", "home"] {
        let made = folder.join(made);
        fs::create_dir_all(&made).expect("a folder can be made");
        fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).expect("ours");
    }
    for made in ["mail", "home", "mail/reply"] {
        fs::create_dir_all(folder.join(made)).expect("a folder can be made");
        chown(folder.join(made), Some(owner), None).expect("root can give a folder away");
    }
    for part in ["", ".Done/"] {
        for kind in ["", "tmp", "new", "cur"] {
            let made = folder.join("mail/reply").join(format!("{part}{kind}"));
            fs::create_dir_all(&made).expect("a folder can be made");
            chown(&made, Some(owner), None).expect("root can give a folder away");
        }
    }

    let text = format!(
        "base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{place}/mail/%u
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={place}/home
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  unix_listener stats-reader {{
    mode = 0666
  }}
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
namespace inbox {{
  inbox = yes
  separator = .
}}
"
    );
    fs::write(folder.join("dovecot.conf"), text).expect("the configuration can be written");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}
