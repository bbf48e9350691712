//! How many connections there may be: a decision on numbers.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use ipnet::IpNet;

use crate::source::Source;

/// The limits.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Of all connections.
    pub whole: usize,
    /// Of the connections from one [`Source`].
    pub each_source: usize,
    /// A proxy's connections are many people's: they count in the whole only.
    pub proxies: Vec<IpNet>,
}

/// Counts the open connections.
#[derive(Clone, Debug)]
pub struct Door {
    limits: Arc<Limits>,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    by_source: HashMap<Source, usize>,
}

impl Door {
    /// Nobody is inside.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Arc::new(limits),
            inside: Arc::default(),
        }
    }

    /// Lets one more in, until the answer is dropped; `None` when a limit is reached.
    #[must_use]
    pub fn admit(&self, address: IpAddr) -> Option<Admission> {
        let address = address.to_canonical();
        let is_proxy = self
            .limits
            .proxies
            .iter()
            .any(|proxy| proxy.contains(&address));
        let source = (!is_proxy).then(|| Source::of(address));
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.all >= self.limits.whole {
            return None;
        }
        if let Some(source) = source {
            let there = inside.by_source.get(&source).copied().unwrap_or_default();
            if there >= self.limits.each_source {
                return None;
            }
            inside.by_source.insert(source, there + 1);
        }
        inside.all += 1;
        Some(Admission {
            inside: Arc::clone(&self.inside),
            source,
        })
    }
}

/// A connection that counts.
#[derive(Debug)]
pub struct Admission {
    inside: Arc<Mutex<Inside>>,
    source: Option<Source>,
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.all -= 1;
        let Some(source) = self.source else { return };
        match inside.by_source.get_mut(&source) {
            Some(there) if *there > 1 => *there -= 1,
            // Forgotten, so that the table is never larger than the whole.
            _ => {
                inside.by_source.remove(&source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(whole: usize, each_source: usize, proxies: &[&str]) -> Door {
        let proxies = proxies.iter().map(|net| net.parse().unwrap()).collect();
        Door::new(Limits {
            whole,
            each_source,
            proxies,
        })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_source_cannot_take_the_whole() {
        let door = door(10, 2, &[]);
        let _held: Vec<_> = (0..2)
            .map(|_| door.admit(address("192.0.2.1")).unwrap())
            .collect();
        assert!(door.admit(address("192.0.2.1")).is_none());
        assert!(door.admit(address("192.0.2.2")).is_some());
    }

    #[test]
    fn who_leaves_makes_room() {
        let door = door(10, 1, &[]);
        let first = door.admit(address("192.0.2.1"));
        assert!(first.is_some() && door.admit(address("192.0.2.1")).is_none());
        drop(first);
        assert!(door.admit(address("192.0.2.1")).is_some());
        let inside = door.inside.lock().unwrap();
        assert_eq!((inside.all, inside.by_source.len()), (0, 0));
    }

    #[test]
    fn a_proxy_counts_in_the_whole_only() {
        let door = door(3, 1, &["127.0.0.0/8"]);
        let _held: Vec<_> = (0..3)
            .map(|_| door.admit(address("127.0.0.1")).unwrap())
            .collect();
        assert!(door.admit(address("127.0.0.1")).is_none());
        assert!(door.admit(address("192.0.2.1")).is_none());
    }
}
