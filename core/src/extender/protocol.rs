//! Bodies of the webhook, version 1. The members have Go's names; requests are read in any case of
//! the letters, and only their first value counts.

use super::ExtenderError;
use crate::objects::{Node, Pod};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The nodes of a request.
#[derive(Debug)]
pub(super) enum Nodes {
    /// By name.
    Names(Vec<String>),
    /// As objects, each also as it was written.
    Objects(Vec<(Node, Value)>),
}

impl Nodes {
    /// Their names, in the order of the request.
    pub(super) fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Names(names) => Box::new(names.iter().map(String::as_str)),
            Self::Objects(nodes) => Box::new(nodes.iter().map(|(node, _)| node.name())),
        }
    }

    /// Those that came as objects.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Node> {
        let nodes = if let Self::Objects(nodes) = self { nodes.as_slice() } else { &[] };
        nodes.iter().map(|(node, _)| node)
    }
}

/// `ExtenderArgs`.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) pod: Pod,
    pub(super) nodes: Nodes,
}

impl Arguments {
    pub(super) fn read(body: &str) -> Result<Self, ExtenderError> {
        let mut members = Members::read(body)?;
        let pod = members.take("Pod")?;
        let nodes = match members.optional("NodeNames")? {
            Some(names) => Nodes::Names(names),
            None => {
                #[derive(Deserialize)]
                struct NodeList {
                    #[serde(default)]
                    items: Vec<Value>,
                }
                let list: NodeList = members.take("Nodes")?;
                let node = |written: Value| match serde_json::from_value(written.clone()) {
                    Ok(node) => Ok((node, written)),
                    Err(error) => Err(ExtenderError::Request(format!("Nodes: {error}"))),
                };
                Nodes::Objects(list.items.into_iter().map(node).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { pod, nodes })
    }
}

/// `ExtenderPreemptionArgs`; of the candidates only the nodes are looked at.
#[derive(Debug)]
pub(super) struct PreemptionArguments {
    pub(super) pod: Pod,
    pub(super) nodes: BTreeSet<String>,
}

impl PreemptionArguments {
    pub(super) fn read(body: &str) -> Result<Self, ExtenderError> {
        let mut members = Members::read(body)?;
        let pod = members.take("Pod")?;
        let mut nodes = BTreeSet::new();
        for member in ["NodeNameToVictims", "NodeNameToMetaVictims"] {
            let victims: Option<BTreeMap<String, Value>> = members.optional(member)?;
            nodes.extend(victims.unwrap_or_default().into_keys());
        }
        Ok(Self { pod, nodes })
    }
}

/// `ExtenderBindingArgs`.
#[derive(Debug)]
pub(super) struct BindingArguments {
    pub(super) pod_name: String,
    pub(super) pod_namespace: String,
    pub(super) pod_uid: String,
    pub(super) node: String,
}

impl BindingArguments {
    pub(super) fn read(body: &str) -> Result<Self, ExtenderError> {
        let mut members = Members::read(body)?;
        Ok(Self {
            pod_name: members.take("PodName")?,
            pod_namespace: members.take("PodNamespace")?,
            pod_uid: members.optional("PodUID")?.unwrap_or_default(),
            node: members.take("Node")?,
        })
    }
}

/// The members of a request by their names in small letters.
struct Members(BTreeMap<String, Value>);

impl Members {
    fn read(body: &str) -> Result<Self, ExtenderError> {
        let mut values = serde_json::Deserializer::from_str(body).into_iter::<Value>();
        let request = |text: String| ExtenderError::Request(text);
        match values.next() {
            Some(Ok(Value::Object(members))) => {
                let member = |(name, value): (String, Value)| (name.to_lowercase(), value);
                Ok(Self(members.into_iter().map(member).collect()))
            }
            Some(Ok(_)) => Err(request("it is no JSON object".to_owned())),
            Some(Err(error)) => Err(request(error.to_string())),
            None => Err(request("it is empty".to_owned())),
        }
    }

    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, ExtenderError> {
        let found = self.optional(name)?;
        found.ok_or_else(|| ExtenderError::Request(format!("there is no {name}")))
    }

    fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, ExtenderError> {
        let value = self.0.remove(&name.to_lowercase()).map(without_nulls);
        let value = value.filter(|value| !value.is_null()).map(serde_json::from_value);
        let request = |error| ExtenderError::Request(format!("{name}: {error}"));
        value.transpose().map_err(request)
    }
}

/// Go writes `null` for what is not there.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// `ExtenderFilterResult`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FilterResult {
    nodes: Option<NodeList>,
    node_names: Option<Vec<String>>,
    pub(super) failed_nodes: BTreeMap<String, String>,
    pub(super) failed_and_unresolvable_nodes: BTreeMap<String, String>,
    pub(super) error: String,
}

#[derive(Debug, Serialize)]
struct NodeList {
    metadata: BTreeMap<String, String>,
    items: Vec<Value>,
}

impl FilterResult {
    /// A result with an error, which is empty where there is none.
    pub(super) fn with_error(error: String) -> Self {
        Self { error, ..Self::default() }
    }

    /// Gives back the nodes that are kept, in the form and order in which they came.
    pub(super) fn keep(&mut self, nodes: &Nodes, kept: impl Iterator<Item = bool>) {
        let kept = kept.enumerate().filter(|(_, kept)| *kept).map(|(at, _)| at);
        match nodes {
            Nodes::Names(names) => {
                self.node_names = Some(kept.map(|at| names[at].clone()).collect())
            }
            Nodes::Objects(nodes) => {
                let items = kept.map(|at| nodes[at].1.clone()).collect();
                self.nodes = Some(NodeList { metadata: BTreeMap::new(), items });
            }
        }
    }
}

/// One entry of a `HostPriorityList`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HostPriority {
    pub(super) host: String,
    pub(super) score: i64,
}

/// `ExtenderPreemptionResult`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PreemptionResult {
    pub(super) node_name_to_meta_victims: BTreeMap<String, MetaVictims>,
}

/// Victims of one node.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetaVictims {
    pub(super) pods: Vec<MetaPod>,
    #[serde(rename = "NumPDBViolations")]
    pub(super) num_pdb_violations: usize,
}

/// One victim.
#[derive(Debug, Serialize)]
pub(super) struct MetaPod {
    #[serde(rename = "UID")]
    pub(super) uid: String,
}

/// `ExtenderBindingResult`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BindingResult {
    pub(super) error: String,
}

/// A response body.
pub(super) fn write(response: &impl Serialize) -> Result<String, ExtenderError> {
    serde_json::to_string(response).map_err(|error| ExtenderError::Request(error.to_string()))
}
