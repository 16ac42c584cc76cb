//! Finds devices on one node for all claims of a pod together.
//!
//! Source: `k8s.io/dynamic-resource-allocation/structured/internal/incubating` (v1.35), feature
//! gates at their defaults. An exhaustive search, claim by claim, request by request, device by
//! device; the first solution wins. Upstream gives up on a node after 10 seconds; here the number
//! of steps is bounded, so that every run ends the same.

use super::constraint::Constraint;
use super::pools::{Candidate, DeviceId, Pool, PoolState, gather_pools};
use super::result::allocation_result;
use super::selector::{SelectorError, Selectors};
use crate::objects::devices::{
    AllocationMode, AllocationResult, DeviceClass, DeviceRequest, DeviceSelector, DeviceSubRequest,
    ExactDeviceRequest, RequestKind, ResourceClaim,
};
use crate::objects::{Node, Store};
use crate::plugins::reason::Reason;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A claim holds at most so many devices.
const DEVICES_MAX: usize = 32;
/// Steps after which a node is given up.
const STEPS_MAX: usize = 1_000_000;
/// Devices and requests on the way to a solution after which a node is given up.
const DEPTH_MAX: usize = 2_000;

/// Why claims get no devices on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The node does not have them.
    Unavailable(Reason),
    /// The attempt cannot go on.
    Error(String),
}

/// What allocation on any node needs to know.
#[derive(Clone, Debug)]
pub(super) struct Allocator<'a> {
    pub store: &'a Store,
    pub selectors: Selectors,
    /// Devices that claims hold.
    pub in_use: BTreeSet<DeviceId<'a>>,
}

impl<'a> Allocator<'a> {
    /// What the claims of the store leave, and the selectors that these claims need.
    pub fn new(store: &'a Store, claims: &[&'a ResourceClaim]) -> Self {
        let held =
            store.resource_claims.iter().filter_map(|claim| claim.status.allocation.as_ref());
        let in_use = held
            .flat_map(|allocation| &allocation.devices.results)
            .filter(|device| device.admin_access != Some(true))
            .map(|held| DeviceId::new(&held.driver, &held.pool, &held.device))
            .collect();
        Self { store, selectors: Selectors::of(store, claims), in_use }
    }

    /// Devices of the node for all claims, one result per claim.
    pub fn allocate(
        &self,
        node: &'a Node,
        claims: &[&'a ResourceClaim],
    ) -> Result<Vec<AllocationResult>, Refusal> {
        let pools = gather_pools(self.store, node).map_err(Refusal::Error)?;
        let mut search = Search::new(self, &pools);
        for claim in claims {
            let searched = search.prepare(claim).map_err(Refusal::Error)?;
            search.claims.push(searched);
        }
        let unavailable = |reason| Err(Refusal::Unavailable(reason));
        match search.step(Position::default(), false, 0) {
            Ok(true) => search.claims.iter().map(|claim| result_of(claim, node)).collect(),
            Ok(false) if pools.iter().any(|pool| pool.state == PoolState::Invalid) => {
                unavailable(Reason::InvalidResourcePools)
            }
            Ok(false) => unavailable(Reason::CannotAllocateClaims),
            Err(Stop::Exhausted) => unavailable(Reason::AllocationTimeout),
            Err(Stop::TooManyDevices) => {
                Err(Refusal::Error("allocation max size exceeded".to_owned()))
            }
            Err(Stop::Error(text)) => Err(Refusal::Error(text)),
        }
    }
}

fn result_of(searched: &ClaimSearch<'_>, node: &Node) -> Result<AllocationResult, Refusal> {
    let chosen = searched.chosen.iter().map(|chosen| {
        (chosen.wanted.result_name(), chosen.wanted.devices.has_admin_access(), chosen.candidate)
    });
    allocation_result(chosen, node).map_err(|text| {
        let name = &searched.claim.meta.name;
        Refusal::Error(format!("create NodeSelector for claim {name}: {text}"))
    })
}

