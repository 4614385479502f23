//! Metrics on Lambda: lines of the log that `CloudWatch` turns into metrics.

use std::io::{self, Write as _};

use metrics_cloudwatch_embedded::{Builder, Collector};

use super::{Environment, METRICS_NAMESPACE, STACK_DIMENSION, describe_metrics};

/// The process's recorder of metrics, which writes what an invocation measured in `CloudWatch`'s Embedded Metric Format
/// to standard output, where Lambda collects the log: no call to `CloudWatch`, and none that an invocation waits for.
///
/// The stack is a dimension of each, so that two stacks side by side keep theirs apart. A label is one too, and every
/// dimension's value a metric of its own on the bill: nothing that is as many as there are assets may be one. Of each
/// histogram the first hundred values of an invocation are kept, which is what the format takes; counters count all. A
/// gauge is told again after each invocation of the process that set it.
#[derive(Clone, Copy)]
pub struct EmbeddedMetrics(&'static Collector);

impl std::fmt::Debug for EmbeddedMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmbeddedMetrics")
    }
}

/// The process has another recorder already.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be recorded: {0}")]
pub struct InstallMetricsError(String);

impl EmbeddedMetrics {
    /// Makes it the process's recorder. The metrics are those of the stack in `STACK_NAME`; without it they have no
    /// dimension.
    ///
    /// # Errors
    /// [`InstallMetricsError`] when there is one.
    pub fn install(env: &Environment<'_>) -> Result<Self, InstallMetricsError> {
        let builder = Builder::new().cloudwatch_namespace(METRICS_NAMESPACE);
        let builder = match env.optional("STACK_NAME") {
            Some(stack) => builder.with_dimension(STACK_DIMENSION, stack),
            None => builder,
        };
        let collector = builder.init().map_err(|error| InstallMetricsError(error.to_string()))?;
        describe_metrics();
        Ok(Self(collector))
    }

    /// Carries out an invocation, and writes what it measured before its answer goes out: once it has, Lambda may
    /// freeze the process.
    pub fn told<T>(self, invocation: impl Future<Output = T>) -> impl Future<Output = T> {
        // Boxed, because the SDK's futures inside it are so deeply nested that the compiler gives up on their layout.
        let invocation = Box::pin(invocation);
        async move {
            let answer = invocation.await;
            self.tell();
            answer
        }
    }

    fn tell(self) {
        // In one piece, so that no log line gets into the middle of one.
        let mut lines = Vec::new();
        let told = self.0.flush(&mut lines).and_then(|()| io::stdout().lock().write_all(&lines));
        if let Err(error) = told {
            tracing::warn!(error = &error as &dyn std::error::Error, "metrics could not be written");
        }
    }
}
