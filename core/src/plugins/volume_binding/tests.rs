use super::matching::overlooked_matching;
use super::plain::{VolumeBinding, reserve};
use crate::plugins::volume_cluster::{Cluster, answer, pod, uses};
use serde_json::{Value, json};

const NO_VOLUME: &str = "node(s) didn't find available persistent volumes to bind";

fn size(size: &str) -> Value {
    json!({"requests": {"storage": size}})
}

fn local_claim(storage: &str) -> Value {
    json!({"spec": {"storageClassName": "local", "accessModes": ["ReadWriteOnce"],
                    "resources": size(storage)}})
}

fn local_volume(storage: &str, labels: Value) -> Value {
    json!({"metadata": {"labels": labels},
           "spec": {"storageClassName": "local", "accessModes": ["ReadWriteOnce"],
                    "capacity": {"storage": storage}},
           "status": {"phase": "Available"}})
}

fn cluster() -> Cluster {
    let wait = "WaitForFirstConsumer";
    let none = "kubernetes.io/no-provisioner";
    Cluster::default()
        .class("local", json!({"provisioner": none, "volumeBindingMode": wait}))
        .class("csi", json!({"provisioner": "driver", "volumeBindingMode": wait}))
}

fn bound(volume: &str) -> Value {
    json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
           "spec": {"volumeName": volume}})
}

#[test]
fn claims_decide_whether_the_pod_can_run_on_the_node() {
    let elsewhere = json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}]}}}});
    let selected = json!({"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "m"}},
                          "spec": {"storageClassName": "csi"}});
    let cluster = cluster()
        .labels(json!({"zone": "a"}))
        .volume("elsewhere", elsewhere)
        .claim("bound-elsewhere", bound("elsewhere"))
        .claim("bound-to-nothing", bound("gone"))
        .claim("immediate", json!({}))
        .claim("prebound", json!({"spec": {"storageClassName": "local", "volumeName": "x"}}))
        .claim("lost", json!({"spec": {"volumeName": "gone"}, "status": {"phase": "Lost"}}))
        .claim("local", local_claim("1Gi"))
        .claim("csi", json!({"spec": {"storageClassName": "csi"}}))
        .claim("selected", selected)
        .claim("p-foreign", json!({}));
    let ephemeral = |name: &str| json!({"name": name, "ephemeral": {}});
    for (volume, expected) in [
        (json!({"name": "v", "emptyDir": {}}), "skip"),
        (uses("missing"), "persistentvolumeclaim \"missing\" not found"),
        (
            ephemeral("e"),
            "waiting for ephemeral volume controller to create the persistentvolumeclaim \"p-e\"",
        ),
        (ephemeral("foreign"), "PVC ns/p-foreign was not created for pod ns/p (pod is not owner)"),
        (
            uses("lost"),
            "persistentvolumeclaim \"lost\" bound to non-existent persistentvolume \"gone\"",
        ),
        (uses("immediate"), "pod has unbound immediate PersistentVolumeClaims"),
        (uses("prebound"), "pod has unbound immediate PersistentVolumeClaims"),
        (uses("bound-elsewhere"), "node(s) didn't match PersistentVolume's node affinity"),
        (
            uses("bound-to-nothing"),
            "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
        ),
        (uses("local"), NO_VOLUME),
        (uses("selected"), NO_VOLUME),
        (uses("csi"), "ok"),
    ] {
        let pod = pod(json!([volume]));
        let got = cluster.with(&pod, |context| answer(VolumeBinding::new(), context));
        assert_eq!(got, expected);
    }
}

#[test]
fn the_smallest_volume_that_is_large_enough_is_bound() {
    let cluster = cluster()
        .claim("c", local_claim("2Gi"))
        .volume("large", local_volume("9Gi", json!({})))
        .volume("fits", local_volume("3Gi", json!({})))
        .volume("small", local_volume("1Gi", json!({})));
    cluster.with(&pod(json!([uses("c")])), |context| {
        let decision = reserve(context, &context.snapshot.nodes[0]);
        assert_eq!(decision.bindings, [("ns/c".to_owned(), "fits".to_owned())]);
        assert_eq!(decision.objects.len(), 2);
    });
}

#[test]
fn a_provisioned_volume_is_named_after_the_claim() {
    let claim = json!({"metadata": {"uid": "u"}, "spec": {"storageClassName": "csi"}});
    let cluster = cluster().claim("c", claim);
    cluster.with(&pod(json!([uses("c")])), |context| {
        let decision = reserve(context, &context.snapshot.nodes[0]);
        assert_eq!(decision.provisions, [("ns/c".to_owned(), "pvc-u".to_owned())]);
    });
}

