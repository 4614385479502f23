//! Who may do what: no more than the code does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Template;
use super::document::{below, listed};

/// Actions that AWS knows no narrower resource for.
const WITHOUT_A_RESOURCE: [(&str, &str); 1] = [("CostFunction", "cloudwatch:GetMetricData")];

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
    let statements = statements(&template.properties(function)["Policies"]);
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
    let policies = &template.properties("RenderFunction")["Policies"];
    let always: Vec<&Value> = policies[0]["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one.get("Effect").is_some())
        .collect();
    let writes = |action: &str| ["Put", "Update", "Delete", "Write"].iter().any(|verb| action.contains(verb));
    assert!(always.iter().flat_map(|statement| actions(statement)).all(|action| !writes(action)));
}

/// Who may not list a bucket is told 403 of an object that is not there, and the code would take that for a fault. A
/// condition on the prefix would be as bad: a GET has none.
#[test]
fn who_reads_objects_is_told_that_one_is_not_there() {
    let template = Template::read();
    for function in template.functions() {
        let statements = statements(&function.properties["Policies"]);
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
