// The tutorial of README.md in C++17.

#include <bayplan.hpp>

#include <iostream>

static const char MANIFESTS[] = R"(
apiVersion: v1
kind: Node
metadata: {name: node-a}
status: {allocatable: {cpu: 2, memory: 4Gi, pods: 110}}
---
apiVersion: v1
kind: Node
metadata: {name: node-b}
status: {allocatable: {cpu: 4, memory: 8Gi, pods: 110}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: web, image: nginx, resources: {requests: {cpu: 1}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: huge, namespace: shop}
spec: {containers: [{name: huge, image: huge, resources: {requests: {cpu: 64}}}]}
)";

static const char TEMPLATE[] = R"({"apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "worker", "namespace": "shop"},
    "spec": {"containers": [{"name": "worker", "image": "worker",
        "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}}}]}})";

static void tutorial() {
    bayplan::Cluster cluster;
    bayplan::Scheduler scheduler;
    cluster.load(MANIFESTS);

    std::cout << "shop/web runs on " << scheduler.schedule(cluster, "shop", "web").node() << "\n";
    std::cout << "shop/huge: " << scheduler.explain(cluster, "shop", "huge").message() << "\n";

    const bayplan_template worker = cluster.intern(TEMPLATE);
    std::vector<std::uint32_t> nodes(4);
    std::cout << scheduler.schedule_batch(cluster, worker, nodes) << " workers placed:";
    for (const std::uint32_t node : nodes) {
        std::cout << " " << cluster.node_name(node);
    }
    std::cout << "\n";

    const std::size_t more = scheduler.capacity(cluster, worker, 1000);
    std::size_t without = 0;
    {
        const bayplan::Transaction what_if = cluster.begin();
        cluster.remove("Node", "", "node-b");
        without = scheduler.capacity(cluster, worker, 1000);
    }  // rolled back
    std::cout << "room for " << more << " more; without node-b for " << without << "\n";
}

// A plugin that throws fails the call that asked it, and that call only.
static bool plugins_may_throw() {
    bayplan::Cluster cluster;
    bayplan::Scheduler scheduler;
    cluster.load(MANIFESTS);
    bool fails = true;
    bayplan::Plugin plugin;
    plugin.name = "Moody";
    plugin.filter = [&fails](const bayplan_plugin_question &question, std::uint8_t *verdicts) {
        if (fails) {
            throw std::runtime_error("not today");
        }
        for (std::size_t at = 0; at < question.count; at++) {
            const bool is_first = question.nodes[at] == 0;
            verdicts[at] = is_first ? BAYPLAN_PLUGIN_YES : BAYPLAN_PLUGIN_NEVER;
        }
    };
    scheduler.add(std::move(plugin));
    const std::uint64_t before = cluster.hash();
    try {
        scheduler.schedule(cluster, "shop", "web");
        return false;
    } catch (const bayplan::Error &error) {
        if (error.status() != BAYPLAN_ERR_CALLBACK || cluster.hash() != before) {
            return false;
        }
    }
    fails = false;
    return scheduler.schedule(cluster, "shop", "web").node() == "node-a";
}

int main() {
    try {
        tutorial();
        if (!plugins_may_throw()) {
            return 1;
        }
    } catch (const bayplan::Error &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return bayplan_open_handles() == 0 ? 0 : 1;
}
