//! Bucket and tables: that nothing is lost with them, and that they are what the code and the local system have.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{KeySchemaElement, TableDescription};
use harness::Hashfolio;
use serde_json::{Value, json};
use shared::key::Folder;

use super::Template;
use super::document::below;

#[test]
fn originals_and_records_outlive_the_stack() {
    let template = Template::read();
    for id in ["AssetsBucket", "AssetsTable"] {
        let resource = template.resource(id);
        assert_eq!(
            (&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]),
            (&json!("Retain"), &json!("Retain"))
        );
    }
    let table = template.properties("AssetsTable");
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
}

#[test]
fn the_bucket_is_private_encrypted_and_talks_tls_only() {
    let template = Template::read();
    let bucket = template.properties("AssetsBucket");
    let access = bucket["PublicAccessBlockConfiguration"].as_object().unwrap();
    assert!(access.len() == 4 && access.values().all(|blocked| blocked == true), "{access:?}");
    let encryption = below(&bucket["BucketEncryption"]);
    assert!(encryption.iter().any(|value| value["SSEAlgorithm"] == "AES256"));
    let policy = &template.properties("AssetsBucketPolicy")["PolicyDocument"]["Statement"];
    let tls = policy.as_array().unwrap().iter().find(|statement| statement["Sid"] == "TlsOnly").unwrap();
    assert_eq!(
        (&tls["Effect"], &tls["Principal"], &tls["Action"]),
        (&json!("Deny"), &json!("*"), &json!("s3:*"))
    );
    assert_eq!(tls["Condition"], json!({ "Bool": { "aws:SecureTransport": "false" } }));
}

#[test]
fn nothing_that_somebody_uploaded_expires() {
    let template = Template::read();
    let bucket = template.properties("AssetsBucket");
    let rules = below(&bucket["LifecycleConfiguration"]);
    let expiring: Vec<(&Value, &Value)> = rules
        .iter()
        .filter(|rule| {
            rule.get("ExpirationInDays").is_some() || rule.get("NoncurrentVersionExpiration").is_some()
        })
        .map(|rule| (&rule["Prefix"], &rule["ExpirationInDays"]))
        .collect();
    assert_eq!(expiring, [(&json!("variants/"), &json!(1)), (&json!("refused/"), &json!(90))]);
    let aborting: Vec<&&Value> =
        rules.iter().filter(|rule| rule.get("AbortIncompleteMultipartUpload").is_some()).collect();
    assert_eq!(aborting.len(), 1);
    assert_eq!(aborting[0].get("Prefix"), None, "uploads in parts are begun anywhere");
}

#[test]
fn verify_hears_of_every_folder_that_is_uploaded_to() {
    let template = Template::read();
    let events = template.properties("VerifyFunction")["Events"].as_object().unwrap();
    let heard: BTreeSet<&str> =
        events.values().flat_map(below).filter_map(|value| value["Value"].as_str()).collect();
    assert_eq!(heard, [Folder::Originals, Folder::Incoming].map(Folder::prefix).into());
    let retries = &template.properties("VerifyFunction")["EventInvokeConfig"];
    let dead_letters = json!({ "Fn::GetAtt": ["DeadLetters", "Arn"] });
    assert_eq!(retries["DestinationConfig"]["OnFailure"]["Destination"], dead_letters);
}

/// Where a page's uploads work on one machine, they work on AWS.
#[tokio::test]
async fn pages_may_do_to_the_bucket_what_they_may_on_the_local_system() {
    let template = Template::read();
    let rules = &template.properties("AssetsBucket")["CorsConfiguration"]["Fn::If"];
    assert_eq!(rules[0], "AllowsOrigins");
    let [declared] = rules[1]["CorsRules"].as_array().unwrap().as_slice() else { panic!("{rules}") };
    let system = Hashfolio::start(env!("CARGO_BIN_EXE_hashfolio-under-test")).await;
    let bucket = system.variable("ASSETS_BUCKET");
    let local = system.aws.s3().get_bucket_cors().bucket(bucket).send().await.unwrap();
    let [local] = local.cors_rules() else { panic!("{local:?}") };
    assert_eq!(declared["AllowedMethods"], json!(local.allowed_methods()));
    assert_eq!(declared["AllowedHeaders"], json!(local.allowed_headers()));
    assert_eq!(declared["ExposedHeaders"], json!(local.expose_headers()));
    assert_eq!(declared["MaxAge"], json!(local.max_age_seconds()));
}

/// A table as the template and DynamoDB both can say it.
fn described(table: &TableDescription) -> Value {
    let keys = |schema: &[KeySchemaElement]| -> Value {
        let key = |key: &KeySchemaElement| json!({ "AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str() });
        schema.iter().map(key).collect()
    };
    let mut attributes: Vec<(&str, &str)> = table
        .attribute_definitions()
        .iter()
        .map(|attribute| (attribute.attribute_name(), attribute.attribute_type().as_str()))
        .collect();
    attributes.sort_unstable();
    let indexes: Value = table
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            let projection = index.projection().and_then(|projection| projection.projection_type()).unwrap();
            json!({
                "IndexName": index.index_name(),
                "KeySchema": keys(index.key_schema()),
                "Projection": { "ProjectionType": projection.as_str() },
            })
        })
        .collect();
    json!({ "attributes": attributes, "keys": keys(table.key_schema()), "indexes": indexes })
}

fn declared(table: &Value) -> Value {
    let attributes = table["AttributeDefinitions"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut attributes: Vec<(String, String)> = attributes
        .iter()
        .map(|attribute| (text(&attribute["AttributeName"]), text(&attribute["AttributeType"])))
        .collect();
    attributes.sort_unstable();
    let indexes = table.get("GlobalSecondaryIndexes").cloned().unwrap_or_else(|| json!([]));
    json!({ "attributes": attributes, "keys": table["KeySchema"], "indexes": indexes })
}

#[tokio::test]
async fn the_tables_are_those_of_the_local_system() {
    let template = Template::read();
    let system = Hashfolio::start(env!("CARGO_BIN_EXE_hashfolio-under-test")).await;
    let dynamodb = system.aws.dynamodb();
    for (id, variable) in [("AssetsTable", "ASSETS_TABLE"), ("RenderLeasesTable", "RENDER_LEASES_TABLE")] {
        let declaration = template.properties(id);
        let name = system.variable(variable);
        let local = dynamodb.describe_table().table_name(name).send().await.unwrap();
        assert_eq!(declared(declaration), described(local.table().unwrap()), "{id}");
        let local = dynamodb.describe_time_to_live().table_name(name).send().await.unwrap();
        let expiry = local.time_to_live_description().and_then(|expiry| expiry.attribute_name());
        let declared = &declaration["TimeToLiveSpecification"];
        assert_eq!(
            (declared["AttributeName"].as_str(), &declared["Enabled"]),
            (expiry, &json!(true)),
            "{id}"
        );
        assert_eq!(declaration["BillingMode"], "PAY_PER_REQUEST", "{id}");
    }
}
