//! The upload API: never open.

use serde_json::{Value, json};

use super::Template;

#[test]
fn no_route_is_open() {
    let template = Template::read();
    let by_token_or_iam = json!({ "Fn::If": ["TakesTokens", "JWT", "AWS_IAM"] });
    let routes: Vec<(&str, &Value)> = template.of_type("AWS::ApiGatewayV2::Route").collect();
    assert!(!routes.is_empty());
    for (id, route) in routes {
        let properties = &route["Properties"];
        assert_eq!(properties["AuthorizationType"], by_token_or_iam, "{id}");
        assert_eq!(properties["AuthorizerId"]["Fn::If"][1], json!({ "Ref": "JwtAuthorizer" }), "{id}");
    }
    for function in template.functions() {
        let url = function.properties.get("FunctionUrlConfig");
        assert!(url.is_none_or(|url| url["AuthType"] == "AWS_IAM"), "{} is open", function.id);
        let api = |event: &Value| event["Type"] == "HttpApi" || event["Type"] == "Api";
        let events = function.properties["Events"].as_object();
        assert!(
            !events.is_some_and(|events| events.values().any(api)),
            "{}: a route of SAM's own",
            function.id
        );
    }
}

#[test]
fn an_issuer_needs_an_audience() {
    let template = Template::read();
    let rule = &template.section("Rules")["TokensHaveAnAudience"];
    let is_empty = |parameter: &str| json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, ""] }] });
    assert_eq!(rule["RuleCondition"], is_empty("JwtIssuer"));
    assert_eq!(rule["Assertions"][0]["Assert"], is_empty("JwtAudience"));
}

#[test]
fn both_addresses_of_the_contract_are_routed() {
    let template = Template::read();
    let mut keys: Vec<&str> = template
        .of_type("AWS::ApiGatewayV2::Route")
        .filter_map(|(_, route)| route["Properties"]["RouteKey"].as_str())
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, ["ANY /assets", "ANY /assets/{proxy+}"]);
}

#[test]
fn a_second_invalidation_comes_when_no_render_is_under_way() {
    let template = Template::read();
    let number = |id: &str, name: &str| template.properties(id)[name].as_u64().unwrap();
    assert_eq!(number("InvalidationQueue", "DelaySeconds"), 2 * number("RenderFunction", "Timeout"));
    assert_eq!(number("InvalidationQueue", "VisibilityTimeout"), 6 * number("IngestFunction", "Timeout"));
    let parameter = &template.properties("DistributionIdParameter")["Name"];
    let variables = &template.properties("IngestFunction")["Environment"]["Variables"];
    assert_eq!(&variables["DISTRIBUTION_ID_PARAMETER"], parameter);
}
