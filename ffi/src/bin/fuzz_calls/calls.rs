//! One sequence of calls.

use crate::source::Source;
use bayplan_ffi::cluster::*;
use bayplan_ffi::columns::*;
use bayplan_ffi::decision::*;
use bayplan_ffi::diagnosis::*;
use bayplan_ffi::dump::*;
use bayplan_ffi::error::*;
use bayplan_ffi::extender::*;
use bayplan_ffi::memory::bayplan_str;
use bayplan_ffi::numbers::BAYPLAN_NO_NODE;
use bayplan_ffi::plan::*;
use bayplan_ffi::plugin::*;
use bayplan_ffi::scheduler::*;
use bayplan_ffi::snapshot::*;
use bayplan_ffi::status::bayplan_status::{self, *};
use bayplan_ffi::template::bayplan_template;
use bayplan_ffi::text::*;
use bayplan_ffi::transaction::*;
use bayplan_ffi::version::bayplan_open_handles;
use std::ffi::c_void;
use std::ptr::null_mut;

/// Kinds of handles, in the order of the pools.
const KINDS: usize = 9;
const CLUSTER: usize = 0;
const SCHEDULER: usize = 1;
const SNAPSHOT: usize = 2;
const TRANSACTION: usize = 3;
const DECISION: usize = 4;
const DIAGNOSIS: usize = 5;
const PLAN: usize = 6;
const TEXT: usize = 7;
const ERROR: usize = 8;

/// No array of the caller is longer.
const LENGTH: usize = 64;

const NAMES: [&str; 8] = ["a", "b", "c", "web", "web-0", "web-1", "low-0", ""];
const SPACES: [&str; 3] = ["shop", "default", ""];
const KIND_NAMES: [&str; 6] =
    ["Node", "Pod", "Namespace", "Deployment", "PriorityClass", "Nonsense"];

/// Texts that are loaded: good, doubtful and bad.
const TEXTS: [&str; 13] = [
    "{kind: Node, apiVersion: v1, metadata: {name: a, labels: {zone: v}}, \
      status: {allocatable: {cpu: 2, memory: 4Gi, pods: 5}}}",
    "{kind: Node, apiVersion: v1, metadata: {name: b, labels: {zone: w}}, \
      spec: {taints: [{key: k, effect: NoSchedule}]}, \
      status: {allocatable: {cpu: 1, memory: 2Gi, pods: 5}}}",
    "{kind: Pod, apiVersion: v1, metadata: {name: web, namespace: shop, uid: u1, labels: {app: web}}, \
      spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 300m}}}]}}",
    "{kind: Pod, apiVersion: v1, metadata: {name: low-0, namespace: shop, uid: u2}, \
      spec: {priority: -5, nodeName: a, containers: [{name: web, image: web, resources: \
      {requests: {cpu: 2}}}]}}",
    "{kind: Pod, apiVersion: v1, metadata: {name: c, namespace: default, uid: u3}, \
      spec: {priority: 100, containers: [{name: web, image: web, resources: \
      {requests: {cpu: 1500m}}}], topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, \
      whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]}}",
    "{kind: Deployment, apiVersion: apps/v1, metadata: {name: web, namespace: shop}, spec: \
      {replicas: 3, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, \
      spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 100m}}}]}}}}",
    "{kind: PriorityClass, apiVersion: scheduling.k8s.io/v1, metadata: {name: high}, value: 9}",
    "{kind: Namespace, apiVersion: v1, metadata: {name: shop, labels: {team: a}}}",
    "{\"kind\": \"List\", \"apiVersion\": \"v1\", \"items\": []}",
    "{kind: Pod, apiVersion: v1, metadata: {name: web, namespace: shop}, spec: {schedulerName: other, \
      containers: [{name: web, image: web, resources: {requests: {cpu: 12Mo}}}]}}",
    "{kind: Pod, apiVersion: v1, metadata: {name: web, namespace: shop}, spec: {schedulerName: other, \
      containers: [{name: web, image: web, resources: {requests: {memory: 9223372036854775807}}}]}}",
    "{[",
    "",
];

