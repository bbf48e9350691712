//! `cornerdesk serve` and `cornerdesk work`.

mod mail_in;

use std::{io::Write, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use clap::Args;
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

use super::{open_blobs, open_store};
use crate::{
    app::{App, Keys},
    clock::Clock,
    config::Config,
    demo,
    http::{
        self,
        connections::{self, Routers},
    },
    mail::{self, Mailer},
    outbound::Outbound,
    outbox::{
        backoff::Patience,
        lane::Lane,
        poll_destinations,
        runner::{Pace, Runner},
        sweep,
        tools::Tools,
    },
    policies, policy_folder,
    search::filling,
    secrets::{self, Name},
    staff::sealing::Sealing,
    stop::Stop,
    store, telemetry,
    workshop::Workshop,
};

/// Answer requests and run jobs.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port; port 0 takes a free one, which is printed.
    #[arg(long, env = "CORNERDESK_LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// Add a demonstration site with a product page at /demo, a mailbox at /demo/mail and a staff account.
    #[arg(long)]
    pub demo: bool,
    /// Run no jobs; another process must: `cornerdesk work`, or `serve` without this flag.
    #[arg(long)]
    pub no_jobs: bool,
    /// Let staff sign in by password although desk.oidc.required says no: the way in while the provider is away.
    #[arg(long)]
    pub allow_passwords: bool,
}

/// How long requests and jobs may take to end after SIGTERM.
const PATIENCE_AT_STOP: Duration = Duration::from_secs(30);

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// When the service cannot start.
pub async fn run(config: Config, arguments: &Serve) -> anyhow::Result<()> {
    super::config::load_identity_keys(&config)?;
    super::config::load_alert_tokens(&config)?;
    let library = policy_folder::installed(&config.policies.folder)?;
    // Before anybody else learns of them from the database.
    policies::check(&library, &config.sites)?;
    let (app, tools) = start(config, arguments.demo).await?;
    // Only here: a machine that runs jobs alone need not have the folder of the uploads.
    let sweeping = tokio::spawn(sweep::run(tools.clone(), app.stop.token()));
    let runner = (!arguments.no_jobs).then(|| run_jobs(&app, &tools));
    app.sites.put_configured(&app.config, &app.clock).await?;
    policies::publish_all(&app.store, &library, app.clock.now()).await?;
    let password = if arguments.demo {
        demo::ensure_staff(&app).await?
    } else {
        demo::remove_staff(&app).await?;
        None
    };
    let pressure = app.pressure.clone();
    let watching = pressure.run(app.store.clone(), app.clock.clone(), app.stop.token());
    tokio::spawn(watching);
    tokio::spawn(filling::run(app.store.clone(), app.stop.token()));
    let listener = TcpListener::bind(&app.config.server.listen)
        .await
        .with_context(|| {
            format!(
                "cannot listen on {}; does another one run? --listen 127.0.0.1:0 takes a free port",
                app.config.server.listen
            )
        })?;
    let address = listener.local_addr()?;
    if arguments.demo && !address.ip().is_unspecified() {
        app.rules.assume_public_origin(&format!("http://{address}"));
    }
    let ways_in = mail_in::open(&app).await?;
    announce(&app, address, arguments.demo, password, &ways_in)?;
    let ways_in = ways_in.serve(&app);
    let drain = Duration::from_millis(app.config.server.drain_ms);
    let signals = tokio::spawn(app.stop.clone().on_signal(drain));
    let routers = Routers {
        service: http::router(&app),
        refusal: http::refusal(&app),
    };
    tokio::select! {
        () = connections::serve(listener, routers, &app.config.server, app.stop.clone()) => {}
        () = give_up_after(&app.stop) => tracing::warn!("requests did not end in time and were cut off"),
    }
    app.stop.close();
    sweeping.abort();
    // A mail that is being taken is taken; whoever waits longer comes again.
    if tokio::time::timeout(PATIENCE_AT_STOP, ways_in)
        .await
        .is_err()
    {
        tracing::warn!("a mail that came in was not taken in time; it comes again");
    }
    finish(&app, runner).await;
    signals.abort();
    Ok(())
}

/// Runs jobs until SIGTERM or Ctrl-C.
///
/// # Errors
/// When the service cannot start.
pub async fn work(config: Config) -> anyhow::Result<()> {
    let (app, tools) = start(config, false).await?;
    let runner = run_jobs(&app, &tools);
    println!("running jobs");
    // Nobody has to look elsewhere first: the jobs that are left are everybody's.
    app.stop.clone().on_signal(Duration::ZERO).await;
    finish(&app, Some(runner)).await;
    Ok(())
}

