//! What functions are asked to do, each on a stage of its own: a place, a wire, and a process.

use std::collections::HashMap;

use bytes::Bytes;
use harness::events::{event, object_created, streamed, variant_event};
use harness::{Hashfolio, Lambda, pictures};
use serde_json::{Value, json};
use shared::hash::ContentHash;

use crate::place::{Place, State};
use crate::wire::{Call, Wire};
use crate::{INGEST, RENDER, VERIFY};

/// Something that a function is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scene {
    /// Ingest: an upload of what nobody has.
    Ask,
    /// Ingest: an upload of what was asked for before.
    AskAgain,
    /// Ingest: an upload of what another has uploaded.
    AskForAnothers,
    /// Ingest: a takedown.
    TakeDown,
    /// Verify: a picture whose hash S3 knows.
    Verify,
    /// Verify: a picture whose hash S3 does not know.
    VerifyByReading,
    /// Verify: a picture in the drop folder.
    VerifyDrop,
    /// Verify: a picture that came in parts.
    VerifyParts,
    /// Verify: what is no picture.
    VerifyNoPicture,
    /// Render: a variant.
    Render,
    /// Render: whether there is a variant.
    RenderHead,
    /// Render: a variant, shared with other processes.
    RenderShared,
}

/// What a caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is done: the status and what matters of the answer.
    Done(Value),
    /// It is to come again: 503 with a time to wait, or an error, after which Lambda repeats the event.
    ComeAgain,
}

/// A scene that is set.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) wire: Wire,
    pub(crate) place: Place,
    scene: Scene,
    lambda: Lambda,
}

/// A scene as it is when nothing goes wrong.
#[derive(Debug, Clone)]
pub(crate) struct Undisturbed {
    pub(crate) scene: Scene,
    pub(crate) told: Told,
    pub(crate) state: State,
    /// The calls that it takes, sorted: some are made at the same time.
    pub(crate) calls: Vec<Call>,
}

impl Scene {
    pub(crate) const ALL: [Self; 12] = [
        Self::Ask,
        Self::AskAgain,
        Self::AskForAnothers,
        Self::TakeDown,
        Self::Verify,
        Self::VerifyByReading,
        Self::VerifyDrop,
        Self::VerifyParts,
        Self::VerifyNoPicture,
        Self::Render,
        Self::RenderHead,
        Self::RenderShared,
    ];

    /// Sets it.
    pub(crate) async fn set(self, system: &Hashfolio) -> Stage {
        self.set_with(system, &[]).await
    }

    /// Sets it, with these variables.
    pub(crate) async fn set_with(self, system: &Hashfolio, variables: &[(&str, &str)]) -> Stage {
        let (place, wire) = (Place::within(system).await, Wire::to(system).await);
        let mut all: HashMap<String, String> = place.variables(wire.url());
        all.insert(
            "STAMPEDE_GUARD".to_owned(),
            if self == Self::RenderShared { "lease" } else { "off" }.to_owned(),
        );
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        // What is disturbed on purpose is logged as the error that it is.
        all.insert("RUST_LOG".to_owned(), "off".to_owned());
        let lambda = Lambda::start(self.program(), &all).await;
        let stage = Stage { wire, place, scene: self, lambda };
        stage.prepare().await;
        stage
    }

    /// Plays it with nothing going wrong.
    pub(crate) async fn undisturbed(self, system: &Hashfolio) -> Undisturbed {
        let stage = self.set(system).await;
        let (told, arrivals) = (stage.play().await, stage.wire.arrivals());
        assert!(arrivals.iter().all(|arrival| arrival.attempts == 1), "{self:?}: {arrivals:?}");
        Undisturbed { scene: self, told, state: stage.place.state().await, calls: stage.calls() }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Ask | Self::AskAgain | Self::AskForAnothers | Self::TakeDown => INGEST,
            Self::Verify
            | Self::VerifyByReading
            | Self::VerifyDrop
            | Self::VerifyParts
            | Self::VerifyNoPicture => VERIFY,
            Self::Render | Self::RenderHead | Self::RenderShared => RENDER,
        }
    }

    fn bytes(self) -> Bytes {
        if self == Self::VerifyNoPicture {
            return Bytes::from_static(b"<!DOCTYPE html><html>not a picture</html>");
        }
        pictures::jpeg(80, 60, 7)
    }

    /// What ingest is sent.
    fn request(self) -> Value {
        if self == Self::TakeDown {
            let mut takedown = event(include_str!("../../events/ingest/delete.json"));
            let path = format!("/assets/{}", ContentHash::of(&self.bytes()));
            takedown["rawPath"] = json!(path);
            takedown["requestContext"]["http"]["path"] = json!(path);
            return takedown;
        }
        let mut ask = event(include_str!("../../events/ingest/ask-jwt.json"));
        ask["body"] = json!(Hashfolio::ask_for(&self.bytes(), "image/jpeg").to_string());
        ask
    }

    fn key(self) -> String {
        let hash = ContentHash::of(&self.bytes());
        if self == Self::VerifyParts {
            return format!("incoming/.parts/{hash}/{}", "0f".repeat(16));
        }
        if self == Self::VerifyDrop { "incoming/holiday/cat.jpg".to_owned() } else { format!("raw/{hash}") }
    }
}

