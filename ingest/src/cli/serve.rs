//! `cornerdesk serve` and `cornerdesk work`.

use std::{io::Write, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use clap::Args;
use jiff::SignedDuration;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{open_blobs, open_store};
use crate::{
    app::App,
    config::Config,
    demo,
    http::{
        self,
        connections::{self, Routers},
    },
    mail::Mailer,
    outbox::{
        backoff::Patience,
        runner::{Pace, Runner},
        sweep,
        tools::Tools,
    },
    telemetry,
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
}

/// How long requests and jobs may take to end after SIGTERM.
const PATIENCE_AT_STOP: Duration = Duration::from_secs(30);

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// When the service cannot start.
pub async fn run(config: Config, arguments: &Serve) -> anyhow::Result<()> {
    let Started { app, runner, tools } = start(config, arguments.demo).await?;
    // Only here: a machine that runs jobs alone need not have the folder of the uploads.
    let sweeping = tokio::spawn(sweep::run(tools, app.stopping.clone()));
    app.sites.put_configured(&app.config, &app.clock).await?;
    let password = if arguments.demo {
        demo::ensure_staff(&app).await?
    } else {
        demo::remove_staff(&app).await?;
        None
    };
    let listener = TcpListener::bind(&app.config.server.listen)
        .await
        .with_context(|| {
            format!(
                "cannot listen on {}; does another one run? --listen 127.0.0.1:0 takes a free port",
                app.config.server.listen
            )
        })?;
    announce(&app, listener.local_addr()?, arguments.demo, password)?;
    let stop = app.stopping.clone();
    let signals = tokio::spawn(stop_on_signal(stop.clone()));
    let routers = Routers {
        service: http::router(&app),
        refusal: http::refusal(&app),
    };
    tokio::select! {
        () = connections::serve(listener, routers, &app.config.server, stop.clone()) => {}
        () = give_up_after(&stop) => tracing::warn!("requests did not end in time and were cut off"),
    }
    stop.cancel();
    sweeping.abort();
    finish(&app, runner).await;
    signals.abort();
    Ok(())
}

/// Runs jobs until SIGTERM or Ctrl-C.
///
/// # Errors
/// When the service cannot start.
pub async fn work(config: Config) -> anyhow::Result<()> {
    let Started { app, runner, .. } = start(config, false).await?;
    println!("running jobs");
    stop_on_signal(app.stopping.clone()).await;
    finish(&app, runner).await;
    Ok(())
}

/// A service without its listener.
struct Started {
    app: App,
    runner: JoinHandle<()>,
    tools: Tools,
}

async fn start(config: Config, demo: bool) -> anyhow::Result<Started> {
    telemetry::start(&config.log).map_err(anyhow::Error::msg)?;
    let mailer = Arc::new(Mailer::new(&config).map_err(anyhow::Error::msg)?);
    let records = open_store(&config).await?;
    let blobs = open_blobs(&config)?;
    let pace = pace(&config);
    let app = App::new(config, records.clock, records.store, blobs.clone(), demo)?;
    let tools = Tools {
        store: app.store.clone(),
        clock: app.clock.clone(),
        mailer,
        words: Arc::clone(&app.words),
        pages: app.pages.clone(),
        blobs,
        metrics: Arc::clone(&app.metrics),
    };
    let runner = Runner::new(tools.clone(), pace, Arc::clone(&app.new_jobs));
    let runner = tokio::spawn(runner.run(app.stopping.clone()));
    tracing::info!(database = app.store.name(), "started");
    Ok(Started { app, runner, tools })
}

fn pace(config: &Config) -> Pace {
    let outbox = &config.outbox;
    Pace {
        workers: outbox.workers,
        lease: Duration::from_millis(outbox.lease_ms),
        poll: Duration::from_millis(outbox.poll_ms),
        patience: Patience {
            base_ms: outbox.backoff_base_ms,
            cap_ms: outbox.backoff_cap_ms,
            give_up_after: SignedDuration::from_hours(i64::from(outbox.give_up_after_hours)),
        },
    }
}

/// Tells the person at the terminal where everything is; the first line is for programs too.
fn announce(
    app: &App,
    address: SocketAddr,
    is_demo: bool,
    password: Option<String>,
) -> std::io::Result<()> {
    let url = format!("http://{address}");
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {url}")?;
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

async fn stop_on_signal(stop: CancellationToken) {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(error = %error, "SIGTERM cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping: requests and jobs that run are let end");
    stop.cancel();
}

async fn give_up_after(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(PATIENCE_AT_STOP).await;
}

async fn finish(app: &App, runner: JoinHandle<()>) {
    if tokio::time::timeout(PATIENCE_AT_STOP, runner)
        .await
        .is_err()
    {
        tracing::warn!("jobs did not end in time; their leases run out and they are done again");
    }
    app.store.close().await;
    tracing::info!("stopped");
}
