//! A real Postfix between the service and the sink, with a configuration and a queue of its own. Needs root, as Postfix does.

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
    smtp::SmtpSink,
};

const START_UP: Duration = Duration::from_secs(30);
/// Where Debian keeps the programs.
const DAEMONS: &str = "/usr/lib/postfix/sbin";

/// A running Postfix that belongs to this test process.
#[derive(Debug)]
pub struct Postfix {
    folder: PathBuf,
    port: u16,
    master: Child,
}

impl Drop for Postfix {
    fn drop(&mut self) {
        process::send(Signal::Terminate, self.master.id());
        // Its children end when they see that it is gone.
        let _ = self.master.wait();
        if std::thread::panicking() {
            eprintln!("--- log of Postfix ---\n{}", self.log());
        }
    }
}

impl Postfix {
    /// Starts a relay that sends everything to `sink`, apart from mail to `bounces`, with or without an extension: that goes to `command`, run as `nobody`,
    /// in which `${original_recipient}` and `${sender}` stand for the addresses.
    ///
    /// # Panics
    ///
    /// When Postfix is not installed or we are not root: these tests are not skipped.
    pub fn start(sink: &SmtpSink, bounces: &str, command: &str) -> Self {
        let service =
            format!("bounce-command unix - n n - 1 pipe flags=q user=nobody argv={command}\n");
        Self::start_with(sink, &format!("{bounces} bounce-command:\n"), &service)
    }

    /// Starts a relay that sends everything to `sink`, apart from mail to `address`, with or without an extension: that is handed over by LMTP at `place`.
    ///
    /// # Panics
    ///
    /// When Postfix is not installed or we are not root: these tests are not skipped.
    pub fn start_with_lmtp(sink: &SmtpSink, address: &str, place: &str) -> Self {
        let transport = format!("{address} lmtp:inet:{place}\n");
        Self::start_with(sink, &transport, "lmtp unix - - n - - lmtp\n")
    }

    fn start_with(sink: &SmtpSink, transport: &str, service: &str) -> Self {
        let folder = scratch::folder_reachable_by_others("postfix", false);
        let port = free_port();
        configure(&folder, port, sink.port(), transport, service);
        let configuration = folder.join("configuration");
        let checked = Command::new("postfix")
            .arg("-c")
            .arg(&configuration)
            .arg("check")
            .output()
            .expect("postfix is installed (Debian: apt-get install postfix); these tests are not skipped");
        assert!(
            checked.status.success(),
            "postfix check, which needs root: {checked:?}"
        );
        let log = fs::File::create(folder.join("log")).expect("the log can be made");
        let mut master = Command::new(format!("{DAEMONS}/master"));
        master
            .arg("-c")
            .arg(&configuration)
            .arg("-s")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be cloned"))
            .stderr(log);
        let master = process::spawn(master, Signal::Terminate).expect("Postfix can be started");
        let started = Self {
            folder,
            port,
            master,
        };
        eventually_blocking(START_UP, "Postfix to accept", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        started
    }

    /// The URL for the service's configuration.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Where it takes mails, as `127.0.0.1:25`.
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What Postfix has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

fn configure(folder: &Path, port: u16, sink_port: u16, transport: &str, service: &str) {
    let place = folder.display();
    let make = |name: &str| {
        let made = folder.join(name);
        fs::create_dir_all(&made).expect("a folder can be made");
        fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).expect("ours");
        made
    };
    let [configuration, _, data] = ["configuration", "queue", "data"].map(make);
    let account = process::account_instead_of_root(&["postfix"]).expect("Postfix needs root");
    chown(&data, Some(account.uid), None).expect("root can give a folder away");
    let write = |name: &str, text: &str| {
        fs::write(configuration.join(name), text).expect("the configuration can be written");
    };
    write("transport", transport);
    write(
        "main.cf",
        &format!(
            "compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
command_directory = /usr/sbin
daemon_directory = {DAEMONS}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
local_recipient_maps =
mynetworks = 127.0.0.0/8
recipient_delimiter = +
transport_maps = texthash:{place}/configuration/transport
default_transport = smtp:[127.0.0.1]:{sink_port}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
maillog_file = /dev/stdout
maillog_file_prefixes = /dev/stdout
"
        ),
    );
    let mut services = format!("127.0.0.1:{port} inet n - n - - smtpd\n{service}");
    for line in [
        "cleanup unix n - n - 0 cleanup",
        "qmgr unix n - n 300 1 qmgr",
        "rewrite unix - - n - - trivial-rewrite",
        "bounce unix - - n - 0 bounce",
        "defer unix - - n - 0 bounce",
        "trace unix - - n - 0 bounce",
        "verify unix - - n - 1 verify",
        "proxymap unix - - n - - proxymap",
        "smtp unix - - n - - smtp",
        "error unix - - n - - error",
        "retry unix - - n - - error",
        "anvil unix - - n - 1 anvil",
        "postlog unix-dgram n - n - 1 postlogd",
    ] {
        services.push_str(line);
        services.push('\n');
    }
    write("master.cf", &services);
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}
