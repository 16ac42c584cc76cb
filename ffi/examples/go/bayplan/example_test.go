package bayplan_test

import (
	"fmt"

	"github.com/bayplan/bayplan/ffi/examples/go/bayplan"
)

const manifests = `
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
`

const worker = `{"apiVersion": "v1", "kind": "Pod",
	"metadata": {"name": "worker", "namespace": "shop"},
	"spec": {"containers": [{"name": "worker", "image": "worker",
		"resources": {"requests": {"cpu": "500m", "memory": "256Mi"}}}]}}`

// The tutorial of README.md in Go.
func Example() {
	cluster, scheduler := bayplan.NewCluster(), bayplan.NewScheduler()
	defer cluster.Close()
	defer scheduler.Close()
	must(0, cluster.Load(manifests))

	fmt.Println("shop/web runs on", must(scheduler.Schedule(cluster, "shop", "web")).Node)
	fmt.Println("shop/huge:", must(scheduler.Schedule(cluster, "shop", "huge")).Message)

	template := must(cluster.InternPod(worker))
	nodes := make([]uint32, 4)
	fmt.Print(must(scheduler.ScheduleBatch(cluster, template, nodes)), " workers placed:")
	for _, node := range nodes {
		fmt.Print(" ", cluster.NodeName(node))
	}
	fmt.Println()

	more := must(scheduler.Capacity(cluster, template, 1000))
	without := 0
	must(0, cluster.WhatIf(func() (err error) {
		if err = cluster.Delete("Node", "", "node-b"); err == nil {
			without, err = scheduler.Capacity(cluster, template, 1000)
		}
		return err
	}))
	fmt.Printf("room for %d more; without node-b for %d\n", more, without)
	// Output:
	// shop/web runs on node-b
	// shop/huge: 0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.
	// 4 workers placed: node-a node-b node-a node-b
	// room for 6 more; without node-b for 2
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
