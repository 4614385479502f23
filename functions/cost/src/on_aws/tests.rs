use shared::ports::{DailyValue, MetricQuery, Statistic};

use super::*;

const GB: u64 = 1 << 30;

/// Metrics, by what is asked for: `AWS/Lambda Invocations stack-render`, and what it is each day, the last last.
#[derive(Debug, Default)]
struct Told(Vec<(&'static str, Vec<f64>)>);

impl Told {
    fn values(&self, query: &MetricQuery, days: Days) -> Vec<DailyValue> {
        let name = query.to_string();
        let values = self.0.iter().find(|(told, _)| *told == name).map_or(&[][..], |(_, values)| values);
        let day = |ago: usize| days.until.minus(DAY * u32::try_from(ago).unwrap());
        let values = values.iter().enumerate().map(|(position, value)| (values.len() - position, *value));
        values.map(|(ago, value)| DailyValue { day: day(ago), value }).collect()
    }
}

impl MetricSource for Told {
    async fn daily(
        &self,
        queries: &[MetricQuery],
        days: Days,
    ) -> Result<Vec<Vec<DailyValue>>, MeasurementError> {
        Ok(queries.iter().map(|query| self.values(query, days)).collect())
    }
}

struct Table(u64);

impl SizedTable for Table {
    async fn size_bytes(&self) -> Result<u64, MeasurementError> {
        Ok(self.0)
    }
}

/// Refuses, as a service does that has not been allowed.
struct Denied(&'static str);

impl MetricSource for Denied {
    async fn daily(&self, _: &[MetricQuery], _: Days) -> Result<Vec<Vec<DailyValue>>, MeasurementError> {
        Err(MeasurementError::Denied { action: self.0, source: "no policy allows it".into() })
    }
}

impl SizedTable for Denied {
    async fn size_bytes(&self) -> Result<u64, MeasurementError> {
        Err(MeasurementError::Denied { action: self.0, source: "no policy allows it".into() })
    }
}

fn deployment() -> Deployment {
    let function = |name: &str| Function { name: format!("stack-{name}"), memory_mb: Some(1024) };
    Deployment {
        region: "us-east-1".to_owned(),
        stack: Some("stack".to_owned()),
        bucket: "assets".to_owned(),
        table: "items".to_owned(),
        functions: BTreeMap::from([
            (Role::Ingest, function("ingest")),
            (Role::Verify, function("verify")),
            (Role::Render, function("render")),
            (Role::Reconcile, function("reconcile")),
        ]),
        architecture: Some(Architecture::Arm64),
        distribution: Some("E1".to_owned()),
        origin_shield: Some(false),
        state_machine: Some("arn:machine".to_owned()),
    }
}

fn days(count: u32) -> Days {
    last_days("2026-11-25T05:00:00Z".parse().unwrap(), count)
}

async fn used(deployment: Deployment, told: Vec<(&'static str, Vec<f64>)>) -> Usage {
    AwsUsage::new(Told(told), Table(9_000), deployment).of(days(3)).await.unwrap()
}

#[test]
fn the_period_is_of_whole_days_before_today() {
    let days = days(30);
    assert_eq!(days.from.to_string(), "2026-10-26T00:00:00.000Z");
    assert_eq!(days.until.to_string(), "2026-11-25T00:00:00.000Z");
}

#[tokio::test]
async fn what_happened_is_summed_over_the_days() {
    let usage = used(
        deployment(),
        vec![
            ("AWS/Lambda Invocations stack-render", vec![10.0, 0.0, 32.0]),
            ("AWS/Lambda Duration stack-render", vec![1_000.5, 0.0, 3_000.0]),
            ("AWS/CloudFront Requests E1 Global", vec![500.0, 200.0, 300.0]),
            ("AWS/CloudFront BytesDownloaded E1 Global", vec![1e9, 1e9, 2.5e9]),
            ("AWS/CloudFront CacheHitRate E1 Global", vec![90.0, 96.0]),
            ("AWS/DynamoDB ConsumedWriteCapacityUnits items", vec![4.0, 5.0]),
            ("AWS/DynamoDB ConsumedWriteCapacityUnits items by_owner", vec![2.0]),
            ("AWS/States ExecutionsStarted arn:machine", vec![1.0, 1.0, 1.0]),
            ("AWS/Logs IncomingBytes /aws/lambda/stack-ingest", vec![700.0]),
            ("Hashfolio uploads_verified stack", vec![6.0]),
            ("Hashfolio original_bytes_fetched stack", vec![4e6]),
        ],
    )
    .await;
    assert_eq!(usage.period_days, 3);
    assert_eq!(usage.region.as_deref(), Some("us-east-1"));
    assert_eq!(usage.render_invocations, Some(Count::new(42)));
    assert_eq!(usage.render_gb_seconds, Some(GbSeconds::of(1024, 4_001)));
    assert_eq!(usage.variant_requests, Some(Count::new(1_000)));
    assert_eq!(usage.cdn_bytes, Some(Bytes::new(4_500_000_000)));
    assert_eq!(usage.hit_ratio, Some(Share::of_thousandths(930)));
    let dynamodb = usage.dynamodb.unwrap();
    assert_eq!(dynamodb.write_units, Some(Count::new(11)), "the index is billed beside the table");
    assert_eq!(dynamodb.bytes, Some(Bytes::new(9_000)));
    assert_eq!(usage.state_transitions, Some(Count::new(3 * 104)));
    assert_eq!(usage.log_bytes, Some(Bytes::new(700)));
    assert_eq!(usage.uploads, Some(Count::new(6)));
    assert_eq!(usage.original_bytes_read, Some(Bytes::new(4_000_000)));
    assert_eq!(usage.notes, Vec::<String>::new());
}

#[tokio::test]
async fn silence_is_zero_only_where_a_service_is_silent_at_zero() {
    let usage = used(deployment(), vec![("AWS/CloudFront Requests E1 Global", vec![1.0, 1.0, 1.0])]).await;
    assert_eq!(usage.render_invocations, Some(Count::new(0)));
    assert_eq!(usage.verify_gb_seconds, Some(GbSeconds::of_millionths(0)));
    assert_eq!(usage.dynamodb.unwrap().read_units, Some(Count::new(0)));
    assert_eq!(usage.log_bytes, Some(Bytes::new(0)));
    assert_eq!(usage.hit_ratio, None, "its metric is off");
    assert_eq!(usage.storage, None, "S3 has not said yet");
    assert_eq!((usage.retrieval, usage.transitions), (None, None));
    assert_eq!(usage.s3, Some(S3Requests::default()), "request metrics are off");
    assert_eq!((usage.uploads, usage.original_bytes_read), (None, None));
}

#[tokio::test]
async fn what_the_deployment_does_not_name_is_not_measured() {
    let mut part = deployment();
    part.functions.remove(&Role::Verify);
    part.functions.get_mut(&Role::Render).unwrap().memory_mb = None;
    part.distribution = None;
    part.state_machine = None;
    part.origin_shield = Some(true);
    let usage = used(part, vec![("AWS/Lambda Invocations stack-render", vec![1.0, 1.0, 1.0])]).await;
    assert_eq!((usage.verify_invocations, usage.verify_gb_seconds), (None, None));
    assert_eq!((usage.render_invocations, usage.render_gb_seconds), (Some(Count::new(3)), None));
    assert_eq!((usage.variant_requests, usage.cdn_bytes), (None, None));
    assert_eq!(usage.state_transitions, None);
    assert_eq!(usage.origin_shield_requests, None, "no metric counts what passes it");
}

#[tokio::test]
async fn the_cdn_is_measured_in_one_region_alone() {
    let elsewhere = Deployment { region: "eu-west-1".to_owned(), ..deployment() };
    let render = ("AWS/Lambda Invocations stack-render", vec![1.0, 1.0, 1.0]);
    let usage = used(elsewhere, vec![render, ("AWS/CloudFront Requests E1 Global", vec![9.0])]).await;
    assert_eq!(usage.variant_requests, None);
    assert!(usage.notes[0].contains("us-east-1 alone, and this is eu-west-1"), "{:?}", usage.notes);
}

#[tokio::test]
async fn days_before_anything_was_measured_are_no_days_of_the_period() {
    let render = ("AWS/Lambda Invocations stack-render", vec![8.0]);
    let usage = used(deployment(), vec![render]).await;
    assert_eq!(usage.period_days, 1);
    let said = "Only 1 of 3 days were measured: before 2026-11-24 no metric has a value.";
    assert_eq!(usage.notes, [said]);
    let usage = used(deployment(), Vec::new()).await;
    assert_eq!(usage.period_days, 3);
    assert!(usage.notes[0].starts_with("No metric has a value"), "{:?}", usage.notes);
}

/// The state machine itself: what runs once, and what runs for each range of shards.
#[test]
fn a_runs_transitions_are_the_state_machines() {
    let machine = include_str!("../../../reconcile/state_machine.asl.json");
    let machine: serde_json::Value = serde_json::from_str(machine).unwrap();
    let states = machine["States"].as_object().unwrap();
    // One way only leads through these two: when nothing is mended.
    let run = states.iter().filter(|(name, _)| !matches!(name.as_str(), "NothingApplied" | "Halted"));
    let of_ranges = |state: &serde_json::Value| {
        let states = state["ItemProcessor"]["States"].as_object().map_or(0, serde_json::Map::len);
        states * machine["States"]["Ranges"]["Result"].as_array().unwrap().len()
    };
    let transitions: usize = run.map(|(_, state)| 1 + of_ranges(state)).sum();
    assert_eq!(u64::try_from(transitions).unwrap(), TRANSITIONS_PER_RUN);
}

fn stored(usage: &Usage) -> Vec<(StorageClass, Option<crate::Tier>, u64, u64)> {
    let of = |stored: &crate::Stored| (stored.class, stored.tier, stored.bytes.get(), stored.objects.get());
    usage.storage.iter().flatten().map(of).collect()
}

const OBJECTS: &str = "AWS/S3 NumberOfObjects assets AllStorageTypes";

#[tokio::test]
async fn what_is_kept_is_the_mean_of_the_days() {
    let standard = ("AWS/S3 BucketSizeBytes assets StandardStorage", vec![10e9, 20e9, 30e9]);
    let usage = used(deployment(), vec![standard, (OBJECTS, vec![10.0, 20.0, 30.0])]).await;
    assert_eq!(stored(&usage), [(StorageClass::Standard, None, 20_000_000_000, 20)]);
    assert_eq!((usage.retrieval, usage.transitions), (Some(Vec::new()), Some(Vec::new())));
    assert_eq!(usage.notes, Vec::<String>::new());
}

#[tokio::test]
async fn a_class_that_came_later_was_empty_before() {
    let standard = ("AWS/S3 BucketSizeBytes assets StandardStorage", vec![9e9, 9e9, 9e9]);
    let cold = ("AWS/S3 BucketSizeBytes assets StandardIAStorage", vec![3e9]);
    let padding = ("AWS/S3 BucketSizeBytes assets StandardIASizeOverhead", vec![3e9]);
    let usage = used(deployment(), vec![standard, cold, padding, (OBJECTS, vec![11.0, 11.0, 11.0])]).await;
    let (standard, cold) = (StorageClass::Standard, StorageClass::StandardIa);
    assert_eq!(stored(&usage), [(standard, None, 9_000_000_000, 9), (cold, None, 2_000_000_000, 2)]);
    assert!(usage.notes.iter().any(|note| note.contains("in proportion to bytes")), "{:?}", usage.notes);
    assert_eq!(usage.transitions, None, "no metric counts what a lifecycle moves");
}

#[tokio::test]
async fn archived_objects_are_counted_by_what_lies_beside_each() {
    let gb = |count: u32| vec![f64::from(count) * 1_073_741_824.0; 3];
    let usage = used(
        deployment(),
        vec![
            ("AWS/S3 BucketSizeBytes assets StandardStorage", gb(1)),
            ("AWS/S3 BucketSizeBytes assets DeepArchiveStorage", gb(50)),
            ("AWS/S3 BucketSizeBytes assets DeepArchiveObjectOverhead", vec![700.0 * 32_768.0; 3]),
            (OBJECTS, vec![1_000.0; 3]),
        ],
    )
    .await;
    let (standard, archive) = (StorageClass::Standard, StorageClass::DeepArchive);
    assert_eq!(stored(&usage), [(standard, None, GB, 300), (archive, None, 50 * GB, 700)]);
    assert_eq!(usage.notes, Vec::<String>::new(), "nothing had to be spread");
    assert_eq!(usage.retrieval, Some(Vec::new()), "what is archived is not read");
}

#[tokio::test]
async fn tiers_of_intelligent_tiering_keep_their_rates_and_no_object_is_lost() {
    let size = |of_type: &'static str, bytes: f64| (of_type, vec![bytes; 3]);
    let usage = used(
        deployment(),
        vec![
            size("AWS/S3 BucketSizeBytes assets IntelligentTieringFAStorage", 5e9),
            size("AWS/S3 BucketSizeBytes assets IntelligentTieringIAStorage", 3e9),
            size("AWS/S3 BucketSizeBytes assets IntelligentTieringAIAStorage", 2e9),
            size("AWS/S3 BucketSizeBytes assets IntelligentTieringDAAStorage", 1e9),
            (OBJECTS, vec![11.0; 3]),
        ],
    )
    .await;
    let places = stored(&usage);
    assert_eq!(places.len(), 3);
    assert_eq!(places.iter().map(|(.., objects)| objects).sum::<u64>(), 11);
    assert_eq!(places[0], (StorageClass::IntelligentTiering, Some(crate::Tier::Frequent), 5_000_000_000, 6));
    assert!(
        usage.notes.iter().any(|note| note.contains("IntelligentTieringDAAStorage")),
        "{:?}",
        usage.notes
    );
}

#[tokio::test]
async fn reads_of_colder_classes_are_shared_out_and_said_to_be() {
    let kept = |read: Vec<(&'static str, Vec<f64>)>| {
        let mut told = vec![
            ("AWS/S3 BucketSizeBytes assets StandardStorage", vec![1e12; 3]),
            ("AWS/S3 BucketSizeBytes assets GlacierInstantRetrievalStorage", vec![3e12; 3]),
            ("AWS/Lambda Invocations stack-render", vec![100.0; 3]),
            ("AWS/S3 GetRequests assets EntireBucket", vec![400.0]),
            ("AWS/S3 ListRequests assets EntireBucket", vec![7.0]),
            (OBJECTS, vec![1_000.0; 3]),
        ];
        told.extend(read);
        used(deployment(), told)
    };
    let usage = kept(vec![("Hashfolio original_bytes_fetched stack", vec![4e9; 3])]).await;
    let cold = usage.retrieval.unwrap();
    assert_eq!(cold.len(), 1);
    assert_eq!((cold[0].class, cold[0].bytes.get()), (StorageClass::GlacierIr, 9_000_000_000));
    assert_eq!(cold[0].requests.get(), 225);
    assert!(
        usage.notes.iter().any(|note| note.starts_with("No metric tells which class")),
        "{:?}",
        usage.notes
    );
    let s3 = usage.s3.unwrap();
    assert_eq!(s3.put_copy_post_list, Some(Count::new(7)));
    assert_eq!(s3.get_and_other, Some(Count::new(175)), "reads of a colder class are billed as such");

    let usage = kept(Vec::new()).await;
    assert_eq!(usage.retrieval, None, "nobody knows what was read");
}

#[tokio::test]
async fn a_size_without_a_number_of_objects_is_no_storage() {
    let usage =
        used(deployment(), vec![("AWS/S3 BucketSizeBytes assets StandardStorage", vec![1e9; 3])]).await;
    assert_eq!(usage.storage, None);
}

#[tokio::test]
async fn who_may_not_measure_is_told_what_must_be_allowed() {
    let usage = AwsUsage::new(Denied("cloudwatch:GetMetricData"), Table(0), deployment()).of(days(3)).await;
    let said = "use cannot be measured: cloudwatch:GetMetricData is not allowed: no policy allows it";
    assert_eq!(usage.unwrap_err().to_string(), said);
    let usage =
        AwsUsage::new(Told::default(), Denied("dynamodb:DescribeTable"), deployment()).of(days(3)).await;
    assert!(usage.unwrap_err().to_string().contains("dynamodb:DescribeTable is not allowed"));
}

#[test]
fn each_metric_is_asked_for_once_and_in_one_call() {
    let queries: Vec<MetricQuery> =
        Metric::all().into_iter().filter_map(|metric| metric.query(&deployment())).collect();
    assert!(queries.len() < 60, "{} metrics, at .01 USD per 1,000", queries.len());
    for (position, query) in queries.iter().enumerate() {
        assert!(!queries[..position].contains(query), "{query:?}");
        let kept = matches!(query.name, "BucketSizeBytes" | "NumberOfObjects" | "CacheHitRate");
        assert_eq!(query.statistic == Statistic::Average, kept, "{query:?}");
    }
}
