//! What every [`RenderLeases`] promises.

use std::time::Duration;

use futures::future::join_all;

use crate::hash::ContentHash;
use crate::ports::RenderLeases;
use crate::time::Timestamp;
use crate::variant::VariantUrl;

/// How many renderers want one variant at once.
const TAKERS: usize = 64;

/// Checks every promise of [`RenderLeases`].
pub async fn keeps_every_promise(leases: &impl RenderLeases) {
    of_many_takers_one_succeeds(leases).await;
    a_lease_ends_by_itself(leases).await;
    a_lease_that_is_given_back_is_free(leases).await;
    anothers_lease_is_not_given_back(leases).await;
}

fn variant(of: &str) -> VariantUrl {
    format!("/{}/640x480/80.webp", ContentHash::of(of.as_bytes())).parse().unwrap()
}

async fn of_many_takers_one_succeeds(leases: &impl RenderLeases) {
    let (variant, now) = (variant("many takers"), Timestamp::now());
    let ends = now.plus(Duration::from_secs(5));
    let taken = join_all((0..TAKERS).map(|_| leases.take(&variant, now, ends))).await;
    let successes = taken.into_iter().filter(|taken| matches!(taken, Ok(true))).count();
    assert_eq!(successes, 1);
}

async fn a_lease_ends_by_itself(leases: &impl RenderLeases) {
    let (variant, now) = (variant("an end"), Timestamp::now());
    let ends = now.plus(Duration::from_secs(5));
    let again = ends.plus(Duration::from_secs(5));
    assert!(leases.take(&variant, now, ends).await.unwrap());
    let before = ends.minus(Duration::from_millis(1));
    assert!(!leases.take(&variant, before, again).await.unwrap());
    assert!(leases.take(&variant, ends, again).await.unwrap());
}

async fn a_lease_that_is_given_back_is_free(leases: &impl RenderLeases) {
    let (variant, now) = (variant("given back"), Timestamp::now());
    let ends = now.plus(Duration::from_secs(5));
    assert!(leases.take(&variant, now, ends).await.unwrap());
    leases.give_back(&variant, ends).await.unwrap();
    leases.give_back(&variant, ends).await.unwrap();
    assert!(leases.take(&variant, now, ends).await.unwrap());
}

async fn anothers_lease_is_not_given_back(leases: &impl RenderLeases) {
    let (variant, now) = (variant("another's"), Timestamp::now());
    let ends = now.plus(Duration::from_secs(5));
    assert!(leases.take(&variant, now, ends).await.unwrap());
    leases.give_back(&variant, ends.plus(Duration::from_millis(1))).await.unwrap();
    assert!(!leases.take(&variant, now, ends).await.unwrap());
}
