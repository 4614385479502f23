//! What many wanted a moment ago: some of those that ask at one time come when the render has just ended.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use shared::variant::VariantUrl;

/// How long a variant is kept: as long as the requests of one burst are apart.
const KEPT_FOR: Duration = Duration::from_secs(2);

/// How many bytes of variants are kept.
const MOST_BYTES: usize = 16 << 20;

/// The last variants, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    variants: VecDeque<(VariantUrl, Response<Bytes>, Instant)>,
    bytes: usize,
}

impl Recent {
    /// Keeps a variant that was just rendered.
    pub(crate) fn keep(&self, url: VariantUrl, response: Response<Bytes>, now: Instant) {
        let mut kept = self.kept();
        kept.bytes += response.body().len();
        kept.variants.push_back((url, response, now));
        kept.forget(now);
    }

    /// A variant that was rendered a moment ago.
    pub(crate) fn find(&self, url: &VariantUrl, now: Instant) -> Option<Response<Bytes>> {
        let mut kept = self.kept();
        kept.forget(now);
        let found = kept.variants.iter().rev().find(|(kept, ..)| kept == url);
        found.map(|(_, response, _)| response.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Forgets what is too old, and the oldest of what is too much.
    fn forget(&mut self, now: Instant) {
        while let Some((_, response, since)) = self.variants.front() {
            if now.duration_since(*since) < KEPT_FOR && self.bytes <= MOST_BYTES {
                break;
            }
            self.bytes -= response.body().len();
            self.variants.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::hash::ContentHash;

    use super::*;

    fn url(of: &str) -> VariantUrl {
        format!("/{}/320x240/80.webp", ContentHash::of(of.as_bytes())).parse().unwrap()
    }

    #[test]
    fn a_variant_is_kept_for_a_moment() {
        let (recent, now) = (Recent::default(), Instant::now());
        recent.keep(url("a"), Response::new(Bytes::from_static(b"a")), now);
        assert_eq!(recent.find(&url("a"), now).unwrap().body(), "a");
        assert!(recent.find(&url("b"), now).is_none());
        assert!(recent.find(&url("a"), now + KEPT_FOR).is_none());
        assert_eq!(recent.kept().bytes, 0);
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let (recent, now) = (Recent::default(), Instant::now());
        let half = Bytes::from(vec![0; MOST_BYTES / 2]);
        for name in ["a", "b", "c"] {
            recent.keep(url(name), Response::new(half.clone()), now);
        }
        assert!(recent.find(&url("a"), now).is_none());
        assert!(recent.find(&url("b"), now).is_some() && recent.find(&url("c"), now).is_some());
        recent.keep(url("d"), Response::new(Bytes::from(vec![0; MOST_BYTES + 1])), now);
        assert_eq!(recent.kept().bytes, 0, "what is too large for it is not kept");
    }
}
