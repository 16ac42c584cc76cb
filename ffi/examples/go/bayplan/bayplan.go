// Package bayplan decides where Kubernetes pods go, exactly as kube-scheduler v1.35 would if it looked
// at every node, without a cluster.
//
// It calls the C library libbayplan. Where that is not installed in a place that the compiler knows,
// set CGO_CFLAGS=-I<include> and CGO_LDFLAGS=-L<lib>.
//
// A Cluster or Scheduler must not be used by several goroutines at the same time; a Snapshot may.
// Values free what they hold when they are closed, or some time after they are collected.
package bayplan

// #cgo LDFLAGS: -lbayplan
// #include <bayplan.h>
import "C"

import (
	"math"
	"runtime"
	"unsafe"
)

// NoNode is the number of no node.
const NoNode = math.MaxUint32

// Error is what went wrong in a call.
type Error struct {
	Status  int
	Message string
	Object  string // as "Kind namespace/name", or empty
	Field   string // path of the field, or empty
}

func (e *Error) Error() string { return e.Message }

// text is a Go text for C, borrowed for one call.
func text(s string) C.bayplan_str {
	return C.bayplan_str{data: (*C.char)(unsafe.Pointer(unsafe.StringData(s))), length: C.size_t(len(s))}
}

// copied is a text of C for Go.
func copied(s C.bayplan_str) string {
	return C.GoStringN(s.data, C.int(s.length))
}

// failure takes what a call came to.
func failure(status C.bayplan_status, handle *C.bayplan_error) error {
	if status == C.BAYPLAN_OK {
		return nil
	}
	defer C.bayplan_error_free(handle)
	return &Error{
		Status:  int(status),
		Message: copied(C.bayplan_error_message(handle)),
		Object:  copied(C.bayplan_error_object(handle)),
		Field:   copied(C.bayplan_error_field(handle)),
	}
}

// OpenHandles is how many handles of the process are not freed.
func OpenHandles() int { return int(C.bayplan_open_handles()) }

// Cluster has nodes, pods and what else decides placements.
type Cluster struct {
	handle  *C.bayplan_cluster
	cleanup runtime.Cleanup
}

// Template is a pod to make others after, valid with the cluster that read it.
type Template uint64

// NewCluster makes a cluster without anything.
func NewCluster() *Cluster {
	c := &Cluster{handle: C.bayplan_cluster_new()}
	c.cleanup = runtime.AddCleanup(c, func(h *C.bayplan_cluster) { C.bayplan_cluster_free(h) }, c.handle)
	return c
}

// Close frees the cluster. Calls after it fail.
func (c *Cluster) Close() {
	c.cleanup.Stop()
	C.bayplan_cluster_free(c.handle)
	runtime.KeepAlive(c)
}

// Load adds manifests as people write them, YAML or JSON; workloads become pods.
func (c *Cluster) Load(manifests string) error {
	var e *C.bayplan_error
	status := C.bayplan_cluster_load(c.handle, text(manifests), &e)
	runtime.KeepAlive(c)
	return failure(status, e)
}

// Apply adds or replaces objects as an API server has them.
func (c *Cluster) Apply(objects string) error {
	var e *C.bayplan_error
	status := C.bayplan_cluster_apply(c.handle, text(objects), &e)
	runtime.KeepAlive(c)
	return failure(status, e)
}

// Delete takes an object out.
func (c *Cluster) Delete(kind, namespace, name string) error {
	var e *C.bayplan_error
	status := C.bayplan_cluster_delete(c.handle, text(kind), text(namespace), text(name), &e)
	runtime.KeepAlive(c)
	return failure(status, e)
}

// InternPod reads one pod as the template of others.
func (c *Cluster) InternPod(pod string) (Template, error) {
	var e *C.bayplan_error
	template := C.bayplan_cluster_intern_pod(c.handle, text(pod), &e)
	runtime.KeepAlive(c)
	if template == 0 {
		return 0, failure(C.bayplan_error_status(e), e)
	}
	return Template(template), nil
}

// NodeName is the name of a node number.
func (c *Cluster) NodeName(number uint32) string {
	name := copied(C.bayplan_cluster_node_name(c.handle, C.uint32_t(number)))
	runtime.KeepAlive(c)
	return name
}

// NodeNumbers is how many node numbers were given: every number is smaller.
func (c *Cluster) NodeNumbers() int {
	count := int(C.bayplan_cluster_node_numbers(c.handle))
	runtime.KeepAlive(c)
	return count
}

// WhatIf does something with the cluster and undoes it.
func (c *Cluster) WhatIf(body func() error) error {
	var e *C.bayplan_error
	var transaction *C.bayplan_transaction
	if err := failure(C.bayplan_cluster_begin(c.handle, &transaction, &e), e); err != nil {
		return err
	}
	// Freeing an open transaction rolls it back.
	defer runtime.KeepAlive(c)
	defer C.bayplan_transaction_free(transaction)
	return body()
}

// Outcome is what became of a pod.
type Outcome uint8

// What may become of a pod.
const (
	Bound         Outcome = C.BAYPLAN_OUTCOME_BOUND
	Nominated     Outcome = C.BAYPLAN_OUTCOME_NOMINATED
	Unschedulable Outcome = C.BAYPLAN_OUTCOME_UNSCHEDULABLE
	Gated         Outcome = C.BAYPLAN_OUTCOME_GATED
	Skipped       Outcome = C.BAYPLAN_OUTCOME_SKIPPED
)

// Decision is what became of one attempt to place a pod.
type Decision struct {
	Outcome Outcome
	Node    string // bound or nominated to
	Score   int64  // math.MinInt64 where none was computed
	Message string // kube-scheduler's words about a pod that is not bound
}

