//! ImageLocality.

use super::{check, place};
use bayplan::plugins::Plugin::ImageLocality;
use bayplan_datasets::make::{MakeNode, node, pod};
use serde_json::json;

const MIB: i64 = 1024 * 1024;

/// Ten nodes, `n0` to `n9`, of which the first `count` have an image.
fn ten_nodes(count: usize, name: &str, mebibytes: i64) -> Vec<MakeNode> {
    let make = |at: usize| {
        let made = node(&format!("n{at}"));
        if at < count { made.image(name, mebibytes * MIB) } else { made }
    };
    (0..10).map(make).collect()
}

#[test]
fn an_image_counts_by_size_and_by_the_share_of_nodes_that_have_it() {
    check(place(pod("p").image("app:1")).among(ten_nodes(2, "app:1", 300)).scores(
        ImageLocality,
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|at: usize| {
            (
                ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"][at],
                if at < 2 { 3 } else { 0 },
            )
        }),
    ));
    check(place(pod("p").image("app:1")).among(ten_nodes(10, "app:1", 300)).scores(
        ImageLocality,
        ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"].map(|name| (name, 28)),
    ));
}

#[test]
fn a_name_without_a_tag_means_latest_and_a_digest_is_a_tag() {
    let rows = [
        ("app", "app:latest", 100),
        ("app", "app", 0),
        ("app:1", "app:1", 100),
        ("app:1", "app:2", 0),
        ("host:5000/app", "host:5000/app:latest", 100),
        ("host:5000/app@sha256:abc", "host:5000/app@sha256:abc", 100),
    ];
    for (image, present, score) in rows {
        check(
            place(pod("p").image(image))
                .among([node("n").image(present, 5000 * MIB)])
                .scores(ImageLocality, [("n", score)]),
        );
    }
}

#[test]
fn the_size_is_the_one_seen_first_on_any_node() {
    let nodes = [node("a").image("app:1", 523 * MIB), node("b").image("app:1", 9 * MIB)];
    // (523 - 23) of 977 MiB.
    check(
        place(pod("p").image("app:1")).among(nodes).scores(ImageLocality, [("a", 51), ("b", 51)]),
    );
}

#[test]
fn images_up_to_23_mebibytes_count_nothing() {
    let nodes = [node("a").image("app:1", 23 * MIB)];
    check(place(pod("p").image("app:1")).among(nodes).scores(ImageLocality, [("a", 0)]));
}

#[test]
fn init_containers_count_and_raise_the_bound() {
    let pod = pod("p").image("app:1").spec(json!({"initContainers": [{"image": "app:1"}]}));
    // Twice 523 MiB, less 23, of 2000 less 23.
    let nodes = [node("a").image("app:1", 523 * MIB)];
    check(place(pod).among(nodes).scores(ImageLocality, [("a", 51)]));
}

#[test]
fn a_pod_without_containers_scores_nothing() {
    let pod = pod("p").spec(json!({"containers": []}));
    check(place(pod).among([node("a")]).scores(ImageLocality, [("a", 0)]));
}
