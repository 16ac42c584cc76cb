//! Section 3: DaemonSets.

use super::harness::*;
use bayplan::objects::qos::{QosClass, qos_class};

const ALL: [&str; 4] = ["master", "node-1", "node-2", "node-3"];

#[test]
fn seed_n01_every_eligible_node_gets_one_pod() {
    let placement = World::of(&[SMALL, "42-log-collector"]).place();
    assert_eq!(placement.nodes_of("log-collector-"), WORKERS);
}

#[test]
fn seed_n02_a_toleration_brings_in_the_control_plane() {
    let exporter = World::of(&[SMALL, "40-node-exporter"]).place();
    assert_eq!(exporter.nodes_of("node-exporter-"), ALL);
    let collector = World::of(&[SMALL, "43-log-collector-master"]).place();
    assert_eq!(collector.nodes_of("log-collector-"), ALL);
}

#[test]
fn seed_n03_the_master_taint_leaves_two_of_three_nodes() {
    let placement = World::of(&[KUBESPHERE, "41-fluentd"]).place();
    assert_eq!(placement.nodes_of("fluentd-"), ["kubesphere02", "kubesphere03"]);
}

#[test]
fn seed_n04_a_host_port_is_taken_once_per_node() {
    let second = text("40-node-exporter").replace("node-exporter", "other-exporter");
    let placement = World::of(&[SMALL, "40-node-exporter"]).settle().apply(&second).place();
    assert_eq!(placement.nodes_of("other-exporter-"), ["-"; 4]);
    for pod in placement.pods.iter().filter(|pod| pod.name.starts_with("other-")) {
        let text = pod.message.as_deref().unwrap_or_default();
        assert!(
            text.contains("1 node(s) didn't have free ports for the requested pod ports"),
            "{text}"
        );
    }
    // A port of a pod on the host network is a port of the host, written or not.
    let unwritten = text("40-node-exporter").replace("          hostPort: 9100\n", "");
    for expanded in World::of(&[SMALL]).apply(&unwritten).expand().pods {
        assert_eq!(expanded.pod.spec.containers[0].ports[0].host_port, 9100);
    }
}

#[test]
fn seed_n05_limits_alone_become_requests() {
    let world = World::of(&[SMALL, "40-node-exporter"]);
    let placement = world.place();
    for node in ALL {
        let requested = &placement.node(node).requested;
        assert_eq!((requested.cpu_milli, requested.memory_bytes), (250, 128 << 20), "{node}");
    }
    let class = qos_class(&world.expand().pods[0].pod.spec);
    assert_eq!(class, QosClass::Guaranteed);
}

#[test]
fn seed_n06_host_paths_accounts_and_pull_secrets_are_accepted() {
    for name in ["40-node-exporter", "41-fluentd", "42-log-collector"] {
        assert!(read(&text(name)).faults.is_empty(), "{name}");
    }
}

#[test]
fn seed_n07_a_node_selector_narrows_the_nodes() {
    let placement = World::of(&[SMALL, "45-ds-nodeselector"]).place();
    assert_eq!(placement.nodes_of("log-collector-worker-"), ["node-1", "node-2"]);
    assert_eq!(placement.nodes_of("ssd-agent-"), ["node-2"]);
    let labelled =
        World::of(&[SMALL, "45-ds-nodeselector"]).settle().change_node("node-3", |node| {
            std::sync::Arc::make_mut(&mut node.meta.labels)
                .insert("role".to_owned(), "worker".to_owned());
        });
    assert_eq!(labelled.place().nodes_of("log-collector-worker-"), ["node-3"]);
}

#[test]
fn seed_n08_required_affinity_narrows_the_nodes_and_is_replaced() {
    let world = World::of(&[SMALL, "04-nodes-special", "46-ds-arch"]);
    assert_eq!(world.place().nodes_of("amd64-agent-"), WORKERS);
    for expanded in world.expand().pods {
        let affinity =
            expanded.pod.spec.affinity.as_ref().and_then(|own| own.node_affinity.as_ref());
        let terms =
            &affinity.and_then(|own| own.required.as_ref()).expect("terms").node_selector_terms;
        assert!(terms.iter().all(|term| term.match_expressions.is_empty()));
        assert_eq!(terms[0].match_fields[0].key, "metadata.name");
    }
}

#[test]
fn seed_n09_a_node_that_joins_gets_a_pod() {
    let settled = World::of(&[SMALL, "42-log-collector"]).settle();
    let joined = settled.apply(&text("02-node-4"));
    assert_eq!(joined.place().nodes_of("log-collector-"), ["node-4"]);
}