/// A service without its listener and its runner.
async fn start(config: Config, demo: bool) -> anyhow::Result<(App, Tools)> {
    telemetry::start(&config.log).map_err(anyhow::Error::msg)?;
    let records = open_store(&config).await?;
    let sealing = Sealing::load(&config.key_file())?;
    let now = records.clock.now();
    let secret_of = async |name| secrets::get_or_make(&records.store, &sealing, name, now).await;
    let secrets = mail::Secrets {
        return_path: secret_of(Name::ReturnPath).await?,
        reply_address: secret_of(Name::ReplyAddress).await?,
    };
    let mailer = Mailer::new(&config, &secrets, &Clock::System).map_err(anyhow::Error::msg)?;
    let blobs = open_blobs(&config)?;
    let secret = secret_of(Name::Signing).await?;
    let app = App::new(
        config,
        records.clock,
        records.store,
        blobs.clone(),
        demo,
        Keys {
            secret: &secret,
            reply_secret: &secrets.reply_address,
            sealing,
        },
    )?;
    let tools = Tools {
        store: app.store.clone(),
        clock: app.clock.clone(),
        mailer: Arc::new(mailer),
        rules: app.rules.clone(),
        status_links: app.status_links.clone(),
        link_days: app.config.status.link_days,
        products: Arc::clone(&app.products),
        outbound: Outbound::new(&app.config.outbound),
        words: Arc::clone(&app.words),
        pages: app.pages.clone(),
        blobs,
        workshop: Workshop::default(),
        attachments: app.config.attachments.clone(),
        policies: app.policies.clone(),
        notify: Arc::new(app.config.notify.clone()),
        warn_percent: app.config.policies.warn_percent.as_slice().into(),
        clamav: app.config.clamav.clone(),
        new_jobs: app.new_jobs.clone(),
        forwarding: app.forwarding.clone(),
        log_days: app.config.forwarding.log_days,
        sealing: app.sealing.clone(),
        metrics: Arc::clone(&app.metrics),
    };
    declare_destinations(&app).await?;
    tracing::info!(database = app.store.name(), "started");
    Ok((app, tools))
}

/// From here on, what happens to tickets is handed on to them.
async fn declare_destinations(app: &App) -> anyhow::Result<()> {
    let destinations = app.forwarding.destinations.iter();
    let named: Vec<(&str, &str)> = destinations
        .map(|destination| (&*destination.name, destination.settings.kind()))
        .collect();
    let mut tx = app.store.write().await?;
    store::destinations::declare(&mut tx, &named, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

fn run_jobs(app: &App, tools: &Tools) -> JoinHandle<()> {
    let destinations = tools.forwarding.destinations.iter();
    let theirs = destinations.map(|destination| Lane::to(&destination.name));
    let mut runners = JoinSet::new();
    for lane in [Lane::Mail, Lane::Files, Lane::Clock, Lane::Route]
        .into_iter()
        .chain(theirs)
    {
        let pace = pace(&app.config, &lane);
        runners.spawn(Runner::new(tools.clone(), pace, lane).run(app.stop.token()));
    }
    runners.spawn(poll_destinations::run(tools.clone(), app.stop.token()));
    tokio::spawn(async { drop(runners.join_all().await) })
}

fn pace(config: &Config, lane: &Lane) -> Pace {
    let outbox = &config.outbox;
    Pace {
        workers: match lane {
            Lane::Mail => outbox.workers,
            Lane::Files => outbox.file_workers,
            Lane::Clock | Lane::Route => outbox.clock_workers,
            Lane::To(_) => config.forwarding.workers,
        },
        lease: Duration::from_millis(outbox.lease_ms),
        attempt_most: Duration::from_millis(outbox.attempt_most_ms),
        poll: Duration::from_millis(outbox.poll_ms),
        patience: Patience::of(outbox),
    }
}

/// Tells the person at the terminal where everything is; the first line is for programs too.
fn announce(
    app: &App,
    address: SocketAddr,
    is_demo: bool,
    password: Option<String>,
    ways_in: &mail_in::WaysIn,
) -> std::io::Result<()> {
    let url = format!("http://{address}");
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {url}")?;
    if let Some(place) = ways_in.lmtp() {
        writeln!(out, "mail comes in by LMTP on {place}")?;
    }
    if is_demo {
        writeln!(
            out,
            "\n  demo page   {url}/demo\n  mailbox     {url}/demo/mail\n  desk        {url}/desk"
        )?;
        match password {
            Some(password) => writeln!(
                out,
                "              sign in as {} with the password {password}\n              (made now, shown this once)",
                demo::STAFF_EMAIL
            )?,
            None => writeln!(
                out,
                "              sign in as {}; password forgotten? {} staff password {} --data {}",
                demo::STAFF_EMAIL,
                std::env::args().next().unwrap_or_default(),
                demo::STAFF_EMAIL,
                app.config.storage.data_dir.display()
            )?,
        }
        writeln!(out, "\n  Ctrl-C stops it.")?;
    }
    out.flush()
}

async fn give_up_after(stop: &Stop) {
    stop.closing().await;
    tokio::time::sleep(PATIENCE_AT_STOP).await;
}

async fn finish(app: &App, runner: Option<JoinHandle<()>>) {
    if let Some(runner) = runner
        && tokio::time::timeout(PATIENCE_AT_STOP, runner)
            .await
            .is_err()
    {
        tracing::warn!("jobs did not end in time; their leases run out and they are done again");
    }
    app.store.close().await;
    tracing::info!("stopped");
}
