//! Scores pictures with SSIMULACRA2, one a line, until its input ends.
//!
//! A line is `{width} {height} {reference file} {picture file}`, separated by tabs. Both files hold sRGB samples as 32-bit
//! little-endian floats from 0 to 1, red green blue, row by row. The answer is a line with the score: 100 is identical,
//! 90 not told apart side by side, 70 high quality, 50 medium.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead as _, Write as _};

use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

const BYTES_PER_SAMPLE: usize = size_of::<f32>();

fn main() -> Result<(), Box<dyn Error>> {
    let mut answers = io::stdout();
    for line in io::stdin().lock().lines() {
        writeln!(answers, "{}", score(&line?)?)?;
        answers.flush()?;
    }
    Ok(())
}

fn score(line: &str) -> Result<f64, Box<dyn Error>> {
    let mut fields = line.split('\t');
    let mut next = || fields.next().ok_or_else(|| format!("not four fields: {line}"));
    let (width, height) = (next()?.parse()?, next()?.parse()?);
    let reference = read(next()?, width, height)?;
    let picture = read(next()?, width, height)?;
    Ok(compute_frame_ssimulacra2(reference, picture)?)
}

fn read(path: &str, width: usize, height: usize) -> Result<Rgb, Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let (samples, rest) = bytes.as_chunks::<BYTES_PER_SAMPLE>();
    let (pixels, odd_samples) = samples.as_chunks::<3>();
    if !rest.is_empty() || !odd_samples.is_empty() {
        return Err(format!("{path}: not a whole number of pixels").into());
    }
    let pixels = pixels.iter().map(|pixel| pixel.map(f32::from_le_bytes)).collect();
    let picture = Rgb::new(pixels, width, height, TransferCharacteristic::SRGB, ColorPrimaries::BT709);
    picture.map_err(|error| format!("{path}: {error}").into())
}
