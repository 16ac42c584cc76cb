//! Placing the pods of a shape.

use super::templates::{TEAM, ZONE, node, too_large};
use super::{Event, Shape};
use crate::clock::timed;
use crate::run::Run;
use anyhow::{Context, Result, ensure};
use bayplan::base::time::Timestamp;
use bayplan::batch::Template;
use bayplan::cycle::decision::Decision;
use bayplan::objects::policy::{Namespace, Service};
use bayplan::objects::{Kind, Object, Pod};
use bayplan::scheduler::{Engine, Scheduler};
use bayplan::state::Cluster;
use bayplan::state::change::Change;
use bayplan::state::ix::PodIx;
use bayplan_datasets::make::{MakeNode, MakePod};
use serde_json::json;
use std::time::{Duration, Instant};

/// How a shape is placed.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Who places the pods that are there before.
    pub before: Engine,
    /// Who places the measured pods.
    pub measured: Engine,
    /// No more decisions when those measured took so long.
    pub limit: Duration,
}

/// Places all pods of a shape; the run is that of the measured ones. What happens between the
/// decisions is part of its processor time, but not of the times of the decisions.
///
/// # Errors
/// A pod could not be attempted.
pub fn place(shape: &Shape, way: &Way) -> Result<Run> {
    let mut stage = Stage::new(shape, way.before)?;
    let before = stage.put_before(shape)?;
    for pod in &before {
        stage.attempt(*pod)?;
    }
    let (count, template) = &shape.measured;
    let names: Vec<String> = (0..*count).map(|number| format!("measured-{number}")).collect();
    let measured = stage.put_all(MEASURED, &names, template)?;
    stage.scheduler = stage.scheduler.with_engine(way.measured);
    let (times, processor) = timed(|| stage.place_measured(shape, &measured, way.limit));
    let mut run = Run { times: times?, processor, ..Run::default() };
    for name in &names[..run.times.len()] {
        let bound_to = stage.cluster.pod(MEASURED, name).map(|pod| pod.node_name.as_deref());
        match bound_to {
            Some(Some(_)) => run.bound += 1,
            Some(None) => run.unschedulable += 1,
            // It had to make room for another.
            None => {}
        }
        run.digest.add(&format!("{name} {bound_to:?}\n"));
    }
    Ok(run)
}

const MEASURED: &str = "measured";

/// The cluster of a shape while its pods are placed.
struct Stage {
    cluster: Cluster,
    scheduler: Scheduler,
    /// Names of the pods that were there before, the next to go last.
    leaving: Vec<(String, String)>,
    /// Numbers events.
    events: usize,
}

impl Stage {
    fn new(shape: &Shape, engine: Engine) -> Result<Self> {
        let mut objects = namespaces(shape)?;
        if let Some((key, value)) = shape.service {
            objects.push(service(key, value)?);
        }
        let mut number = 0;
        for (count, name, template) in &shape.nodes {
            for _ in 0..*count {
                let name = name.map_or_else(|| format!("node-{number:05}"), str::to_owned);
                let made = named(template.clone(), &name);
                let zone = shape.zones.get(number % shape.zones.len().max(1));
                objects.push(match zone {
                    Some(zone) => made.label(ZONE, zone).into(),
                    None => made.into(),
                });
                number += 1;
            }
        }
        let cluster = Cluster::from_objects(objects)?;
        let scheduler = Scheduler::default().with_engine(engine);
        Ok(Self { cluster, scheduler, leaving: Vec::new(), events: 0 })
    }

    /// Puts in the pods that are there before.
    fn put_before(&mut self, shape: &Shape) -> Result<Vec<PodIx>> {
        let mut pods = Vec::new();
        for (kind, (count, template)) in shape.before.iter().enumerate() {
            for number in 0..*count {
                let namespace = format!("before-{}", number % shape.namespaces);
                let name = format!("before-{kind}-{number}");
                pods.extend(self.put_all(&namespace, std::slice::from_ref(&name), template)?);
                self.leaving.push((namespace, name));
            }
        }
        self.leaving.reverse();
        Ok(pods)
    }

    /// Puts in pods of one template.
    fn put_all(
        &mut self,
        namespace: &str,
        names: &[String],
        template: &MakePod,
    ) -> Result<Vec<PodIx>> {
        let template = Template::new(template.clone().namespace(namespace).make());
        let put = |name: &String| {
            self.cluster.apply(Change::Put(template.named(name.clone()).into()))?;
            self.cluster.pods().find(namespace, name).context("a pod that was put in is there")
        };
        names.iter().map(put).collect()
    }

