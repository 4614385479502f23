use jiff::civil::date;
use serde_json::{Value, json};
use shared::memory::{Fault, Faults, Faulty, MemoryAnnouncer, MemoryObjectStore};

use super::*;
use crate::money::MicroUsd;
use crate::usage::Usage;

const DAY: Date = date(2026, 11, 25);

/// A use that was measured, or what stood in the way.
struct Told(Result<Value, &'static str>);

impl UsageSource for Told {
    async fn usage(&self, period_days: u32) -> Result<Usage, UsageSourceError> {
        let failed =
            |why: &str| UsageSourceError { what: "render’s invocations".to_owned(), why: why.to_owned() };
        let mut usage = self.0.clone().map_err(failed)?;
        usage["periodDays"] = json!(period_days);
        Usage::parse(usage.to_string().as_bytes())
            .map(|(usage, _)| usage)
            .map_err(|error| failed(&error.to_string()))
    }
}

fn some_use() -> Told {
    Told(Ok(json!({ "variantRequests": 1_000_000, "renderInvocations": 50_000, "renderGbSeconds": 9_000 })))
}

fn inputs() -> Inputs {
    Inputs { monthly_budget: Some(MicroUsd::new(1)), ..Inputs::default() }
}

fn cost<S: ReportStore, A: Announcer>(usage: Told, store: S, announcer: A) -> Cost<Told, S, A> {
    Cost::new(usage, store, announcer, (PriceBook::us_east_1().unwrap(), inputs()))
}

async fn kept(store: &MemoryObjectStore, format: ReportFormat) -> Option<String> {
    let read = store.read_report(&ReportName::of_cost_day("2026-11-25", format)).await.unwrap();
    read.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_report_is_kept_and_announced() {
    let (store, announcer) = (MemoryObjectStore::default(), MemoryAnnouncer::default());
    let analysis = cost(some_use(), store.clone(), announcer.clone()).report(7, DAY).await.unwrap();
    let document: Value = serde_json::from_str(&kept(&store, ReportFormat::Json).await.unwrap()).unwrap();
    assert_eq!(document, analysis.to_json());
    assert_eq!(document["periodDays"], 7);
    assert_eq!(kept(&store, ReportFormat::Html).await, Some(analysis.to_html()));
    let messages = announcer.messages();
    assert_eq!(messages, [Announcement { subject: analysis.headline(), text: analysis.to_markdown() }]);
    assert!(messages[0].subject.starts_with("Hashfolio is over its budget by $"), "{messages:?}");
    assert!(messages[0].subject.is_ascii() && messages[0].subject.len() <= 100, "{messages:?}");
    assert!(messages[0].text.ends_with("reports/cost/2026-11-25.html"), "{messages:?}");
}

#[tokio::test]
async fn nothing_is_written_of_a_use_that_could_not_be_measured() {
    let (store, announcer) = (MemoryObjectStore::default(), MemoryAnnouncer::default());
    let cost = cost(Told(Err("cloudwatch:GetMetricData is not allowed")), store.clone(), announcer.clone());
    let error = cost.report(30, DAY).await.unwrap_err();
    let said = "render’s invocations cannot be measured: cloudwatch:GetMetricData is not allowed";
    assert_eq!(error.to_string(), said);
    assert_eq!(kept(&store, ReportFormat::Json).await, None);
    assert_eq!(announcer.messages(), []);
}

#[tokio::test]
async fn a_use_without_prices_is_refused_before_anything_is_written() {
    let store = MemoryObjectStore::default();
    let elsewhere = Told(Ok(json!({ "region": "mars-north-1" })));
    let error = cost(elsewhere, store.clone(), MemoryAnnouncer::default()).report(30, DAY).await.unwrap_err();
    assert!(error.to_string().contains("mars-north-1"), "{error}");
    assert_eq!(kept(&store, ReportFormat::Json).await, None);
}

#[tokio::test]
async fn what_can_not_be_kept_is_not_announced() {
    for call in 0..2 {
        let store = Faulty::new(MemoryObjectStore::default(), &Faults::at(call, Fault::Lost));
        let announcer = MemoryAnnouncer::default();
        let error = cost(some_use(), store, announcer.clone()).report(30, DAY).await.unwrap_err();
        assert!(matches!(error, ReportCostError::Store(_)), "{error}");
        assert_eq!(announcer.messages(), []);
    }
}

#[tokio::test]
async fn a_report_that_nobody_hears_of_is_kept() {
    let store = MemoryObjectStore::default();
    let deaf = Faulty::new(MemoryAnnouncer::default(), &Faults::at(0, Fault::Lost));
    let error = cost(some_use(), store.clone(), deaf).report(30, DAY).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the report is kept, but injected did not take the message: an injected fault"
    );
    assert!(
        kept(&store, ReportFormat::Json).await.is_some() && kept(&store, ReportFormat::Html).await.is_some()
    );
}

#[tokio::test]
async fn the_webhook_hears_of_it_although_the_topic_does_not() {
    let (store, webhook) = (MemoryObjectStore::default(), MemoryAnnouncer::default());
    let topic = Faulty::new(MemoryAnnouncer::default(), &Faults::at(0, Fault::Lost));
    let both = (Some(topic), Some(webhook.clone()));
    cost(some_use(), store.clone(), both).report(30, DAY).await.unwrap_err();
    assert_eq!(webhook.messages().len(), 1);
    let nobody: Option<MemoryAnnouncer> = None;
    cost(some_use(), store, (nobody.clone(), nobody)).report(30, DAY).await.unwrap();
}

#[tokio::test]
async fn the_report_of_a_day_takes_the_place_of_its_last() {
    let store = MemoryObjectStore::default();
    for days in [30, 7] {
        cost(some_use(), store.clone(), MemoryAnnouncer::default()).report(days, DAY).await.unwrap();
    }
    assert!(kept(&store, ReportFormat::Html).await.unwrap().contains("measured over 7 days"));
}
