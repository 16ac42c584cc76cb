"""The tutorial of README.md in Python."""

import bayplan

MANIFESTS = """
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
"""

TEMPLATE = """{"apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "worker", "namespace": "shop"},
    "spec": {"containers": [{"name": "worker", "image": "worker",
        "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}}}]}}"""


def main() -> None:
    with bayplan.Cluster() as cluster, bayplan.Scheduler() as scheduler:
        cluster.load(MANIFESTS)
        print("shop/web runs on", scheduler.schedule(cluster, "shop", "web").node)
        print("shop/huge:", scheduler.explain(cluster, "shop", "huge").message)

        worker = cluster.intern_pod(TEMPLATE)
        nodes = scheduler.schedule_batch(cluster, worker, 4)
        placed = [cluster.node_name(node) for node in nodes if node != bayplan.NO_NODE]
        print(f"{len(placed)} workers placed:", *placed)

        more = scheduler.capacity(cluster, worker, 1000)
        with cluster.begin():
            cluster.delete("Node", "", "node-b")
            without = scheduler.capacity(cluster, worker, 1000)
        print(f"room for {more} more; without node-b for {without}")

        try:
            cluster.load("{kind: Pod, apiVersion: v1, metadata: {name: 7}}")
        except bayplan.Error as error:
            assert error.status == 40 and error.field == "metadata.name", (error.status, error.field)
        else:
            raise AssertionError("a name is a text")
    assert bayplan.open_handles() == 0


if __name__ == "__main__":
    main()
