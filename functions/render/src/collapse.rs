//! Of many that want the same at one time, one makes it, and the others wait for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// What is being made right now, by what was asked for.
#[derive(Debug)]
pub(crate) struct Collapse<K, V> {
    flights: Mutex<HashMap<K, watch::Receiver<Option<V>>>>,
}

/// Who made what somebody got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// It did, and nobody else wanted it.
    Alone,
    /// It did, and others waited for it.
    Leader,
    /// Another did.
    Follower,
}

impl<K, V> Default for Collapse<K, V> {
    fn default() -> Self {
        Self { flights: Mutex::default() }
    }
}

/// A flight: whoever holds it makes the thing. If it is dropped before, its followers learn of it, and one of them
/// starts anew.
struct Flight<'a, K: Eq + Hash, V> {
    collapse: &'a Collapse<K, V>,
    key: K,
    landed: watch::Sender<Option<V>>,
}

impl<K: Eq + Hash, V> Drop for Flight<'_, K, V> {
    fn drop(&mut self) {
        self.collapse.flights().remove(&self.key);
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Collapse<K, V> {
    /// Makes it, or waits for whoever does already. Dropping the future of the one that makes it hands its part on to one
    /// of those that wait.
    ///
    /// What others waited for is shown to `keep` while it still counts as under way: whoever comes later finds it there.
    pub(crate) async fn once(
        &self,
        key: K,
        make: impl Future<Output = V>,
        keep: impl FnOnce(&V),
    ) -> (V, Part) {
        loop {
            match self.board(&key) {
                Ok(flight) => {
                    let value = make.await;
                    // One receiver is the map's own.
                    let followers = flight.landed.receiver_count().saturating_sub(1);
                    flight.landed.send_replace(Some(value.clone()));
                    if followers == 0 {
                        return (value, Part::Alone);
                    }
                    keep(&value);
                    return (value, Part::Leader);
                }
                Err(mut landing) => {
                    if let Ok(value) = landing.wait_for(Option::is_some).await
                        && let Some(value) = value.clone()
                    {
                        return (value, Part::Follower);
                    }
                }
            }
        }
    }

    /// The flight to make it with, or what tells of the one that is under way.
    fn board(&self, key: &K) -> Result<Flight<'_, K, V>, watch::Receiver<Option<V>>> {
        let mut flights = self.flights();
        if let Some(under_way) = flights.get(key) {
            return Err(under_way.clone());
        }
        let (landed, landing) = watch::channel(None);
        flights.insert(key.clone(), landing);
        Ok(Flight { collapse: self, key: key.clone(), landed })
    }
}

impl<K, V> Collapse<K, V> {
    fn flights(&self) -> MutexGuard<'_, HashMap<K, watch::Receiver<Option<V>>>> {
        // Each change of the map is one step: a panic elsewhere can't have left it half-done.
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures::future::join_all;
    use tokio::time::sleep;

    use super::*;

    /// Nobody else waited for it.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what is kept is shown by reference")]
    fn unkept(value: &u8) {
        panic!("{value} was kept");
    }

    #[tokio::test]
    async fn of_many_at_once_one_makes_it() {
        let (collapse, made, kept) = (Collapse::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        let one = || {
            collapse.once(
                "key",
                async {
                    sleep(Duration::from_millis(20)).await;
                    made.fetch_add(1, Ordering::SeqCst)
                },
                |_| {
                    kept.fetch_add(1, Ordering::SeqCst);
                },
            )
        };
        let got = join_all((0..100).map(|_| one())).await;
        assert_eq!((made.load(Ordering::SeqCst), kept.load(Ordering::SeqCst)), (1, 1));
        assert!(got.iter().all(|(value, _)| *value == 0));
        assert_eq!(got.iter().filter(|(_, part)| *part == Part::Leader).count(), 1);
        assert_eq!(got.iter().filter(|(_, part)| *part == Part::Follower).count(), 99);
    }

    #[tokio::test]
    async fn one_after_the_other_makes_it_each_time() {
        let collapse = Collapse::default();
        assert_eq!(collapse.once("key", async { 1 }, unkept).await, (1, Part::Alone));
        assert_eq!(collapse.once("key", async { 2 }, unkept).await, (2, Part::Alone));
        assert!(collapse.flights().is_empty(), "nothing is kept");
    }

    #[tokio::test]
    async fn when_the_one_that_makes_it_leaves_another_takes_over() {
        let collapse = Collapse::default();
        let leader = collapse.once("key", std::future::pending(), unkept);
        let follower = collapse.once("key", async { 7 }, unkept);
        tokio::pin!(follower);
        {
            tokio::pin!(leader);
            assert!(futures::poll!(&mut leader).is_pending());
            assert!(futures::poll!(&mut follower).is_pending());
        }
        assert_eq!(follower.await, (7, Part::Alone));
    }

    #[tokio::test]
    async fn different_things_are_made_side_by_side() {
        let collapse = Collapse::default();
        let slow = collapse.once("slow", std::future::pending::<u8>(), unkept);
        tokio::pin!(slow);
        assert!(futures::poll!(&mut slow).is_pending());
        assert_eq!(collapse.once("quick", async { 1 }, unkept).await, (1, Part::Alone));
    }
}
