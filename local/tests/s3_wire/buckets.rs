//! Buckets and their configurations.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, Event, ExpirationStatus, LambdaFunctionConfiguration, LifecycleExpiration,
    LifecycleRule, LifecycleRuleFilter, NotificationConfiguration,
};
use local::s3::ConfigureBucketError;

use crate::harness::{BUCKET, Wire, code, status};

#[tokio::test]
async fn a_bucket_is_made_once_listed_and_deleted_when_it_is_empty() {
    let wire = Wire::start().await;
    let again = wire.client().create_bucket().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(code(&again), "BucketAlreadyOwnedByYou");
    wire.client().create_bucket().bucket("another").send().await.unwrap();
    let buckets = wire.client().list_buckets().send().await.unwrap();
    let names: Vec<_> = buckets.buckets().iter().filter_map(|bucket| bucket.name()).collect();
    assert_eq!(names, ["another", BUCKET]);

    wire.put("k", b"bytes").await;
    let full = wire.client().delete_bucket().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(code(&full), "BucketNotEmpty");
    wire.client().delete_bucket().bucket("another").send().await.unwrap();
    let gone = wire.client().head_bucket().bucket("another").send().await.unwrap_err();
    assert_eq!(status(&gone), 404);
    wire.client().head_bucket().bucket(BUCKET).send().await.unwrap();
}

#[tokio::test]
async fn a_bucket_that_is_there_is_left_as_it_is() {
    let wire = Wire::start().await;
    wire.put("k", b"bytes").await;
    wire.s3.ensure_bucket(BUCKET).await.unwrap();
    assert_eq!(wire.get("k").await.unwrap(), "bytes");
    let refused = wire.s3.ensure_bucket("Not_A_Bucket").await;
    assert!(matches!(refused, Err(ConfigureBucketError::InvalidName { .. })));
}

#[tokio::test]
async fn a_lifecycle_configuration_comes_back_as_it_was_put() {
    let wire = Wire::start().await;
    let get = || wire.client().get_bucket_lifecycle_configuration().bucket(BUCKET).send();
    assert_eq!(code(&get().await.unwrap_err()), "NoSuchLifecycleConfiguration");
    let rule = LifecycleRule::builder()
        .id("variants")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("variants/").build())
        .expiration(LifecycleExpiration::builder().days(1).build());
    let rule = rule.build().unwrap();
    let configuration = BucketLifecycleConfiguration::builder().rules(rule.clone()).build().unwrap();
    let put = wire.client().put_bucket_lifecycle_configuration().bucket(BUCKET);
    put.lifecycle_configuration(configuration).send().await.unwrap();
    assert_eq!(get().await.unwrap().rules(), [rule]);
    wire.client().delete_bucket_lifecycle().bucket(BUCKET).send().await.unwrap();
    assert_eq!(code(&get().await.unwrap_err()), "NoSuchLifecycleConfiguration");
}

#[tokio::test]
async fn a_notification_configuration_comes_back_as_it_was_put() {
    let wire = Wire::start().await;
    let get = || wire.client().get_bucket_notification_configuration().bucket(BUCKET).send();
    assert!(get().await.unwrap().lambda_function_configurations().is_empty());
    let verify = LambdaFunctionConfiguration::builder()
        .id("verify")
        .lambda_function_arn("arn:aws:lambda:us-east-1:000000000000:function:verify")
        .events(Event::S3ObjectCreated)
        .build()
        .unwrap();
    let configuration =
        NotificationConfiguration::builder().lambda_function_configurations(verify.clone()).build();
    let put = wire.client().put_bucket_notification_configuration().bucket(BUCKET);
    put.notification_configuration(configuration).send().await.unwrap();
    assert_eq!(get().await.unwrap().lambda_function_configurations(), [verify]);
}

#[tokio::test]
async fn an_operation_that_is_not_there_says_so() {
    let wire = Wire::start().await;
    let refused = wire.client().get_bucket_acl().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(status(&refused), 501);
    assert_eq!(code(&refused), "NotImplemented");
}

#[tokio::test]
async fn requests_are_counted_by_operation() {
    let wire = Wire::start().await;
    wire.put("a", b"1").await;
    wire.put("b", b"2").await;
    wire.get("missing").await.unwrap_err();
    let counts = wire.s3.request_counts().snapshot();
    assert_eq!(counts["PutObject"], 2);
    assert_eq!(counts["GetObject"], 1);
    assert_eq!(counts.get("CopyObject"), None);
}