/// Devices that one request, or one alternative of a request, asks for.
#[derive(Clone, Debug)]
struct Wanted<'a> {
    request: &'a str,
    alternative: Option<&'a str>,
    devices: &'a ExactDeviceRequest,
    class: &'a DeviceClass,
    count: usize,
    /// In the mode that takes all: which these are, as indices of candidates.
    all: Vec<usize>,
}

impl Wanted<'_> {
    /// The name that results carry.
    fn result_name(&self) -> String {
        match self.alternative {
            None => self.request.to_owned(),
            Some(alternative) => format!("{}/{alternative}", self.request),
        }
    }

    /// The name that messages carry: that of the alternative alone.
    fn message_name(&self) -> &str {
        self.alternative.unwrap_or(self.request)
    }

    fn takes_all(&self) -> bool {
        self.devices.allocation_mode == AllocationMode::All
    }
}

/// A claim on the way to a solution.
struct ClaimSearch<'a> {
    claim: &'a ResourceClaim,
    /// Alternatives per request; a plain request is its only alternative.
    requests: Vec<Vec<Rc<Wanted<'a>>>>,
    constraints: Vec<Constraint<'a>>,
    chosen: Vec<Chosen<'a>>,
}

/// A device chosen for a request.
#[derive(Clone)]
struct Chosen<'a> {
    wanted: Rc<Wanted<'a>>,
    candidate: Candidate<'a>,
}

/// The device to be chosen next.
#[derive(Clone, Copy, Default)]
struct Position {
    claim: usize,
    request: usize,
    alternative: usize,
    /// How many devices the request has already.
    device: usize,
}

/// Why the search ends without going through everything.
enum Stop {
    /// This branch needs more devices than a claim can hold.
    TooManyDevices,
    /// Steps or depth are used up.
    Exhausted,
    Error(String),
}

struct Search<'a, 's> {
    allocator: &'s Allocator<'a>,
    pools: &'s [Pool<'a>],
    /// Devices of all pools, in the order in which they are tried.
    candidates: Vec<Candidate<'a>>,
    /// Per candidate: whether its pool is complete and valid.
    usable: Vec<bool>,
    claims: Vec<ClaimSearch<'a>>,
    /// Devices chosen so far and the claims they are for.
    taken: BTreeSet<(DeviceId<'a>, usize)>,
    /// Whether a candidate satisfies the selectors of a position's request.
    selected: BTreeMap<(usize, usize, usize, usize), bool>,
    steps: usize,
    depth: usize,
}

