//! Each Lambda function: what it reads, runs, and leaves behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use shared::runtime::Environment;

use super::Template;
use crate::{code, files, root};

/// What Lambda sets of itself.
const SET_BY_LAMBDA: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
];

/// The order in which every function says what it is.
const PROPERTIES_IN_ORDER: [&str; 12] = [
    "CodeUri",
    "FunctionName",
    "Description",
    "MemorySize",
    "Timeout",
    "ReservedConcurrentExecutions",
    "LoggingConfig",
    "Environment",
    "Role",
    "FunctionUrlConfig",
    "EventInvokeConfig",
    "Events",
];

fn folder(binary: &str) -> PathBuf {
    root().join("functions").join(binary)
}

/// The sources in which a function's variables are read: its own configuration, that of every other function that its
/// `main` wires, and what they share.
fn configurations(binary: &str) -> Vec<PathBuf> {
    let main = code(&folder(binary).join("src/main.rs")).concat();
    let mut sources = vec![folder(binary).join("src/config.rs")];
    for other in fs::read_dir(root().join("functions")).unwrap() {
        let other = other.unwrap().file_name().into_string().unwrap();
        if main.contains(&format!("{other}::Config::from_env")) {
            sources.push(folder(&other).join("src/config.rs"));
        }
    }
    if sources.iter().any(|source| code(source).concat().contains("Whitelist::from_env")) {
        sources.push(root().join("shared/src/variant/whitelist.rs"));
    }
    if main.contains("EmbeddedMetrics::install") {
        sources.push(root().join("shared/src/runtime/embedded_metrics.rs"));
    }
    if main.contains("Clients::from_env") {
        sources.push(root().join("shared/src/aws.rs"));
    }
    let wired = |adapter: &PathBuf| {
        main.contains(&format!("clients.{}(&env", adapter.file_stem().unwrap().to_str().unwrap()))
    };
    sources.extend(files(&root().join("shared/src/aws"), "rs").into_iter().filter(wired));
    sources
}

/// The variables that a function reads: quoted, in capitals, with an underscore in the middle.
fn variables_read(binary: &str) -> BTreeSet<String> {
    let is_variable = |text: &str| {
        text.contains('_')
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let mut read: BTreeSet<String> = configurations(binary)
        .iter()
        .flat_map(|source| code(source))
        .flat_map(|line| line.split('"').map(str::to_owned).collect::<Vec<_>>())
        .filter(|text| is_variable(text) && !SET_BY_LAMBDA.contains(&text.as_str()))
        .collect();
    if code(&folder(binary).join("src/main.rs")).concat().contains("start_logging") {
        read.insert("RUST_LOG".to_owned());
    }
    read
}

#[test]
fn a_function_is_given_exactly_the_variables_that_it_reads() {
    let template = Template::read();
    for function in template.functions() {
        let given: BTreeSet<String> = template.environment(&function).into_keys().collect();
        assert_eq!(given, variables_read(function.binary), "{}", function.id);
    }
}

/// A configuration from the template's variables, and one from no more than must be set.
fn configured<C>(binary: &str, read: impl Fn(&Environment<'_>) -> C) -> (C, C) {
    let template = Template::read();
    let function = template.functions().find(|function| function.binary == binary).unwrap();
    let environment = template.environment(&function);
    let given = |name: &str| environment.get(name).cloned();
    let required = |name: &str| given(name).filter(|_| matches!(name, "ASSETS_BUCKET" | "ASSETS_TABLE"));
    (read(&Environment::new(&given)), read(&Environment::new(&required)))
}

#[test]
fn the_templates_defaults_are_the_codes() {
    let (given, default) = configured("ingest", |env| ingest::Config::from_env(env).unwrap());
    assert_eq!(given, default);
    let (given, default) = configured("verify", |env| verify::Config::from_env(env).unwrap());
    assert_eq!(given, default);
    let (given, default) = configured("render", |env| render::Config::from_env(env).unwrap());
    assert_eq!(given, default);
    let (given, default) = configured("reconcile", |env| reconcile::Config::from_env(env).unwrap());
    assert_eq!(given, default);
    let (given, default) = configured("reconcile", |env| verify::Config::from_env(env).unwrap());
    assert_eq!(given, default);
}

/// What cost compares with where no parameter is given, but for the budget, which the code has none of.
#[test]
fn the_templates_baseline_is_the_codes() {
    let template = Template::read();
    let function = template.functions().find(|function| function.binary == "cost").unwrap();
    let environment = template.environment(&function);
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "REPORT_TOPIC_ARN" => Some("arn:aws:sns:us-east-1:123456789012:reports".to_owned()),
        _ => environment.get(name).cloned(),
    };
    let config = cost::Config::from_env(&Environment::new(&lookup)).unwrap();
    let budget = Some(cost::MicroUsd::dollars(50));
    assert_eq!(config.inputs, cost::Inputs { monthly_budget: budget, ..cost::Inputs::default() });
    assert_eq!(config.deployment.functions.len(), cost::Role::ALL.len());
    assert_eq!(config.webhook, None);
}

#[test]
fn cost_is_told_the_memory_that_each_function_has() {
    let template = Template::read();
    let cost = template.functions().find(|function| function.binary == "cost").unwrap();
    let told = template.environment(&cost);
    for function in template.functions().filter(|function| function.binary != "cost") {
        let variable = format!("{}_MEMORY_MB", function.binary.to_uppercase());
        let has = template.by_default(&function.properties["MemorySize"]);
        assert_eq!(told.get(&variable), Some(&has), "{variable}");
    }
}

#[test]
fn every_function_of_the_workspace_is_deployed() {
    let template = Template::read();
    let folders = fs::read_dir(root().join("functions")).unwrap();
    let programs: BTreeSet<String> = folders
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .filter(|name| folder(name).join("src/main.rs").is_file())
        .collect();
    let deployed: BTreeSet<String> =
        template.functions().map(|function| function.binary.to_owned()).collect();
    assert_eq!(deployed, programs);
    for binary in programs {
        let manifest = fs::read_to_string(folder(&binary).join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{binary}\"\n")), "functions/{binary} is another crate");
    }
}

