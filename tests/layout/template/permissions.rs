//! Who may do what: no more than the code does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Template;
use super::document::{below, listed};

/// Actions that AWS knows no narrower resource for.
const WITHOUT_A_RESOURCE: [(&str, &str); 3] = [
    ("CostFunctionRole", "cloudwatch:GetMetricData"),
    ("TracingPolicy", "xray:PutTraceSegments"),
    ("TracingPolicy", "xray:PutTelemetryRecords"),
];

/// The role that a function has.
fn role<'a>(template: &'a Template, function: &'a str) -> &'a str {
    let role = &template.properties(function)["Role"]["Fn::GetAtt"];
    assert_eq!(role[1], "Arn", "{function} has no role of the template's");
    role[0].as_str().unwrap()
}

/// The policies of a function's role.
fn policies<'a>(template: &'a Template, function: &'a str) -> &'a Value {
    &template.properties(role(template, function))["Policies"]
}

/// Every statement of a policy below a value.
fn statements(value: &Value) -> Vec<&Value> {
    let is_statement = |value: &&Value| value.get("Effect").is_some() && value.get("Action").is_some();
    below(value).into_iter().filter(is_statement).collect()
}

/// The actions of a statement.
fn actions(statement: &Value) -> impl Iterator<Item = &str> {
    listed(&statement["Action"]).into_iter().map(|action| action.as_str().unwrap())
}

/// Whether a statement is about keys that start with a prefix.
fn is_about(statement: &Value, prefix: &str) -> bool {
    below(&statement["Resource"])
        .iter()
        .any(|value| value.as_str().is_some_and(|text| text.ends_with(&format!("/{prefix}*"))))
}

/// What a function may do to objects whose keys start with a prefix.
fn allowed_on(template: &Template, function: &str, prefix: &str) -> BTreeSet<String> {
    let statements = statements(policies(template, function));
    let about = statements.into_iter().filter(|statement| is_about(statement, prefix));
    about.flat_map(actions).map(str::to_owned).collect()
}

#[test]
fn nobody_is_allowed_everything() {
    let template = Template::read();
    for (id, resource) in template.resources() {
        for statement in statements(resource).into_iter().filter(|statement| statement["Effect"] == "Allow") {
            for action in actions(statement) {
                assert!(!action.contains('*'), "{id}: {action}");
                for resource in listed(&statement["Resource"]) {
                    let everything = resource == "*" && !WITHOUT_A_RESOURCE.contains(&(id, action));
                    assert!(!everything, "{id} may {action} everywhere");
                }
            }
        }
    }
}

#[test]
fn an_exception_that_nobody_needs_is_none() {
    let template = Template::read();
    for (id, action) in WITHOUT_A_RESOURCE {
        let statements = statements(template.resource(id));
        let needed = statements.iter().any(|statement| {
            statement["Resource"] == "*" && actions(statement).any(|allowed| allowed == action)
        });
        assert!(needed, "{id} has no {action} on everything");
    }
}

#[test]
fn originals_are_deleted_by_their_keepers_only() {
    let template = Template::read();
    let deleting: BTreeSet<String> = template
        .functions()
        .filter(|function| allowed_on(&template, function.id, "raw/").contains("s3:DeleteObject"))
        .map(|function| function.id.to_owned())
        .collect();
    let policy = statements(template.resource("AssetsBucketPolicy"));
    let denied: Vec<_> = policy
        .iter()
        .filter(|statement| statement["Effect"] == "Deny" && is_about(statement, "raw/"))
        .collect();
    let [statement] = denied.as_slice() else { panic!("{} statements", denied.len()) };
    assert_eq!(statement["Principal"], "*");
    assert!(actions(statement).any(|action| action == "s3:DeleteObject"));
    let keepers = &statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"];
    let keepers: BTreeSet<String> = listed(keepers)
        .iter()
        .map(|arn| arn["Fn::GetAtt"][0].as_str().unwrap().replace("Role", ""))
        .collect();
    assert_eq!(keepers, deleting);
    assert_eq!(deleting.len(), 3, "{deleting:?}");
}