impl Stage {
    async fn prepare(&self) {
        let (scene, bytes) = (self.scene, self.scene.bytes());
        match scene {
            Scene::Ask => {}
            Scene::AskAgain => {
                assert!(matches!(self.play().await, Told::Done(_)), "asked for the first time");
                self.wire.forget();
            }
            Scene::AskForAnothers
            | Scene::TakeDown
            | Scene::Render
            | Scene::RenderHead
            | Scene::RenderShared => {
                self.place.ready(&bytes).await;
            }
            Scene::Verify | Scene::VerifyNoPicture => {
                self.place.put(&scene.key(), &bytes, Some(ContentHash::of(&bytes))).await;
            }
            Scene::VerifyByReading | Scene::VerifyDrop | Scene::VerifyParts => {
                self.place.put(&scene.key(), &bytes, None).await;
            }
        }
    }

    /// Has the function do it.
    pub(crate) async fn play(&self) -> Told {
        match self.scene.program() {
            INGEST => asked(&self.lambda.invoke(&self.scene.request()).await.unwrap()),
            VERIFY => {
                let event = object_created(&self.place.bucket, &self.scene.key());
                verified(self.lambda.invoke(&event).await)
            }
            _ => {
                let method = if self.scene == Scene::RenderHead { "HEAD" } else { "GET" };
                rendered(&self.lambda.invoke(&variant_event(method, &self.variant())).await.unwrap())
            }
        }
    }

    /// Has ingest answer a batch of asks.
    pub(crate) async fn batch(&self, asks: &[Value]) -> Vec<Value> {
        let mut batch = event(include_str!("../../events/ingest/batch-jwt.json"));
        batch["body"] = json!(json!({ "assets": asks }).to_string());
        let answer: Value = serde_json::from_slice(&self.lambda.invoke(&batch).await.unwrap()).unwrap();
        assert_eq!(answer["statusCode"], 200, "{answer}");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        body["results"].as_array().unwrap().clone()
    }

    fn variant(&self) -> String {
        format!("/{}/320x240/80.webp", ContentHash::of(&self.scene.bytes()))
    }

    /// The calls that have arrived, sorted.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut calls: Vec<Call> = self.wire.arrivals().into_iter().map(|arrival| arrival.call).collect();
        calls.sort();
        calls
    }
}

/// What ingest answered: the asset but for its times, and whether there is something to upload.
fn asked(answer: &[u8]) -> Told {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let mut body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let status = answer["statusCode"].as_u64().unwrap();
    if status >= 500 {
        return come_again(status, &answer["headers"], &body, "1");
    }
    for time in ["createdAt", "updatedAt"] {
        body["asset"].as_object_mut().unwrap().remove(time).unwrap();
    }
    let is_offered = body["upload"]["url"].is_string();
    Told::Done(json!({ "status": status, "asset": body["asset"], "is_offered": is_offered }))
}

fn verified(outcome: harness::lambda::Outcome) -> Told {
    match outcome {
        Ok(_) => Told::Done(Value::Null),
        Err(error) => {
            assert_eq!(error["errorType"], "VerifyError", "{error}");
            Told::ComeAgain
        }
    }
}

/// What came of a variant: who rendered it, and its bytes by their hash.
pub(crate) fn rendered(answer: &Bytes) -> Told {
    let (head, body) = streamed(answer);
    let (status, headers) = (head["statusCode"].as_u64().unwrap(), &head["headers"]);
    if status >= 500 {
        assert_eq!(headers["cache-control"], "no-store", "{head}");
        return come_again(status, headers, &serde_json::from_slice(&body).unwrap(), "5");
    }
    let bytes = ContentHash::of(&body).to_string();
    Told::Done(json!({ "status": status, "lock": headers["x-cache-lock"], "bytes": bytes }))
}

/// The one way to fail that a client may see.
fn come_again(status: u64, headers: &Value, problem: &Value, retry_after: &str) -> Told {
    assert_eq!((status, problem["code"].as_str()), (503, Some("unavailable")), "{problem}");
    assert_eq!(headers["content-type"], "application/problem+json", "{headers}");
    assert_eq!(headers["retry-after"], retry_after, "{headers}");
    assert!(!problem.to_string().contains("injected"), "internals do not show: {problem}");
    Told::ComeAgain
}