#[test]
fn functions_are_built_from_their_folders_for_the_architecture_of_the_parameter() {
    let template = Template::read();
    let globals = &template.section("Globals")["Function"];
    let expected = [
        ("Runtime", json!("provided.al2023")),
        ("Handler", json!("bootstrap")),
        ("Architectures", json!([{ "Ref": "Architecture" }])),
    ];
    for (name, value) in expected {
        assert_eq!(globals[name], value);
        for function in template.functions() {
            assert!(function.properties.get(name).is_none(), "{} has a {name} of its own", function.id);
        }
    }
    assert_eq!(template.section("Parameters")["Architecture"]["Default"], "arm64");
    for (id, function) in template.of_type("AWS::Serverless::Function") {
        assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda", "{id}");
        // What sam build runs, cargo lambda build --bin NAME, finds the binary in its own package alone: at the top, cargo
        // looks in the workspace's default members.
        let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
        assert_eq!(function["Properties"]["CodeUri"], format!("functions/{binary}"), "{id}");
    }
}

#[test]
fn functions_are_written_down_alike() {
    let template = Template::read();
    for function in template.functions() {
        let start = template.text().find(&format!("\n  {}:\n", function.id)).unwrap();
        let block = template.text()[start + 1..].lines().skip(1);
        let block = block.take_while(|line| line.is_empty() || line.starts_with("   "));
        let key = |line: &str| {
            let key = line.strip_prefix("      ")?.split_once(':')?.0.to_owned();
            key.bytes().all(|byte| byte.is_ascii_alphabetic()).then_some(key)
        };
        let keys: Vec<String> = block.skip_while(|line| *line != "    Properties:").filter_map(key).collect();
        let mut rest = PROPERTIES_IN_ORDER.iter();
        for key in keys {
            assert!(rest.any(|known| *known == key), "{}: {key} is unknown or out of order", function.id);
        }
    }
}

#[test]
fn every_function_logs_for_as_many_days_as_the_parameter_says() {
    let template = Template::read();
    for function in template.functions() {
        let name = json!({ "Fn::Sub": format!("${{AWS::StackName}}-{}", function.binary) });
        assert_eq!(function.properties["FunctionName"], name);
        let group = function.properties["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap();
        let log_name = json!({ "Fn::Sub": format!("/aws/lambda/${{AWS::StackName}}-{}", function.binary) });
        assert_eq!(template.properties(group)["LogGroupName"], log_name);
    }
    for (id, group) in template.of_type("AWS::Logs::LogGroup") {
        assert_eq!(group["Properties"]["RetentionInDays"], json!({ "Ref": "LogRetentionDays" }), "{id}");
    }
}

#[test]
fn every_function_has_a_sample_event() {
    let template = Template::read();
    for function in template.functions() {
        let samples = root().join("events").join(function.binary);
        assert!(samples.is_dir() && !files(&samples, "json").is_empty(), "{}", samples.display());
    }
}

#[test]
fn the_state_machine_is_given_what_its_definition_asks_for() {
    let template = Template::read();
    let machine = template.properties("ReconcileStateMachine");
    let file = machine["DefinitionUri"].as_str().unwrap();
    let definition = fs::read_to_string(root().join(file)).unwrap();
    let asked: BTreeSet<&str> =
        definition.split("${").skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
    let given = machine["DefinitionSubstitutions"].as_object().unwrap();
    assert_eq!(given.keys().map(String::as_str).collect::<BTreeSet<_>>(), asked);
    assert_eq!(given["ReconcileFunctionArn"], json!({ "Fn::GetAtt": ["ReconcileFunction", "Arn"] }));
}

#[test]
fn every_parameter_says_what_it_is() {
    let template = Template::read();
    let parameters = template.section("Parameters").as_object().unwrap();
    for (name, parameter) in parameters {
        assert!(parameter["Description"].as_str().is_some_and(|said| said.len() > 10), "{name}");
        assert!(parameter.get("Default").is_some(), "{name} has no default");
    }
    let groups = &template.section("Metadata")["AWS::CloudFormation::Interface"]["ParameterGroups"];
    let grouped: Vec<&Value> =
        groups.as_array().unwrap().iter().flat_map(|group| group["Parameters"].as_array().unwrap()).collect();
    let names: BTreeSet<&str> = grouped.iter().filter_map(|name| name.as_str()).collect();
    assert_eq!(names, parameters.keys().map(String::as_str).collect());
    assert_eq!(names.len(), grouped.len(), "a parameter is in two groups");
}
