//! A web server of the outside world, on a port of this machine, for one test.

use std::net::SocketAddr;

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};

/// Answers with a router until it is dropped.
#[derive(Debug)]
pub(crate) struct LocalServer {
    port: u16,
    serving: JoinHandle<()>,
}

impl LocalServer {
    /// Opens a free port of the loopback address. Handlers may ask for `ConnectInfo<SocketAddr>`.
    pub(crate) async fn start(router: Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a port is free");
        let port = listener
            .local_addr()
            .expect("a bound socket has an address")
            .port();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move {
            axum::serve(listener, service)
                .await
                .expect("serving never fails");
        });
        Self { port, serving }
    }

    /// Its port.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