#[test]
fn seed_n12_a_roll_out_creates_nothing_beside_running_pods() {
    let settled = World::of(&[ZONES, "47-ds-rolling"]).settle();
    let changed = text("47-ds-rolling").replace("log-collector:v1.0", "log-collector:v2.0");
    assert_eq!(settled.apply(&changed).expand().pods, []);
    let first = World::of(&[ZONES, "47-ds-rolling"]).place();
    assert_eq!(first.nodes_of("log-collector-"), ["a1", "a2", "a3", "b1"]);
}

#[test]
fn seed_n17_the_pod_of_a_full_node_is_pending_and_the_others_run() {
    let placement = World::of(&[SMALL, "48-ds-full-node"]).place();
    assert_eq!(placement.pod("hog").node.as_deref(), Some("node-3"));
    assert_eq!(placement.nodes_of("big-agent-"), ["-", "node-1", "node-2"]);
    let head = "0/4 nodes are available: 1 Insufficient cpu, \
                3 node(s) didn't satisfy plugin(s) [NodeAffinity]. ";
    let reasons = "1 No preemption victims found for incoming pod, \
                   3 Preemption is not helpful for scheduling.";
    assert_eq!(placement.pending_text(), format!("{head}{}", tail(4, reasons)));
}

#[test]
fn seed_n17_with_a_higher_priority_it_gets_its_node() {
    let critical = text("48-ds-full-node").replacen(
        "    spec:\n      containers:",
        "    spec:\n      priorityClassName: system-node-critical\n      containers:",
        1,
    );
    let settled = World::of(&[SMALL, "48-ds-full-node"]).remove("big-agent").settle();
    let placement = settled
        .apply(critical.split("---\napiVersion: v1\nkind: Pod").next().expect("a set"))
        .place();
    assert_eq!(placement.nodes_of("big-agent-"), WORKERS);
    assert_eq!(placement.summary.preempted, 1);
}

#[test]
fn seed_n18_automatic_tolerations_reach_cordoned_nodes() {
    let tolerations =
        |name: &str| World::of(&[SMALL, name]).expand().pods[0].pod.spec.tolerations.len();
    assert_eq!(tolerations("42-log-collector"), 6);
    assert_eq!(tolerations("40-node-exporter"), 8);
    let cordoned = World::of(&[SMALL, "42-log-collector"]).cordon("node-2");
    assert_eq!(cordoned.place().nodes_of("log-collector-"), WORKERS);
}

#[test]
fn seed_n11_a_cordoned_node_keeps_its_daemon_pod() {
    let settled = World::of(&[SMALL, "42-log-collector"]).settle().cordon("node-2");
    let expansion = settled.expand();
    assert_eq!(expansion.pods, []);
    assert!(!expansion.notes.iter().any(|note| note.contains("none should run")));
}

#[test]
fn seed_n15_agents_leave_less_of_every_node() {
    let placement = World::of(&[SMALL, "49-agents"]).place();
    for (node, cpu, memory) in
        [("master", 250, 192), ("node-1", 450, 576), ("node-2", 450, 576), ("node-3", 450, 576)]
    {
        let requested = &placement.node(node).requested;
        assert_eq!((requested.cpu_milli, requested.memory_bytes), (cpu, memory << 20), "{node}");
    }
}

#[test]
fn seed_n20_agents_and_an_exporter_fit_together() {
    let placement = World::of(&[SMALL, "40-node-exporter", "49-agents"]).place();
    assert!(placement.is_complete());
    assert_eq!(placement.node("node-1").requested.cpu_milli, 700);
}

#[test]
fn seed_n21_network_agents_run_everywhere_with_the_highest_priority() {
    use bayplan::objects::node::{Taint, TaintEffect};
    let world = World::of(&[SMALL, "49-agents"]).change_node("node-1", |node| {
        for effect in [TaintEffect::NoSchedule, TaintEffect::NoExecute] {
            let key = "node.kubernetes.io/not-ready".to_owned();
            node.spec.taints.push(Taint { key, value: String::new(), effect });
        }
    });
    let placement = world.place();
    assert_eq!(placement.nodes_of("cni-agent-"), ALL);
    assert_eq!(placement.nodes_of("proxy-agent-"), ALL);
    let critical =
        world.expand().pods.iter().filter(|pod| pod.pod.priority() == 2_000_001_000).count();
    assert_eq!(critical, 8);
}

#[test]
fn seed_n22_storage_agents_run_on_labelled_nodes_only() {
    let placement = World::of(&[SMALL, "49-agents"]).place();
    assert_eq!(placement.nodes_of("storage-agent-"), [""; 0]);
    assert_eq!(placement.nodes_of("security-agent-"), WORKERS);
}

#[test]
fn seed_n13_an_absent_update_strategy_is_accepted() {
    assert!(read(&text("42-log-collector")).faults.is_empty());
}
