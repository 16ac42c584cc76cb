//! What is measured: a cluster and the pods to place on it.

use anyhow::{Result, bail};
use bayplan::objects::manifest::Reader;
use bayplan::state::Cluster;
use bayplan::state::ix::PodIx;
use bayplan::state::pods::PodRow;
use bayplan_datasets::{Generator, Mix, Options};
use std::io::{BufRead, Read};

/// How much text is read at a time: enough for every thread.
const BLOCK_BYTES: u64 = 8 << 20;

/// A cluster with the pods that wait for a node, in the order they are to be placed in.
#[derive(Clone, Debug)]
pub struct Input {
    /// Nodes, running and pending pods.
    pub cluster: Cluster,
    /// Every pending pod.
    pub pending: Vec<PodIx>,
}

impl Input {
    /// Reads JSON lines block by block; the text is never in memory as a whole.
    ///
    /// # Errors
    /// The text cannot be read, or is not all Kubernetes objects that fit together.
    pub fn read(source: &str, mut text: impl BufRead) -> Result<Self> {
        let mut reader = Reader::new();
        reader.begin(source);
        let mut block = Vec::new();
        while text.by_ref().take(BLOCK_BYTES).read_to_end(&mut block)? > 0 {
            text.read_until(b'\n', &mut block)?;
            reader.feed(&block);
            block.clear();
        }
        Self::of(reader)
    }

    /// A synthetic cluster with five running pods per node, and pending pods of one kind or mixed.
    ///
    /// # Errors
    /// The numbers are out of bounds.
    pub fn synthetic(mix: Mix, nodes: usize, pods: usize) -> Result<Self> {
        let templates = (pods / 50).max(1);
        let options =
            Options { nodes, pods, templates, mix, running_per_node: 5, ..Options::default() };
        let mut reader = Reader::new();
        Generator::new(options)?.for_each(|line| reader.feed(line.as_bytes()));
        Self::of(reader)
    }

    fn of(reader: Reader) -> Result<Self> {
        let read = reader.finish();
        if let Some(fault) = read.faults.first() {
            bail!("{fault}");
        }
        let objects = read.objects.into_iter().map(|located| located.object);
        let cluster = Cluster::from_objects(objects)?;
        // Places are given in the order of the input.
        let waiting = |row: &PodRow| row.pod.node_name.is_none() && !row.pod.is_terminal();
        let pending = cluster.pods().iter().filter(|(_, row)| waiting(row)).map(|(pod, _)| pod);
        let pending = pending.collect();
        Ok(Self { cluster, pending })
    }
}
