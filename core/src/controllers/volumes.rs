//! The volume controller at one instant: what becomes of volumes and claims before any pod that
//! uses them is placed.
//!
//! Claims are looked at one by one, in the order in which the caller offers them; upstream's order
//! is that of its work queue. A volume that is provisioned before any pod is placed can be used on
//! every node that its class allows.
//!
//! Source: `pkg/controller/volume/persistentvolume` (v1.35).

use crate::objects::claims::BIND_COMPLETED;
use crate::objects::labels::{NodeOperator, NodeRequirement};
use crate::objects::storage::{
    PersistentVolume, PersistentVolumeClaim, StorageClass, TopologySelectorTerm, VolumeNodeAffinity,
};
use crate::objects::{NodeSelector, NodeSelectorTerm, Store};
use crate::plugins::volume_binding::{
    NO_PROVISIONER, bound_claim, bound_volume, is_candidate, is_suitable, offers_modes,
    provisioned_volume,
};
use std::sync::Arc;

/// Offers a new volume to claims: nobody has it, so it is available.
pub fn publish(volume: &mut PersistentVolume) {
    let is_new = matches!(volume.status.phase.as_str(), "" | "Pending");
    // A reservation without an identifier is made by hand, for a claim that need not exist yet.
    let is_bound = volume.spec.claim_ref.as_ref().is_some_and(|claim| !claim.uid.is_empty());
    if is_new && !is_bound {
        volume.status.phase = "Available".to_owned();
    }
}

/// Takes a claim that says it is bound at its word, where a tool dropped the annotation that says
/// that binding is finished.
pub fn believe(claim: &mut PersistentVolumeClaim) {
    if claim.status.phase == "Bound" && !claim.spec.volume_name.is_empty() {
        let annotations = Arc::make_mut(&mut claim.meta.annotations);
        annotations.entry(BIND_COMPLETED.to_owned()).or_insert_with(|| "yes".to_owned());
    }
}

/// The claim and its volume as they are once the claim is bound, where that does not wait for a
/// pod: it names its volume, a volume is reserved for it, or its class binds at once.
pub fn bind(
    claim: &PersistentVolumeClaim,
    store: &Store,
) -> Option<(PersistentVolumeClaim, PersistentVolume)> {
    let is_open = !claim.is_bound()
        && claim.status.phase != "Lost"
        && claim.meta.deletion_timestamp.is_none();
    if !is_open {
        return None;
    }
    let class = store.storage_classes.get(claim.class());
    match existing_volume(claim, store) {
        Choice::Volume(volume) => {
            Some((bound_claim(claim, &volume.meta.name, None), bound_volume(volume, claim)))
        }
        Choice::New => {
            let class = class.filter(|class| provisions(class))?;
            let volume = provisioned_volume(claim, class, affinity_of_topologies(class));
            Some((bound_claim(claim, &volume.meta.name, None), volume))
        }
        Choice::Wait => None,
    }
}

/// What a claim gets before any pod that uses it is placed.
enum Choice<'a> {
    Volume(&'a PersistentVolume),
    /// A volume would have to be made.
    New,
    /// Nothing, as yet.
    Wait,
}

fn existing_volume<'a>(claim: &PersistentVolumeClaim, store: &'a Store) -> Choice<'a> {
    if !claim.spec.volume_name.is_empty() {
        let named = store.volumes.get(&claim.spec.volume_name);
        let suits =
            |volume: &&PersistentVolume| is_candidate(claim, volume) && offers_modes(volume, claim);
        return named.filter(suits).map_or(Choice::Wait, Choice::Volume);
    }
    let candidates = || store.volumes.values().filter(|volume| is_candidate(claim, volume));
    if let Some(reserved) = candidates().find(|volume| volume.spec.claim_ref.is_some()) {
        return Choice::Volume(reserved);
    }
    if !matches!(claim.waiting_class(store), Ok(None)) {
        return Choice::Wait;
    }
    let suitable = candidates().filter(|volume| is_suitable(claim, volume));
    suitable.min_by_key(|volume| volume.capacity()).map_or(Choice::New, Choice::Volume)
}

fn provisions(class: &StorageClass) -> bool {
    !class.provisioner.is_empty() && class.provisioner != NO_PROVISIONER
}

