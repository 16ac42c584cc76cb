//! What a scheduler handle stands for: the engine's scheduler, and what is needed to make it anew.

use crate::fault::Fault;
use crate::numbers::Numbers;
use crate::plugin::{Foreign, asking};
use crate::status::bayplan_status::*;
use crate::world::World;
use bayplan::objects::manifest;
use bayplan::plugins::host::{HostPlugin, Points};
use bayplan::profile::config;
use bayplan::{Cluster, Plugin, Profile, Scheduler, Ties};
use std::sync::Arc;

/// A scheduler.
pub(crate) struct Decider {
    pub(crate) scheduler: Scheduler,
    ties: Ties,
    has_plugins: bool,
}

impl Decider {
    /// A scheduler of these profiles.
    pub(crate) fn new(profiles: Vec<Profile>) -> Self {
        let scheduler = Scheduler::with_profiles(profiles);
        Self { scheduler, ties: Ties::First, has_plugins: false }
    }

    /// The scheduler that a KubeSchedulerConfiguration describes.
    pub(crate) fn configured(text: &str) -> Result<Self, Fault> {
        let not_valid = |faults: Vec<manifest::Fault>| Fault {
            status: BAYPLAN_ERR_CONFIGURATION,
            ..Fault::of_text(&faults)
        };
        let value =
            manifest::value("configuration", text).map_err(|fault| not_valid(vec![*fault]))?;
        let configuration = config::parse(value).map_err(|faults| {
            let place = |fault: &config::ConfigFault| {
                manifest::fault_of("configuration", text, &fault.path, &fault.message)
            };
            not_valid(faults.iter().map(place).collect())
        })?;
        if !configuration.extenders.is_empty() {
            let message = "bayplan calls no extenders; take them out of the configuration";
            let field = "extenders".to_owned();
            return Err(Fault { field, ..Fault::new(BAYPLAN_ERR_CONFIGURATION, message) });
        }
        Ok(Self::new(configuration.profiles))
    }

    /// A copy that goes its own way, with nothing remembered.
    pub(crate) fn fork(&self) -> Self {
        Self { scheduler: self.anew(self.profiles()), ..*self }
    }

    /// Chooses among several best nodes by this seed, or takes the first by name.
    pub(crate) fn break_ties(&mut self, ties: Ties) {
        self.ties = ties;
        self.scheduler = self.anew(self.profiles());
    }

    /// Adds a plugin of the host to every profile, in place of one of the same name.
    pub(crate) fn add(&mut self, plugin: Foreign, points: Points) {
        let plugin = Arc::new(plugin);
        let entry = Plugin::Host(plugin.name());
        let with = |mut profile: Profile| {
            profile.filter.retain(|known| *known != entry);
            profile.score.retain(|(known, _)| *known != entry);
            profile.with_host_plugin(plugin.clone(), points)
        };
        self.scheduler = self.anew(self.profiles().into_iter().map(with).collect());
        self.has_plugins = true;
    }

    /// Plugins that score, over all profiles, in the order in which they appear first.
    pub(crate) fn scoring_plugins(&self) -> Vec<Plugin> {
        let mut plugins = Vec::new();
        for (plugin, _) in self.scheduler.profiles().flat_map(|profile| &profile.score) {
            if !plugins.contains(plugin) {
                plugins.push(*plugin);
            }
        }
        plugins
    }

    /// Does something that asks the engine. Where a plugin of the host fails, nothing has happened.
    pub(crate) fn ask<T>(
        &mut self,
        world: &mut World,
        body: impl FnOnce(&mut Scheduler, &mut Cluster) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.ask_about(&mut world.cluster, &world.numbers, body)
    }

    /// The same for those who need the rest of the world meanwhile.
    pub(crate) fn ask_about<T>(
        &mut self,
        cluster: &mut Cluster,
        numbers: &Arc<Numbers>,
        body: impl FnOnce(&mut Scheduler, &mut Cluster) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if !self.has_plugins {
            return body(&mut self.scheduler, cluster);
        }
        let savepoint = cluster.savepoint();
        let result = asking(numbers, || body(&mut self.scheduler, cluster));
        match &result {
            Err(fault) if fault.status == BAYPLAN_ERR_CALLBACK => {
                cluster.rollback(savepoint);
                // What was remembered on the way may hold half an answer.
                self.scheduler = self.anew(self.profiles());
            }
            _ => cluster.commit(savepoint),
        }
        result
    }

    fn profiles(&self) -> Vec<Profile> {
        self.scheduler.profiles().cloned().collect()
    }

    fn anew(&self, profiles: Vec<Profile>) -> Scheduler {
        Scheduler::with_profiles(profiles).with_ties(self.ties)
    }
}
