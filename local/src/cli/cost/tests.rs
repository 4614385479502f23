use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

const PRICES: &str = include_str!("../../../../functions/cost/src/prices/us-east-1.json");

/// A folder with a usage file, and one with prices of another day.
struct Files {
    folder: TempDir,
}

impl Files {
    fn with_usage(usage: &Value) -> Self {
        let files = Self { folder: TempDir::new().unwrap() };
        std::fs::write(files.path("usage.json"), usage.to_string()).unwrap();
        files
    }

    fn with_prices(self, change: impl FnOnce(&mut Value)) -> Self {
        let mut prices: Value = serde_json::from_str(PRICES).unwrap();
        change(&mut prices);
        std::fs::write(self.path("prices.json"), prices.to_string()).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn args(&self) -> CostArgs {
        let prices = self.path("prices.json");
        let prices = prices.exists().then_some(prices);
        CostArgs { usage: Some(self.path("usage.json")), prices, ..CostArgs::default() }
    }

    /// What is printed to standard output and to standard error, or why there is nothing.
    async fn cost(&self, change: impl FnOnce(&mut CostArgs)) -> Result<(String, String), String> {
        let mut args = self.args();
        change(&mut args);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console { out: &mut out, err: &mut err, attended: false };
        let outcome = run(&args, |_| None, &mut console).await;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        match outcome {
            Ok(()) => Ok((text(out), text(err))),
            Err(fault) => {
                assert!(out.is_empty() && err.is_empty());
                Err(fault.to_string())
            }
        }
    }

    async fn refused(&self, change: impl FnOnce(&mut CostArgs)) -> String {
        let refused = self.cost(change).await.unwrap_err();
        assert!(!refused.contains('\n'), "{refused}");
        refused
    }
}

fn usage() -> Value {
    json!({
        "periodDays": 10, "region": "us-east-1",
        "storage": [{ "class": "STANDARD", "bytes": 1_073_741_824_000_u64, "objects": 1_000 }],
        "variantRequests": 1_000_000, "renderInvocations": 60_000, "renderGbSeconds": 9_000,
    })
}

#[tokio::test]
async fn the_bill_stands_beside_that_of_everything_stored() {
    let (out, err) = Files::with_usage(&usage()).cost(|_| ()).await.unwrap();
    assert!(out.starts_with("A month at the use of 10 measured days, in us-east-1"), "{out}");
    // 1,000 GB at .023 USD.
    let storage = out.lines().find(|line| line.starts_with("storage")).unwrap();
    assert_eq!(storage.split_whitespace().nth(1), Some("$23.00"), "{out}");
    for words in
        ["total", "saved", "94.0 %, 1 - renders / requests", "saves $", "cdnBytes", "--migration-cost"]
    {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert_eq!(err, "");
}

#[tokio::test]
async fn the_json_is_the_analysis() {
    let files = Files::with_usage(&usage());
    let (out, _) = files.cost(|args| args.json = true).await.unwrap();
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["current"]["storage"], 23.0);
    assert_eq!((&report["periodDays"], &report["hitRatioSource"]), (&json!(10), &json!("renders")));
}

#[tokio::test]
async fn the_page_goes_to_its_file_and_nothing_else_is_printed() {
    let files = Files::with_usage(&usage());
    let page = files.path("cost.html");
    let (out, err) = files.cost(|args| args.html = Some(page.clone())).await.unwrap();
    assert_eq!((out.as_str(), err.as_str()), ("", ""));
    let written = std::fs::read_to_string(&page).unwrap();
    assert!(written.starts_with("<!doctype html>") && written.contains("<svg"), "{}", &written[..200]);
    let nowhere = files.path("no/folder/cost.html");
    let refused = files.refused(|args| args.html = Some(nowhere)).await;
    assert!(refused.contains("no/folder/cost.html cannot be written"), "{refused}");
}

#[tokio::test]
async fn no_page_is_written_of_a_usage_that_is_wrong() {
    let files = Files::with_usage(&json!({ "periodDays": 400 }));
    let page = files.path("cost.html");
    files.refused(|args| args.html = Some(page.clone())).await;
    assert!(!page.exists());
}

#[tokio::test]
async fn assumptions_and_amounts_reach_the_report() {
    let files = Files::with_usage(&usage());
    let change = |args: &mut CostArgs| {
        args.json = true;
        args.migration_cost = Some("1000".to_owned());
        args.variants_per_asset = Some(10);
        args.variant_size = Some("10".to_owned());
        args.variant_class = Some("STANDARD_IA".to_owned());
        args.budget = Some("5".to_owned());
    };
    let (out, _) = files.cost(change).await.unwrap();
    let report: Value = serde_json::from_str(&out).unwrap();
    // As much again as the originals take, at .0125 USD.
    assert_eq!(report["baseline"]["storage"], 23.0 + 12.5);
    assert_eq!(report["monthlyBudgetUsd"], 5.0);
    assert!(report["breakEvenMonths"].is_number(), "{report}");
    let (out, _) = files.cost(|args| args.budget = Some("5".to_owned())).await.unwrap();
    assert!(out.lines().any(|line| line.starts_with("budget") && line.ends_with("over")), "{out}");
}

#[tokio::test]
async fn a_field_that_is_not_known_is_warned_about() {
    let mut usage = usage();
    usage["teaCups"] = json!(3);
    let (out, err) = Files::with_usage(&usage).cost(|_| ()).await.unwrap();
    assert!(
        out.contains("Warning: ") && out.contains("`teaCups`") && err.contains("`teaCups`"),
        "{out}{err}"
    );
}

#[tokio::test]
async fn old_prices_are_warned_about_in_the_report_and_beside_it() {
    let files = Files::with_usage(&usage()).with_prices(|prices| prices["asOf"] = json!("2020-01-31"));
    let (out, err) = files.cost(|args| args.json = true).await.unwrap();
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["pricesAsOf"], "2020-01-31");
    assert!(report["warnings"][0].as_str().unwrap().contains("2020-01-31") && err.contains("2020-01-31"));
}

