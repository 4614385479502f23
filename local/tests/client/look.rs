//! `ls` and `show`.

use local::cli::console::Console;
use local::cli::error::CommandError;
use local::cli::{ls, show};
use serde_json::Value;
use shared::hash::ContentHash;

use super::service::{Script, Service};

async fn list(service: &Service, limit: u32, json: bool) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console { out: &mut out, err: &mut err, attended: false };
    ls::run(&ls::LsArgs { limit, json }, &service.api(), &mut console).await.unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn a_listing_goes_on_over_pages_up_to_its_limit() {
    let service = Service::start().await;
    service.seen(|seen| seen.listed = 230);
    assert_eq!(list(&service, 205, true).await.lines().count(), 205);
    assert_eq!(list(&service, 1000, true).await.lines().count(), 230);
    let one: Value = serde_json::from_str(list(&service, 1, true).await.trim()).unwrap();
    assert_eq!(one["storageClass"], "STANDARD", "a field that the client doesn't know is kept");
}

#[tokio::test]
async fn a_listing_for_people_has_a_header_and_no_control_characters() {
    let service = Service::start().await;
    service.seen(|seen| seen.listed = 2);
    let table = list(&service, 10, false).await;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines.len() == 3 && lines[0].starts_with("STATE"), "{table}");
    assert!(lines[1].contains("8x6") && lines[1].contains(r"picture\u{1b}.gif"), "{table}");
    assert!(lines[1].ends_with(&ContentHash::of(b"0").to_string()), "{table}");
}

async fn shown(service: &Service, asset: &str, json: bool) -> Result<String, CommandError> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console { out: &mut out, err: &mut err, attended: false };
    let args = show::ShowArgs { asset: asset.to_owned(), json };
    show::run(&args, &service.api(), &mut console).await.map(|()| String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn an_asset_is_shown_with_the_urls_of_its_variants() {
    let service = Service::start().await;
    service.script(b"x", Script { present: true, ..Script::default() });
    let hash = ContentHash::of(b"x").to_string();
    let text = shown(&service, &hash, false).await.unwrap();
    let url = format!("{}/{hash}/320x0/80.auto 320w", service.address());
    assert!(text.contains("state    READY") && text.contains(&url), "{text}");
    let json: Value = serde_json::from_str(&shown(&service, &hash, true).await.unwrap()).unwrap();
    assert_eq!((&json["asset"]["contentHash"], &json["variants"]["widths"][0]), (&hash.into(), &320.into()));
}

#[tokio::test]
async fn an_asset_that_is_not_there_is_told_in_the_servers_words() {
    let service = Service::start().await;
    let unknown = shown(&service, &ContentHash::of(b"x").to_string(), false).await.unwrap_err();
    assert!(unknown.to_string().contains("there is no such asset"), "{unknown}");
    let no_name = shown(&service, "../assets", false).await.unwrap_err();
    assert!(matches!(no_name, CommandError::NoAssetName(_)), "{no_name}");
}