const CONFIGURATIONS: [&str; 3] = [
    "{apiVersion: kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration}",
    "{apiVersion: kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration, profiles: \
      [{schedulerName: other, plugins: {score: {disabled: [{name: '*'}]}}}]}",
    "{kind: Nonsense}",
];

const REQUESTS: [&str; 5] = [
    "{\"Pod\": {\"metadata\": {\"name\": \"web\", \"namespace\": \"shop\"}, \"spec\": {\"priority\": 7, \
      \"containers\": [{\"name\": \"web\", \"resources\": {\"requests\": {\"cpu\": \"1500m\"}}}]}}, \
      \"NodeNames\": [\"a\", \"b\", \"x\"]}",
    "{\"pod\": {\"metadata\": {\"name\": \"new\"}}, \"Nodes\": {\"items\": [{\"metadata\": {\"name\": \"a\"}}, \
      {\"metadata\": {\"name\": \"a\"}}, {\"metadata\": {\"name\": \"z\"}, \"status\": {\"allocatable\": \
      {\"cpu\": 7, \"pods\": 5}}}]}}",
    "{\"Pod\": {\"metadata\": {\"name\": \"c\", \"namespace\": \"default\"}, \"spec\": {\"priority\": 9, \
      \"containers\": [{\"name\": \"c\", \"resources\": {\"requests\": {\"cpu\": 2}}}]}}, \
      \"NodeNameToMetaVictims\": {\"a\": {}, \"b\": null}}",
    "{\"PodName\": \"web\", \"PodNamespace\": \"shop\", \"PodUID\": \"\", \"Node\": \"a\"}",
    "[]",
];

/// What a plugin panics with, which is not to get out.
pub const PLUGIN_PANIC: &str = "plugins may panic";

/// What one sequence has at hand.
pub struct Calls<'s> {
    source: &'s mut Source,
    open_before: usize,
    live: [Vec<usize>; KINDS],
    freed: Vec<usize>,
    templates: Vec<bayplan_template>,
    dumps: Vec<String>,
    made: Made,
}

/// How many calls were made, and what they came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// All.
    pub calls: u64,
    /// Those that did what they say.
    pub successes: u64,
    /// Pods that were bound.
    pub bound: u64,
}

impl<'s> Calls<'s> {
    /// Makes calls until the source is empty, then frees everything. What that came to.
    pub fn run(source: &'s mut Source) -> Made {
        let mut calls = Self {
            source,
            open_before: bayplan_open_handles(),
            live: Default::default(),
            freed: vec![0, 1, usize::MAX, 0x1234_5679],
            templates: vec![0, 1, u64::MAX],
            dumps: vec!["{}".to_owned(), "{\"apiVersion\":\"bayplan.io/v1\"}".to_owned()],
            made: Made::default(),
        };
        calls.live[CLUSTER].push(bayplan_cluster_new().addr());
        calls.live[SCHEDULER].push(bayplan_scheduler_new().addr());
        calls.begin();
        while !calls.source.is_empty() {
            calls.one();
            calls.made.calls += 1;
        }
        calls.free_all();
        calls.made
    }

    /// Two nodes, a pod and a template, so that there is something to decide.
    fn begin(&mut self) {
        let cluster = std::ptr::without_provenance_mut(self.live[CLUSTER][0]);
        let text =
            |at: usize| bayplan_str { data: TEXTS[at].as_ptr().cast(), length: TEXTS[at].len() };
        for at in 0..3 {
            // SAFETY: the texts are static.
            let status = unsafe { bayplan_cluster_load(cluster, text(at), null_mut()) };
            assert_eq!(status, BAYPLAN_OK);
        }
        for _ in 0..5 {
            // SAFETY: the texts are static.
            let template = unsafe { bayplan_cluster_intern_pod(cluster, text(2), null_mut()) };
            assert_ne!(template, 0);
            self.templates.push(template);
        }
    }