impl<'a, 's> Search<'a, 's> {
    fn new(allocator: &'s Allocator<'a>, pools: &'s [Pool<'a>]) -> Self {
        let with_state = |pool: &'s Pool<'a>| {
            pool.devices().map(|candidate| (candidate, pool.state == PoolState::Usable))
        };
        let (candidates, usable) = pools.iter().flat_map(with_state).unzip();
        Self {
            allocator,
            pools,
            candidates,
            usable,
            claims: Vec::new(),
            taken: BTreeSet::new(),
            selected: BTreeMap::new(),
            steps: 0,
            depth: 0,
        }
    }

    /// Checks a claim and finds out how many devices it needs at least.
    fn prepare(&self, claim: &'a ResourceClaim) -> Result<ClaimSearch<'a>, String> {
        let key = claim.meta.key();
        let requests = &claim.spec.devices.requests;
        let requests: Vec<Vec<_>> = requests
            .iter()
            .map(|request| self.alternatives(claim, request))
            .collect::<Result<_, _>>()?;
        let fewest = |alternatives: &Vec<Rc<Wanted<'_>>>| {
            alternatives.iter().map(|wanted| wanted.count).min().unwrap_or(0)
        };
        let needed = requests.iter().map(fewest).fold(0, usize::saturating_add);
        if needed > DEVICES_MAX {
            return Err(format!(
                "claim {key}: number of requested devices {needed} exceeds the claim limit of \
                 {DEVICES_MAX}"
            ));
        }
        let constraint = |(ix, constraint)| {
            Constraint::new(constraint).ok_or_else(|| {
                format!(
                    "claim {key}, constraint #{ix}: empty constraint (unsupported constraint type?)"
                )
            })
        };
        let constraints = claim.spec.devices.constraints.iter().enumerate().map(constraint);
        let constraints = constraints.collect::<Result<_, _>>()?;
        Ok(ClaimSearch { claim, requests, constraints, chosen: Vec::new() })
    }

    fn alternatives(
        &self,
        claim: &'a ResourceClaim,
        request: &'a DeviceRequest,
    ) -> Result<Vec<Rc<Wanted<'a>>>, String> {
        match &request.kind {
            RequestKind::Exactly(devices) => {
                Ok(vec![self.wanted(claim, &request.name, None, devices)?.into()])
            }
            RequestKind::FirstAvailable(alternatives) => {
                let wanted = |alternative: &'a DeviceSubRequest| {
                    let name = Some(&*alternative.name);
                    self.wanted(claim, &request.name, name, &alternative.devices).map(Into::into)
                };
                alternatives.iter().map(wanted).collect()
            }
            RequestKind::Unknown => Ok(Vec::new()),
        }
    }

    fn wanted(
        &self,
        claim: &'a ResourceClaim,
        request: &'a str,
        alternative: Option<&'a str>,
        devices: &'a ExactDeviceRequest,
    ) -> Result<Wanted<'a>, String> {
        let place =
            || format!("claim {}, request {}", claim.meta.key(), alternative.unwrap_or(request));
        if let Some(ix) = devices.selectors.iter().position(|selector| selector.cel.is_none()) {
            return Err(format!(
                "{}, selector #{ix}: CEL expression empty (unsupported selector type?)",
                place(),
            ));
        }
        let name = &devices.device_class_name;
        let class = self.allocator.store.device_classes.get(name).ok_or_else(|| {
            format!("{}: could not retrieve device class {name}: not found", place())
        })?;
        let mut wanted = Wanted {
            request,
            alternative,
            devices,
            class,
            count: devices.count(),
            all: Vec::new(),
        };
        if wanted.takes_all() {
            wanted.all = self.all_selected(claim, &wanted).map_err(|fault| match fault {
                AllFault::Pool(text) => format!("{}: {text}", place()),
                AllFault::Selector(text) => text,
            })?;
            wanted.count = wanted.all.len();
        }
        Ok(wanted)
    }

    /// The devices that a request for all devices has to take.
    fn all_selected(
        &self,
        claim: &ResourceClaim,
        wanted: &Wanted<'a>,
    ) -> Result<Vec<usize>, AllFault> {
        let mut all = Vec::new();
        let mut next = 0;
        for pool in self.pools {
            let state = match pool.state {
                PoolState::Usable => None,
                PoolState::Incomplete => Some("being updated"),
                PoolState::Invalid => Some("invalid"),
            };
            if let Some(state) = state {
                let id = pool.id;
                return Err(AllFault::Pool(format!(
                    "asks for all devices, but resource pool {id} is currently {state}"
                )));
            }
            for candidate in pool.devices() {
                if self.satisfies(claim, wanted, &candidate).map_err(AllFault::Selector)? {
                    all.push(next);
                }
                next += 1;
            }
        }
        Ok(all)
    }

    /// Whether the device satisfies the selectors of the class and of the request.
    fn satisfies(
        &self,
        claim: &ResourceClaim,
        wanted: &Wanted<'a>,
        candidate: &Candidate<'a>,
    ) -> Result<bool, String> {
        // The gate for conditions to wait for before binding is off.
        if !candidate.device.binding_conditions.is_empty() {
            return Ok(false);
        }
        let of_class = || format!("class {}", wanted.class.meta.name);
        let of_claim = || format!("claim {}", claim.meta.key());
        let class = &wanted.class.spec.selectors;
        Ok(self.all_match(class, candidate, of_class)?
            && self.all_match(&wanted.devices.selectors, candidate, of_claim)?)
    }

    fn all_match(
        &self,
        selectors: &[DeviceSelector],
        candidate: &Candidate<'a>,
        owner: impl Fn() -> String,
    ) -> Result<bool, String> {
        for (ix, selector) in selectors.iter().enumerate() {
            let expression = selector.cel.as_ref().map_or("", |cel| &cel.expression);
            let matches = self.allocator.selectors.matches(expression, candidate);
            let described =
                |(stage, text)| format!("{}: selector #{ix}: CEL {stage} error: {text}", owner());
            let matches = matches.map_err(|error| {
                described(match error {
                    SelectorError::Compile(text) => ("compile", text),
                    SelectorError::Runtime(text) => ("runtime", text),
                })
            })?;
            if !matches {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Chooses the device at `position` and everything after it. `within` says that an alternative
    /// of the request has been decided on; candidates before `start` were tried.
    fn step(&mut self, position: Position, within: bool, start: usize) -> Result<bool, Stop> {
        self.steps += 1;
        if self.steps > STEPS_MAX || self.depth > DEPTH_MAX {
            return Err(Stop::Exhausted);
        }
        self.depth += 1;
        let found = self.step_into(position, within, start);
        self.depth -= 1;
        found
    }

    fn step_into(&mut self, at: Position, within: bool, start: usize) -> Result<bool, Stop> {
        let Some(claim) = self.claims.get(at.claim) else { return Ok(true) };
        let Some(alternatives) = claim.requests.get(at.request) else {
            let next = Position { claim: at.claim + 1, ..Position::default() };
            return match self.step(next, false, 0) {
                // Another choice for an earlier claim does not help this one, but is no error.
                Err(Stop::TooManyDevices) => Ok(false),
                found => found,
            };
        };
        let Some(wanted) = alternatives.get(at.alternative).cloned() else { return Ok(false) };
        if !within && wanted.alternative.is_some() {
            return self.first_available(at, alternatives.len());
        }
        if wanted.takes_all() && wanted.all.is_empty() {
            return Ok(false);
        }
        if at.device >= wanted.count {
            let next = Position { claim: at.claim, request: at.request + 1, ..Position::default() };
            return self.step(next, false, 0);
        }
        if claim.chosen.len().saturating_add(wanted.count - at.device) > DEVICES_MAX {
            return Err(Stop::TooManyDevices);
        }
        if wanted.takes_all() {
            self.take_all(at, &wanted)
        } else {
            self.take_any(at, &wanted, start)
        }
    }

    /// Tries the alternatives of a request, in order.
    fn first_available(&mut self, at: Position, alternatives: usize) -> Result<bool, Stop> {
        let mut all_too_many = true;
        for alternative in 0..alternatives {
            match self.step(Position { alternative, ..at }, true, 0) {
                Err(Stop::TooManyDevices) => {}
                Ok(false) => all_too_many = false,
                ended => return ended,
            }
        }
        if all_too_many { Err(Stop::TooManyDevices) } else { Ok(false) }
    }

    /// Takes the next one of all devices; only one order is tried.
    fn take_all(&mut self, at: Position, wanted: &Rc<Wanted<'a>>) -> Result<bool, Stop> {
        let Some(candidate) = wanted.all.get(at.device).map(|ix| self.candidates[*ix]) else {
            return Ok(false);
        };
        match self.take(at, wanted, candidate) {
            Taken::Yes => {}
            Taken::Unavailable => return Ok(false),
            Taken::Refused => {
                return Err(Stop::Error(format!(
                    "claim {}, request {}: cannot add device {} because a claim constraint would \
                     not be satisfied",
                    self.claims[at.claim].claim.meta.key(),
                    wanted.message_name(),
                    candidate.id,
                )));
            }
        }
        // As upstream, the alternative is forgotten: the first one goes on from here.
        let next = Position { alternative: 0, device: at.device + 1, ..at };
        let found = self.step(next, wanted.alternative.is_some(), 0);
        if !matches!(found, Ok(true)) {
            self.give_back(at);
        }
        found
    }

    /// Takes any device that does, and goes on with those after it.
    fn take_any(
        &mut self,
        at: Position,
        wanted: &Rc<Wanted<'a>>,
        start: usize,
    ) -> Result<bool, Stop> {
        for ix in start..self.candidates.len() {
            let candidate = self.candidates[ix];
            let taken = self.is_taken(at, wanted, candidate.id);
            if !self.usable[ix] || taken || !self.is_selected(at, wanted, ix)? {
                continue;
            }
            if !matches!(self.take(at, wanted, candidate), Taken::Yes) {
                continue;
            }
            let next = Position { device: at.device + 1, ..at };
            match self.step(next, wanted.alternative.is_some(), ix + 1) {
                Ok(false) => self.give_back(at),
                Ok(true) => return Ok(true),
                stopped => {
                    self.give_back(at);
                    return stopped;
                }
            }
        }
        Ok(false)
    }

    fn is_selected(&mut self, at: Position, wanted: &Wanted<'a>, ix: usize) -> Result<bool, Stop> {
        let key = (at.claim, at.request, at.alternative, ix);
        if let Some(selected) = self.selected.get(&key) {
            return Ok(*selected);
        }
        let claim = self.claims[at.claim].claim;
        let selected = self.satisfies(claim, wanted, &self.candidates[ix]).map_err(Stop::Error)?;
        self.selected.insert(key, selected);
        Ok(selected)
    }

    fn is_taken(&self, at: Position, wanted: &Wanted<'a>, device: DeviceId<'a>) -> bool {
        if wanted.devices.has_admin_access() {
            return self.taken.contains(&(device, at.claim));
        }
        let chosen = self.taken.range((device, 0)..=(device, usize::MAX)).next().is_some();
        chosen || self.allocator.in_use.contains(&device)
    }

    fn take(&mut self, at: Position, wanted: &Rc<Wanted<'a>>, candidate: Candidate<'a>) -> Taken {
        // The gate for devices that share counters is off.
        let partitioned = !candidate.device.consumes_counters.is_empty();
        if partitioned || self.is_taken(at, wanted, candidate.id) {
            return Taken::Unavailable;
        }
        let result = wanted.result_name();
        let claim = &mut self.claims[at.claim];
        for ix in 0..claim.constraints.len() {
            if !claim.constraints[ix].add(wanted.request, &result, &candidate) {
                let added = claim.constraints[..ix].iter_mut();
                added.for_each(|constraint| constraint.remove_last(wanted.request, &result));
                return Taken::Refused;
            }
        }
        claim.chosen.push(Chosen { wanted: wanted.clone(), candidate });
        self.taken.insert((candidate.id, at.claim));
        Taken::Yes
    }

    fn give_back(&mut self, at: Position) {
        let claim = &mut self.claims[at.claim];
        let Some(Chosen { wanted, candidate }) = claim.chosen.pop() else { return };
        let result = wanted.result_name();
        for constraint in &mut claim.constraints {
            constraint.remove_last(wanted.request, &result);
        }
        self.taken.remove(&(candidate.id, at.claim));
    }
}

/// Whether a device could be taken.
enum Taken {
    Yes,
    /// It is in use, or cannot be allocated at all.
    Unavailable,
    /// A constraint of the claim refuses it.
    Refused,
}

/// Why not all devices can be listed.
enum AllFault {
    Pool(String),
    Selector(String),
}
