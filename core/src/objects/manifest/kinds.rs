//! Which kinds are read, from which API versions, and how older versions differ.

use super::super::object::{Kind, Object};
use super::fault::Cause;
use serde_json::{Map, Value, json};

/// The apiVersion and kind of a document.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub version: String,
    pub kind: String,
}

impl Identity {
    /// The identity of a value; items of a typed list need not state theirs.
    pub fn of(value: &Value, from_list: Option<&Self>) -> Result<Self, Cause> {
        let Value::Object(fields) = value else {
            let help = "expected apiVersion, kind and metadata";
            return Err(Cause::new("", format!("no Kubernetes object; {help}")));
        };
        let text = |field: &str, inherited: Option<&String>| match fields.get(field) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            None | Some(Value::Null | Value::String(_)) => {
                let missing = || Cause::new("", format!("{field} is missing"));
                inherited.filter(|text| !text.is_empty()).cloned().ok_or_else(missing)
            }
            Some(_) => Err(Cause::new(field, format!("{field} is not a text"))),
        };
        Ok(Self {
            version: text("apiVersion", from_list.map(|identity| &identity.version))?,
            kind: text("kind", from_list.map(|identity| &identity.kind))?,
        })
    }

    /// The identity that a list gives its items; empty for a `List` of anything.
    pub fn of_items(version: &str, kind: &str) -> Self {
        let kind = kind.strip_suffix("List").unwrap_or_default();
        let version = if kind.is_empty() { "" } else { version };
        Self { version: version.to_owned(), kind: kind.to_owned() }
    }

    /// Kind, namespace and name of a value, as far as they are there.
    pub fn name_of(&self, value: &Value) -> String {
        let text = |field: &str| value.pointer(field).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let separator = if namespace.is_empty() { "" } else { "/" };
        format!("{} {namespace}{separator}{name}", self.kind).trim_end().to_owned()
    }
}

/// How objects of an apiVersion and kind are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As this kind; converted first where the version is an elder one.
    Read { kind: Kind, served: bool },
    /// Not at all: the kind has no effect on placement.
    Skip,
    /// It is a mistake: no cluster has this kind in this version.
    Unknown,
}

pub(super) fn find(version: &str, kind: &str) -> Reading {
    let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
    let Some(kind) = Kind::ALL.iter().copied().find(|known| known.name() == kind) else {
        return Reading::Skip;
    };
    let (own_group, versions, elder) = versions(kind);
    let in_extensions = matches!(kind, Kind::Deployment | Kind::DaemonSet | Kind::ReplicaSet);
    if group == "extensions" && in_extensions && version == "v1beta1" {
        Reading::Read { kind, served: false }
    } else if group != own_group {
        // Other groups have kinds of the same name; the core group is known as a whole.
        if group.is_empty() { Reading::Unknown } else { Reading::Skip }
    } else if versions.contains(&version) {
        Reading::Read { kind, served: true }
    } else if elder.contains(&version) {
        Reading::Read { kind, served: false }
    } else {
        Reading::Unknown
    }
}

/// What is lost by skipping a kind that has an effect on which pods exist or where they go.
pub(super) fn loss(version: &str, kind: &str) -> Option<&'static str> {
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "ResourceQuota") => Some("quotas are not enforced"),
        ("node.k8s.io", "RuntimeClass") => {
            Some("overhead, node selector and tolerations are not added to pods")
        }
        _ => None,
    }
}

/// The fault of a kind that no cluster has in its version.
pub(super) fn unknown(identity: &Identity) -> Cause {
    let known = Kind::ALL.iter().find(|known| known.name() == identity.kind);
    let cure = known.map_or(String::new(), |kind| {
        let (group, versions, _) = versions(*kind);
        let slash = if group.is_empty() { "" } else { "/" };
        format!("; use {group}{slash}{}", versions[0])
    });
    let Identity { version, kind } = identity;
    Cause::new("apiVersion", format!("there is no {kind} in {version}{cure}"))
}

