//! What was not measured, and which parts of the bill that leaves open.

use crate::item::Component;
use crate::usage::Usage;

/// A field of the usage file that matters to a part of the bill.
struct Field {
    name: &'static str,
    component: Component,
    measured: bool,
}

/// The fields of a usage file that were not measured, by their names. Those that only belong to the bill's small rest
/// are an assumption instead.
pub(crate) fn missing(usage: &Usage) -> Vec<String> {
    unmeasured(fields(usage)).map(|field| field.name.to_owned()).collect()
}

/// The fields of the bill's small rest that were not measured.
pub(crate) fn missing_rest(usage: &Usage) -> Vec<&'static str> {
    unmeasured(fields_of_the_rest(usage)).map(|field| field.name).collect()
}

/// The components of the bill with parts that were not measured: they cost at least what the bill says.
pub(crate) fn open_components(usage: &Usage) -> Vec<Component> {
    let open: Vec<Component> = unmeasured(fields(usage))
        .chain(unmeasured(fields_of_the_rest(usage)))
        .map(|field| field.component)
        .collect();
    Component::ALL.into_iter().filter(|component| open.contains(component)).collect()
}

fn unmeasured(fields: impl IntoIterator<Item = Field>) -> impl Iterator<Item = Field> {
    fields.into_iter().filter(|field| !field.measured)
}

fn fields(usage: &Usage) -> [Field; 19] {
    use Component::{Cdn, Compute, Metadata, Requests, Storage};
    let (s3, dynamodb) = (usage.s3.unwrap_or_default(), usage.dynamodb.unwrap_or_default());
    let of = |component, name, measured| Field { name, component, measured };
    [
        of(Storage, "storage", usage.storage.is_some()),
        of(Cdn, "variantRequests", usage.variant_requests.is_some()),
        of(Cdn, "cdnBytes", usage.cdn_bytes.is_some()),
        of(Compute, "renderInvocations", usage.render_invocations.is_some()),
        of(Compute, "renderGbSeconds", usage.render_gb_seconds.is_some()),
        of(Compute, "ingestInvocations", usage.ingest_invocations.is_some()),
        of(Compute, "ingestGbSeconds", usage.ingest_gb_seconds.is_some()),
        of(Compute, "verifyInvocations", usage.verify_invocations.is_some()),
        of(Compute, "verifyGbSeconds", usage.verify_gb_seconds.is_some()),
        of(Compute, "reconcileInvocations", usage.reconcile_invocations.is_some()),
        of(Compute, "reconcileGbSeconds", usage.reconcile_gb_seconds.is_some()),
        of(Compute, "architecture", usage.architecture.is_some()),
        of(Requests, "retrieval", usage.retrieval.is_some()),
        of(Requests, "transitions", usage.transitions.is_some()),
        of(Requests, "s3.putCopyPostList", s3.put_copy_post_list.is_some()),
        of(Requests, "s3.getAndOther", s3.get_and_other.is_some()),
        of(Metadata, "dynamodb.writeUnits", dynamodb.write_units.is_some()),
        of(Metadata, "dynamodb.readUnits", dynamodb.read_units.is_some()),
        of(Metadata, "dynamodb.bytes", dynamodb.bytes.is_some()),
    ]
}

fn fields_of_the_rest(usage: &Usage) -> [Field; 6] {
    use Component::{Cdn, Other};
    let of = |component, name, measured| Field { name, component, measured };
    [
        of(Cdn, "originShieldRequests", usage.origin_shield_requests.is_some()),
        of(Other, "stateTransitions", usage.state_transitions.is_some()),
        of(Other, "scheduledInvocations", usage.scheduled_invocations.is_some()),
        of(Other, "logBytes", usage.log_bytes.is_some()),
        of(Other, "customMetrics", usage.custom_metrics.is_some()),
        of(Other, "alarms", usage.alarms.is_some()),
    ]
}
