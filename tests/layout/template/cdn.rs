//! The CDN: what it keeps, whom it asks, and the function that runs before its cache.

use std::fs;

use serde_json::{Value, json};

use super::Template;
use crate::root;

const EDGE_FUNCTION: &str = "functions/render/edge/viewer_request.js";

fn distribution(template: &Template) -> &Value {
    &template.properties("Distribution")["DistributionConfig"]
}

#[test]
fn a_variant_is_kept_by_its_path_alone() {
    let template = Template::read();
    let behaviour = &distribution(&template)["DefaultCacheBehavior"];
    assert_eq!(behaviour["CachePolicyId"], json!({ "Ref": "VariantCache" }));
    assert_eq!(behaviour.get("OriginRequestPolicyId"), None, "nothing of the viewer's reaches render");
    let policy = &template.properties("VariantCache")["CachePolicyConfig"];
    let key = &policy["ParametersInCacheKeyAndForwardedToOrigin"];
    assert_eq!(key["CookiesConfig"]["CookieBehavior"], "none");
    assert_eq!(key["HeadersConfig"]["HeaderBehavior"], "none");
    assert_eq!(key["QueryStringsConfig"]["QueryStringBehavior"], "none");
    assert_eq!((&policy["MinTTL"], &policy["DefaultTTL"]), (&json!(0), &json!(0)), "render says how long");
}

#[test]
fn a_fault_is_over_when_it_is_over() {
    let template = Template::read();
    let errors = distribution(&template)["CustomErrorResponses"].as_array().unwrap();
    for code in [404, 405, 414, 500, 501, 502, 503, 504] {
        let error = errors.iter().find(|error| error["ErrorCode"] == code).unwrap();
        assert_eq!(error, &json!({ "ErrorCode": code, "ErrorCachingMinTTL": 0 }));
    }
}

#[test]
fn the_cdn_alone_opens_render() {
    let template = Template::read();
    let url = &template.properties("RenderFunction")["FunctionUrlConfig"];
    assert_eq!(url, &json!({ "AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM" }));
    let distribution = template.properties("CdnInvokesRender")["SourceArn"].clone();
    assert!(distribution["Fn::Sub"].as_str().unwrap().ends_with(":distribution/${Distribution}"));
    for (id, action) in
        [("CdnOpensRenderUrl", "lambda:InvokeFunctionUrl"), ("CdnInvokesRender", "lambda:InvokeFunction")]
    {
        let permission = template.properties(id);
        assert_eq!((&permission["Action"], &permission["SourceArn"]), (&json!(action), &distribution));
        assert_eq!(permission["Principal"], "cloudfront.amazonaws.com");
        assert_eq!(permission["FunctionName"], json!({ "Ref": "RenderFunction" }));
    }
    let access = &template.properties("RenderAccess")["OriginAccessControlConfig"];
    assert_eq!(
        (&access["OriginAccessControlOriginType"], &access["SigningBehavior"]),
        (&json!("lambda"), &json!("always"))
    );
}

#[test]
fn the_api_is_asked_each_time_and_under_its_own_name() {
    /// AWS's managed policies, by the ids that are the same in every account.
    const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
    const ALL_VIEWER_EXCEPT_HOST_HEADER: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
    let template = Template::read();
    let behaviours = distribution(&template)["CacheBehaviors"].as_array().unwrap();
    let [api] = behaviours.as_slice() else { panic!("{} behaviours", behaviours.len()) };
    assert_eq!((&api["PathPattern"], &api["TargetOriginId"]), (&json!("/assets*"), &json!("api")));
    assert_eq!(api["CachePolicyId"], CACHING_DISABLED);
    assert_eq!(api["OriginRequestPolicyId"], ALL_VIEWER_EXCEPT_HOST_HEADER);
}

#[test]
fn whoever_waits_gives_up_after_whom_it_waits_for() {
    let template = Template::read();
    let timeout = |id: &str| template.properties(id)["Timeout"].as_u64().unwrap();
    let origins = distribution(&template)["Origins"].as_array().unwrap();
    for origin in origins {
        let patience = origin["CustomOriginConfig"]["OriginReadTimeout"].as_u64().unwrap();
        let function = if origin["Id"] == "render" { "RenderFunction" } else { "IngestFunction" };
        assert!(timeout(function) < patience, "{function}");
    }
    let patience_ms = template.properties("ApiIntegration")["TimeoutInMillis"].as_u64().unwrap();
    assert!(timeout("IngestFunction") * 1000 < patience_ms);
    // A function that says so itself, before Lambda ends it, says it well: with a code, and when to come again.
    for function in template.functions().filter(|function| ["ingest", "render"].contains(&function.binary)) {
        let variable = format!("{}_TIMEOUT_SECONDS", function.binary.to_uppercase());
        let own: u64 = template.environment(&function)[&variable].parse().unwrap();
        assert!(own < timeout(function.id), "{variable}");
    }
}

#[test]
fn what_exists_in_us_east_1_only_is_made_there_only() {
    let template = Template::read();
    let conditions = template.section("Conditions");
    let there = json!({ "Fn::Equals": [{ "Ref": "AWS::Region" }, "us-east-1"] });
    assert_eq!(conditions["IsInUsEast1"], there);
    assert_eq!(conditions["LimitsRate"]["Fn::And"][0], json!({ "Condition": "IsInUsEast1" }));
    assert_eq!(template.resource("WebAcl")["Condition"], "LimitsRate");
    assert_eq!(template.resource("HitRatioAlarm")["Condition"], "IsInUsEast1");
}

#[test]
fn the_function_before_the_cache_is_the_one_of_its_file() {
    let template = Template::read();
    let inlined = template.properties("ViewerRequest")["FunctionCode"]["Fn::Sub"].as_str().unwrap();
    let mut code = inlined.to_owned();
    for parameter in ["AllowedWidths", "AllowedHeights", "AllowedQualities"] {
        let list = template.by_default(&json!({ "Ref": parameter }));
        code = code.replace(&format!("[${{{parameter}}}]"), &format!("[{list}]"));
    }
    let source = fs::read_to_string(root().join(EDGE_FUNCTION)).unwrap();
    assert!(
        code == source,
        "run tests/aws/inline_edge_function.py: template.yaml has another {EDGE_FUNCTION}"
    );
    let behaviour = &distribution(&template)["DefaultCacheBehavior"]["FunctionAssociations"];
    let function = json!({ "Fn::GetAtt": ["ViewerRequest", "FunctionMetadata.FunctionARN"] });
    assert_eq!(behaviour, &json!([{ "EventType": "viewer-request", "FunctionARN": function }]));
}