#[test]
fn render_reads_originals_and_writes_none() {
    let template = Template::read();
    let allowed = |prefix| allowed_on(&template, "RenderFunction", prefix);
    assert_eq!(allowed("raw/"), BTreeSet::from(["s3:GetObject".to_owned()]));
    assert!(allowed("incoming/").is_empty() && allowed("reports/").is_empty());
    let policies = policies(&template, "RenderFunction");
    let always: Vec<&Value> = policies[0]["PolicyDocument"]["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one.get("Effect").is_some())
        .collect();
    let writes = |action: &str| {
        let verbs = ["Put", "Update", "Delete", "Write"];
        !action.starts_with("logs:") && verbs.iter().any(|verb| action.contains(verb))
    };
    assert!(always.iter().flat_map(|statement| actions(statement)).all(|action| !writes(action)));
}

/// A role that SAM makes may write to every log of the account, and to X-Ray's traces.
#[test]
fn every_function_writes_to_its_own_log_alone() {
    let template = Template::read();
    let mut roles = BTreeSet::new();
    for function in template.functions() {
        assert!(roles.insert(role(&template, function.id)), "{} shares a role", function.id);
        assert!(
            function.properties.get("Policies").is_none(),
            "{}: only a role of SAM's has these",
            function.id
        );
        let statements = statements(policies(&template, function.id));
        let of_logs = |one: &&&Value| actions(one).any(|action| action.starts_with("logs:"));
        let of_logs: Vec<&&Value> = statements.iter().filter(of_logs).collect();
        let [statement] = of_logs.as_slice() else { panic!("{}: {of_logs:?}", function.id) };
        let own = &function.properties["LoggingConfig"]["LogGroup"]["Ref"];
        assert_eq!(statement["Resource"], json!({ "Fn::GetAtt": [own, "Arn"] }), "{}", function.id);
        assert_eq!(statement["Action"], json!(["logs:CreateLogStream", "logs:PutLogEvents"]));
    }
}

#[test]
fn functions_tell_x_ray_only_where_they_are_traced() {
    let template = Template::read();
    let if_traced = json!({ "Fn::If": ["Traces", [{ "Ref": "TracingPolicy" }], { "Ref": "AWS::NoValue" }] });
    for function in template.functions() {
        let role = template.properties(role(&template, function.id));
        assert_eq!(role["ManagedPolicyArns"], if_traced, "{}", function.id);
        let untraced = statements(&role["Policies"]).into_iter().flat_map(actions);
        assert!(untraced.into_iter().all(|action| !action.starts_with("xray:")), "{}", function.id);
    }
    assert_eq!(template.resource("TracingPolicy")["Condition"], "Traces");
}

/// Lambda sends it with the function's own permissions, and SAM adds none to a role that it does not make.
#[test]
fn what_a_function_failed_at_may_be_sent_to_where_it_is_to_go() {
    let template = Template::read();
    let mut sending = 0;
    for function in template.functions() {
        let destination = &function.properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"];
        let Some(queue) = destination.get("Destination") else { continue };
        let allowed = statements(policies(&template, function.id)).into_iter().any(|statement| {
            statement["Resource"] == *queue && actions(statement).any(|action| action == "sqs:SendMessage")
        });
        assert!(allowed, "{}", function.id);
        sending += 1;
    }
    assert_eq!(sending, 1);
}

/// Who may not list a bucket is told 403 of an object that is not there, and the code would take that for a fault. A
/// condition on the prefix would be as bad: a GET has none.
#[test]
fn who_reads_objects_is_told_that_one_is_not_there() {
    let template = Template::read();
    for function in template.functions() {
        let statements = statements(policies(&template, function.id));
        let lists = statements.iter().filter(|one| actions(one).any(|action| action == "s3:ListBucket"));
        let lists: Vec<_> = lists.collect();
        assert_eq!(lists.len(), 1, "{}", function.id);
        assert!(lists[0].get("Condition").is_none(), "{}", function.id);
    }
}

#[test]
fn verify_and_reconcile_keep_the_same_folders() {
    let template = Template::read();
    for prefix in ["raw/", "incoming/", "refused/"] {
        let by_verify = allowed_on(&template, "VerifyFunction", prefix);
        assert_eq!(allowed_on(&template, "ReconcileFunction", prefix), by_verify, "{prefix}");
    }
}

#[test]
fn nothing_is_trusted_but_services_of_this_account() {
    let template = Template::read();
    for (id, permission) in template.of_type("AWS::Lambda::Permission") {
        assert!(permission["Properties"].get("SourceArn").is_some(), "{id} lets any account's resource in");
    }
    let topic = statements(template.resource("AlarmTopicPolicy"));
    let own = json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } });
    assert!(topic.iter().all(|statement| statement["Condition"] == own));
}