/// Group, versions, and elder versions that are converted, of a kind.
fn versions(kind: Kind) -> (&'static str, &'static [&'static str], &'static [&'static str]) {
    match kind {
        Kind::Node
        | Kind::Pod
        | Kind::Namespace
        | Kind::Service
        | Kind::ReplicationController
        | Kind::LimitRange
        | Kind::PersistentVolume
        | Kind::PersistentVolumeClaim => ("", &["v1"], &[]),
        Kind::PriorityClass => ("scheduling.k8s.io", &["v1"], &["v1beta1", "v1alpha1"]),
        Kind::ReplicaSet | Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet => {
            ("apps", &["v1"], &["v1beta1", "v1beta2"])
        }
        Kind::Job => ("batch", &["v1"], &[]),
        Kind::CronJob => ("batch", &["v1"], &["v1beta1", "v2alpha1"]),
        Kind::PodDisruptionBudget => ("policy", &["v1"], &["v1beta1"]),
        Kind::HorizontalPodAutoscaler => ("autoscaling", &["v2", "v1"], &["v2beta1", "v2beta2"]),
        Kind::StorageClass
        | Kind::CsiNode
        | Kind::CsiDriver
        | Kind::CsiStorageCapacity
        | Kind::VolumeAttachment => ("storage.k8s.io", &["v1"], &["v1beta1", "v1alpha1"]),
        Kind::ResourceSlice
        | Kind::ResourceClaim
        | Kind::ResourceClaimTemplate
        | Kind::DeviceClass => ("resource.k8s.io", &["v1", "v1beta2"], &["v1beta1"]),
    }
}

/// Changes an object of an elder version to today's form.
pub(super) fn convert(kind: Kind, version: &str, value: &mut Value) {
    match (kind, version) {
        (
            Kind::Deployment | Kind::DaemonSet | Kind::ReplicaSet | Kind::StatefulSet,
            "extensions/v1beta1" | "apps/v1beta1",
        ) => select_by_template(value),
        (Kind::ResourceSlice, "resource.k8s.io/v1beta1") => flatten_devices(value),
        (Kind::ResourceClaim, "resource.k8s.io/v1beta1") => name_exact_requests(value, "/spec"),
        (Kind::ResourceClaimTemplate, "resource.k8s.io/v1beta1") => {
            name_exact_requests(value, "/spec/spec");
        }
        _ => {}
    }
}

/// The first versions of workloads took an absent selector from the labels of the template.
fn select_by_template(value: &mut Value) {
    let labels = value.pointer("/spec/template/metadata/labels").cloned();
    if let (Some(labels), Some(spec)) =
        (labels, value.get_mut("spec").and_then(Value::as_object_mut))
        && spec.get("selector").is_none_or(Value::is_null)
    {
        spec.insert("selector".to_owned(), json!({ "matchLabels": labels }));
    }
}

/// `devices[].basic` became the device itself.
fn flatten_devices(value: &mut Value) {
    let devices = value.pointer_mut("/spec/devices").and_then(Value::as_array_mut);
    for device in devices.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(Value::Object(basic)) = device.remove("basic") {
            device.extend(basic);
        }
    }
}

/// A request for one kind of device moved into its own field, `exactly`.
fn name_exact_requests(value: &mut Value, spec: &str) {
    let requests = value.pointer_mut(&format!("{spec}/devices/requests"));
    let requests = requests.and_then(Value::as_array_mut).into_iter().flatten();
    for request in requests.filter_map(Value::as_object_mut) {
        if request.contains_key("deviceClassName") {
            let mut exactly: Map<String, Value> = std::mem::take(request);
            if let Some(name) = exactly.remove("name") {
                request.insert("name".to_owned(), name);
            }
            request.insert("exactly".to_owned(), Value::Object(exactly));
        }
    }
}

/// An object straight from JSON. Why that fails is not told: the tree tells it better.
pub(super) fn from_json(kind: Kind, text: &str) -> Result<Object, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let object = Object::deserialize_as(kind, &mut deserializer)?;
    deserializer.end()?;
    Ok(object)
}

/// An object from its tree.
pub(super) fn from_value(kind: Kind, value: &Value) -> Result<Object, Cause> {
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(value, &mut track);
    Object::deserialize_as(kind, deserializer).map_err(|error| {
        let path = track.path().to_string();
        let field = if path == "." { "" } else { path.as_str() };
        Cause::new(field, in_plain_words(&error.to_string()))
    })
}

