//! The shapes: what `scheduler_perf`, the suite that kube-scheduler is measured with, has for an engine.
//!
//! Source: `test/integration/scheduler_perf` of kubernetes/kubernetes (misc at 008b3652, default
//! preemption at 05606faf, affinity at 1bd6a8f3, topology spreading at 05377107, volumes at 240d43d6,
//! batching at d7ce957d). Names, counts and thresholds are as there; an event that comes by the clock there
//! comes by the number of decisions here, at the rate of the threshold.

use super::templates::*;
use super::{Event, Shape};

/// All of them.
pub fn all() -> Vec<Shape> {
    let mut shapes = misc();
    shapes.extend(preemption());
    shapes.extend(affinity());
    shapes.extend(spreading());
    shapes.extend(batching());
    shapes
}

/// 5,000 nodes, with the threshold of the suite in pods per second.
fn on_5000(name: &'static str, threshold: u32) -> Shape {
    Shape::new(name).threshold(threshold).nodes(5000, node())
}

fn misc() -> Vec<Shape> {
    let basic = |name, threshold| on_5000(name, threshold);
    let daemon = on_named_node(NAMED);
    vec![
        basic("Basic/10000Pods", 680).before(1000, pod()).measured(10_000, pod()),
        basic("Basic/50000Pods", 810).before(5000, pod()).measured(50_000, pod()),
        Shape::new("Daemonset/15000Nodes")
            .threshold(1100)
            .named_node(NAMED, roomy_node())
            .nodes(15_000, node())
            .measured(30_000, daemon),
        on_5000("Unschedulable/100Init", 590)
            .before(100, pod())
            .measured(10_000, pod())
            .every(118, Event::Attempt(too_large())),
        on_5000("Unschedulable/20000Init", 600)
            .before(20_000, pod())
            .measured(10_000, pod())
            .every(120, Event::Attempt(too_large())),
        on_5000("MixedChurn", 710).measured(10_000, pod()).every(710, Event::Recreate),
        Shape::new("WhileGated")
            .threshold(910)
            .named_node(NAMED, roomy_node())
            .before(10_000, gated())
            .before(20_000, light())
            .measured(20_000, light())
            .every(18, Event::Delete),
        on_5000("DeletedPodsWithFinalizers", 830)
            .before(5000, pod())
            .measured(5000, light())
            .every(8, Event::Terminate),
        Shape::new("ExtendedResource")
            .threshold(180)
            .nodes(5000, device_node())
            .measured(5000, with_device()),
        on_5000("Secrets", 790).before(1000, pod()).measured(10_000, with_secret()),
    ]
}

fn preemption() -> Vec<Shape> {
    let full = |name, nodes| Shape::new(name).nodes(nodes, node()).before(4 * nodes, low());
    vec![
        full("Preemption/1000Nodes", 1000).measured(1000, high()),
        // Too slow for the suite, which has it commented out.
        full("Preemption/5000Nodes", 5000).measured(5000, high()),
        full("PreemptionAsync", 5000)
            .threshold(570)
            .measured(5000, pod())
            .every(114, Event::Attempt(high())),
    ]
}

fn affinity() -> Vec<Shape> {
    use Reach::{Listed, Selected};
    let one_zone = |name, threshold| on_5000(name, threshold).zones(&["zone1"]);
    vec![
        on_5000("PodAntiAffinity", 60).before(1000, apart(Listed)).measured(2000, apart(Listed)),
        on_5000("PodMatchingAntiAffinity", 595)
            .before(1000, apart(Listed))
            .measured(5000, colored("green")),
        one_zone("PodAffinity", 35).before(5000, together(Listed)).measured(5000, together(Listed)),
        on_5000("PreferredPodAffinity", 90)
            .before(5000, rather_together(Listed))
            .measured(5000, rather_together(Listed)),
        on_5000("PreferredPodAntiAffinity", 90)
            .before(5000, rather_apart(Listed))
            .measured(5000, rather_apart(Listed)),
        one_zone("NodeAffinity", 220).before(5000, in_zones()).measured(10_000, in_zones()),
        one_zone("MixedSchedulingBasePod", 140)
            .before(2000, pod())
            .before(2000, together(Listed))
            .before(2000, apart(Listed))
            .before(2000, rather_together(Listed))
            .before(2000, rather_apart(Listed))
            .measured(5000, pod()),
        Shape::new("RequiredPodAntiAffinityWithNSSelector")
            .threshold(24)
            .nodes(6000, node())
            .namespaces(100)
            .before(4000, apart(Selected))
            .measured(2000, apart(Selected)),
        on_5000("PreferredAntiAffinityWithNSSelector", 55)
            .namespaces(100)
            .before(4000, rather_apart(Selected))
            .measured(2000, rather_apart(Selected)),
        one_zone("RequiredPodAffinityWithNSSelector", 35)
            .namespaces(100)
            .before(5000, together(Selected))
            .measured(2000, together(Selected)),
        on_5000("PreferredAffinityWithNSSelector", 90)
            .namespaces(100)
            .before(5000, rather_together(Selected))
            .measured(5000, rather_together(Selected)),
        Shape::new("GatedPodsWithPodAffinity")
            .threshold(110)
            .named_node(NAMED, roomy_node())
            .before(10_000, gated())
            .measured(20_000, light().label("app", "perf")),
    ]
}

fn spreading() -> Vec<Shape> {
    let moons = |name, threshold| on_5000(name, threshold).zones(&["moon-1", "moon-2", "moon-3"]);
    let required = spread_over_zones("DoNotSchedule");
    let preferred = spread_over_zones("ScheduleAnyway");
    vec![
        moons("TopologySpreading", 460).before(5000, pod()).measured(5000, required),
        moons("PreferredTopologySpreading", 340).before(5000, pod()).measured(5000, preferred),
        moons("DefaultTopologySpreading", 160)
            .service("app", "web")
            .before(5000, pod())
            .measured(50_000, pod().label("app", "web")),
        Shape::new("NodeInclusionPolicy")
            .threshold(270)
            .nodes(4000, node())
            .nodes(1000, tainted_node())
            .measured(4000, spread_over_untainted_hosts()),
    ]
}

fn batching() -> Vec<Shape> {
    let many = |name| Shape::new(name).nodes(20_000, node());
    vec![
        many("Batching/HostPortConflict").measured(20_000, host_port()),
        many("Batching/ResourceSaturation").measured(20_000, saturating()),
    ]
}

/// The node that DaemonSet pods name.
const NAMED: &str = "scheduler-perf-node";