// Scheduler decides, one pod at a time or many, and answers questions.
type Scheduler struct {
	handle  *C.bayplan_scheduler
	cleanup runtime.Cleanup
}

// NewScheduler makes a scheduler with kube-scheduler's default profile.
func NewScheduler() *Scheduler { return ownScheduler(C.bayplan_scheduler_new()) }

// ConfigureScheduler makes the scheduler that a KubeSchedulerConfiguration describes.
func ConfigureScheduler(configuration string) (*Scheduler, error) {
	var e *C.bayplan_error
	var handle *C.bayplan_scheduler
	if err := failure(C.bayplan_scheduler_configure(text(configuration), &handle, &e), e); err != nil {
		return nil, err
	}
	return ownScheduler(handle), nil
}

func ownScheduler(handle *C.bayplan_scheduler) *Scheduler {
	s := &Scheduler{handle: handle}
	s.cleanup = runtime.AddCleanup(s, func(h *C.bayplan_scheduler) { C.bayplan_scheduler_free(h) }, handle)
	return s
}

// Close frees the scheduler. Calls after it fail.
func (s *Scheduler) Close() {
	s.cleanup.Stop()
	C.bayplan_scheduler_free(s.handle)
	runtime.KeepAlive(s)
}

// Schedule attempts a pending pod.
func (s *Scheduler) Schedule(c *Cluster, namespace, name string) (Decision, error) {
	var e *C.bayplan_error
	var decision *C.bayplan_decision
	status := C.bayplan_scheduler_schedule(s.handle, c.handle, text(namespace), text(name), &decision, &e)
	runtime.KeepAlive(s)
	runtime.KeepAlive(c)
	if err := failure(status, e); err != nil {
		return Decision{}, err
	}
	defer C.bayplan_decision_free(decision)
	return Decision{
		Outcome: Outcome(C.bayplan_decision_outcome(decision)),
		Node:    copied(C.bayplan_decision_node(decision)),
		Score:   int64(C.bayplan_decision_score(decision)),
		Message: copied(C.bayplan_decision_message(decision)),
	}, nil
}

// Explain is what would become of a pod now, and why, for people and as JSON.
func (s *Scheduler) Explain(c *Cluster, namespace, name string) (words, json string, err error) {
	var e *C.bayplan_error
	var diagnosis *C.bayplan_diagnosis
	status := C.bayplan_scheduler_explain(s.handle, c.handle, text(namespace), text(name), &diagnosis, &e)
	runtime.KeepAlive(s)
	runtime.KeepAlive(c)
	if err := failure(status, e); err != nil {
		return "", "", err
	}
	defer C.bayplan_diagnosis_free(diagnosis)
	return copied(C.bayplan_diagnosis_text(diagnosis)), copied(C.bayplan_diagnosis_json(diagnosis)), nil
}

// ScheduleBatch places len(nodes) instances of a template and writes down the number of the node of
// each, or NoNode. It says how many got one. Nothing is parsed or allocated on the Go side.
func (s *Scheduler) ScheduleBatch(c *Cluster, template Template, nodes []uint32) (int, error) {
	var e *C.bayplan_error
	var placed C.size_t
	array := (*C.uint32_t)(unsafe.SliceData(nodes))
	status := C.bayplan_scheduler_schedule_batch(s.handle, c.handle, C.bayplan_template(template),
		C.size_t(len(nodes)), array, nil, &placed, &e)
	runtime.KeepAlive(s)
	runtime.KeepAlive(c)
	return int(placed), failure(status, e)
}

// Capacity is how many more instances of a template there is room for, counted up to limit.
func (s *Scheduler) Capacity(c *Cluster, template Template, limit int) (int, error) {
	var e *C.bayplan_error
	var capacity C.size_t
	status := C.bayplan_scheduler_capacity(s.handle, c.handle, C.bayplan_template(template),
		C.size_t(limit), &capacity, nil, 0, nil, &e)
	runtime.KeepAlive(s)
	runtime.KeepAlive(c)
	return int(capacity), failure(status, e)
}

// Snapshot is a cluster and a scheduler as they were. Any number of goroutines may ask it at once.
type Snapshot struct {
	handle  *C.bayplan_snapshot
	cleanup runtime.Cleanup
}

// Fork makes a snapshot.
func (c *Cluster) Fork(s *Scheduler) (*Snapshot, error) {
	var e *C.bayplan_error
	var handle *C.bayplan_snapshot
	status := C.bayplan_cluster_fork(c.handle, s.handle, &handle, &e)
	runtime.KeepAlive(c)
	runtime.KeepAlive(s)
	if err := failure(status, e); err != nil {
		return nil, err
	}
	p := &Snapshot{handle: handle}
	p.cleanup = runtime.AddCleanup(p, func(h *C.bayplan_snapshot) { C.bayplan_snapshot_free(h) }, handle)
	return p, nil
}

// Close frees the snapshot, when no goroutine asks any more.
func (p *Snapshot) Close() {
	p.cleanup.Stop()
	C.bayplan_snapshot_free(p.handle)
	runtime.KeepAlive(p)
}

// Score fills totals, by node number, for a pod; nodes that do not take it have math.MinInt64. It says
// how many nodes have a score.
func (p *Snapshot) Score(namespace, name string, totals []int64) (int, error) {
	var e *C.bayplan_error
	var scored C.size_t
	array := (*C.int64_t)(unsafe.SliceData(totals))
	status := C.bayplan_snapshot_score(p.handle, text(namespace), text(name), array,
		C.size_t(len(totals)), nil, 0, &scored, &e)
	runtime.KeepAlive(p)
	return int(scored), failure(status, e)
}

// abiVersion is that of the library, for the benchmark of a call that does nothing.
func abiVersion() uint32 { return uint32(C.bayplan_abi_version()) }