/// What the deserializer says about a wrong type, for those who write YAML.
fn in_plain_words(message: &str) -> String {
    let found = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "));
    let Some((found, expected)) = found.and_then(|text| text.split_once(", expected ")) else {
        return message.to_owned();
    };
    let (found_kind, value) = found.split_once(' ').unwrap_or((found, ""));
    let value = value.trim_start_matches("point ").trim_matches('`');
    let found = match found_kind {
        "map" => "a mapping".to_owned(),
        "sequence" => "a list".to_owned(),
        "integer" | "floating" => format!("the number {value}"),
        _ => value.to_owned(),
    };
    let expected = match expected {
        "a string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "i32" | "i64" | "u32" | "u64" | "usize" => "a whole number in range",
        other if other == "a map" || other.starts_with("struct ") => "a mapping",
        other => other,
    };
    let cure = if expected == "a text" && !value.is_empty() { "; put it in quotes" } else { "" };
    format!("{expected} is needed, not {found}{cure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elder_versions_are_read_and_unknown_ones_are_not() {
        let served = |kind| Reading::Read { kind, served: true };
        let elder = |kind| Reading::Read { kind, served: false };
        for (version, kind, expected) in [
            ("v1", "Pod", served(Kind::Pod)),
            ("v2", "Pod", Reading::Unknown),
            ("apps/v1", "Deployment", served(Kind::Deployment)),
            ("apps/v1beta1", "Deployment", elder(Kind::Deployment)),
            ("apps/v1beta2", "StatefulSet", elder(Kind::StatefulSet)),
            ("extensions/v1beta1", "Deployment", elder(Kind::Deployment)),
            ("extensions/v1beta1", "DaemonSet", elder(Kind::DaemonSet)),
            ("extensions/v1beta1", "StatefulSet", Reading::Skip),
            ("extensions/v1beta1", "Ingress", Reading::Skip),
            ("apps/v3", "Deployment", Reading::Unknown),
            ("v1", "Deployment", Reading::Unknown),
            ("batch/v1", "Job", served(Kind::Job)),
            ("batch.volcano.sh/v1alpha1", "Job", Reading::Skip),
            ("batch/v1beta1", "CronJob", elder(Kind::CronJob)),
            ("policy/v1beta1", "PodDisruptionBudget", elder(Kind::PodDisruptionBudget)),
            ("autoscaling/v1", "HorizontalPodAutoscaler", served(Kind::HorizontalPodAutoscaler)),
            ("autoscaling/v2", "HorizontalPodAutoscaler", served(Kind::HorizontalPodAutoscaler)),
            (
                "autoscaling/v2beta1",
                "HorizontalPodAutoscaler",
                elder(Kind::HorizontalPodAutoscaler),
            ),
            (
                "autoscaling/v2beta2",
                "HorizontalPodAutoscaler",
                elder(Kind::HorizontalPodAutoscaler),
            ),
            ("resource.k8s.io/v1beta1", "ResourceClaim", elder(Kind::ResourceClaim)),
            ("resource.k8s.io/v1beta2", "ResourceClaim", served(Kind::ResourceClaim)),
            ("v1", "Secret", Reading::Skip),
            ("", "Pod", Reading::Unknown),
        ] {
            assert_eq!(find(version, kind), expected, "{kind} of {version}");
        }
    }

    #[test]
    fn elder_objects_are_changed_to_the_form_of_today() {
        let template = json!({"metadata": {"labels": {"app": "w"}}});
        let selector = json!({"matchLabels": {"app": "w"}});
        let own = json!({"matchLabels": {"app": "v"}});
        let device = json!({"name": "d", "basic": {"attributes": {}}});
        let request = json!({"name": "r", "deviceClassName": "gpu", "count": 2});
        let exactly = json!({"name": "r", "exactly": {"deviceClassName": "gpu", "count": 2}});
        let claim = |request: &Value| json!({"spec": {"devices": {"requests": [request]}}});
        for (kind, version, given, expected) in [
            (
                Kind::Deployment,
                "extensions/v1beta1",
                json!({"spec": {"template": template}}),
                json!({"spec": {"template": template, "selector": selector}}),
            ),
            (
                Kind::StatefulSet,
                "apps/v1beta1",
                json!({"spec": {"template": template, "selector": own}}),
                json!({"spec": {"template": template, "selector": own}}),
            ),
            // From this version on a selector is required.
            (
                Kind::Deployment,
                "apps/v1beta2",
                json!({"spec": {"template": template}}),
                json!({"spec": {"template": template}}),
            ),
            (
                Kind::ResourceSlice,
                "resource.k8s.io/v1beta1",
                json!({"spec": {"devices": [device]}}),
                json!({"spec": {"devices": [{"name": "d", "attributes": {}}]}}),
            ),
            (Kind::ResourceClaim, "resource.k8s.io/v1beta1", claim(&request), claim(&exactly)),
            (
                Kind::ResourceClaimTemplate,
                "resource.k8s.io/v1beta1",
                json!({ "spec": claim(&request) }),
                json!({ "spec": claim(&exactly) }),
            ),
        ] {
            let mut value = given.clone();
            convert(kind, version, &mut value);
            assert_eq!(value, expected, "{version} {given}");
        }
    }

    #[test]
    fn a_wrong_type_is_told_in_plain_words() {
        for (kind, value, field, message) in [
            (
                Kind::Node,
                json!({"metadata": {"name": 7}}),
                "metadata.name",
                "a text is needed, not the number 7",
            ),
            (
                Kind::Node,
                json!({"metadata": {"name": true}}),
                "metadata.name",
                "a text is needed, not true",
            ),
            (
                Kind::Node,
                json!({"metadata": {"name": ["a"]}}),
                "metadata.name",
                "a text is needed, not a list",
            ),
            (
                Kind::Node,
                json!({"spec": {"unschedulable": "no"}}),
                "spec.unschedulable",
                "true or false is needed, not \"no\"",
            ),
            (
                Kind::Pod,
                json!({"spec": {"containers": {"name": "c"}}}),
                "spec.containers",
                "a list is needed, not a mapping",
            ),
            (
                Kind::Pod,
                json!({"spec": {"priority": 3_000_000_000_u64}}),
                "spec.priority",
                "a whole number in range is needed, not the number 3000000000",
            ),
        ] {
            let cause = from_value(kind, &value).expect_err("a fault");
            assert_eq!((cause.field.as_str(), cause.message.as_str()), (field, message), "{value}");
        }
    }
}
