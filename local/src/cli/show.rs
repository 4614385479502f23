//! `hashfolio show`: one asset, and where its pictures are.

use std::io::{self, Write};

use clap::Args;
use indicatif::HumanBytes;
use shared::asset::AssetId;
use shared::hash::ContentHash;

use super::ls::pixels;
use super::{CommandError, Console, printable};
use crate::client::{Api, Asset, Shown};

/// What `hashfolio show` can be told.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// The asset's SHA-256, or its identifier
    #[arg(value_name = "HASH|ID")]
    pub asset: String,
    /// Print the API's answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Shows one asset on the console.
///
/// # Errors
/// [`CommandError`] when there is no such asset, the API gives no answer, or the output can't be written.
pub async fn run(args: &ShowArgs, api: &Api, console: &mut Console<'_>) -> Result<(), CommandError> {
    let named = args.asset.parse::<ContentHash>().is_ok() || args.asset.parse::<AssetId>().is_ok();
    if !named {
        return Err(CommandError::NoAssetName(args.asset.clone()));
    }
    let shown = api.show(&args.asset).await?;
    if args.json {
        writeln!(console.out, "{}", serde_json::to_string(&shown).map_err(io::Error::from)?)?;
    } else {
        print_asset(&shown.asset, console.out)?;
        print_variants(&shown, api, console.out)?;
    }
    Ok(console.out.flush()?)
}

fn print_asset(asset: &Asset, out: &mut dyn Write) -> io::Result<()> {
    let size = format!("{} ({} bytes)", HumanBytes(asset.size_bytes), asset.size_bytes);
    let lines = [
        ("id", Some(asset.asset_id.to_string())),
        ("hash", Some(asset.content_hash.to_string())),
        ("state", Some(asset.state.to_string())),
        ("reason", asset.reason.clone()),
        ("file", asset.file_name.clone()),
        ("size", Some(size)),
        ("type", Some(asset.mime_type.clone())),
        ("pixels", pixels(asset)),
        ("owner", Some(asset.created_by.clone())),
        ("created", Some(asset.created_at.clone())),
        ("updated", Some(asset.updated_at.clone())),
    ];
    for (name, value) in lines.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        writeln!(out, "{name:8} {}", printable(value))?;
    }
    Ok(())
}

/// Prints each candidate of the `srcset` with its whole URL.
fn print_variants(shown: &Shown, api: &Api, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "variants")?;
    for candidate in shown.variants.srcset.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        writeln!(out, "  {}", printable(&api.absolute(candidate)))?;
    }
    writeln!(out, "  {}", printable(&api.absolute(&shown.variants.url_template)))
}
