//! Objects by hand, as short as a table needs them: what is not said is ordinary.
//!
//! A maker writes the manifest a user could have written, and reads it the way the engine reads any
//! manifest. `with` takes whatever has no method of its own.
//!
//! # Panics
//! Whatever is made here is fixed in a program's text; what the engine cannot read panics.

use bayplan::objects::node::TaintEffect;
use bayplan::objects::{Node, Object, Pod};
use serde_json::{Value, json};

/// A node in the making: 32 CPUs, 128Gi of memory, 110 pods, labelled with its host name.
#[derive(Clone, Debug)]
pub struct MakeNode(Value);

/// A pod in the making: pending, in the namespace `default`, one container without requests.
#[derive(Clone, Debug)]
pub struct MakePod(Value);

/// A node of that name.
pub fn node(name: &str) -> MakeNode {
    let offered = json!({"cpu": "32", "memory": "128Gi", "pods": "110"});
    let labels = json!({"kubernetes.io/hostname": name});
    MakeNode(json!({
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": {"allocatable": offered},
    }))
}

/// A pod of that name.
pub fn pod(name: &str) -> MakePod {
    MakePod(json!({
        "metadata": {"name": name, "namespace": "default", "uid": format!("uid-{name}")},
        "spec": {"containers": [container("main")]},
        "status": {},
    }))
}

fn container(name: &str) -> Value {
    json!({"name": name, "resources": {"requests": {}}})
}

/// Lays `more` over `value`: objects are merged, everything else is replaced.
fn lay_over(value: &mut Value, more: Value) {
    match (value, more) {
        (Value::Object(fields), Value::Object(more)) => {
            for (name, more) in more {
                lay_over(fields.entry(name).or_insert(Value::Null), more);
            }
        }
        (value, more) => *value = more,
    }
}

/// Appends to a list that may not be there yet.
fn append(list: &mut Value, entry: Value) {
    match list {
        Value::Array(entries) => entries.push(entry),
        list => *list = json!([entry]),
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    let text = value.to_string();
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{error} in {text}"))
}

impl MakeNode {
    /// Lays fields of a manifest over what there is.
    pub fn with(mut self, fields: Value) -> Self {
        lay_over(&mut self.0, fields);
        self
    }

    /// A label.
    pub fn label(self, key: &str, value: &str) -> Self {
        self.with(json!({"metadata": {"labels": {key: value}}}))
    }

    /// No label at all, not even the host name.
    pub fn without_labels(mut self) -> Self {
        self.0["metadata"]["labels"] = json!({});
        self
    }

    /// How much of a resource pods may use.
    pub fn offers(self, resource: &str, amount: &str) -> Self {
        self.with(json!({"status": {"allocatable": {resource: amount}}}))
    }

    /// How much CPU pods may use.
    pub fn cpu(self, amount: &str) -> Self {
        self.offers("cpu", amount)
    }

    /// How much memory pods may use.
    pub fn memory(self, amount: &str) -> Self {
        self.offers("memory", amount)
    }

    /// How many pods the node takes.
    pub fn pods(self, count: u32) -> Self {
        self.offers("pods", &count.to_string())
    }

    /// A taint.
    pub fn taint(mut self, key: &str, value: &str, effect: TaintEffect) -> Self {
        let effect = format!("{effect:?}");
        let taint = json!({"key": key, "value": value, "effect": effect});
        append(&mut self.0["spec"]["taints"], taint);
        self
    }

    /// Cordoned.
    pub fn cordoned(self) -> Self {
        self.with(json!({"spec": {"unschedulable": true}}))
    }

    /// An image that is present, by one name.
    pub fn image(mut self, name: &str, size_bytes: i64) -> Self {
        let image = json!({"names": [name], "sizeBytes": size_bytes});
        append(&mut self.0["status"]["images"], image);
        self
    }

    /// The node.
    pub fn make(self) -> Node {
        read(self.0)
    }
}

impl MakePod {
    /// Lays fields of a manifest over what there is.
    pub fn with(mut self, fields: Value) -> Self {
        lay_over(&mut self.0, fields);
        self
    }

    /// Lays fields over `spec`.
    pub fn spec(self, fields: Value) -> Self {
        self.with(json!({"spec": fields}))
    }

    /// The namespace.
    pub fn namespace(self, name: &str) -> Self {
        self.with(json!({"metadata": {"namespace": name}}))
    }

    /// A label.
    pub fn label(self, key: &str, value: &str) -> Self {
        self.with(json!({"metadata": {"labels": {key: value}}}))
    }

    /// Bound to a node.
    pub fn on(self, node: &str) -> Self {
        self.spec(json!({"nodeName": node}))
    }

    /// Asked to stop, still there.
    pub fn terminating(self) -> Self {
        self.with(json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}))
    }

    /// What the first container requests of a resource.
    pub fn requests(mut self, resource: &str, amount: &str) -> Self {
        self.0["spec"]["containers"][0]["resources"]["requests"][resource] = json!(amount);
        self
    }

    /// What the first container requests of CPU.
    pub fn cpu(self, amount: &str) -> Self {
        self.requests("cpu", amount)
    }

    /// What the first container requests of memory.
    pub fn memory(self, amount: &str) -> Self {
        self.requests("memory", amount)
    }

    /// A further container, with requests.
    pub fn container(mut self, requests: Value) -> Self {
        let more = json!({"resources": {"requests": requests}});
        append(&mut self.0["spec"]["containers"], more);
        self
    }

    /// A further init container, with requests.
    pub fn init(mut self, requests: Value) -> Self {
        let more = json!({"resources": {"requests": requests}});
        append(&mut self.0["spec"]["initContainers"], more);
        self
    }

    /// A further init container that keeps running, with requests.
    pub fn sidecar(mut self, requests: Value) -> Self {
        let more = json!({"restartPolicy": "Always", "resources": {"requests": requests}});
        append(&mut self.0["spec"]["initContainers"], more);
        self
    }

    /// The first container's image.
    pub fn image(mut self, name: &str) -> Self {
        self.0["spec"]["containers"][0]["image"] = json!(name);
        self
    }

    /// A port of the first container.
    pub fn port(mut self, port: Value) -> Self {
        append(&mut self.0["spec"]["containers"][0]["ports"], port);
        self
    }

    /// A toleration.
    pub fn tolerates(mut self, toleration: Value) -> Self {
        append(&mut self.0["spec"]["tolerations"], toleration);
        self
    }

    /// A topology spread constraint.
    pub fn spread(mut self, constraint: Value) -> Self {
        append(&mut self.0["spec"]["topologySpreadConstraints"], constraint);
        self
    }

    /// The pod.
    pub fn make(self) -> Pod {
        read(self.0)
    }
}

impl From<MakeNode> for Object {
    fn from(made: MakeNode) -> Self {
        made.make().into()
    }
}

impl From<MakePod> for Object {
    fn from(made: MakePod) -> Self {
        made.make().into()
    }
}