#[test]
fn a_matching_that_the_greedy_choice_misses_is_found() {
    let mut picky = local_claim("2Gi");
    picky["spec"]["selector"] = json!({"matchLabels": {"kind": "fast"}});
    let cluster = cluster()
        .claim("any", local_claim("1Gi"))
        .claim("picky", picky)
        .volume("fast", local_volume("2Gi", json!({"kind": "fast"})))
        .volume("slow", local_volume("3Gi", json!({})));
    cluster.with(&pod(json!([uses("any"), uses("picky")])), |context| {
        assert_eq!(answer(VolumeBinding::new(), context), NO_VOLUME);
        let pair = |claim: &str, volume: &str| (claim.to_owned(), volume.to_owned());
        let expected = vec![pair("ns/any", "slow"), pair("ns/picky", "fast")];
        let found = overlooked_matching(context, &context.snapshot.nodes[0]);
        assert_eq!(found, Some(expected));
    });
}

/// What becomes of the claims `c0`, `c1`, ... as `claim=volume`, or why nothing does.
fn assigned(cluster: Cluster, claims: &[Value]) -> String {
    let names: Vec<String> = (0..claims.len()).map(|at| format!("c{at}")).collect();
    let named = claims.iter().zip(&names);
    let cluster = named.fold(cluster, |cluster, (claim, name)| cluster.claim(name, claim.clone()));
    let volumes: Vec<Value> = names.iter().map(|name| uses(name)).collect();
    cluster.with(&pod(json!(volumes)), |context| {
        let answer = answer(VolumeBinding::new(), context);
        if answer != "ok" {
            return answer;
        }
        let decision = reserve(context, &context.snapshot.nodes[0]);
        let short = |claim: &str| claim.trim_start_matches("ns/").to_owned();
        let bound = decision.bindings.iter().map(|(claim, volume)| short(claim) + "=" + volume);
        let made = decision.provisions.iter().map(|(claim, _)| short(claim) + " made");
        bound.chain(made).collect::<Vec<_>>().join(" ")
    })
}

/// A volume with something changed.
fn but(mut volume: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut volume);
    volume
}

#[test]
fn claims_choose_in_order_of_their_size_and_never_the_same_volume() {
    let volumes = |sizes: &[(&str, &str)]| {
        let volume = |cluster: Cluster, (name, size): &(&str, &str)| {
            cluster.volume(name, local_volume(size, json!({})))
        };
        sizes.iter().fold(cluster(), volume)
    };
    for (volumes, claims, expected) in [
        (volumes(&[("a", "5Gi"), ("b", "2Gi")]), vec!["4Gi", "1Gi"], "c0=a c1=b"),
        (volumes(&[("a", "5Gi"), ("b", "5Gi")]), vec!["1Gi", "1Gi"], "c0=a c1=b"),
        (volumes(&[("a", "5Gi")]), vec!["1Gi", "1Gi"], NO_VOLUME),
        (volumes(&[("a", "5Gi"), ("b", "6Gi"), ("c", "9Gi")]), vec!["6Gi", "5Gi"], "c0=b c1=a"),
        (volumes(&[("a", "1Gi")]), vec!["2Gi"], NO_VOLUME),
        (volumes(&[("a", "1Gi")]), vec!["1Gi"], "c0=a"),
    ] {
        let claims: Vec<Value> = claims.into_iter().map(local_claim).collect();
        assert_eq!(assigned(volumes, &claims), expected, "{claims:?}");
    }
}

