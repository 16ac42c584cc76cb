package bayplan

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const pod = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "worker", "namespace": "shop"},
	"spec": {"containers": [{"name": "worker", "image": "worker",
		"resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}]}}`

// cluster has nodes that all differ in name only.
func cluster(t testing.TB, nodes int) *Cluster {
	var list strings.Builder
	for at := range nodes {
		fmt.Fprintf(&list, `{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-%05d"}, "status":
			{"allocatable": {"cpu": "64", "memory": "256Gi", "pods": "100000"}}}`+"\n", at)
	}
	c := NewCluster()
	if err := c.Apply(list.String()); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	c := NewCluster()
	defer c.Close()
	err := c.Load(`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec":
		{"containers": [{"name": "web", "image": "web", "resources": {"requests": {"memory": "12Mo"}}}]}}`)
	var fault *Error
	if !errors.As(err, &fault) || !strings.Contains(fault.Message, "12Mo") ||
		fault.Field != "spec.containers[0].resources.requests.memory" {
		t.Fatalf("%#v", err)
	}
	if _, err := c.InternPod("{}"); !errors.As(err, &fault) {
		t.Fatalf("%#v", err)
	}
}

func TestAClosedHandleIsAnError(t *testing.T) {
	c, s := cluster(t, 1), NewScheduler()
	defer s.Close()
	c.Close()
	if err := c.Load(pod); err == nil {
		t.Fatal("a closed cluster takes no objects")
	}
	if _, err := s.Schedule(c, "shop", "worker"); err == nil {
		t.Fatal("a closed cluster has no pods")
	}
	c.Close()
}

func TestWhatIsNotClosedIsFreedWhenItIsCollected(t *testing.T) {
	before := OpenHandles()
	for range 20 {
		cluster(t, 1)
		NewScheduler()
	}
	for range 100 {
		runtime.GC()
		if OpenHandles() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d handles are left of %d", OpenHandles(), before)
}

func TestSnapshotsAreAskedByManyGoroutines(t *testing.T) {
	c, s := cluster(t, 50), NewScheduler()
	defer c.Close()
	defer s.Close()
	if err := c.Apply(pod); err != nil {
		t.Fatal(err)
	}
	snapshot, err := c.Fork(s)
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	if err := c.Delete("Pod", "shop", "worker"); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			totals := make([]int64, c.NodeNumbers())
			for range 20 {
				scored, err := snapshot.Score("shop", "worker", totals)
				if err != nil || scored != 50 || totals[7] == math.MinInt64 {
					t.Errorf("%d %v %d", scored, err, totals[7])
				}
			}
		}()
	}
	group.Wait()
}

// benchmarkNodes is 5,000 when measured; BAYPLAN_BENCH_NODES says otherwise.
func benchmarkNodes() int {
	if nodes, err := strconv.Atoi(os.Getenv("BAYPLAN_BENCH_NODES")); err == nil {
		return nodes
	}
	return 5000
}

// BenchmarkCall is what any call from Go to C costs.
func BenchmarkCall(b *testing.B) {
	for b.Loop() {
		abiVersion()
	}
}

// BenchmarkTemplateDecisions places pods of one template on many nodes, 1,000 a call. Each thousand is
// taken back, so that the next one finds the same cluster: decisions/s counts the calls alone,
// best/s the quickest of them (a machine that others use as well is slow now and then), undone/s the
// taking back as well.
func BenchmarkTemplateDecisions(b *testing.B) {
	c, s := cluster(b, benchmarkNodes()), NewScheduler()
	defer c.Close()
	defer s.Close()
	template, err := c.InternPod(pod)
	if err != nil {
		b.Fatal(err)
	}
	nodes := make([]uint32, 1000)
	decisions, calls, best := 0, time.Duration(0), 0.0
	for b.Loop() {
		err := c.WhatIf(func() error {
			start := time.Now()
			placed, err := s.ScheduleBatch(c, template, nodes)
			call := time.Since(start)
			calls, best = calls+call, max(best, float64(placed)/call.Seconds())
			decisions += placed
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(decisions)/calls.Seconds(), "decisions/s")
	b.ReportMetric(best, "best/s")
	b.ReportMetric(float64(decisions)/b.Elapsed().Seconds(), "undone/s")
}
