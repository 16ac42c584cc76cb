//! Devices for claims, claim by claim: tables of slices, claims, and what is found.

use super::allocator::{Allocator, Refusal};
use super::claims::{missing_class, pod_claims};
use super::reserve;
use crate::objects::devices::{AllocationResult, ResourceClaim};
use crate::objects::{Kind, Node, Object, Pod, Snapshot, Store};
use crate::plugins::contract::Context;
use crate::profile::Profile;
use serde_json::{Value, json};

/// A store with these objects and the device class `any`.
fn store(objects: &[(Kind, Value)]) -> Store {
    let mut store = Store::default();
    let class = (Kind::DeviceClass, json!({"metadata": {"name": "any"}}));
    for (kind, value) in objects.iter().chain([&class]) {
        let object = Object::deserialize_as(*kind, value.clone());
        store.put(object.unwrap_or_else(|error| panic!("{value}: {error}")));
    }
    store
}

/// The node `n`, in the zone `z`.
fn node() -> Node {
    let meta = json!({"name": "n", "labels": {"zone": "z"}});
    serde_json::from_value(json!({"metadata": meta})).expect("a node")
}

/// A slice of the node's pool with devices of these models.
fn slice(models: &[&str]) -> (Kind, Value) {
    slice_with(models, json!({}))
}

/// The same with some fields of its spec changed.
fn slice_with(models: &[&str], changes: Value) -> (Kind, Value) {
    let devices = models.iter().enumerate().map(|(at, model)| {
        let attributes = match *model {
            "" => json!({}),
            model => json!({"model": {"string": model}}),
        };
        json!({"name": format!("{at}"), "attributes": attributes})
    });
    let mut spec = json!({
        "driver": "d",
        "nodeName": "n",
        "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
        "devices": devices.collect::<Vec<_>>(),
    });
    let name = changes["name"].as_str().unwrap_or("slice").to_owned();
    for (key, value) in changes.as_object().into_iter().flatten().filter(|(key, _)| *key != "name")
    {
        spec[key] = value.clone();
    }
    (Kind::ResourceSlice, json!({"metadata": {"name": name}, "spec": spec}))
}

/// A claim with these requests and constraints.
fn claim(requests: Value, constraints: Value) -> Value {
    let devices = json!({"requests": requests, "constraints": constraints});
    json!({"metadata": {"namespace": "default"}, "spec": {"devices": devices}})
}

/// A claim to so many devices of any kind.
fn some(count: usize) -> Value {
    claim(json!([{"name": "r", "exactly": {"deviceClassName": "any", "count": count}}]), json!([]))
}

/// A claim to all devices of the node.
fn all() -> Value {
    let exactly = json!({"deviceClassName": "any", "allocationMode": "All"});
    claim(json!([{"name": "r", "exactly": exactly}]), json!([]))
}

/// Another claim that holds these devices.
fn held(devices: &[&str]) -> (Kind, Value) {
    let results = devices
        .iter()
        .map(|device| json!({"request": "r", "driver": "d", "pool": "p", "device": device}));
    let allocation = json!({"devices": {"results": results.collect::<Vec<_>>()}});
    let meta = json!({"name": "held", "namespace": "default"});
    (Kind::ResourceClaim, json!({"metadata": meta, "status": {"allocation": allocation}}))
}

fn allocate(objects: &[(Kind, Value)], claims: &[Value]) -> Result<Vec<AllocationResult>, Refusal> {
    let store = store(objects);
    let named = claims.iter().enumerate().map(|(at, claim)| {
        let mut claim = claim.clone();
        claim["metadata"]["name"] = json!(format!("c{at}"));
        serde_json::from_value(claim).expect("a claim")
    });
    let claims: Vec<ResourceClaim> = named.collect();
    let claims: Vec<&ResourceClaim> = claims.iter().collect();
    Allocator::new(&store, &claims).allocate(&node(), &claims)
}

/// What every claim gets, as `request=device ...`, or why nothing is found.
fn found(objects: &[(Kind, Value)], claims: &[Value]) -> String {
    let line = |result: &AllocationResult| {
        let devices = result.devices.results.iter();
        let devices = devices.map(|device| format!("{}={}", device.request, device.device));
        devices.collect::<Vec<_>>().join(" ")
    };
    match allocate(objects, claims) {
        Ok(results) => results.iter().map(line).collect::<Vec<_>>().join("; "),
        Err(Refusal::Unavailable(reason)) => reason.to_string(),
        Err(Refusal::Error(text)) => format!("error: {text}"),
    }
}

