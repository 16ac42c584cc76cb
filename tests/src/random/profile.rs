//! Random profiles.

use super::{APPS, Generator};
use bayplan::plugins::Plugin;
use bayplan::profile::{FitStrategy, Profile, SpreadArguments};

impl Generator {
    /// The profiles of a scheduler: one that pods name by default, and another.
    pub fn profiles(&mut self) -> Vec<Profile> {
        let first = if self.chance(40) { Profile::default() } else { self.profile() };
        let other = Profile { scheduler_name: "other".to_owned(), ..self.profile() };
        vec![first, other]
    }

    fn profile(&mut self) -> Profile {
        let mut profile = Profile::default();
        self.arguments(&mut profile);
        let wide = self.chance(15);
        for (_, weight) in &mut profile.score {
            if self.chance(40) {
                let huge = [1, 1_000, 1_000_000, i64::from(i32::MAX)];
                *weight = self.pick(if wide { &huge } else { &[1, 2, 5, 20] });
            }
        }
        for _ in 0..self.below(3) {
            self.disable(&mut profile);
        }
        if self.chance(8) {
            let at = self.below(profile.score.len());
            profile.score.remove(at);
        }
        if profile.samples() && self.chance(30) {
            // One node is enough then.
            profile.score.clear();
            profile.pre_score.clear();
        }
        profile
    }

    /// Takes a plugin out everywhere, now and then from one point only.
    fn disable(&mut self, profile: &mut Profile) {
        let plugin = self.pick(Plugin::ALL);
        let everywhere = self.chance(85);
        let points = [
            &mut profile.pre_filter,
            &mut profile.filter,
            &mut profile.pre_score,
            &mut profile.post_filter,
        ];
        for plugins in points {
            if everywhere || self.chance(40) {
                plugins.retain(|known| *known != plugin);
            }
        }
        if everywhere || self.chance(40) {
            profile.score.retain(|(known, _)| *known != plugin);
        }
    }

    fn arguments(&mut self, profile: &mut Profile) {
        let arguments = &mut profile.arguments;
        arguments.fit.strategy = match self.below(4) {
            0 | 1 => FitStrategy::LeastAllocated,
            2 => FitStrategy::MostAllocated,
            _ => FitStrategy::RequestedToCapacityRatio(
                self.pick(&[vec![(0, 0), (100, 100)], vec![(10, 100), (50, 30), (90, 70)]]),
            ),
        };
        let weighted = |g: &mut Self, name: &str| (name.to_owned(), g.pick(&[1, 3, 100]));
        if self.chance(40) {
            arguments.fit.resources =
                ["cpu", "memory"].iter().map(|name| weighted(self, name)).collect();
        }
        if self.chance(40) {
            let name = self.text(&["example.com/gpu", "ephemeral-storage", "hugepages-2Mi"]);
            arguments.fit.resources.push(weighted(self, &name));
            arguments.balanced_resources.push(name);
        }
        if self.chance(15) {
            arguments.fit.ignored_resources = vec!["example.com/gpu".to_owned()];
        }
        if self.chance(10) {
            arguments.fit.ignored_resource_groups = vec!["example.com".to_owned()];
        }
        if self.chance(30) {
            let constraints = self.some(2, |g| g.spread_constraint(false));
            arguments.spread = SpreadArguments::List(constraints);
        }
        profile.percentage_of_nodes_to_score = self.maybe(6, |g| g.pick(&[0, 0, 10, 60, 100]));
        let arguments = &mut profile.arguments;
        arguments.added_affinity = self.maybe(15, Self::node_affinity);
        arguments.inter_pod.hard_pod_affinity_weight = self.pick(&[1, 1, 0, 50, 100]);
        arguments.inter_pod.ignore_preferred_terms_of_existing_pods = self.chance(20);
    }

    /// A name that several objects share.
    pub fn app(&mut self) -> String {
        self.text(&APPS)
    }
}
