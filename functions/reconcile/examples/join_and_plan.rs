//! How fast the join and the planner are, and how much memory they take: over inventories of any size, generated page
//! by page as S3 and DynamoDB would send them.
//!
//! `cargo run --release -p reconcile --example join_and_plan -- 1000000 50000000`
#![expect(clippy::print_stdout, reason = "it is a program that says what it measured")]

use std::time::{Duration, Instant};

use reconcile::{MergeJoin, Name, Planner, Record, Step, Sums};
use shared::asset::{Asset, AssetState, ETag, Principal};
use shared::dimensions::Dimensions;
use shared::hash::ContentHash;
use shared::media::MediaType;
use shared::ports::{ListedObject, StorageClass};
use shared::shard::{Shard, ShardRange};
use shared::time::Timestamp;

/// Keys in an answer to LIST.
const OBJECTS_A_PAGE: u64 = 1_000;
/// Items of half a kilobyte in a page of 1 MB.
const ASSETS_A_PAGE: u64 = 1_900;
/// One asset in so many has lost its object, and one object in so many its record.
const DRIFT_EVERY: u64 = 20_011;

/// The asset with a number in a shard of so many: hashes in order, evenly spread.
fn hash(shard: Shard, number: u64, of: u64) -> ContentHash {
    let step = u64::MAX / of.max(1);
    let spread = number * step;
    let mut digest = [0; 32];
    digest[0] = u8::from_str_radix(&shard.to_string(), 16).unwrap_or_default();
    digest[1..9].copy_from_slice(&spread.to_be_bytes());
    digest[9..17].copy_from_slice(&spread.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    ContentHash::from_bytes(digest)
}

fn object(hash: ContentHash, number: u64, at: Timestamp) -> ListedObject {
    ListedObject {
        key: format!("raw/{hash}"),
        size_bytes: number,
        etag: ETag::new(&format!("{number:032x}")),
        last_modified: at,
        storage_class: StorageClass::Immediate,
    }
}

fn asset(hash: ContentHash, number: u64, at: Timestamp, owner: &Principal) -> Asset {
    Asset {
        content_hash: hash,
        size_bytes: number,
        media_type: MediaType::Jpeg,
        state: AssetState::Ready,
        etag: Some(ETag::new(&format!("{number:032x}"))),
        dimensions: Dimensions::new(640, 480),
        file_name: None,
        source_key: None,
        reason: None,
        created_by: owner.clone(),
        shared: false,
        created_at: at,
        updated_at: at,
        expires_at: None,
    }
}

/// A page of the numbers from `start` on, and whether it is the last.
fn page(start: &mut u64, of: u64, length: u64) -> (std::ops::Range<u64>, bool) {
    let end = (*start + length).min(of);
    let numbers = *start..end;
    *start = end;
    (numbers, end == of)
}

/// What comparing took, without what generating the pages did.
#[derive(Default)]
struct Measured {
    comparing: Duration,
    sums: Sums,
}

impl Measured {
    fn compare<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.comparing += start.elapsed();
        done
    }
}

fn compare_shard(shard: Shard, of: u64, measured: &mut Measured) {
    let at = Timestamp::from_epoch_seconds(1_700_000_000);
    let Some(owner) = Principal::new("somebody") else { return };
    let mut planner = Planner::new(shard, at);
    let mut join = MergeJoin::default();
    let (mut objects, mut assets) = (0, 0);
    loop {
        // Pairs are taken until a page is needed, in one go: reading the clock for each would cost more than a pair.
        let step = measured.compare(|| {
            loop {
                match join.step() {
                    Step::Pair(name, object, record) => planner.take(name, object.as_ref(), record.as_ref()),
                    needs @ (Step::NeedLeft | Step::NeedRight | Step::Done) => return needs,
                }
            }
        });
        let fed = match step {
            Step::NeedLeft => {
                let (numbers, ended) = page(&mut objects, of, OBJECTS_A_PAGE);
                let kept = numbers.filter(|number| number % DRIFT_EVERY != 7);
                let page: Vec<_> = kept.map(|n| object(hash(shard, n, of), n, at)).collect();
                // As take_inventory does: the key is parsed, and the rest is kept as it is.
                let named =
                    |object: ListedObject| (Name::of(object.key.get(4..).unwrap_or_default()), object.into());
                measured.compare(|| join.feed_left(page.into_iter().map(named), ended))
            }
            Step::NeedRight => {
                let (numbers, ended) = page(&mut assets, of, ASSETS_A_PAGE);
                let kept = numbers.filter(|number| number % DRIFT_EVERY != 9);
                let page: Vec<_> = kept.map(|n| asset(hash(shard, n, of), n, at, &owner)).collect();
                let recorded = |asset: Asset| (Name::Hash(asset.content_hash), Record::Asset(asset.into()));
                measured.compare(|| join.feed_right(page.into_iter().map(recorded), ended))
            }
            Step::Done | Step::Pair(..) => break,
        };
        if let Err(error) = fed {
            println!("{error}");
            return;
        }
    }
    measured.sums.add(&planner.finish().sums);
}

/// The most memory that the process had at any time, in megabytes, where the kernel tells.
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

fn main() {
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000_000] } else { sizes };
    for size in sizes {
        let mut measured = Measured::default();
        let start = Instant::now();
        for shard in ShardRange::ALL.shards() {
            compare_shard(shard, size / 256, &mut measured);
        }
        let seconds = measured.comparing.as_secs_f64();
        let assets = measured.sums.assets_checked;
        println!(
            "{assets} assets, {} findings: join and plan {seconds:.2} s, {:.0} ns an asset, {:.1} million a second \
             and core; with generating {:.1} s; peak memory {} MB",
            measured.sums.findings(),
            seconds * 1e9 / figure(assets),
            figure(assets) / seconds / 1e6,
            start.elapsed().as_secs_f64(),
            peak_memory_mb().map_or("?".to_owned(), |megabytes| megabytes.to_string()),
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn figure(count: u64) -> f64 {
    count as f64
}
