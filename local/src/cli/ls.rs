//! `hashfolio ls`: the caller's assets, newest first.

use std::io::{self, Write};

use clap::Args;
use indicatif::HumanBytes;

use super::{CommandError, Console, printable};
use crate::client::{Api, Asset};

/// The most assets that are asked for at once.
const PAGE_SIZE: u32 = 100;

/// What `hashfolio ls` can be told.
#[derive(Debug, Clone, Args)]
pub struct LsArgs {
    /// How many assets to list, at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u32,
    /// Print one JSON object per asset, as the API shows it
    #[arg(long)]
    pub json: bool,
}

/// Lists the caller's assets to the console, page by page.
///
/// # Errors
/// [`CommandError`] when the API gives no answer or the output can't be written.
pub async fn run(args: &LsArgs, api: &Api, console: &mut Console<'_>) -> Result<(), CommandError> {
    let mut left = args.limit;
    let mut cursor = None;
    while left > 0 {
        let page = api.list(left.min(PAGE_SIZE), cursor.as_deref()).await?;
        let assets: Vec<Asset> = page.assets.into_iter().take(left as usize).collect();
        if args.json {
            print_json(&assets, console.out)?;
        } else {
            print_table(&assets, cursor.is_none(), console.out)?;
        }
        left = left.saturating_sub(u32::try_from(assets.len()).unwrap_or(u32::MAX));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(console.out.flush()?)
}

fn print_json(assets: &[Asset], out: &mut dyn Write) -> io::Result<()> {
    for asset in assets {
        writeln!(out, "{}", serde_json::to_string(asset)?)?;
    }
    Ok(())
}

/// Prints one line per asset, with columns as wide as this page needs.
fn print_table(assets: &[Asset], with_header: bool, out: &mut dyn Write) -> io::Result<()> {
    let header = ["STATE", "SIZE", "PIXELS", "TYPE", "CREATED", "FILE", "HASH"].map(str::to_owned);
    let header = (with_header && !assets.is_empty()).then_some(header);
    let lines: Vec<[String; 7]> = header.into_iter().chain(assets.iter().map(columns)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    for line in &lines {
        for (text, width) in line.iter().zip(widths).take(6) {
            write!(out, "{text:width$}  ")?;
        }
        writeln!(out, "{}", line[6])?;
    }
    Ok(())
}

fn columns(asset: &Asset) -> [String; 7] {
    [
        asset.state.to_string(),
        HumanBytes(asset.size_bytes).to_string(),
        pixels(asset).unwrap_or_else(|| "-".to_owned()),
        printable(&asset.mime_type).into_owned(),
        printable(&asset.created_at).into_owned(),
        printable(asset.file_name.as_deref().unwrap_or("-")).into_owned(),
        asset.content_hash.to_string(),
    ]
}

/// Width and height as people write them; `None` until they have been measured.
pub(super) fn pixels(asset: &Asset) -> Option<String> {
    Some(format!("{}x{}", asset.width?, asset.height?))
}
