//! A whole cluster as text and back.
//!
//! What comes back decides like what was written, now and later: not only the objects are kept but
//! also what they alone do not tell. That is the order of the pods, which places in the pod table
//! are free, the sizes of images as they were seen first, and which host ports are in use.

use super::Cluster;
use super::ix::PodIx;
use crate::base::index::Ix;
use crate::base::map::Map;
use crate::objects::pod::PodSpec;
use crate::objects::snapshot::HostPort;
use crate::objects::store::ImageState;
use crate::objects::{Kind, Labels, Node, Object, Pod};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

const VERSION: &str = "bayplan.io/v1";
const KIND: &str = "ClusterState";

/// Why a text is no dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpError(String);

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no dump of a cluster: {}", self.0)
    }
}

impl std::error::Error for DumpError {}

impl From<serde_json::Error> for DumpError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// The document.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Dump<'a> {
    api_version: Cow<'a, str>,
    kind: Cow<'a, str>,
    /// Objects that are not part of the state.
    known: Vec<Kinded<'a>>,
    /// Everything but nodes and pods.
    objects: Vec<Kinded<'a>>,
    nodes: Vec<Cow<'a, Node>>,
    /// By place; nothing where a place is free.
    pods: Vec<Option<Cow<'a, Pod>>>,
    free_places: Vec<usize>,
    /// Bytes of each image name as the node said that listed it first.
    image_sizes: BTreeMap<String, i64>,
    /// By node.
    used_ports: BTreeMap<String, Vec<HostPort>>,
}

/// An object with its kind.
struct Kinded<'a>(Cow<'a, Object>);

impl Serialize for Kinded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Bare<'a>(&'a Object);
        impl Serialize for Bare<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize_as(serializer)
            }
        }
        (self.0.kind().name(), Bare(&self.0)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Kinded<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, value) = <(String, Value)>::deserialize(deserializer)?;
        let kind = Kind::ALL.iter().copied().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| de::Error::custom(format!("\"{name}\" is no kind")))?;
        let object = Object::deserialize_as(kind, value).map_err(de::Error::custom)?;
        Ok(Self(Cow::Owned(object)))
    }
}

impl Cluster {
    /// The whole cluster as one JSON document; `known` are objects that are no part of the state
    /// and are to come back with it. Savepoints are not kept.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn dump(&self, known: &[Object]) -> Result<String, DumpError> {
        let kinded = |object: &Object| Kinded(Cow::Owned(object.clone()));
        let place = |at| self.pods.get(PodIx::new(at)).map(|row| Cow::Borrowed(&*row.pod));
        let ports = self.nodes.by_rank.iter().map(|node| {
            let ports: BTreeSet<_> = self.nodes.used_ports(*node).cloned().collect();
            (self.nodes.name(*node).to_string(), ports.into_iter().collect::<Vec<_>>())
        });
        let dump = Dump {
            api_version: VERSION.into(),
            kind: KIND.into(),
            known: known.iter().map(kinded).collect(),
            objects: self.store.objects().map(|object| Kinded(Cow::Owned(object))).collect(),
            nodes: self
                .nodes
                .by_rank
                .iter()
                .map(|node| &self.nodes.objects[*node])
                .map(|node| Cow::Borrowed(&**node))
                .collect(),
            pods: (0..self.pods.places()).map(place).collect(),
            free_places: self.pods.free().iter().map(|place| place.at()).collect(),
            image_sizes: self
                .store
                .images
                .iter()
                .map(|(name, it)| (name.to_owned(), it.size_bytes))
                .collect(),
            used_ports: ports.filter(|(_, ports)| !ports.is_empty()).collect(),
        };
        Ok(serde_json::to_string(&dump)?)
    }

    /// The cluster of a dump, and the objects that came with it.
    ///
    /// # Errors
    /// The text is no dump, or its parts do not fit together.
    pub fn restore(text: &str) -> Result<(Self, Vec<Object>), DumpError> {
        let dump: Dump<'_> = serde_json::from_str(text)?;
        if dump.api_version != VERSION || dump.kind != KIND {
            return Err(DumpError(format!("it is not a {KIND} of {VERSION}")));
        }
        let mut cluster = Self::new();
        let nodes = dump.nodes.into_iter().map(|node| Object::from(node.into_owned()));
        let objects = dump.objects.into_iter().map(|object| object.0.into_owned());
        let refuse = |error: super::change::ChangeError| DumpError(error.to_string());
        cluster.load(objects.chain(nodes)).map_err(refuse)?;
        cluster.restore_image_sizes(&dump.image_sizes);
        let mut sharing = Sharing::default();
        for pod in dump.pods {
            let Some(pod) = pod else {
                cluster.pods.leave_free();
                continue;
            };
            let mut pod = pod.into_owned();
            if cluster.pods.find(&pod.meta.namespace, &pod.meta.name).is_some() {
                return Err(DumpError(format!("pod {} is there twice", pod.meta.key())));
            }
            sharing.share(&mut pod);
            cluster.put_pod(Box::new(pod)).map_err(refuse)?;
        }
        let free = dump.free_places.into_iter().map(|at| u32::try_from(at).map(|_| PodIx::new(at)));
        let free = free.collect::<Result<Vec<_>, _>>();
        if !free.is_ok_and(|free| cluster.pods.set_free(free)) {
            return Err(DumpError("the free places are not those without a pod".to_owned()));
        }
        cluster.restore_used_ports(dump.used_ports);
        Ok((cluster, dump.known.into_iter().map(|object| object.0.into_owned()).collect()))
    }

    fn restore_image_sizes(&mut self, sizes: &BTreeMap<String, i64>) {
        for (name, size_bytes) in sizes {
            if let Some(known) = self.store.images.get(name) {
                let seen_first = ImageState { size_bytes: *size_bytes, ..known };
                self.store.images.restore(name, Some(seen_first));
            }
        }
    }

    fn restore_used_ports(&mut self, ports: BTreeMap<String, Vec<HostPort>>) {
        for node in (0..self.nodes.len()).map(Ix::new) {
            let name: Arc<str> = self.nodes.name(node).clone();
            let ports = ports.get(&*name).into_iter().flatten().cloned();
            let mut held: Vec<_> = ports.map(|port| self.nodes.port(port)).collect();
            held.sort_unstable();
            held.dedup();
            self.nodes.ports[node] = held.into();
        }
    }
}

