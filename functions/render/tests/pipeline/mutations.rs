//! Files that chance made: rendered or refused, whatever their bytes, within the limits of time and memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use render::pipeline::{Limits, RenderError, render};
use shared::variant::{OutputFormat, VariantSpec};

use crate::allocations::peak_of;
use crate::changes::{Change, changed, changes};
use crate::pictures::spec;
use crate::seeds::SEEDS;

/// Far more than any of the seeds takes, and far less than their headers can be made to ask for.
const LIMITS: Limits = Limits { max_pixels: 1_000_000, max_memory_bytes: 8 << 20 };

/// What the limit leaves out: the encoder's own memory, tables and profiles. Variants have at most 64 by 48 pixels here.
const UNCOUNTED_BYTES: u64 = 1 << 20;

/// Far more than a million pixels take, also when nothing is optimised.
const LONGEST: Duration = Duration::from_secs(5);

/// A file made of seeds, and what is asked of it.
#[derive(Debug, Clone)]
struct Mutant {
    seed: usize,
    other: usize,
    changes: Vec<Change>,
    spec: VariantSpec,
}

fn mutants() -> impl Strategy<Value = Mutant> {
    let formats = [OutputFormat::WebP, OutputFormat::Jpeg, OutputFormat::Png];
    let format = prop::sample::select(formats.to_vec());
    let size = prop::sample::select(vec![(4, 3), (20, 0), (64, 48)]);
    let count = SEEDS.len();
    (0..count, 0..count, changes(), format, size).prop_map(
        |(seed, other, changes, format, (width, height))| Mutant {
            seed,
            other,
            changes,
            spec: spec(width, height, format),
        },
    )
}

impl Mutant {
    fn file(&self) -> Vec<u8> {
        let seed = &SEEDS[self.seed].file;
        // Of another type there is nothing to splice in.
        let other = &SEEDS[self.other].file;
        let other = if other[..2] == seed[..2] { other } else { seed };
        changed(seed.clone(), other, &self.changes)
    }
}

/// Whether a file is rendered; or what is wrong with the way in which it is rendered or refused.
fn is_rendered(file: &[u8], spec: &VariantSpec) -> Result<bool, String> {
    let started = Instant::now();
    let (result, peak_bytes) = peak_of(|| catch_unwind(AssertUnwindSafe(|| render(file, spec, &LIMITS))));
    let took = started.elapsed();
    if took > LONGEST {
        return Err(format!("takes {took:?}"));
    }
    // The file itself counts, and is there already.
    if peak_bytes + file.len() as u64 > LIMITS.max_memory_bytes + UNCOUNTED_BYTES {
        return Err(format!("takes {peak_bytes} bytes"));
    }
    match result {
        Err(_) => Err("panics".to_owned()),
        Ok(Err(error @ RenderError::Failed { .. })) => Err(format!("blames us: {error}")),
        Ok(Err(_)) => Ok(false),
        Ok(Ok(variant)) => {
            let size = image::ImageReader::new(std::io::Cursor::new(&variant.bytes))
                .with_guessed_format()
                .unwrap()
                .into_dimensions();
            let expected = (variant.dimensions.width(), variant.dimensions.height());
            let is_right = size.as_ref().is_ok_and(|size| *size == expected) && expected.0 <= 64;
            if is_right { Ok(true) } else { Err(format!("has the size {size:?}, and not {expected:?}")) }
        }
    }
}

proptest! {
    // PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(8192), ..ProptestConfig::default() })]

    #[test]
    fn any_file_is_rendered_or_refused_within_the_limits(mutant in mutants()) {
        let outcome = is_rendered(&mutant.file(), &mutant.spec);
        prop_assert!(outcome.is_ok(), "it {}", outcome.unwrap_err());
    }
}

/// A number from the environment.
fn asked(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |value| value.parse().unwrap())
}

/// For as long as `HASHFOLIO_FUZZ_SECONDS` says, from the seed that `HASHFOLIO_FUZZ_SEED` is. The file at hand is always in
/// the target folder, should the process end or hang; those at fault stay there.
#[test]
#[ignore = "takes as long as it is told: HASHFOLIO_FUZZ_SECONDS"]
fn any_file_is_rendered_or_refused_within_the_limits_for_long() {
    let duration = Duration::from_secs(asked("HASHFOLIO_FUZZ_SECONDS", 60));
    let seed = asked("HASHFOLIO_FUZZ_SEED", 1);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants");
    std::fs::create_dir_all(&folder).unwrap();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let mutants = mutants();
    let (started, mut tried, mut rendered, mut faults) = (Instant::now(), 0_u64, 0_u64, 0_u64);
    while started.elapsed() < duration {
        let mutant = mutants.new_tree(&mut runner).unwrap().current();
        let file = mutant.file();
        std::fs::write(folder.join(format!("{seed}-current")), &file).unwrap();
        tried += 1;
        match is_rendered(&file, &mutant.spec) {
            Ok(was_rendered) => rendered += u64::from(was_rendered),
            Err(fault) => {
                faults += 1;
                std::fs::write(folder.join(format!("{seed}-{tried}")), &file).unwrap();
                let name = SEEDS[mutant.seed].name;
                eprintln!("{seed}-{tried}: a changed {name} {fault}; for {:?}", mutant.spec);
            }
        }
        if tried.is_multiple_of(100_000) {
            eprintln!(
                "{tried} inputs, {rendered} of them rendered, {faults} faults in {:?}",
                started.elapsed()
            );
        }
    }
    eprintln!("seed {seed}: {tried} inputs, {rendered} of them rendered, {faults} faults");
    assert_eq!(faults, 0);
}
