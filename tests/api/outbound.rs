//! What the service calls when somebody gives it an address (S20). In a network in which every address of the world leads to a canary, nothing that
//! is not public is ever reached.

mod spellings;

use std::{
    iter,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cornerdesk_ingest::{
    config,
    outbound::{self, Allowed, Call, Missed, Outbound, Reply, Source},
};
use cornerdesk_tests::own_network::{self, Canary, Speaker};
use reqwest::Method;

/// The address of `good.example`.
const PUBLIC: &str = "93.184.215.14";
/// A host that the operator allows without TLS.
const ALLOWED: &str = "http://hooks.example:8080";
/// Where canaries listen.
const PORTS: [u16; 5] = [22, 80, 443, 6379, 8443];

fn outbound() -> Outbound {
    let config = config::Outbound {
        private_networks: Vec::new(),
        allowed: vec![Allowed::try_from(ALLOWED.to_owned()).expect("an origin")],
        ports: vec![443, 8443],
    };
    Outbound::new(&config).with_names(spellings::led)
}

async fn call(outbound: &Outbound, url: &str, source: Source) -> Result<Reply, Missed> {
    let url = outbound::address(url)?;
    let mut call = Call::new(Method::POST, &url).saying("x");
    call.source = source;
    call.within = Duration::from_secs(1);
    outbound.call(call).await
}

/// What becomes of a call to a server that says this.
async fn told<P>(parts: impl Fn() -> P + Send + 'static) -> Result<Reply, Missed>
where
    P: Iterator<Item = Vec<u8>> + Send + 'static,
{
    let speaker = Speaker::at(8080, parts).await;
    let reply = call(&outbound(), ALLOWED, Source::Told).await;
    speaker.stop().await;
    reply
}

fn once(text: String) -> impl Fn() -> iter::Once<Vec<u8>> + Send + 'static {
    move || iter::once(text.clone().into_bytes())
}

macro_rules! in_a_network_of_its_own {
    ($(async fn $name:ident() $body:block)*) => {$(
        #[test]
        fn $name() {
            own_network::run(concat!("outbound::", stringify!($name)), async { $body });
        }
    )*};
}

in_a_network_of_its_own! {
    async fn no_spelling_of_an_address_leads_inside() {
        let (canary, outbound) = (Canary::at(&PORTS).await, outbound());
        let hosts = spellings::HOSTS.iter();
        let urls = hosts.flat_map(|host| {
            ["https://{}/", "https://{}:8443/x", "https://{}:22/", "http://{}/", "http://{}:6379/"].map(|url| url.replace("{}", host))
        });
        let urls: Vec<String> = urls.chain(spellings::ADDRESSES.map(str::to_owned)).collect();
        for url in &urls {
            let missed = call(&outbound, url, Source::Told).await;
            assert!(matches!(missed, Err(Missed::Never(_))), "{url}: {missed:?}");
        }
        for host in spellings::HOSTS {
            let missed = call(&outbound, &format!("https://{host}/"), Source::Written).await;
            assert!(matches!(missed, Err(Missed::Never(_))), "{host}: {missed:?}");
        }
        assert_eq!(canary.heard().await, []);
    }

    async fn what_is_public_is_called() {
        let (canary, outbound) = (Canary::at(&PORTS).await, outbound());
        for url in spellings::GOOD {
            let missed = call(&outbound, url, Source::Told).await;
            // A canary knows no TLS.
            assert!(matches!(missed, Err(Missed::NotHeard(_))), "{url}: {missed:?}");
        }
        let heard = canary.heard().await;
        let public: [IpAddr; 2] = [PUBLIC, spellings::PUBLIC_V6].map(|text| text.parse().expect("an address"));
        assert_eq!(heard.len(), spellings::GOOD.len(), "{heard:?}");
        assert!(heard.iter().all(|at| public.contains(&at.ip())), "{heard:?}");
    }

    async fn a_name_that_leads_elsewhere_each_time_never_leads_inside() {
        let canary = Canary::at(&PORTS).await;
        let looks = Arc::new(AtomicUsize::new(0));
        let answers = |looks: usize| -> Vec<IpAddr> {
            let inside = ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254"][looks / 3 % 4];
            let answer: &[&str] = match looks % 3 {
                0 => &[PUBLIC],
                1 => &[inside],
                _ => &[PUBLIC, inside],
            };
            answer.iter().map(|text| text.parse().expect("an address")).collect()
        };
        let counted = Arc::clone(&looks);
        let outbound = outbound().with_names(move |_| answers(counted.fetch_add(1, Ordering::SeqCst)));
        for round in 0..60 {
            let missed = call(&outbound, "https://rebind.example/", Source::Told).await;
            match round % 3 {
                0 => assert!(matches!(missed, Err(Missed::NotHeard(_))), "{missed:?}"),
                _ => assert!(matches!(missed, Err(Missed::Never(_))), "{missed:?}"),
            }
        }
        assert_eq!(looks.load(Ordering::SeqCst), 60, "one look for each call, and none behind our back");
        let public: SocketAddr = format!("{PUBLIC}:443").parse().expect("an address");
        assert_eq!(canary.heard().await, [public; 20]);
    }

    async fn nobody_is_followed_elsewhere() {
        let canary = Canary::at(&PORTS).await;
        for status in [300, 301, 302, 303, 307, 308] {
            for place in ["http://127.0.0.1/", "https://[::1]/", "http://169.254.169.254/latest", "//10.0.0.1/", "https://good.example/"] {
                let answer = format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {place}\r\nRefresh: 0;url={place}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let reply = told(once(answer)).await.expect("an answer");
                assert_eq!((reply.status, reply.header("location")), (status, Some(place)));
            }
        }
        assert_eq!(canary.heard().await, []);
    }

    async fn an_answer_has_an_end() {
        let whole = outbound::ANSWER_MOST_BYTES;
        for (bytes, is_read) in [(whole, true), (whole + 1, false)] {
            let (long, body) = (format!("Content-Length: {bytes}"), "x".repeat(bytes));
            for head in [long.as_str(), "Connection: close"] {
                let reply = told(once(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}"))).await;
                assert_eq!(reply.is_ok(), is_read, "{bytes} {head}: {reply:?}");
                assert!(!format!("{reply:?}").contains("xx"), "{reply:?}");
            }
        }
        // Of these, neither the head nor the body has one.
        for endless in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"] {
            let reply = told(move || iter::once(endless.into()).chain(iter::repeat_with(|| b"1\r\nx\r\n".to_vec()))).await;
            assert!(matches!(reply, Err(Missed::Unclear(_))), "{endless:?}: {reply:?}");
        }
        let lies = told(once("HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nhalf".to_owned())).await;
        assert!(matches!(lies, Err(Missed::Unclear(_))), "{lies:?}");
        let half = told(once("HTTP/1.1 201 Cre".to_owned())).await;
        assert!(matches!(half, Err(Missed::Unclear(_))), "{half:?}");
    }
}