/// Equal specs and labels in one place of memory, as reading manifests leaves them.
#[derive(Default)]
struct Sharing {
    specs: Map<Arc<PodSpec>, ()>,
    labels: BTreeSet<Arc<Labels>>,
}

impl Sharing {
    fn share(&mut self, pod: &mut Pod) {
        match self.specs.get_key_value(&pod.spec) {
            Some((known, ())) => pod.spec = known.clone(),
            None => {
                self.specs.insert(pod.spec.clone(), ());
            }
        }
        match self.labels.get(&pod.meta.labels) {
            Some(known) => pod.meta.labels = known.clone(),
            None => {
                self.labels.insert(pod.meta.labels.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::change::Change;
    use serde_json::json;

    fn object(kind: Kind, value: Value) -> Object {
        Object::deserialize_as(kind, value).expect("an object")
    }

    fn pod(name: &str, node: Option<&str>, port: i32) -> Object {
        object(
            Kind::Pod,
            json!({
                "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"},
                    "creationTimestamp": "2026-01-02T03:04:05.000000006Z"},
                "spec": {"nodeName": node, "tolerations": [{"operator": "Odd"}, {"effect": ""}],
                    "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
                    "containers": [{"name": "web", "ports": [{"hostPort": port}],
                        "resources": {"requests": {"cpu": "100u", "memory": "1.5Gi"}}}]},
            }),
        )
    }

    fn cluster() -> Cluster {
        let node = |name: &str, size: i64| {
            object(
                Kind::Node,
                json!({"metadata": {"name": name},
                "status": {"allocatable": {"cpu": "2", "memory": "8Gi", "pods": "9"},
                    "images": [{"names": ["web:1"], "sizeBytes": size}]}}),
            )
        };
        let budget = json!({"metadata": {"name": "web", "namespace": "shop"},
            "spec": {"maxUnavailable": "30%", "selector": {}}});
        let claim = json!({"metadata": {"name": "gpu", "namespace": "shop"},
            "spec": {"devices": {"requests": [{"name": "a", "exactly": {"deviceClassName": "gpu"}},
                {"name": "b", "firstAvailable": [{"name": "c", "deviceClassName": "gpu"}]}]}}});
        let slice = json!({"metadata": {"name": "s"}, "spec": {"driver": "d", "nodeName": "a",
            "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
            "devices": [{"name": "x", "attributes": {"m": {"int": 7}, "v": {"version": "1.2.3"}},
                "capacity": {"memory": {"value": "40Gi"}}}]}});
        Cluster::from_objects([
            node("a", 100),
            node("b", 200),
            object(Kind::PodDisruptionBudget, budget),
            object(Kind::ResourceClaim, claim),
            object(Kind::ResourceSlice, slice),
            pod("one", Some("a"), 80),
            pod("two", Some("a"), 80),
            pod("three", None, 0),
            pod("four", Some("b"), 81),
        ])
        .expect("they fit together")
    }

    fn delete(kind: Kind, namespace: &str, name: &str) -> Change {
        Change::Delete { kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn what_comes_back_is_what_was_written_history_included() {
        let mut cluster = cluster();
        // Frees port 80 though pod two has it too, and a place in the table.
        cluster.apply(delete(Kind::Pod, "shop", "one")).expect("there");
        cluster.apply(delete(Kind::Pod, "shop", "three")).expect("there");
        let class = object(Kind::PriorityClass, json!({"metadata": {"name": "high"}, "value": 5}));
        let text = cluster.dump(std::slice::from_ref(&class)).expect("a dump");
        let (mut restored, known) = Cluster::restore(&text).expect("a dump");
        assert_eq!(known, [class]);
        assert_eq!(restored.state_hash(), cluster.state_hash());
        assert_eq!(restored.dump(&known).expect("a dump"), text);
        assert!(restored.is_counted_right());
        for cluster in [&mut cluster, &mut restored] {
            cluster.apply(Change::Put(pod("five", None, 0))).expect("a pod");
            cluster.apply(delete(Kind::Node, "", "a")).expect("there");
        }
        assert_eq!(restored.state_hash(), cluster.state_hash());
        let places = |cluster: &Cluster| cluster.pods().find("shop", "five");
        assert_eq!(places(&restored), places(&cluster));
    }

    #[test]
    fn texts_that_are_no_dump_are_refused() {
        let text = cluster().dump(&[]).expect("a dump");
        for (from, to) in [
            ("bayplan.io/v1", "bayplan.io/v0"),
            ("\"freePlaces\":[]", "\"freePlaces\":[1]"),
            ("\"freePlaces\":[]", "\"freePlaces\":[18446744073709551615]"),
            ("\"name\":\"two\"", "\"name\":\"one\""),
            ("\"PodDisruptionBudget\"", "\"Nonsense\""),
            ("\"pods\":[", "\"pods\":[null,"),
        ] {
            let tampered = text.replacen(from, to, 1);
            assert_ne!(tampered, text, "{from}");
            assert!(Cluster::restore(&tampered).is_err(), "{from}");
        }
        assert!(Cluster::restore("{}").is_err());
    }
}
