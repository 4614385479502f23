//! The template as JSON, with every function of `CloudFormation`'s in its long form: `!Ref X` is `{"Ref": "X"}`.

use std::collections::HashMap;
use std::fs;

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

use crate::root;

pub(super) struct Template {
    text: String,
    json: Value,
}

/// A Lambda function of the template.
pub(super) struct Function<'a> {
    /// What the template calls it: `IngestFunction`.
    pub(super) id: &'a str,
    /// The binary that it runs, which is the crate's name: `ingest`.
    pub(super) binary: &'a str,
    pub(super) properties: &'a Value,
}

impl Template {
    pub(super) fn read() -> Self {
        let text = fs::read_to_string(root().join("template.yaml")).unwrap();
        let json = json_of(&Yaml::load_from_str(&text).unwrap()[0]);
        Self { text, json }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn section(&self, name: &str) -> &Value {
        &self.json[name]
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.json["Resources"].as_object().unwrap().iter().map(|(id, resource)| (id.as_str(), resource))
    }

    pub(super) fn of_type(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.resources().filter(move |(_, resource)| resource["Type"] == kind)
    }

    pub(super) fn resource(&self, id: &str) -> &Value {
        self.json["Resources"].get(id).unwrap_or_else(|| panic!("the template has no {id}"))
    }

    pub(super) fn properties(&self, id: &str) -> &Value {
        &self.resource(id)["Properties"]
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = Function<'_>> {
        self.of_type("AWS::Serverless::Function").map(|(id, resource)| Function {
            id,
            binary: resource["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap(),
            properties: &resource["Properties"],
        })
    }

    /// A function's variables with the values that they have when no parameter is given; a resource is its own name.
    pub(super) fn environment(&self, function: &Function<'_>) -> HashMap<String, String> {
        let globals = &self.json["Globals"]["Function"];
        let both = [globals, function.properties].map(|place| &place["Environment"]["Variables"]);
        let variables = both.into_iter().flat_map(|variables| variables.as_object().into_iter().flatten());
        variables.map(|(name, value)| (name.clone(), self.by_default(value))).collect()
    }

    /// What a value is when no parameter is given.
    pub(super) fn by_default(&self, value: &Value) -> String {
        if let Some(branches) = value.get("Fn::If") {
            let branch = if self.holds(branches[0].as_str().unwrap()) { 1 } else { 2 };
            return self.by_default(&branches[branch]);
        }
        let named = value.get("Ref").and_then(Value::as_str);
        match named.map(|name| self.json["Parameters"].get(name).ok_or(name)) {
            Some(Ok(parameter)) => text_of(&parameter["Default"]),
            Some(Err(resource)) => resource.to_owned(),
            None => text_of(value.get("Fn::Sub").unwrap_or(value)),
        }
    }

    /// Whether a condition holds when no parameter is given.
    fn holds(&self, condition: &str) -> bool {
        self.is_true(&self.json["Conditions"][condition])
    }

    fn is_true(&self, condition: &Value) -> bool {
        let (kind, argument) = condition.as_object().unwrap().iter().next().unwrap();
        match kind.as_str() {
            "Condition" => self.holds(argument.as_str().unwrap()),
            "Fn::Not" => !self.is_true(&argument[0]),
            "Fn::And" => argument.as_array().unwrap().iter().all(|one| self.is_true(one)),
            "Fn::Or" => argument.as_array().unwrap().iter().any(|one| self.is_true(one)),
            "Fn::Equals" => self.by_default(&argument[0]) == self.by_default(&argument[1]),
            other => panic!("a condition of {other}"),
        }
    }
}

/// Every value below one, itself first.
pub(super) fn below(value: &Value) -> Vec<&Value> {
    let children: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    [value].into_iter().chain(children.into_iter().flat_map(below)).collect()
}

/// One or several texts, as a list.
pub(super) fn listed(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn json_of(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(text)) | Yaml::Representation(text, ..) => json!(text),
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(fields) => {
            let field = |(key, value): (&Yaml<'_>, _)| (key.as_str().unwrap().to_owned(), json_of(value));
            Value::Object(fields.iter().map(field).collect())
        }
        Yaml::Tagged(tag, node) => call(&tag.suffix, json_of(node)),
        Yaml::Alias(_) | Yaml::BadValue => panic!("the template has an alias, or is no YAML"),
    }
}

fn call(function: &str, argument: Value) -> Value {
    let (name, argument) = match function {
        "Ref" | "Condition" => (function.to_owned(), argument),
        "GetAtt" => {
            let (resource, attribute) = argument.as_str().unwrap().split_once('.').unwrap();
            ("Fn::GetAtt".to_owned(), json!([resource, attribute]))
        }
        other => (format!("Fn::{other}"), argument),
    };
    Value::Object(Map::from_iter([(name, argument)]))
}
