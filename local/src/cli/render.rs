//! `hashfolio render`: a variant of a file, without a server; and what it costs.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use render::pipeline;
use render::{Limits, RenderError, Rendered};
use serde::Serialize;
use shared::variant::{OutputFormat, Quality, TargetSize, VariantSpec};

/// What `hashfolio render` can be told.
#[derive(Debug, Clone, Args)]
pub struct RenderArgs {
    /// The original
    pub input: PathBuf,
    /// Where the variant goes
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The size to fill, {width}x{height}, cropped in the middle; a height of 0 shows the whole picture
    #[arg(long, value_name = "WxH", default_value = "640x480", value_parser = parse_size)]
    pub size: TargetSize,
    /// How hard a lossy encoder tries, 10 to 100
    #[arg(long, default_value = "80", value_parser = parse_quality)]
    pub quality: Quality,
    /// webp, jpg or png [default: the output's extension]
    #[arg(long, value_parser = parse_format)]
    pub format: Option<OutputFormat>,
    /// Render so many times, and report medians
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub repeat: u32,
    /// Print what it took as JSON
    #[arg(long)]
    pub json: bool,
}

fn parse_size(text: &str) -> Result<TargetSize, String> {
    let sides = text
        .split_once('x')
        .and_then(|(width, height)| TargetSize::new(width.parse().ok()?, height.parse().ok()?));
    sides.ok_or_else(|| "must be {width}x{height} in pixels, such as 640x480 or 640x0".to_owned())
}

fn parse_quality(text: &str) -> Result<Quality, String> {
    text.parse().ok().and_then(Quality::new).ok_or_else(|| "must be a number from 10 to 100".to_owned())
}

fn parse_format(text: &str) -> Result<OutputFormat, String> {
    let named = OutputFormat::ALL.into_iter().find(|format| format.extension() == text);
    named.ok_or_else(|| "must be one of webp, jpg, png".to_owned())
}

/// Why there is no variant.
#[derive(Debug, thiserror::Error)]
pub enum RenderCommandError {
    /// The original can't be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Input {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It can't be rendered.
    #[error("{}: {source}", .path.display())]
    Render {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: RenderError,
    },
    /// The variant can't be written.
    #[error("{} cannot be written: {source}", .path.display())]
    Output {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Neither `--format` nor the output's name says which format it is to be.
    #[error("{} does not say its format: name it .webp, .jpg or .png, or use --format", .0.display())]
    Format(PathBuf),
    /// The process can't be measured, or its output not be printed.
    #[error("the measurements cannot be given: {0}")]
    Report(#[from] io::Error),
}

/// What a render took. Times are medians over the repetitions, in milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// User and system time of the process.
    cpu_ms: f64,
    wall_ms: f64,
    decode_ms: f64,
    resize_ms: f64,
    encode_ms: f64,
    /// Size of the variant.
    bytes: usize,
    width: u32,
    height: u32,
    /// The most memory that the process ever held, its code and the original included.
    peak_rss_bytes: u64,
}

/// Renders a file.
///
/// # Errors
/// [`RenderCommandError`]; nothing is written then.
pub(super) fn run(args: &RenderArgs) -> Result<ExitCode, RenderCommandError> {
    let format = args.format.or_else(|| format_of(&args.output));
    let format = format.ok_or_else(|| RenderCommandError::Format(args.output.clone()))?;
    let spec = VariantSpec { size: args.size, quality: args.quality, format };
    let path = &args.input;
    let original =
        std::fs::read(path).map_err(|source| RenderCommandError::Input { path: path.clone(), source })?;
    let mut measured = Measured::default();
    let mut last = None;
    for _ in 0..args.repeat {
        // Not two variants at once: they would count twice in the peak.
        drop(last.take());
        let (started, cpu_before) = (Instant::now(), cpu_time()?);
        let rendered = pipeline::render(&original, &spec, &Limits::default())
            .map_err(|source| RenderCommandError::Render { path: path.clone(), source })?;
        measured.add(&rendered, started.elapsed(), cpu_time()?.saturating_sub(cpu_before));
        last = Some(rendered);
    }
    let Some(rendered) = last else { return Ok(ExitCode::FAILURE) };
    let report = measured.report(&rendered)?;
    let path = &args.output;
    std::fs::write(path, &rendered.bytes)
        .map_err(|source| RenderCommandError::Output { path: path.clone(), source })?;
    print(&report, args)?;
    Ok(ExitCode::SUCCESS)
}

fn format_of(output: &Path) -> Option<OutputFormat> {
    let extension = output.extension()?.to_str()?;
    OutputFormat::ALL.into_iter().find(|format| format.extension() == extension)
}

fn print(report: &Report, args: &RenderArgs) -> io::Result<()> {
    let mut out = io::stdout();
    if args.json {
        return writeln!(out, "{}", serde_json::to_string(report)?);
    }
    let Report { cpu_ms, decode_ms, resize_ms, encode_ms, bytes, width, height, peak_rss_bytes, .. } = report;
    writeln!(
        out,
        "{} {width}x{height}, {bytes} bytes: {cpu_ms:.1} ms of CPU (decode {decode_ms:.1}, resize {resize_ms:.1}, \
         encode {encode_ms:.1}), at most {:.1} MB of memory",
        args.output.display(),
        megabytes(*peak_rss_bytes),
    )
}

#[expect(clippy::cast_precision_loss, reason = "no process has so many bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// What each repetition took, in milliseconds.
#[derive(Debug, Default)]
struct Measured {
    cpu: Vec<f64>,
    wall: Vec<f64>,
    decode: Vec<f64>,
    resize: Vec<f64>,
    encode: Vec<f64>,
}

impl Measured {
    fn add(&mut self, rendered: &Rendered, wall: Duration, cpu: Duration) {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        self.cpu.push(milliseconds(cpu));
        self.wall.push(milliseconds(wall));
        self.decode.push(milliseconds(rendered.timings.decode));
        self.resize.push(milliseconds(rendered.timings.resize));
        self.encode.push(milliseconds(rendered.timings.encode));
    }