#[tokio::test]
async fn a_usage_that_is_wrong_is_refused_with_the_file_and_the_field() {
    for (wrong, words) in [
        (json!({}), vec!["periodDays"]),
        (json!({ "periodDays": 0 }), vec!["periodDays"]),
        (json!({ "periodDays": 30, "variantRequests": -1 }), vec!["variantRequests", "-1"]),
        (json!({ "periodDays": 30, "cdnBytes": 1e30 }), vec!["cdnBytes"]),
        (
            json!({ "periodDays": 30, "storage": [{ "class": "FROZEN", "bytes": 1 }] }),
            vec!["storage[0].class", "FROZEN"],
        ),
        (json!({ "periodDays": 30, "region": "mars-north-1" }), vec!["mars-north-1", "us-east-1"]),
    ] {
        let refused = Files::with_usage(&wrong).refused(|_| ()).await;
        assert!(words.iter().all(|word| refused.contains(word)), "{refused}");
    }
    let absent = Files::with_usage(&usage());
    let refused = absent.refused(|args| args.usage = Some(absent.path("none.json"))).await;
    assert!(refused.contains("none.json cannot be read"), "{refused}");
}

#[tokio::test]
async fn prices_that_are_wrong_are_refused_with_the_file_and_the_price() {
    let lacking = Files::with_usage(&usage()).with_prices(|prices| {
        prices["prices"].as_object_mut().unwrap().remove("cdn.bytes").unwrap();
    });
    let refused = lacking.refused(|_| ()).await;
    assert!(refused.contains("prices.json") && refused.contains("`cdn.bytes`"), "{refused}");
    let float = Files::with_usage(&usage())
        .with_prices(|prices| prices["prices"]["cdn.bytes"]["tiers"] = json!([{ "usd": "-1" }]));
    let refused = float.refused(|_| ()).await;
    assert!(refused.contains("prices.json") && refused.contains("`cdn.bytes`"), "{refused}");
}

#[tokio::test]
async fn without_a_usage_file_and_a_running_system_there_is_nothing_to_say() {
    let files = Files::with_usage(&usage());
    let refused = files
        .refused(|args| {
            args.usage = None;
            args.endpoint.data_dir = Some(files.path("no-system"));
        })
        .await;
    assert!(refused.contains("no-system"), "{refused}");
}