    /// A handle of a kind: mostly a live one.
    fn any<H>(&mut self, kind: usize) -> *mut H {
        let from = if self.source.once_in(40) {
            let other = self.source.below(KINDS);
            &self.live[other][..]
        } else if self.source.once_in(40) {
            &self.freed[..]
        } else if self.source.once_in(2) {
            // Not always another one, or no cluster would ever hold much.
            &self.live[kind][..self.live[kind].len().min(1)]
        } else {
            &self.live[kind][..]
        };
        let handle = if from.is_empty() { 0 } else { from[self.source.below(from.len())] };
        std::ptr::without_provenance_mut(handle)
    }

    fn text(&mut self, texts: &[&'static str]) -> bayplan_str {
        let text = self.source.of(texts);
        if self.source.once_in(60) {
            return bayplan_str { data: c"\xff\xfe".as_ptr(), length: 2 };
        }
        if self.source.once_in(60) {
            return bayplan_str { data: std::ptr::null(), length: self.source.below(2) };
        }
        if self.source.once_in(60) {
            return bayplan_str { data: text.as_ptr().cast(), length: usize::MAX };
        }
        let cut =
            if self.source.once_in(30) { self.source.below(text.len() + 1) } else { text.len() };
        bayplan_str { data: text.as_ptr().cast(), length: cut }
    }

    fn name(&mut self) -> bayplan_str {
        self.text(&NAMES)
    }

    fn pod(&mut self) -> (bayplan_str, bayplan_str) {
        (self.text(&SPACES), self.text(&NAMES))
    }

    fn template(&mut self) -> bayplan_template {
        let at = self.source.below(self.templates.len());
        self.templates[at]
    }

    /// Looks at what a call gave back.
    fn check(&mut self, status: bayplan_status, error: *mut bayplan_error) {
        let bad = matches!(status, BAYPLAN_ERR_PANIC | BAYPLAN_ERR_BROKEN | BAYPLAN_ERR_LIMIT);
        let message = copied(bayplan_error_message(error));
        assert!(!bad, "{status:?}: {message}");
        self.made.successes += u64::from(status == BAYPLAN_OK);
        assert_eq!(error.is_null(), status == BAYPLAN_OK, "{status:?}: {message}");
        if !error.is_null() {
            assert_eq!(bayplan_error_status(error), status);
            assert!(!message.is_empty());
            self.live[ERROR].push(error.addr());
        }
    }

    fn keep<H>(&mut self, kind: usize, handle: *mut H) {
        if !handle.is_null() {
            self.live[kind].push(handle.addr());
        }
    }

    fn one(&mut self) {
        match self.source.below(17) {
            0 | 1 => self.load(),
            2 => self.change(),
            3 => self.add_nodes(),
            4 => self.add_pods(),
            5 => self.schedule(),
            6 => self.batch(),
            7 => self.ask(),
            8 => self.explain(),
            9 => self.transaction(),
            10 => self.snapshot(),
            11 => self.dump(),
            12 => self.configure(),
            13 => self.look(),
            14 => self.extender(),
            _ => self.free_one(),
        }
    }

    fn load(&mut self) {
        let mut error = null_mut();
        let (cluster, text) = (self.any(CLUSTER), self.text(&TEXTS));
        // SAFETY: the arguments are what the header asks for, or are to be refused.
        let status = unsafe {
            match self.source.below(3) {
                0 => bayplan_cluster_load(cluster, text, &mut error),
                1 => bayplan_cluster_apply(cluster, text, &mut error),
                _ => {
                    let template = bayplan_cluster_intern_pod(cluster, text, &mut error);
                    if template == 0 {
                        bayplan_error_status(error)
                    } else {
                        self.templates.push(template);
                        BAYPLAN_OK
                    }
                }
            }
        };
        self.check(status, error);
    }

    fn change(&mut self) {
        let mut error = null_mut();
        let cluster = self.any(CLUSTER);
        let (namespace, name) = self.pod();
        let (kind, node) = (self.text(&KIND_NAMES), self.name());
        // SAFETY: as above.
        let status = unsafe {
            match self.source.below(3) {
                0 => bayplan_cluster_delete(cluster, kind, namespace, name, &mut error),
                1 => bayplan_cluster_bind(cluster, namespace, name, node, &mut error),
                _ => bayplan_cluster_unbind(cluster, namespace, name, &mut error),
            }
        };
        self.check(status, error);
    }

    fn add_nodes(&mut self) {
        let count = self.source.below(4);
        let names: Vec<_> = (0..count).map(|_| self.name()).collect();
        let numbers: Vec<i64> =
            (0..count).map(|_| self.source.of(&[0, 1, 4000, 1 << 40, i64::MAX, -1])).collect();
        let offsets: Vec<usize> =
            (0..=count).map(|at| at * self.source.of(&[1, 1, 1, 0])).collect();
        let texts: Vec<_> = (0..LENGTH).map(|_| self.text(&["zone", "k", "x", "y"])).collect();
        let effects: Vec<u8> = (0..LENGTH).map(|_| self.source.of(&[1, 2, 3, 3, 0])).collect();
        let amounts = [7_i64; LENGTH];
        let mut columns = Padded::<bayplan_node_columns>::new(self.source);
        let size = columns.value.struct_size;
        columns.value = bayplan_node_columns {
            struct_size: size,
            count,
            names: names.as_ptr(),
            cpu_milli: numbers.as_ptr(),
            memory_bytes: numbers.as_ptr(),
            pods: numbers.as_ptr(),
            ephemeral_storage_bytes: self.pointer(numbers.as_ptr()),
            cordoned: self.pointer(effects.as_ptr()),
            label_offsets: self.pointer(offsets.as_ptr()),
            label_keys: texts.as_ptr(),
            label_values: self.pointer(texts.as_ptr()),
            taint_offsets: self.pointer(offsets.as_ptr()),
            taint_keys: texts.as_ptr(),
            taint_values: texts.as_ptr(),
            taint_effects: effects.as_ptr(),
            resource_offsets: self.pointer(offsets.as_ptr()),
            resource_names: texts.as_ptr(),
            resource_amounts: amounts.as_ptr(),
            image_offsets: self.pointer(offsets.as_ptr()),
            image_names: texts.as_ptr(),
            image_sizes: amounts.as_ptr(),
        };
        let mut given = [0; LENGTH];
        let mut error = null_mut();
        let cluster = self.any(CLUSTER);
        // SAFETY: every column is as long as `count` and the offsets say, or to be refused.
        let status = unsafe {
            bayplan_cluster_add_nodes(
                cluster,
                &raw const columns.value,
                given.as_mut_ptr(),
                &mut error,
            )
        };
        self.check(status, error);
    }

    /// A pointer that is NULL now and then.
    fn pointer<T>(&mut self, pointer: *const T) -> *const T {
        if self.source.once_in(5) { std::ptr::null() } else { pointer }
    }

    fn add_pods(&mut self) {
        let count = self.source.below(4);
        let templates: Vec<_> = (0..count).map(|_| self.template()).collect();
        let names: Vec<_> = (0..count).map(|_| self.name()).collect();
        let nodes: Vec<_> =
            (0..count).map(|_| self.source.of(&[0, 1, 2, 77, BAYPLAN_NO_NODE])).collect();
        let mut columns = Padded::<bayplan_pod_columns>::new(self.source);
        let size = columns.value.struct_size;
        columns.value = bayplan_pod_columns {
            struct_size: size,
            count,
            templates: templates.as_ptr(),
            names: names.as_ptr(),
            uids: self.pointer(names.as_ptr()),
            nodes: self.pointer(nodes.as_ptr()),
        };
        let mut error = null_mut();
        let cluster = self.any(CLUSTER);
        // SAFETY: every column is as long as `count`.
        let status =
            unsafe { bayplan_cluster_add_pods(cluster, &raw const columns.value, &mut error) };
        self.check(status, error);
    }

    fn schedule(&mut self) {
        let (mut error, mut decision, mut plan) = (null_mut(), null_mut(), null_mut());
        let (scheduler, cluster) = (self.any(SCHEDULER), self.any(CLUSTER));
        let (namespace, name) = self.pod();
        // SAFETY: as above.
        let status = unsafe {
            match self.source.below(3) {
                0 => bayplan_scheduler_schedule(
                    scheduler,
                    cluster,
                    namespace,
                    name,
                    &mut decision,
                    &mut error,
                ),
                1 => bayplan_scheduler_preempt(
                    scheduler,
                    cluster,
                    namespace,
                    name,
                    &mut decision,
                    &mut error,
                ),
                _ => bayplan_scheduler_schedule_pending(scheduler, cluster, &mut plan, &mut error),
            }
        };
        self.keep(DECISION, decision);
        self.keep(PLAN, plan);
        self.check(status, error);
    }

    fn batch(&mut self) {
        let (mut error, mut placed, mut next) = (null_mut(), 0, null_mut());
        let (mut nodes, mut outcomes, mut per_node) = ([0; LENGTH], [0; LENGTH], [0; LENGTH]);
        let (scheduler, cluster, template) =
            (self.any(SCHEDULER), self.any(CLUSTER), self.template());
        let count = self.source.below(12);
        // SAFETY: the arrays are longer than `count`.
        let status = unsafe {
            if self.source.once_in(2) {
                bayplan_scheduler_schedule_batch(
                    scheduler,
                    cluster,
                    template,
                    count,
                    nodes.as_mut_ptr(),
                    outcomes.as_mut_ptr(),
                    &mut placed,
                    &mut error,
                )
            } else {
                bayplan_scheduler_capacity(
                    scheduler,
                    cluster,
                    template,
                    count,
                    &mut placed,
                    per_node.as_mut_ptr(),
                    LENGTH,
                    &mut next,
                    &mut error,
                )
            }
        };
        assert!(placed <= count);
        self.made.bound += placed as u64;
        self.keep(DECISION, next);
        self.check(status, error);
    }

    fn ask(&mut self) {
        let (mut error, mut count) = (null_mut(), 0);
        let (mut verdicts, mut totals) = ([0; LENGTH], [0; LENGTH]);
        let mut parts = vec![0; LENGTH * 32];
        let length = self.source.of(&[LENGTH, LENGTH, LENGTH, 1, 0]);
        let (namespace, name) = self.pod();
        let (scheduler, cluster, snapshot) =
            (self.any(SCHEDULER), self.any(CLUSTER), self.any(SNAPSHOT));
        // SAFETY: the arrays are not shorter than `length` says.
        let status = unsafe {
            match self.source.below(4) {
                0 => bayplan_scheduler_filter(
                    scheduler,
                    cluster,
                    namespace,
                    name,
                    verdicts.as_mut_ptr(),
                    length,
                    &mut count,
                    &mut error,
                ),
                1 => bayplan_scheduler_score(
                    scheduler,
                    cluster,
                    namespace,
                    name,
                    totals.as_mut_ptr(),
                    length,
                    parts.as_mut_ptr(),
                    parts.len(),
                    &mut count,
                    &mut error,
                ),
                2 => bayplan_snapshot_filter(
                    snapshot,
                    namespace,
                    name,
                    verdicts.as_mut_ptr(),
                    length,
                    &mut count,
                    &mut error,
                ),
                _ => bayplan_snapshot_score(
                    snapshot,
                    namespace,
                    name,
                    totals.as_mut_ptr(),
                    length,
                    parts.as_mut_ptr(),
                    parts.len(),
                    &mut count,
                    &mut error,
                ),
            }
        };
        self.check(status, error);
    }

    fn explain(&mut self) {
        let (mut error, mut diagnosis) = (null_mut(), null_mut());
        let (namespace, name) = self.pod();
        let (scheduler, cluster, snapshot) =
            (self.any(SCHEDULER), self.any(CLUSTER), self.any(SNAPSHOT));
        // SAFETY: as above.
        let status = unsafe {
            if self.source.once_in(2) {
                let (diagnosis, error) = (&mut diagnosis, &mut error);
                bayplan_scheduler_explain(scheduler, cluster, namespace, name, diagnosis, error)
            } else {
                bayplan_snapshot_explain(snapshot, namespace, name, &mut diagnosis, &mut error)
            }
        };
        self.keep(DIAGNOSIS, diagnosis);
        self.check(status, error);
    }

    fn transaction(&mut self) {
        let (mut error, mut made) = (null_mut(), null_mut());
        let (cluster, transaction) = (self.any(CLUSTER), self.any(TRANSACTION));
        // SAFETY: as above.
        let status = unsafe {
            match self.source.below(4) {
                0 | 1 => bayplan_cluster_begin(cluster, &mut made, &mut error),
                2 => bayplan_transaction_rollback(transaction, &mut error),
                _ => bayplan_transaction_commit(transaction, &mut error),
            }
        };
        self.keep(TRANSACTION, made);
        self.check(status, error);
    }

    fn snapshot(&mut self) {
        let (mut error, mut made, mut copy, mut hash) = (null_mut(), null_mut(), null_mut(), 0);
        let (cluster, scheduler) = (self.any(CLUSTER), self.any(SCHEDULER));
        // SAFETY: as above.
        let status = unsafe {
            match self.source.below(3) {
                0 => bayplan_cluster_fork(cluster, scheduler, &mut made, &mut error),
                1 => bayplan_cluster_copy(cluster, &mut copy, &mut error),
                _ => bayplan_cluster_hash(cluster, &mut hash, &mut error),
            }
        };
        self.keep(SNAPSHOT, made);
        self.keep(CLUSTER, copy);
        self.check(status, error);
    }

    fn dump(&mut self) {
        let (mut error, mut made, mut text) = (null_mut(), null_mut(), null_mut());
        let cluster = self.any(CLUSTER);
        // SAFETY: as above.
        let status = unsafe {
            if self.source.once_in(2) {
                bayplan_cluster_dump(cluster, &mut text, &mut error)
            } else {
                let at = self.source.below(self.dumps.len());
                let dump = &self.dumps[at];
                let mut given = bayplan_str { data: dump.as_ptr().cast(), length: dump.len() };
                if self.source.once_in(10) {
                    given.length = self.source.below(dump.len() + 1);
                }
                bayplan_cluster_restore(given, &mut made, &mut error)
            }
        };
        if status == BAYPLAN_OK && !text.is_null() {
            let dumped = copied(bayplan_text_get(text));
            self.check_round_trip(cluster, &dumped);
            let at = self.source.below(8);
            if at < self.dumps.len() { self.dumps[at] = dumped } else { self.dumps.push(dumped) }
        }
        self.keep(TEXT, text);
        self.keep(CLUSTER, made);
        self.check(status, error);
    }

    /// What comes back from a dump is the cluster that was written.
    fn check_round_trip(&mut self, cluster: *const bayplan_cluster, dump: &str) {
        let given = bayplan_str { data: dump.as_ptr().cast(), length: dump.len() };
        let (mut restored, mut hashes) = (null_mut(), [0, 1]);
        // SAFETY: as above.
        unsafe {
            assert_eq!(
                bayplan_cluster_restore(given, &mut restored, null_mut()),
                BAYPLAN_OK,
                "{dump}"
            );
            bayplan_cluster_hash(cluster, &mut hashes[0], null_mut());
            bayplan_cluster_hash(restored, &mut hashes[1], null_mut());
        }
        assert_eq!(hashes[0], hashes[1], "{dump}");
        assert_eq!(bayplan_cluster_free(restored), BAYPLAN_OK);
    }

    fn extender(&mut self) {
        let (mut error, mut text) = (null_mut(), null_mut());
        let (scheduler, cluster) = (self.any(SCHEDULER), self.any(CLUSTER));
        let request = self.text(&REQUESTS);
        // SAFETY: as above.
        let status = unsafe {
            let (text, error) = (&mut text, &mut error);
            match self.source.below(4) {
                0 => bayplan_extender_filter(scheduler, cluster, request, text, error),
                1 => bayplan_extender_prioritize(scheduler, cluster, request, text, error),
                2 => bayplan_extender_preempt(scheduler, cluster, request, text, error),
                _ => bayplan_extender_bind(cluster, request, text, error),
            }
        };
        self.keep(TEXT, text);
        self.check(status, error);
    }

    fn configure(&mut self) {
        let (mut error, mut made) = (null_mut(), null_mut());
        let scheduler = self.any(SCHEDULER);
        let (configuration, name) =
            (self.text(&CONFIGURATIONS), self.text(&["P", "Q", "NodeName"]));
        let mut plugin = Padded::<bayplan_plugin>::new(self.source);
        let size = plugin.value.struct_size;
        plugin.value = bayplan_plugin {
            struct_size: size,
            name,
            reason: bayplan_str { data: std::ptr::null(), length: 0 },
            user_data: std::ptr::without_provenance_mut(self.source.below(3)),
            filter: self.source.of(&[None, Some(filter)]),
            score: self.source.of(&[None, Some(score)]),
            score_weight: self.source.of(&[1, 3, 0, -1, i64::MAX]),
            release: None,
        };
        // SAFETY: as above.
        let status = unsafe {
            match self.source.below(3) {
                0 => bayplan_scheduler_configure(configuration, &mut made, &mut error),
                1 => bayplan_scheduler_break_ties(scheduler, 7, &mut error),
                _ => bayplan_scheduler_add_plugin(scheduler, &raw const plugin.value, &mut error),
            }
        };
        self.keep(SCHEDULER, made);
        self.check(status, error);
    }

    /// Asks handles of plain data everything that they know.
    fn look(&mut self) {
        let decision = self.any(DECISION);
        bayplan_decision_node(decision);
        bayplan_decision_score(decision);
        bayplan_decision_message(decision);
        let is_bound = bayplan_decision_outcome(decision) == BAYPLAN_OUTCOME_BOUND;
        self.made.bound += u64::from(is_bound);
        let victims = bayplan_decision_victims(decision);
        bayplan_decision_victim_name(decision, victims);
        bayplan_decision_victim_namespace(decision, victims.wrapping_sub(1));
        let diagnosis = self.any(DIAGNOSIS);
        bayplan_diagnosis_text(diagnosis);
        bayplan_diagnosis_json(diagnosis);
        let (plan, cluster, snapshot) = (self.any(PLAN), self.any(CLUSTER), self.any(SNAPSHOT));
        let length = bayplan_plan_length(plan);
        assert!(bayplan_plan_bound(plan) <= length);
        let index = self.source.below(length + 1);
        let mut item = Padded::<bayplan_plan_item>::new(self.source);
        let mut statistics = Padded::<bayplan_statistics>::new(self.source);
        for at in 0..3 {
            let mut error = null_mut();
            // SAFETY: the structures have more room than any size that they may have.
            let status = unsafe {
                match at {
                    0 => bayplan_plan_get(plan, index, &raw mut item.value, &mut error),
                    1 => bayplan_cluster_statistics(cluster, &raw mut statistics.value, &mut error),
                    _ => {
                        bayplan_snapshot_statistics(snapshot, &raw mut statistics.value, &mut error)
                    }
                }
            };
            self.check(status, error);
        }
        bayplan_cluster_node_name(cluster, self.source.below(9) as u32);
        bayplan_cluster_notes(cluster);
    }

    fn free_one(&mut self) {
        let kind = self.source.below(KINDS);
        // Keep one cluster and one scheduler, so that something goes on.
        let least = usize::from(kind == CLUSTER || kind == SCHEDULER);
        if self.live[kind].len() > least {
            let at = self.source.below(self.live[kind].len());
            let handle = self.live[kind].swap_remove(at);
            assert_eq!(free(kind, handle), BAYPLAN_OK);
            let again = free(kind, handle);
            assert_eq!(again, BAYPLAN_ERR_STALE);
            self.freed.push(handle);
        }
    }

    fn free_all(&mut self) {
        for kind in 0..KINDS {
            for handle in std::mem::take(&mut self.live[kind]) {
                assert_eq!(free(kind, handle), BAYPLAN_OK);
            }
        }
        assert_eq!(bayplan_open_handles(), self.open_before, "handles are lost");
    }
}

/// A text of the library.
fn copied(text: bayplan_str) -> String {
    if text.length == 0 {
        return String::new();
    }
    // SAFETY: the library gave the text, and its handle is alive.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.length) };
    String::from_utf8(bytes.to_vec()).expect("texts of the library are UTF-8")
}

fn free(kind: usize, handle: usize) -> bayplan_status {
    fn of<H>(handle: usize) -> *mut H {
        std::ptr::without_provenance_mut(handle)
    }
    match kind {
        CLUSTER => bayplan_cluster_free(of(handle)),
        SCHEDULER => bayplan_scheduler_free(of(handle)),
        SNAPSHOT => bayplan_snapshot_free(of(handle)),
        TRANSACTION => bayplan_transaction_free(of(handle)),
        DECISION => bayplan_decision_free(of(handle)),
        DIAGNOSIS => bayplan_diagnosis_free(of(handle)),
        PLAN => bayplan_plan_free(of(handle)),
        TEXT => bayplan_text_free(of(handle)),
        _ => bayplan_error_free(of(handle)),
    }
}

/// A structure with as much room behind it as the largest size that a caller may state.
#[repr(C)]
struct Padded<T> {
    value: T,
    room: [u8; 4096],
}

impl<T> Padded<T> {
    /// All zero but the size, which is wrong now and then.
    fn new(source: &mut Source) -> Self {
        // SAFETY: the structures of the header may be zero.
        let mut padded: Self = unsafe { std::mem::zeroed() };
        let size = size_of::<T>();
        let wrong = [0, 1, size - 1, size + 1, 4096, 4097, usize::MAX];
        let size = if source.once_in(20) { source.of(&wrong) } else { size };
        padded.room[0] = u8::from(source.once_in(20));
        // SAFETY: every structure begins with its size.
        unsafe { (&raw mut padded.value).cast::<usize>().write(size) };
        padded
    }
}

unsafe extern "C-unwind" fn filter(
    user_data: *mut c_void,
    question: *const bayplan_plugin_question,
    verdicts: *mut u8,
) -> i32 {
    // SAFETY: the library gives a question, and a verdict for each of its nodes.
    let (question, verdicts) = unsafe {
        let question = &*question;
        (question, std::slice::from_raw_parts_mut(verdicts, question.count))
    };
    if question.pod_name.length % 5 == 4 {
        assert_ne!(user_data.addr(), 2, "{PLUGIN_PANIC}");
    }
    // It depends on the pod alone, as it has to.
    verdicts.fill((question.pod_name.length % 2) as u8);
    i32::from(user_data.addr() == 1 && question.pod_namespace.length == 0)
}

unsafe extern "C-unwind" fn score(
    _: *mut c_void,
    question: *const bayplan_plugin_question,
    scores: *mut i64,
) -> i32 {
    // SAFETY: the library gives a question, and a number and a score for each of its nodes.
    let (nodes, scores) = unsafe {
        let (nodes, count) = ((*question).nodes, (*question).count);
        (std::slice::from_raw_parts(nodes, count), std::slice::from_raw_parts_mut(scores, count))
    };
    scores.iter_mut().zip(nodes).for_each(|(score, node)| *score = i64::from(*node) * 50 - 20);
    0
}