    fn report(self, rendered: &Rendered) -> io::Result<Report> {
        Ok(Report {
            cpu_ms: median(self.cpu),
            wall_ms: median(self.wall),
            decode_ms: median(self.decode),
            resize_ms: median(self.resize),
            encode_ms: median(self.encode),
            bytes: rendered.bytes.len(),
            width: rendered.dimensions.width(),
            height: rendered.dimensions.height(),
            peak_rss_bytes: peak_rss_bytes()?,
        })
    }
}

/// The middle of some numbers, or the mean of the two in the middle.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => numbers[middle],
        _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
    }
}

fn usage() -> io::Result<Usage> {
    Ok(getrusage(UsageWho::RUSAGE_SELF)?)
}

fn cpu_time() -> io::Result<Duration> {
    let usage = usage()?;
    let microseconds = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec().unsigned_abs() * 1_000_000 + time.tv_usec().unsigned_abs());
    Ok(Duration::from_micros(microseconds.iter().sum()))
}

/// The process's greatest resident set so far.
///
/// getrusage counts it in KiB, but on macOS in bytes; and on Linux what stood in the process before it became this one
/// counts there too, which the kernel's own file leaves out.
fn peak_rss_bytes() -> io::Result<u64> {
    if let Ok(status) = std::fs::read_to_string("/proc/self/status")
        && let Some(kib) = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))
        && let Ok(kib) = kib.trim().trim_end_matches(" kB").parse::<u64>()
    {
        return Ok(kib * 1024);
    }
    let unit_bytes = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Ok(usage()?.max_rss().unsigned_abs() * unit_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_numbers_and_a_width_is_needed() {
        assert_eq!(parse_size("640x480").ok(), TargetSize::new(640, 480));
        assert_eq!(parse_size("640x0").ok(), Some(TargetSize::Width(640)));
        for wrong in ["", "640", "x480", "0x480", "640x-1", "640x480x2", "wide"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }
}