#[test]
fn a_volume_suits_a_claim_or_not() {
    let volume = || local_volume("5Gi", json!({"kind": "fast"}));
    let reserved = |name: &str, uid: &str| {
        but(volume(), |it| {
            it["spec"]["claimRef"] = json!({"namespace": "ns", "name": name, "uid": uid});
        })
    };
    let elsewhere = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "zone", "operator": "In", "values": ["b"]}]}]}});
    let with = |key: &str, value: Value| but(volume(), |it| it["spec"][key] = value);
    for (volume, expected) in [
        (volume(), "c0=v"),
        (with("volumeMode", json!("Filesystem")), "c0=v"),
        (with("volumeMode", json!("Block")), NO_VOLUME),
        (with("storageClassName", json!("csi")), NO_VOLUME),
        (with("accessModes", json!(["ReadWriteOnce", "ReadOnlyMany"])), "c0=v"),
        (with("accessModes", json!(["ReadOnlyMany"])), NO_VOLUME),
        (with("volumeAttributesClassName", json!("gold")), NO_VOLUME),
        (with("volumeAttributesClassName", json!("")), "c0=v"),
        (with("nodeAffinity", elsewhere.clone()), NO_VOLUME),
        (but(volume(), |it| it["status"]["phase"] = json!("Released")), NO_VOLUME),
        (
            but(volume(), |it| {
                it["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            }),
            NO_VOLUME,
        ),
        (
            but(volume(), |it| {
                let key = "volume.beta.kubernetes.io/storage-class";
                it["metadata"]["annotations"] = json!({key: "csi"});
            }),
            NO_VOLUME,
        ),
        // Reserved for the claim: phase and modes are not looked at any more.
        (but(reserved("c0", ""), |it| it["status"]["phase"] = json!("Pending")), "c0=v"),
        (but(reserved("c0", ""), |it| it["spec"]["accessModes"] = json!([])), "c0=v"),
        (reserved("c0", "other"), NO_VOLUME),
        (reserved("other", ""), NO_VOLUME),
        (but(reserved("c0", ""), |it| it["spec"]["nodeAffinity"] = elsewhere), NO_VOLUME),
    ] {
        let cluster = cluster().labels(json!({"zone": "a"})).volume("v", volume.clone());
        assert_eq!(assigned(cluster, &[local_claim("1Gi")]), expected, "{volume}");
    }
}

#[test]
fn a_reserved_volume_is_taken_although_a_smaller_one_would_do_and_blocks_where_it_is_elsewhere() {
    let reserved = |zone: &str| {
        but(local_volume("9Gi", json!({})), |it| {
            it["spec"]["claimRef"] = json!({"namespace": "ns", "name": "c0"});
            it["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]}]}]}});
        })
    };
    for (zone, expected) in [("a", "c0=reserved"), ("b", NO_VOLUME)] {
        let cluster = cluster()
            .labels(json!({"zone": "a"}))
            .volume("reserved", reserved(zone))
            .volume("small", local_volume("1Gi", json!({})));
        assert_eq!(assigned(cluster, &[local_claim("1Gi")]), expected, "{zone}");
    }
}

#[test]
fn a_volume_is_made_where_the_class_allows_it() {
    let wait = "WaitForFirstConsumer";
    let zones =
        |values: Value| json!([{"matchLabelExpressions": [{"key": "zone", "values": values}]}]);
    let claim = |annotations: Value| json!({"metadata": {"annotations": annotations}, "spec": {"storageClassName": "made"}});
    let selected = |node: &str| claim(json!({"volume.kubernetes.io/selected-node": node}));
    for (class, claim, expected) in [
        (json!({"provisioner": "driver"}), claim(json!({})), "c0 made"),
        (json!({"provisioner": ""}), claim(json!({})), NO_VOLUME),
        (json!({"provisioner": "kubernetes.io/no-provisioner"}), claim(json!({})), NO_VOLUME),
        (
            json!({"provisioner": "driver", "allowedTopologies": zones(json!(["a", "b"]))}),
            claim(json!({})),
            "c0 made",
        ),
        (
            json!({"provisioner": "driver", "allowedTopologies": zones(json!(["b"]))}),
            claim(json!({})),
            NO_VOLUME,
        ),
        // A term without requirements matches no node.
        (json!({"provisioner": "driver", "allowedTopologies": [{}]}), claim(json!({})), NO_VOLUME),
        (json!({"provisioner": "driver", "allowedTopologies": []}), claim(json!({})), "c0 made"),
        (json!({"provisioner": "driver"}), selected("n"), "c0 made"),
        (json!({"provisioner": "driver"}), selected("m"), NO_VOLUME),
    ] {
        let mut class = class;
        class["volumeBindingMode"] = json!(wait);
        let cluster = Cluster::default().labels(json!({"zone": "a"})).class("made", class.clone());
        assert_eq!(assigned(cluster, std::slice::from_ref(&claim)), expected, "{class} {claim}");
    }
}

#[test]
fn capacity_counts_where_the_driver_reports_it() {
    const FULL: &str = "node(s) did not have enough free storage";
    let capacity = |topology: Value, capacity: &str, largest: Option<&str>| {
        json!({"storageClassName": "csi", "nodeTopology": topology, "capacity": capacity,
               "maximumVolumeSize": largest})
    };
    let here = || json!({"matchLabels": {"zone": "a"}});
    let there = || json!({"matchLabels": {"zone": "b"}});
    for (reports, capacities, expected) in [
        (false, vec![], "c0 made c1 made"),
        (true, vec![], FULL),
        (true, vec![capacity(here(), "3Gi", None)], "c0 made c1 made"),
        (true, vec![capacity(json!({}), "3Gi", None)], "c0 made c1 made"),
        (true, vec![capacity(there(), "3Gi", None)], FULL),
        (true, vec![capacity(Value::Null, "3Gi", None)], FULL),
        (true, vec![capacity(here(), "1Gi", None)], FULL),
        (true, vec![capacity(here(), "9Gi", Some("1Gi"))], FULL),
        (true, vec![capacity(here(), "1Gi", Some("2Gi"))], "c0 made c1 made"),
        (
            true,
            vec![capacity(there(), "9Gi", None), capacity(here(), "2Gi", None)],
            "c0 made c1 made",
        ),
    ] {
        let claim = json!({"spec": {"storageClassName": "csi", "resources": size("2Gi")}});
        let mut cluster = cluster().labels(json!({"zone": "a"}));
        cluster = cluster.driver("driver", json!({"storageCapacity": reports}));
        for (at, capacity) in capacities.iter().enumerate() {
            cluster = cluster.capacity(&format!("capacity-{at}"), capacity.clone());
        }
        // Each claim is looked at alone: two of 2Gi fit where 3Gi are left.
        assert_eq!(assigned(cluster, &[claim.clone(), claim]), expected, "{capacities:?}");
    }
}