/// Where a volume of the class can be used; `None` means everywhere.
fn affinity_of_topologies(class: &StorageClass) -> Option<VolumeNodeAffinity> {
    let term = |term: &TopologySelectorTerm| {
        let requirements = term.match_label_expressions.iter();
        let requirements = requirements.map(|requirement| NodeRequirement {
            key: requirement.key.clone(),
            operator: NodeOperator::In,
            values: requirement.values.clone(),
        });
        NodeSelectorTerm { match_expressions: requirements.collect(), match_fields: Vec::new() }
    };
    let terms: Vec<_> = class.allowed_topologies.iter().map(term).collect();
    if terms.is_empty() {
        return None;
    }
    Some(VolumeNodeAffinity { required: Some(NodeSelector { node_selector_terms: terms }) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, from_value, json};

    fn read<T: DeserializeOwned>(manifest: &Value) -> T {
        from_value(manifest.clone()).expect("a manifest of a test")
    }

    fn volume(name: &str, size: &str, class: &str) -> Value {
        let modes = ["ReadWriteOnce"];
        json!({"metadata": {"name": name, "labels": {"size": size}}, "spec": {
            "capacity": {"storage": size}, "accessModes": modes, "storageClassName": class}})
    }

    fn claim(class: &str, more: Value) -> Value {
        let mut claim = json!({"metadata": {"namespace": "shop", "name": "data"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": class,
            "resources": {"requests": {"storage": "2Gi"}}}});
        if let (Some(spec), Value::Object(more)) = (claim["spec"].as_object_mut(), more) {
            spec.extend(more);
        }
        claim
    }

    fn store(volumes: &[Value]) -> Store {
        let mut store = Store::default();
        for (name, provisioner, mode) in [
            ("fast", "csi.example.com", "Immediate"),
            ("manual", NO_PROVISIONER, "Immediate"),
            ("late", "csi.example.com", "WaitForFirstConsumer"),
        ] {
            let class = json!({"metadata": {"name": name}, "provisioner": provisioner,
                "volumeBindingMode": mode});
            store.storage_classes.insert(name.to_owned(), read(&class));
        }
        for manifest in volumes {
            let mut volume: PersistentVolume = read(manifest);
            publish(&mut volume);
            store.volumes.insert(volume.meta.name.clone(), volume);
        }
        store
    }

    /// The volume that the claim gets among these, `-` for none.
    fn check(claim: Value, volumes: &[Value], expected: &str) {
        let bound = bind(&read(&claim), &store(volumes));
        let name = bound.as_ref().map_or("-", |(_, volume)| volume.meta.name.as_str());
        assert_eq!(name, expected, "{claim}");
        if let Some((claim, volume)) = &bound {
            assert!(claim.is_bound());
            assert_eq!(claim.spec.volume_name, volume.meta.name);
            assert!(volume.spec.claim_ref.as_ref().is_some_and(|it| it.names(claim)));
        }
    }

    #[test]
    fn a_claim_that_binds_at_once_gets_the_smallest_volume_that_fits() {
        let sizes = |class| {
            let sizes = [("a", "9Gi"), ("c", "3Gi"), ("b", "3Gi"), ("d", "1Gi")];
            sizes.map(|(name, size)| volume(name, size, class))
        };
        let none = || json!({});
        check(claim("manual", none()), &sizes("manual"), "b");
        check(claim("manual", none()), &sizes("other"), "-");
        check(claim("", none()), &sizes(""), "b");
        check(claim("unknown", none()), &[], "-");
        check(claim("late", none()), &sizes("late"), "-");
        check(claim("fast", none()), &sizes("fast"), "b");
        check(claim("fast", none()), &sizes("other"), "pvc-shop-data");
        let large = json!({"selector": {"matchLabels": {"size": "9Gi"}}});
        check(claim("manual", large), &sizes("manual"), "a");
        check(claim("manual", json!({"accessModes": ["ReadWriteMany"]})), &sizes("manual"), "-");
        check(claim("manual", json!({"volumeMode": "Block"})), &sizes("manual"), "-");
    }

    #[test]
    fn a_volume_that_is_chosen_or_reserved_by_hand_does_not_wait_for_a_pod() {
        let chosen = |name| claim("late", json!({"volumeName": name}));
        let volumes = [volume("a", "2Gi", "late"), volume("small", "1Gi", "late")];
        check(chosen("a"), &volumes, "a");
        check(chosen("small"), &volumes, "-");
        check(chosen("missing"), &volumes, "-");
        let reserved = |name: &str| {
            let mut reserved = volume("r", "2Gi", "late");
            reserved["spec"]["claimRef"] = json!({"namespace": "shop", "name": name});
            reserved
        };
        check(claim("late", json!({})), &[reserved("data")], "r");
        check(claim("late", json!({})), &[reserved("other")], "-");
    }

    #[test]
    fn a_volume_of_an_immediate_class_is_usable_where_its_class_allows() {
        let mut store = store(&[]);
        let class = json!({"metadata": {"name": "fast"}, "provisioner": "csi.example.com",
            "volumeBindingMode": "Immediate", "allowedTopologies": [
                {"matchLabelExpressions": [{"key": "zone", "values": ["a", "b"]}]}]});
        store.storage_classes.insert("fast".to_owned(), read(&class));
        let (_, volume) = bind(&read(&claim("fast", json!({}))), &store).expect("a volume");
        let affinity = volume.spec.node_affinity.expect("an affinity");
        let on = |zone: &str| affinity.matches(&[("zone".to_owned(), zone.to_owned())].into());
        assert!(on("b") && !on("c"));
    }

    #[test]
    fn a_claim_that_says_it_is_bound_is_believed() {
        let mut bound: PersistentVolumeClaim = read(&claim("late", json!({"volumeName": "a"})));
        believe(&mut bound);
        assert!(!bound.is_bound());
        bound.status.phase = "Bound".to_owned();
        believe(&mut bound);
        assert!(bound.is_bound());
        assert_eq!(bind(&bound, &store(&[])), None);
    }

    #[test]
    fn only_new_volumes_of_nobody_become_available() {
        let phase_of = |phase: &str, claim: Value| {
            let mut manifest = volume("a", "1Gi", "late");
            manifest["status"] = json!({"phase": phase});
            manifest["spec"]["claimRef"] = claim;
            let mut volume: PersistentVolume = read(&manifest);
            publish(&mut volume);
            volume.status.phase
        };
        let by_hand = json!({"namespace": "shop", "name": "data"});
        let bound = json!({"namespace": "shop", "name": "data", "uid": "1"});
        assert_eq!(phase_of("", Value::Null), "Available");
        assert_eq!(phase_of("Pending", by_hand), "Available");
        assert_eq!(phase_of("Pending", bound), "Pending");
        assert_eq!(phase_of("Released", Value::Null), "Released");
    }
}
