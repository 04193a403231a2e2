//! How many connections are open at once: in all, and from one network.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Resource, getrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most connections, if the system allows so many files.
const MOST: u64 = 4096;

/// The fewest, whatever the system says.
const FEWEST: u64 = 64;

/// The most of one network. Browsers open six, or one; many people may share a network.
const OF_ONE_NETWORK: u32 = 128;

/// The most of a /48 of new addresses, of which a subscriber may have all, and more often has a /56.
const OF_ONE_SITE: u32 = 512;

/// Who stands at the other end of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comers {
    /// Those who ask.
    Themselves,
    /// A proxy of the operator's, which limits whom it lets through.
    Proxy,
}

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Crowd {
    places: Arc<Semaphore>,
    networks: Option<Networks>,
}

/// The connections of each network: an address, and how many bits of it count.
type Networks = Arc<Mutex<HashMap<Network, u32>>>;
type Network = (IpAddr, u8);
/// The networks of an address, each with how many connections it may have.
type Shares = [Option<(Network, u32)>; 2];

/// A place in the crowd; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _place: OwnedSemaphorePermit,
    networks: Option<(Networks, Shares)>,
}

impl Crowd {
    /// As many as half of the files that this process may open.
    pub(super) fn new(comers: Comers) -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self::of(usize::try_from((files / 2).clamp(FEWEST, MOST)).unwrap_or(usize::MAX), comers)
    }

    fn of(places: usize, comers: Comers) -> Self {
        let networks = (comers == Comers::Themselves).then(Networks::default);
        Self { places: Arc::new(Semaphore::new(places)), networks }
    }

    /// A place for a connection that is not taken yet: whoever comes when there is none waits in the system's queue.
    pub(super) async fn free(&self) -> OwnedSemaphorePermit {
        match Arc::clone(&self.places).acquire_owned().await {
            Ok(place) => place,
            // Nobody closes it.
            Err(_) => std::future::pending().await,
        }
    }

    /// The place of a connection from this address; `None` if its network has its share already.
    pub(super) fn take(&self, place: OwnedSemaphorePermit, from: IpAddr) -> Option<Place> {
        // Whoever is on this machine could stop it anyway, and proxies often are.
        let networks = self.networks.as_ref().filter(|_| !from.is_loopback());
        let networks = networks.map(|networks| (Arc::clone(networks), networks_of(from)));
        if let Some((open, mine)) = &networks {
            let mut open = lock(open);
            let mine = || mine.iter().flatten();
            if mine().any(|(network, most)| open.get(network).is_some_and(|count| count >= most)) {
                return None;
            }
            for (network, _) in mine() {
                *open.entry(*network).or_insert(0) += 1;
            }
        }
        Some(Place { _place: place, networks })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((open, mine)) = &self.networks else { return };
        let mut open = lock(open);
        for (network, _) in mine.iter().flatten() {
            if let Some(count) = open.get_mut(network) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    open.remove(network);
                }
            }
        }
    }
}

fn lock(networks: &Networks) -> MutexGuard<'_, HashMap<Network, u32>> {
    // A panic cannot leave it wrong: each change is one step.
    networks.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An address of the old kind stands for itself; of a
/// new one the first 64 bits are a network, and the first 48 at most a subscriber's.
fn networks_of(address: IpAddr) -> Shares {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = |bits: u8| {
                let rest = 128 - u32::from(bits);
                (Ipv6Addr::from_bits(address.to_bits() >> rest << rest).into(), bits)
            };
            [Some((network(64), OF_ONE_NETWORK)), Some((network(48), OF_ONE_SITE))]
        }
        address @ IpAddr::V4(_) => [Some(((address, 32), OF_ONE_NETWORK)), None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(crowd: &Crowd, from: &str) -> Vec<Place> {
        let from: IpAddr = from.parse().unwrap();
        let places = std::iter::from_fn(|| {
            let place = Arc::clone(&crowd.places).try_acquire_owned().ok()?;
            crowd.take(place, from)
        });
        places.collect()
    }

    #[test]
    fn one_network_takes_its_share_and_leaves_room_for_others() {
        let crowd = Crowd::of(1000, Comers::Themselves);
        let share = OF_ONE_NETWORK as usize;
        let one = full(&crowd, "192.0.2.1");
        assert_eq!(one.len(), share);
        assert_eq!(full(&crowd, "::ffff:192.0.2.1").len(), 0);
        let other = full(&crowd, "2001:db8:0:1::1");
        assert_eq!(other.len(), share);
        assert_eq!(full(&crowd, "2001:db8:0:1:ffff::1").len(), 0);
        assert_eq!(full(&crowd, "2001:db8:0:2::1").len(), share);
        drop((one, other));
        assert_eq!(full(&crowd, "192.0.2.1").len(), share);
        assert_eq!(crowd.places.available_permits(), 1000);
        assert!(lock(crowd.networks.as_ref().unwrap()).is_empty());
    }

    #[test]
    fn a_subscriber_with_many_networks_has_a_share_too() {
        let crowd = Crowd::of(4096, Comers::Themselves);
        let all: Vec<Place> = (0..16).flat_map(|n| full(&crowd, &format!("2001:db8:0:{n:x}::1"))).collect();
        assert_eq!(all.len(), OF_ONE_SITE as usize);
        assert_eq!(full(&crowd, "2001:db8:1:1::1").len(), OF_ONE_NETWORK as usize);
        assert_eq!(full(&crowd, "2001:db8::").len(), 0);
        drop(all);
        assert!(lock(crowd.networks.as_ref().unwrap()).is_empty());
    }

    #[test]
    fn a_proxy_and_this_machine_have_no_share_but_the_whole_has_a_bound() {
        assert_eq!(full(&Crowd::of(300, Comers::Proxy), "192.0.2.1").len(), 300);
        assert_eq!(full(&Crowd::of(300, Comers::Themselves), "127.0.0.1").len(), 300);
        let crowd = Crowd::new(Comers::Themselves);
        let places = crowd.places.available_permits() as u64;
        assert!((FEWEST..=MOST).contains(&places), "{places}");
    }
}
