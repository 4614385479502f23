//! `hashfolio cost`: what it costs, what it saves, and what to change.

mod inputs;
mod last_report;
mod summary;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use cost::{Analysis, AnalyzeError, PriceBook, PriceBookError, Usage, UsageError, analyze};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::endpoint::EndpointArgs;
use super::error::CommandError;
use super::{Console, printable};
use crate::client::Api;
pub use inputs::InputError;

/// What stands for standard input.
const STDIN: &str = "-";

/// What `hashfolio cost` can be told.
#[derive(Debug, Clone, Default, Args)]
pub struct CostArgs {
    /// How many days of measured use to look at, of the running system [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=366), conflicts_with = "usage")]
    pub days: Option<u32>,
    /// A usage file to look at instead of a running system; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub usage: Option<PathBuf>,
    /// A price book in place of the built-in one of us-east-1
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// What changing over cost, once
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    pub migration_cost: Option<String>,
    /// How many variants of each asset would be stored, were they made at the upload [default: 8]
    #[arg(long, value_name = "N")]
    pub variants_per_asset: Option<u32>,
    /// A variant's size in percent of its original's [default: as measured]
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    pub variant_size: Option<String>,
    /// The storage class that variants would be stored in [default: STANDARD]
    #[arg(long, value_name = "CLASS")]
    pub variant_class: Option<String>,
    /// What a month may cost
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    pub budget: Option<String>,
    /// Print the report as JSON
    #[arg(long, conflicts_with = "html")]
    pub json: bool,
    /// Write the report as a page with charts, and print nothing
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Which system's use to look at.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum CostCommandError {
    /// The system isn't found or gives no answer, or the output can't be written.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A file can't be read.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// Which.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The page can't be written.
    #[error("{file} cannot be written: {source}")]
    Unwritable {
        /// Which.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The usage can't be used.
    #[error("{origin}: {source}")]
    Usage {
        /// Where it comes from.
        origin: String,
        /// What is wrong with it.
        source: UsageError,
    },
    /// The price book can't be used.
    #[error("{origin}: {source}")]
    Prices {
        /// Where it comes from.
        origin: String,
        /// What is wrong with it.
        source: PriceBookError,
    },
    /// A stack has no report that can be read.
    #[error(transparent)]
    LastReport(#[from] last_report::LastReportError),
    /// An assumption or an amount is none.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The two don't go together.
    #[error(transparent)]
    Analyze(#[from] AnalyzeError),
}

impl From<io::Error> for CostCommandError {
    fn from(error: io::Error) -> Self {
        Self::Command(error.into())
    }
}

/// Analyzes measured use, and prints the report to the console; warnings go to both of its outputs.
///
/// # Errors
/// [`CostCommandError`]; nothing is printed then.
pub(crate) async fn run(
    args: &CostArgs,
    environment: impl Fn(&str) -> Option<String>,
    console: &mut Console<'_>,
) -> Result<(), CostCommandError> {
    let inputs = inputs::parse(args)?;
    let prices = prices(args.prices.as_deref())?;
    let (usage, unknown) = usage(args, environment).await?;
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let mut analysis = analyze(&usage, &prices, &inputs, today)?;
    analysis.warnings.extend(unknown.into_iter().map(|field| {
        format!("The usage has a field `{}` that is not known, and not counted.", printable(&field))
    }));
    if let Some(file) = &args.html {
        let unwritable = |source| CostCommandError::Unwritable { file: file.display().to_string(), source };
        std::fs::write(file, analysis.to_html()).map_err(unwritable)?;
    }
    show(&analysis, args, console)?;
    Ok(())
}

fn show(analysis: &Analysis, args: &CostArgs, console: &mut Console<'_>) -> io::Result<()> {
    for warning in &analysis.warnings {
        writeln!(console.err, "hashfolio: {warning}")?;
    }
    if args.html.is_some() {
        return Ok(());
    }
    if args.json {
        writeln!(console.out, "{}", analysis.to_json())?;
    } else {
        summary::print(analysis, console.out)?;
    }
    console.out.flush()
}

fn prices(file: Option<&Path>) -> Result<PriceBook, CostCommandError> {
    let (origin, book) = match file {
        Some(file) => (file.display().to_string(), PriceBook::parse(&read(file)?)),
        None => ("the built-in price book".to_owned(), PriceBook::us_east_1()),
    };
    book.map_err(|source| CostCommandError::Prices { origin, source })
}

/// The usage, and the fields of it that are not known.
async fn usage(
    args: &CostArgs,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<(Usage, Vec<String>), CostCommandError> {
    let (origin, json) = match &args.usage {
        Some(file) if file.as_os_str() == STDIN => ("standard input".to_owned(), from_stdin()?),
        Some(file) => (file.display().to_string(), read(file)?),
        None => {
            if let Some(stack) = &args.endpoint.stack {
                return last_report::usage(stack, &environment).await;
            }
            let endpoint = args.endpoint.find(environment).map_err(CommandError::from)?;
            let api = Api::new(endpoint.url.clone(), None).map_err(CommandError::from)?;
            let json = api.usage(args.days.unwrap_or(30)).await.map_err(CommandError::from)?;
            (endpoint.url.to_string(), json)
        }
    };
    Usage::parse(&json).map_err(|source| CostCommandError::Usage { origin, source })
}

fn from_stdin() -> Result<Vec<u8>, CostCommandError> {
    let mut json = Vec::new();
    let unreadable = |source| CostCommandError::Unreadable { file: "standard input".to_owned(), source };
    io::stdin().lock().read_to_end(&mut json).map_err(unreadable)?;
    Ok(json)
}

fn read(file: &Path) -> Result<Vec<u8>, CostCommandError> {
    let unreadable = |source| CostCommandError::Unreadable { file: file.display().to_string(), source };
    std::fs::read(file).map_err(unreadable)
}

#[cfg(test)]
mod tests;
