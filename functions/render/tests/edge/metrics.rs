//! What is counted.

use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use shared::asset::AssetState;
use tokio::runtime::Builder;

use crate::assets::{Assets, picture};

/// Writes down every metric, with its labels.
#[derive(Debug, Clone, Default)]
struct Notebook(Arc<Mutex<Vec<String>>>);

struct Entry(Notebook, String);

impl Entry {
    fn of(notebook: &Notebook, key: &Key) -> Arc<Self> {
        let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
        Arc::new(Self(notebook.clone(), labels.fold(key.name().to_owned(), |name, label| name + &label)))
    }

    fn note(&self) {
        self.0.0.lock().unwrap().push(self.1.clone());
    }
}

impl CounterFn for Entry {
    fn increment(&self, _value: u64) {
        self.note();
    }

    fn absolute(&self, _value: u64) {
        self.note();
    }
}

impl HistogramFn for Entry {
    fn record(&self, value: f64) {
        assert!(value >= 0.0);
        self.note();
    }
}

impl Recorder for Notebook {
    fn describe_counter(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}
    fn describe_gauge(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}
    fn describe_histogram(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        Counter::from_arc(Entry::of(self, key))
    }

    fn register_gauge(&self, _key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Entry::of(self, key))
    }
}

#[test]
fn what_is_rendered_and_what_is_refused_is_counted() {
    let notebook = Notebook::default();
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    metrics::with_local_recorder(&notebook, || {
        runtime.block_on(async {
            let assets = Assets::default();
            let hash = assets.with(&picture(400, 300), AssetState::Ready).await;
            assets.get(&hash, "320x240/80.webp").await;
            assets.get(&hash, "321x240/80.webp").await;
        });
    });
    let mut noted = notebook.0.lock().unwrap().clone();
    noted.sort();
    let expected = [
        "original_bytes_fetched",
        "variant_bytes",
        "variant_compute_ms",
        "variant_fetch_ms",
        "variants_refused code=variant_not_allowed",
        "variants_rendered",
    ];
    assert_eq!(noted, expected);
}
