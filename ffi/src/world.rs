//! What a cluster handle stands for: the engine's cluster, and what C needs besides.

use crate::fault::Fault;
use crate::numbers::Numbers;
use crate::status::bayplan_status::*;
use crate::template::Templates;
use bayplan::objects::manifest::{Input, Reader};
use bayplan::state::ix::NodeIx;
use bayplan::{Change, Cluster, Kind, Object, Savepoint};
use std::sync::Arc;

/// A cluster with its caller's numbers.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    /// Shared with plugins of the host while they are asked.
    pub(crate) numbers: Arc<Numbers>,
    pub(crate) templates: Templates,
    /// Objects that live in no cluster but matter to pods of later manifests.
    known: Vec<Object>,
    /// What the last manifests left to say.
    pub(crate) notes: String,
    /// Open transactions with their serial numbers, the latest last.
    transactions: Vec<(u64, Savepoint)>,
    last_transaction: u64,
}

impl World {
    /// The world of a cluster, with objects that matter to later manifests.
    pub(crate) fn of(cluster: Cluster, known: Vec<Object>) -> Self {
        let mut world = Self { cluster, known, ..Self::default() };
        world.follow();
        world
    }

    /// A copy that goes its own way. Transactions stay with the original.
    pub(crate) fn fork(&self) -> Self {
        let mut numbers = (*self.numbers).clone();
        let cluster = self.cluster.fork();
        numbers.follow(&cluster);
        Self {
            cluster,
            numbers: Arc::new(numbers),
            templates: self.templates.fork(),
            known: self.known.clone(),
            notes: self.notes.clone(),
            ..Self::default()
        }
    }

    /// Makes a change of the cluster whole or not at all, and follows it.
    pub(crate) fn change<T>(
        &mut self,
        body: impl FnOnce(&mut Cluster) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let savepoint = self.cluster.savepoint();
        let result = body(&mut self.cluster);
        match &result {
            Ok(_) => self.cluster.commit(savepoint),
            Err(_) => self.cluster.rollback(savepoint),
        }
        self.follow();
        result
    }

    /// Gives numbers to nodes that are new.
    pub(crate) fn follow(&mut self) {
        Arc::make_mut(&mut self.numbers).follow(&self.cluster);
    }

    /// Gives numbers to names before their nodes are there.
    pub(crate) fn number(&mut self, name: &str) -> u32 {
        Arc::make_mut(&mut self.numbers).give(name)
    }

    /// Adds manifests as people write them.
    pub(crate) fn load(&mut self, text: &[u8]) -> Result<(), Fault> {
        let input = read(Reader::new(), text)?;
        let notes = input.notes();
        let objects: Vec<_> = input.objects.into_iter().map(|located| located.object).collect();
        let mut known = self.known.clone();
        known.retain(|known| !objects.iter().any(|object| is_same(known, object)));
        let more = self.change(|cluster| Ok(cluster.add_manifests(objects.clone(), &known)?))?;
        known.extend(objects.into_iter().filter(matters_later));
        self.known = known;
        self.notes = notes.into_iter().chain(more).collect::<Vec<_>>().join("\n");
        Ok(())
    }

    /// Adds or replaces objects as an API server has them.
    pub(crate) fn apply(&mut self, text: &[u8]) -> Result<(), Fault> {
        let input = read(Reader::without_validation(), text)?;
        let objects: Vec<_> = input.objects.into_iter().map(|located| located.object).collect();
        let known: Vec<_> = objects.iter().filter(|it| matters_later(it)).cloned().collect();
        self.change(|cluster| Ok(cluster.load(objects)?))?;
        self.known.retain(|old| !known.iter().any(|object| is_same(old, object)));
        self.known.extend(known);
        Ok(())
    }

    /// Takes an object out.
    pub(crate) fn delete(&mut self, kind: &str, namespace: &str, name: &str) -> Result<(), Fault> {
        let found = Kind::ALL.iter().copied().find(|known| known.name() == kind);
        let kind = found.ok_or_else(|| {
            Fault::new(BAYPLAN_ERR_KIND, format!("\"{kind}\" is no kind that bayplan reads"))
        })?;
        let before = self.known.len();
        self.known.retain(|object| {
            let meta = object.meta();
            object.kind() != kind || meta.namespace != namespace || meta.name != name
        });
        if self.known.len() < before {
            return Ok(());
        }
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        self.change(|cluster| Ok(cluster.apply(Change::Delete { kind, namespace, name })?))
    }

    /// The node of a number.
    pub(crate) fn node(&self, number: u32) -> Result<NodeIx, Fault> {
        let name = self.numbers.name(number);
        let node = name.and_then(|name| self.cluster.nodes().find(name));
        node.ok_or_else(|| {
            let name = name.map_or("a node that never was", |name| name);
            Fault::new(BAYPLAN_ERR_NOT_FOUND, format!("node number {number} ({name}) is not there"))
        })
    }

    /// Opens a transaction; gives its serial number.
    pub(crate) fn begin(&mut self) -> u64 {
        self.last_transaction += 1;
        let savepoint = self.cluster.savepoint();
        self.transactions.push((self.last_transaction, savepoint));
        self.last_transaction
    }

    /// Ends a transaction and those that were opened inside it.
    pub(crate) fn end(&mut self, serial: u64, keep: bool) -> Result<(), Fault> {
        let found = self.transactions.iter().position(|(known, _)| *known == serial);
        let at = found.ok_or_else(|| Fault::of(BAYPLAN_ERR_ENDED))?;
        while self.transactions.len() > at {
            let Some((_, savepoint)) = self.transactions.pop() else { break };
            if keep {
                self.cluster.commit(savepoint);
            } else {
                self.cluster.rollback(savepoint);
            }
        }
        self.follow();
        Ok(())
    }

    /// How many transactions are open.
    pub(crate) fn open_transactions(&self) -> usize {
        self.transactions.len()
    }

    /// Objects that live in no cluster but matter to pods of later manifests.
    pub(crate) fn known(&self) -> &[Object] {
        &self.known
    }
}

/// The objects of a text; every fault of it where there is one.
pub(crate) fn read(mut reader: Reader, text: &[u8]) -> Result<Input, Fault> {
    reader.read("text", text);
    let input = reader.finish();
    match input.faults.is_empty() {
        true => Ok(input),
        false => Err(Fault::of_text(&input.faults)),
    }
}

fn matters_later(object: &Object) -> bool {
    matches!(object, Object::PriorityClass(_) | Object::LimitRange(_))
}

fn is_same(a: &Object, b: &Object) -> bool {
    let (of_a, of_b) = (a.meta(), b.meta());
    a.kind() == b.kind() && of_a.namespace == of_b.namespace && of_a.name == of_b.name
}
