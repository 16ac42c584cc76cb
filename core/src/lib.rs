//! Kubernetes scheduling without a cluster: an embeddable engine that decides as kube-scheduler v1.35
//! would if it looked at every node, and says why.
//!
//! # Decide
//!
//! A [`Cluster`] holds nodes and pods, a [`Scheduler`] places pending pods on it. Workloads in the
//! manifests are expanded to the pods that their controllers would create.
//!
//! ```
//! use bayplan::{Cluster, Decision, Profile, Scheduler};
//!
//! const NODES: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [
//!     {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"},
//!      "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110"}}},
//!     {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "b"},
//!      "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}}]}"#;
//! const POD: &str = r#"{"apiVersion": "v1", "kind": "Pod",
//!     "metadata": {"name": "web", "namespace": "shop"},
//!     "spec": {"containers": [{"name": "web", "image": "nginx",
//!         "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]}}"#;
//!
//! let mut cluster = Cluster::from_manifests([NODES, POD])?;
//! let mut scheduler = Scheduler::new(Profile::default());
//!
//! match scheduler.schedule(&mut cluster, "shop", "web")? {
//!     Decision::Bound { node, .. } => assert_eq!(node, "b"),
//!     Decision::Unschedulable(why) => println!("{why}"), // kube-scheduler's line
//!     Decision::Nominated { node, victims, .. } => println!("{node}, without {victims:?}"),
//!     Decision::Gated(gate) => println!("{}", gate.text()),
//!     Decision::Skipped(why) => println!("{why}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Ask why
//!
//! [`Scheduler::evaluate`] changes nothing and tells everything: the verdict about every node, in byte
//! order of their names, and the parts of every score.
//!
//! ```
//! use bayplan::{Cluster, Scheduler, Verdict};
//!
//! # const NODES: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [
//! #     {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"},
//! #      "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110"}}},
//! #     {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "b"},
//! #      "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}}]}"#;
//! const LARGE: &str = r#"{"apiVersion": "v1", "kind": "Pod",
//!     "metadata": {"name": "large", "namespace": "shop"},
//!     "spec": {"containers": [{"name": "large", "image": "large",
//!         "resources": {"requests": {"cpu": "3"}}}]}}"#;
//!
//! let mut cluster = Cluster::from_manifests([NODES, LARGE])?;
//! let evaluation = Scheduler::default().evaluate(&mut cluster, "shop", "large")?;
//!
//! let Verdict::Rejected(rejection) = &evaluation.verdicts[0] else { panic!("a is too small") };
//! assert_eq!(rejection.text(), "Insufficient cpu");
//! assert_eq!(evaluation.verdicts[1], Verdict::Feasible);
//! for (plugin, score) in &evaluation.scores[0].parts {
//!     println!("{plugin} gives b {score}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Ask what if
//!
//! A [`Savepoint`] brings back everything as it was, to the bit, however much was changed since.
//!
//! ```
//! use bayplan::{Change, Cluster, Decision, Kind, Scheduler};
//!
//! # const NODES: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [
//! #     {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"},
//! #      "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110"}}},
//! #     {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "b"},
//! #      "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}}]}"#;
//! const SHOP: &str = r#"{"apiVersion": "apps/v1", "kind": "Deployment",
//!     "metadata": {"name": "web", "namespace": "shop"},
//!     "spec": {"replicas": 6, "selector": {"matchLabels": {"app": "web"}}, "template": {
//!         "metadata": {"labels": {"app": "web"}},
//!         "spec": {"containers": [{"name": "web", "image": "nginx",
//!             "resources": {"requests": {"cpu": "1"}}}]}}}}"#;
//!
//! let mut cluster = Cluster::from_manifests([NODES, SHOP])?;
//! let mut scheduler = Scheduler::default();
//! let is_bound = |decision: &Decision| matches!(decision, Decision::Bound { .. });
//!
//! let before = cluster.savepoint();
//! let (namespace, name) = (String::new(), "a".to_owned());
//! cluster.apply(Change::Delete { kind: Kind::Node, namespace, name })?;
//! let without_a = scheduler.schedule_pending(&mut cluster)?;
//! assert_eq!(without_a.iter().filter(|(_, decision)| is_bound(decision)).count(), 4);
//! cluster.rollback(before);
//!
//! let with_a = scheduler.schedule_pending(&mut cluster)?;
//! assert!(with_a.iter().all(|(_, decision)| is_bound(decision)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How data flows
//!
//! ```text
//! manifests --objects::manifest--> objects --controllers--> pods and claims
//!                                                              |
//!                       Change --Cluster::apply--> state (columns, change log, savepoints)
//!                                                              |
//!            Profile --Scheduler: view (fast) or cycle::plain--> Evaluation --> Decision
//!                                        |                                        |
//!                                   preemption                     plan: Placement, Explanation
//! ```
//!
//! # Where to find what
//!
//! - **What a cluster is made of**: [`objects`], read by [`objects::manifest`].
//! - **What changes it**: [`Change`] through [`Cluster::apply`]; [`Savepoint`] undoes.
//! - **What decides**: [`Profile`], read from a scheduler's configuration by [`profile::config`], and
//!   the rules in [`plugins`], one folder each.
//! - **Deciding pod by pod**: [`Scheduler`], [`Decision`], [`Evaluation`].
//! - **Deciding everything at once**: [`place`](fn@place) for a [`Placement`], [`explain`](fn@explain) for an
//!   [`Explanation`]; workloads and claims by [`controllers`].
//!
//! The engine reads no files and no clock, draws no random numbers but from seeds that it is given,
//! and answers the same on every machine.
#![deny(missing_docs)]

pub mod audit;
pub mod base;
pub mod batch;
pub mod column;
pub mod controllers;
pub mod cycle;
pub mod explain;
pub mod extender;
pub mod objects;
pub mod plan;
pub mod plugins;
pub mod preemption;
pub mod profile;
pub mod scheduler;
pub mod state;
pub mod view;

pub use batch::Template;
pub use cycle::decision::Decision;
pub use cycle::evaluation::{Evaluation, Verdict};
pub use cycle::ties::Ties;
pub use objects::{Kind, Node, Object, Pod};
pub use plan::explain::{Explanation, explain};
pub use plan::{ManifestError, PlaceError, PlaceOptions, Placement, place};
pub use plugins::Plugin;
pub use profile::Profile;
pub use scheduler::{Engine, ScheduleError, Scheduler};
pub use state::change::{Change, ChangeError};
pub use state::{Cluster, Savepoint};
