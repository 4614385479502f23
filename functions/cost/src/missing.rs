//! What was not measured.

use crate::usage::Usage;

/// The fields of a usage file that were not measured, by their names. Those that only belong to the bill's small rest
/// are an assumption instead.
pub(crate) fn missing(usage: &Usage) -> Vec<String> {
    let (s3, dynamodb) = (usage.s3.unwrap_or_default(), usage.dynamodb.unwrap_or_default());
    let fields = [
        ("storage", usage.storage.is_some()),
        ("variantRequests", usage.variant_requests.is_some()),
        ("cdnBytes", usage.cdn_bytes.is_some()),
        ("renderInvocations", usage.render_invocations.is_some()),
        ("renderGbSeconds", usage.render_gb_seconds.is_some()),
        ("ingestInvocations", usage.ingest_invocations.is_some()),
        ("ingestGbSeconds", usage.ingest_gb_seconds.is_some()),
        ("verifyInvocations", usage.verify_invocations.is_some()),
        ("verifyGbSeconds", usage.verify_gb_seconds.is_some()),
        ("reconcileInvocations", usage.reconcile_invocations.is_some()),
        ("reconcileGbSeconds", usage.reconcile_gb_seconds.is_some()),
        ("architecture", usage.architecture.is_some()),
        ("retrieval", usage.retrieval.is_some()),
        ("transitions", usage.transitions.is_some()),
        ("s3.putCopyPostList", s3.put_copy_post_list.is_some()),
        ("s3.getAndOther", s3.get_and_other.is_some()),
        ("dynamodb.writeUnits", dynamodb.write_units.is_some()),
        ("dynamodb.readUnits", dynamodb.read_units.is_some()),
        ("dynamodb.bytes", dynamodb.bytes.is_some()),
    ];
    fields.into_iter().filter(|(_, measured)| !measured).map(|(name, _)| name.to_owned()).collect()
}

/// The fields of the bill's small rest that were not measured.
pub(crate) fn missing_rest(usage: &Usage) -> Vec<&'static str> {
    let fields = [
        ("originShieldRequests", usage.origin_shield_requests.is_some()),
        ("stateTransitions", usage.state_transitions.is_some()),
        ("scheduledInvocations", usage.scheduled_invocations.is_some()),
        ("logBytes", usage.log_bytes.is_some()),
        ("customMetrics", usage.custom_metrics.is_some()),
        ("alarms", usage.alarms.is_some()),
    ];
    fields.into_iter().filter(|(_, measured)| !measured).map(|(name, _)| name).collect()
}