/// Objects, claims, and what is found.
type Row<'r> = (&'r [(Kind, Value)], &'r [Value], &'r str);

fn check(rows: &[Row<'_>]) {
    for (objects, claims, expected) in rows {
        assert_eq!(found(objects, claims), *expected, "{objects:?} {claims:?}");
    }
}

const NONE: &str = "cannot allocate all claims";

#[test]
fn the_first_devices_that_do_are_taken() {
    check(&[
        (&[slice(&["a", "a", "a"])], &[some(1)], "r=0"),
        (&[slice(&["a", "a", "a"])], &[some(2)], "r=0 r=1"),
        (&[slice(&["a", "a", "a"])], &[some(2), some(1)], "r=0 r=1; r=2"),
        (&[slice(&["a", "a", "a"])], &[some(2), some(2)], NONE),
        (&[slice(&["a", "a"]), held(&["0"])], &[some(1)], "r=1"),
        (&[slice(&["a"]), held(&["0"])], &[some(1)], NONE),
        (&[], &[some(1)], NONE),
        (&[], &[], ""),
    ]);
}

#[test]
fn admin_access_takes_devices_in_use_and_leaves_them_free() {
    let admin = json!({"deviceClassName": "any", "adminAccess": true});
    let admin = claim(json!([{"name": "r", "exactly": admin}]), json!([]));
    let mut watched = held(&["0"]);
    watched.1["status"]["allocation"]["devices"]["results"][0]["adminAccess"] = json!(true);
    check(&[
        (&[slice(&["a"]), held(&["0"])], std::slice::from_ref(&admin), "r=0"),
        (&[slice(&["a"]), watched], &[some(1)], "r=0"),
        // Within one attempt it is as good as taken.
        (&[slice(&["a"])], &[admin.clone(), some(1)], NONE),
    ]);
}

#[test]
fn a_request_for_all_devices_takes_every_one_or_none() {
    let incomplete = slice_with(
        &["a"],
        json!({"pool": {"name": "p", "generation": 1, "resourceSliceCount": 2}}),
    );
    let twice = json!({"devices": [{"name": "0"}, {"name": "0"}]});
    let same = json!([{"matchAttribute": "d/model"}]);
    let mut constrained = all();
    constrained["spec"]["devices"]["constraints"] = same;
    check(&[
        (&[slice(&["a", "b", "c"])], &[all()], "r=0 r=1 r=2"),
        (&[slice(&["a", "b"]), held(&["1"])], &[all()], NONE),
        (&[slice(&[])], &[all()], NONE),
        (&[slice(&["a"])], &[all(), some(1)], NONE),
        (
            &[incomplete],
            &[all()],
            "error: claim default/c0, request r: asks for all devices, but resource pool d/p is \
             currently being updated",
        ),
        (
            &[slice_with(&[], twice)],
            &[all()],
            "error: claim default/c0, request r: asks for all devices, but resource pool d/p is \
             currently invalid",
        ),
        (&[slice(&["a", "a"])], &[constrained.clone()], "r=0 r=1"),
        (
            &[slice(&["a", "b"])],
            &[constrained],
            "error: claim default/c0, request r: cannot add device d/p/1 because a claim \
             constraint would not be satisfied",
        ),
    ]);
}

#[test]
fn constraints_hold_between_the_devices_of_a_claim() {
    let with = |count: usize, constraint: Value| {
        let exactly = json!({"deviceClassName": "any", "count": count});
        claim(json!([{"name": "r", "exactly": exactly}]), json!([constraint]))
    };
    let same = || json!({"matchAttribute": "d/model"});
    let distinct = || json!({"distinctAttribute": "d/model"});
    let elsewhere = json!({"requests": ["other"], "matchAttribute": "d/model"});
    check(&[
        (&[slice(&["a", "b", "b"])], &[with(2, same())], "r=1 r=2"),
        (&[slice(&["a", "b", "c"])], &[with(2, same())], NONE),
        (&[slice(&["", "a", "a"])], &[with(2, same())], "r=1 r=2"),
        (&[slice(&[""])], &[with(1, same())], NONE),
        (&[slice(&["a", "a", "b"])], &[with(2, distinct())], "r=0 r=2"),
        (&[slice(&["a", "a"])], &[with(2, distinct())], NONE),
        (&[slice(&["a", "b"])], &[with(2, elsewhere)], "r=0 r=1"),
        (
            &[slice(&["a"])],
            &[with(1, json!({}))],
            "error: claim default/c0, constraint #0: empty constraint (unsupported constraint \
             type?)",
        ),
    ]);
}

#[test]
fn the_first_alternative_that_lets_the_rest_succeed_is_taken() {
    let alternatives = |all: Value| claim(json!([{"name": "r", "firstAvailable": all}]), json!([]));
    let count =
        |name: &str, count: usize| json!({"name": name, "deviceClassName": "any", "count": count});
    let everything = json!({"name": "y", "deviceClassName": "any", "allocationMode": "All"});
    let x_or_y = || alternatives(json!([count("x", 3), count("y", 1)]));
    check(&[
        (&[slice(&["a", "b", "c"])], &[x_or_y()], "r/x=0 r/x=1 r/x=2"),
        (&[slice(&["a", "b"])], &[x_or_y()], "r/y=0"),
        // The second claim needs one of the devices that the first alternative would take.
        (&[slice(&["a", "b", "c"])], &[x_or_y(), some(1)], "r/y=0; r=1"),
        (&[slice(&["a"])], &[alternatives(json!([count("x", 2), count("y", 2)]))], NONE),
        // As upstream: after the first device the search goes on with the first alternative.
        (
            &[slice(&["a", "b", "c"]), held(&[])],
            &[alternatives(json!([count("x", 4), everything.clone()]))],
            NONE,
        ),
        (
            &[slice(&["a", "b"])],
            &[alternatives(json!([
                {"name": "x", "deviceClassName": "any", "count": 1,
                 "selectors": []},
                everything,
            ]))],
            "r/x=0",
        ),
    ]);
}

#[test]
fn a_claim_holds_at_most_32_devices() {
    let many: Vec<&str> = vec!["a"; 40];
    let two = json!([
        {"name": "r", "exactly": {"deviceClassName": "any", "count": 20}},
        {"name": "s", "exactly": {"deviceClassName": "any", "count": 13}},
    ]);
    let limit = |count: usize| {
        format!(
            "error: claim default/c0: number of requested devices {count} exceeds the claim limit \
             of 32"
        )
    };
    let at_most = (0..32).map(|at| format!("r={at}")).collect::<Vec<_>>().join(" ");
    check(&[
        (&[slice(&many)], &[some(32)], &at_most),
        (&[slice(&many)], &[some(33)], &limit(33)),
        (&[slice(&many)], &[claim(two, json!([]))], &limit(33)),
        (&[slice(&many)], &[all()], &limit(40)),
    ]);
}

#[test]
fn slices_offer_devices_where_they_say_so() {
    let zone = |value: &str| {
        let requirement = json!({"key": "zone", "operator": "In", "values": [value]});
        json!({"nodeName": null,
               "nodeSelector": {"nodeSelectorTerms": [{"matchExpressions": [requirement]}]}})
    };
    let pool = |generation: i64, count: i64| json!({"pool": {"name": "p", "generation": generation, "resourceSliceCount": count}});
    let named = |name: &str, mut changes: Value| {
        changes["name"] = json!(name);
        changes
    };
    let elsewhere = json!({"nodeName": "other"});
    check(&[
        (&[slice_with(&["a"], elsewhere)], &[some(1)], NONE),
        (&[slice_with(&["a"], json!({"nodeName": null, "allNodes": true}))], &[some(1)], "r=0"),
        (&[slice_with(&["a"], json!({"nodeName": null}))], &[some(1)], NONE),
        (&[slice_with(&["a"], zone("z"))], &[some(1)], "r=0"),
        (&[slice_with(&["a"], zone("y"))], &[some(1)], NONE),
        // Only the newest generation counts.
        (&[slice(&["a", "a"]), slice_with(&["a"], named("new", pool(2, 1)))], &[some(1)], "r=0"),
        (&[slice(&["a", "a"]), slice_with(&["a"], named("new", pool(2, 1)))], &[some(2)], NONE),
        // A pool without some of its slices offers nothing.
        (&[slice_with(&["a"], pool(1, 2))], &[some(1)], NONE),
        (
            &[slice_with(&["a"], json!({"devices": [{"name": "0"}, {"name": "0"}]}))],
            &[some(1)],
            "invalid resource pools were encountered",
        ),
        // Gates that are off.
        (&[slice_with(&["a"], json!({"perDeviceNodeSelection": true}))], &[some(1)], NONE),
        (&[slice_with(&["a"], json!({"sharedCounters": [{"name": "c"}]}))], &[some(1)], NONE),
        (
            &[slice_with(
                &[],
                json!({"devices": [
                    {"name": "0", "consumesCounters": [{"counterSet": "c"}]},
                    {"name": "1", "bindingConditions": ["ready"]},
                    {"name": "2"},
                ]}),
            )],
            &[some(1)],
            "r=2",
        ),
    ]);
}

#[test]
fn an_allocation_says_on_which_nodes_it_can_be_used() {
    let selector = |objects: &[(Kind, Value)], count: usize| {
        let found = allocate(objects, &[some(count)]).expect("devices");
        found[0].node_selector.as_ref().map(|selector| format!("{selector:?}"))
    };
    let everywhere = slice_with(&["a"], json!({"nodeName": null, "allNodes": true}));
    assert_eq!(selector(std::slice::from_ref(&everywhere), 1), None);

    let local = selector(&[slice(&["a"])], 1).expect("a selector");
    assert!(local.contains("metadata.name") && local.contains("\"n\""), "{local}");

    let requirement = json!({"key": "zone", "operator": "In", "values": ["z"]});
    let term = json!({"matchExpressions": [requirement]});
    let in_zone = json!({"nodeName": null, "nodeSelector": {"nodeSelectorTerms": [term]}});
    let zonal = selector(&[slice_with(&["a"], in_zone)], 1).expect("a selector");
    assert!(zonal.contains("zone") && !zonal.contains("metadata.name"), "{zonal}");

    // One local device binds the claim to its node, whatever the others.
    let mut local = slice_with(&["a"], json!({"name": "local"}));
    local.1["spec"]["pool"]["name"] = json!("q");
    let both = selector(&[everywhere, local], 2).expect("a selector");
    assert!(both.contains("metadata.name"), "{both}");
}

#[cfg(feature = "dra")]
#[test]
fn selectors_of_class_and_request_choose_among_the_devices() {
    let class = |expression: &str| {
        let selectors = json!([{"cel": {"expression": expression}}]);
        let meta = json!({"name": "some"});
        (Kind::DeviceClass, json!({"metadata": meta, "spec": {"selectors": selectors}}))
    };
    let of = |class: &str, expression: &str| {
        let selectors = json!([{"cel": {"expression": expression}}]);
        let exactly = json!({"deviceClassName": class, "selectors": selectors});
        claim(json!([{"name": "r", "exactly": exactly}]), json!([]))
    };
    const A: &str = "device.attributes['d'].model == 'a'";
    const B: &str = "device.attributes['d'].model == 'b'";
    check(&[
        (&[slice(&["a", "b"])], &[of("any", B)], "r=1"),
        (&[slice(&["a", "b"]), class(B)], &[of("some", "true")], "r=1"),
        (&[slice(&["a", "b"]), class(B)], &[of("some", A)], NONE),
        // The first claim takes what the second could not do without, and gives it back.
        (&[slice(&["a", "b"])], &[some(1), of("any", A)], "r=1; r=0"),
        (
            &[slice(&["a"])],
            &[of("any", "device.attributes['d'].absent == 1")],
            "error: claim default/c0: selector #0: CEL runtime error: No such key: absent",
        ),
        // A device in use is not looked at.
        (&[slice(&["", "a"]), held(&["0"])], &[of("any", A)], "r=1"),
    ]);
    let broken = found(&[slice(&["a"])], &[of("any", "device.")]);
    assert!(
        broken.starts_with("error: claim default/c0: selector #0: CEL compile error:"),
        "{broken}"
    );
    let broken = found(&[slice(&["a"]), class("device.")], &[of("some", "true")]);
    assert!(broken.starts_with("error: class some: selector #0: CEL compile error:"), "{broken}");
}

#[test]
fn claims_of_a_pod_are_found_by_name_or_were_made_for_it() {
    let owner = |uid: &str| json!([{"kind": "Pod", "name": "pod", "uid": uid, "controller": true}]);
    let claim = |name: &str, owners: Value, deleted: bool| {
        let mut meta = json!({"namespace": "default", "name": name, "ownerReferences": owners});
        if deleted {
            meta["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        (Kind::ResourceClaim, json!({"metadata": meta}))
    };
    let store = store(&[
        claim("shared", json!([]), false),
        claim("leaving", json!([]), true),
        claim("made", owner("pod"), false),
        claim("foreign", owner("other"), false),
    ]);
    let by_name = |name: &str| json!({"name": "c", "resourceClaimName": name});
    let by_template = || json!({"name": "c", "resourceClaimTemplateName": "template"});
    let made = |name: Value| json!([{"name": "c", "resourceClaimName": name}]);
    for (entry, statuses, expected) in [
        (by_name("shared"), json!([]), Ok("shared")),
        (by_name("none"), json!([]), Err("could not find ResourceClaim \"default/none\"")),
        (by_name("leaving"), json!([]), Err("resourceclaim \"leaving\" is being deleted")),
        (by_template(), json!([]), Err("pod \"default/pod\": ResourceClaim not created yet")),
        (by_template(), made(json!("made")), Ok("made")),
        (by_template(), made(Value::Null), Ok("")),
        (
            by_template(),
            made(json!("foreign")),
            Err("ResourceClaim default/foreign was not created for pod default/pod (pod is not \
                 owner)"),
        ),
        (
            json!({"name": "c"}),
            json!([]),
            Err("pod \"default/pod\", spec.resourceClaim \"c\": none of the supported fields are \
                 set"),
        ),
    ] {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"namespace": "default", "name": "pod", "uid": "pod"},
            "spec": {"resourceClaims": [entry]},
            "status": {"resourceClaimStatuses": statuses},
        }))
        .expect("a pod");
        let names = pod_claims(&pod, &store).map(|claims| {
            claims.iter().map(|claim| claim.meta.name.as_str()).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(names.as_deref().map_err(String::as_str), expected, "{entry} {statuses}");
    }
}

#[test]
fn a_request_needs_a_class_that_exists() {
    for (request, expected) in [
        (json!({"name": "r", "exactly": {"deviceClassName": "any"}}), None),
        (
            json!({"name": "r", "exactly": {"deviceClassName": "none"}}),
            Some("request r: device class none does not exist"),
        ),
        (
            json!({"name": "r", "firstAvailable": [{"name": "s", "deviceClassName": "none"}]}),
            Some("request r/s: device class none does not exist"),
        ),
        (json!({"name": "r"}), Some("resource claim default/c, request r: unknown request type")),
    ] {
        let mut claim = claim(json!([request]), json!([]));
        claim["metadata"]["name"] = json!("c");
        let claim: ResourceClaim = serde_json::from_value(claim).expect("a claim");
        assert_eq!(missing_class(&claim, &store(&[])).as_deref(), expected, "{request}");
    }
}

#[test]
fn a_placed_pod_reserves_its_claims_with_their_devices() {
    let named = |mut claim: Value| {
        claim["metadata"]["name"] = json!("c");
        (Kind::ResourceClaim, claim)
    };
    let with_status = |status: Value| {
        let mut claim = some(1);
        claim["status"] = status;
        named(claim)
    };
    let device = json!({"request": "r", "driver": "d", "pool": "p", "device": "1"});
    let allocated = json!({"devices": {"results": [device]}});
    let user = |name: &str| json!({"resource": "pods", "name": name, "uid": name});
    for (claim, devices, users) in [
        (named(some(1)), "0", Some("pod")),
        (with_status(json!({"allocation": allocated})), "1", Some("pod")),
        (
            with_status(json!({"allocation": allocated, "reservedFor": [user("other")]})),
            "1",
            Some("other pod"),
        ),
        // Nothing changes.
        (with_status(json!({"allocation": allocated, "reservedFor": [user("pod")]})), "1", None),
    ] {
        let store = store(&[slice(&["a", "a"]), claim.clone()]);
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"namespace": "default", "name": "pod", "uid": "pod"},
            "spec": {"resourceClaims": [{"name": "c", "resourceClaimName": "c"}]},
        }))
        .expect("a pod");
        let node = node();
        let snapshot = Snapshot::new(&store, [&node], []);
        let profile = Profile::default();
        let context = Context { pod: &pod, snapshot: &snapshot, profile: &profile };
        let decision = reserve(&context, &snapshot.nodes[0]).expect("a reservation");
        let held = decision.claims["default/c"].iter().map(|device| device.device.as_str());
        assert_eq!(held.collect::<Vec<_>>().join(" "), devices, "{claim:?}");
        let reserved = decision.objects.first().map(|object| match object {
            Object::ResourceClaim(claim) => {
                let users = claim.status.reserved_for.iter().map(|user| user.name.as_str());
                users.collect::<Vec<_>>().join(" ")
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(reserved.as_deref(), users, "{claim:?}");
    }
}