    fn place_measured(
        &mut self,
        shape: &Shape,
        pods: &[PodIx],
        limit: Duration,
    ) -> Result<Vec<Duration>> {
        let mut times = Vec::with_capacity(pods.len());
        let begin = Instant::now();
        let mut start = begin;
        for (number, pod) in pods.iter().enumerate() {
            if let Some((every, event)) = &shape.event
                && number % every == 0
            {
                self.happen(event)?;
                start = Instant::now();
            }
            self.attempt(*pod)?;
            let now = Instant::now();
            times.push(now - start);
            start = now;
            if now - begin >= limit {
                break;
            }
        }
        Ok(times)
    }

    /// Attempts a pod. Where others have to go first they go, and it is attempted again.
    fn attempt(&mut self, pod: PodIx) -> Result<()> {
        let row = self.cluster.pods().get(pod).context("the pod waits")?;
        if row.pod.priority() == 0 {
            self.scheduler.schedule_pod(&mut self.cluster, pod)?;
            return Ok(());
        }
        let (namespace, name) = (row.pod.meta.namespace.clone(), row.pod.meta.name.clone());
        let decision = self.scheduler.schedule(&mut self.cluster, &namespace, &name)?;
        if let Decision::Nominated { victims, .. } = decision {
            for (namespace, name) in &victims {
                let victim = self.cluster.pods().find(namespace, name);
                self.cluster.remove_pod(victim.context("a victim is there")?);
            }
            let bound = self.scheduler.schedule_pod(&mut self.cluster, pod)?;
            ensure!(bound.is_some(), "{namespace}/{name} has room now");
        }
        Ok(())
    }

    fn happen(&mut self, event: &Event) -> Result<()> {
        self.events += 1;
        let name = format!("event-{}", self.events);
        match event {
            Event::Attempt(template) => self.put_and_attempt(name, template),
            Event::Recreate => self.recreate(),
            Event::Delete => match self.leaving.pop() {
                Some((namespace, name)) => self.delete(Kind::Pod, &namespace, &name),
                None => Ok(()),
            },
            Event::Terminate => match self.leaving.pop() {
                Some((namespace, name)) => self.terminate(&namespace, &name),
                None => Ok(()),
            },
        }
    }

    fn put_and_attempt(&mut self, name: String, template: &MakePod) -> Result<()> {
        for pod in self.put_all(EVENTS, &[name], template)? {
            self.attempt(pod)?;
        }
        Ok(())
    }

    fn recreate(&mut self) -> Result<()> {
        if self.events > 1 {
            self.delete(Kind::Node, "", RECREATED)?;
            self.delete(Kind::Service, MEASURED, "web")?;
            self.delete(Kind::Pod, EVENTS, RECREATED)?;
        }
        self.cluster.apply(Change::Put(named(node(), RECREATED).into()))?;
        self.cluster.apply(Change::Put(service("app", RECREATED)?))?;
        self.put_and_attempt(RECREATED.to_owned(), &too_large())
    }

    fn delete(&mut self, kind: Kind, namespace: &str, name: &str) -> Result<()> {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Ok(self.cluster.apply(Change::Delete { kind, namespace, name })?)
    }

    fn terminate(&mut self, namespace: &str, name: &str) -> Result<()> {
        let Some(pod) = self.cluster.pod(namespace, name) else { return Ok(()) };
        let mut pod: Pod = pod.clone();
        pod.meta.deletion_timestamp = Some(Timestamp::from_seconds(1_700_000_000));
        Ok(self.cluster.apply(Change::Put(pod.into()))?)
    }
}

/// The namespace of pods that come between the measured ones.
const EVENTS: &str = "events";

/// What goes and comes again.
const RECREATED: &str = "recreated";

fn named(template: MakeNode, name: &str) -> MakeNode {
    template.with(json!({"metadata": {"name": name}})).label(super::templates::HOST, name)
}

fn namespaces(shape: &Shape) -> Result<Vec<Object>> {
    let before = (0..shape.namespaces).map(|number| format!("before-{number}"));
    let names = before.chain([MEASURED.to_owned(), EVENTS.to_owned()]);
    let made = names.map(|name| {
        let object = json!({"metadata": {"name": name, "labels": {TEAM[0]: TEAM[1]}}});
        Ok(serde_json::from_value::<Namespace>(object)?.into())
    });
    made.collect()
}

fn service(key: &str, value: &str) -> Result<Object> {
    let object = json!({"metadata": {"name": "web", "namespace": MEASURED},
        "spec": {"selector": {key: value}}});
    Ok(serde_json::from_value::<Service>(object)?.into())
}
