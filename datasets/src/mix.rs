//! What the pods of a workload ask for, and in which proportions.

use std::fmt;
use std::str::FromStr;

/// What a pod template asks for besides CPU and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Nothing.
    Basic,
    /// Required and preferred node affinity.
    NodeAffinity,
    /// Spread over zones and hosts, required.
    Spread,
    /// At most one replica per host.
    AntiAffinity,
    /// In a zone where a replica runs.
    PodAffinity,
    /// Preferences only: spread, affinity and anti-affinity.
    Preferred,
    /// Tolerates the taint `dedicated`.
    Tolerations,
    /// One GPU.
    Gpu,
    /// A priority above 0.
    Priority,
    /// A host port.
    Ports,
}

impl Feature {
    /// Every feature.
    pub const ALL: &[Self] = &[
        Self::Basic,
        Self::NodeAffinity,
        Self::Spread,
        Self::AntiAffinity,
        Self::PodAffinity,
        Self::Preferred,
        Self::Tolerations,
        Self::Gpu,
        Self::Priority,
        Self::Ports,
    ];

    /// The name that a mix is written with.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::NodeAffinity => "node-affinity",
            Self::Spread => "spread",
            Self::AntiAffinity => "anti-affinity",
            Self::PodAffinity => "pod-affinity",
            Self::Preferred => "preferred",
            Self::Tolerations => "tolerations",
            Self::Gpu => "gpu",
            Self::Priority => "priority",
            Self::Ports => "ports",
        }
    }
}

/// Features with their weights: `basic=40,spread=20`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix {
    weights: Vec<(Feature, usize)>,
}

impl Default for Mix {
    /// A bit of everything, most of it plain.
    fn default() -> Self {
        let weights = [40, 10, 10, 10, 5, 10, 5, 4, 5, 1];
        Self { weights: Feature::ALL.iter().copied().zip(weights).collect() }
    }
}

impl Mix {
    /// Pods of one kind.
    pub fn only(feature: Feature) -> Self {
        Self { weights: vec![(feature, 1)] }
    }

    /// The sum of the weights, never 0.
    pub fn total(&self) -> usize {
        self.weights.iter().map(|(_, weight)| weight).sum()
    }

    /// The feature that a number below the total draws.
    pub fn draw(&self, number: usize) -> Feature {
        let mut left = number;
        for (feature, weight) in &self.weights {
            if left < *weight {
                return *feature;
            }
            left -= weight;
        }
        Feature::Basic
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (feature, weight)) in self.weights.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}={weight}", feature.name())?;
        }
        Ok(())
    }
}

impl FromStr for Mix {
    type Err = String;

    /// Reads `name=weight,name=weight`; a name alone weighs 1.
    fn from_str(text: &str) -> Result<Self, String> {
        let weights = text.split(',').map(read_part).collect::<Result<Vec<_>, _>>()?;
        let mix = Self { weights };
        if mix.total() == 0 {
            return Err("all weights are 0; give at least one feature a weight".to_owned());
        }
        Ok(mix)
    }
}

fn read_part(part: &str) -> Result<(Feature, usize), String> {
    let (name, weight) = part.trim().split_once('=').unwrap_or((part.trim(), "1"));
    let feature = Feature::ALL.iter().find(|feature| feature.name() == name).ok_or_else(|| {
        let names: Vec<_> = Feature::ALL.iter().map(|feature| feature.name()).collect();
        format!("\"{name}\" is no feature; features are {}", names.join(", "))
    })?;
    match weight.parse::<u32>() {
        Ok(weight) if weight <= 1_000_000 => Ok((*feature, weight as usize)),
        _ => Err(format!("\"{weight}\" is no weight for {name}; weights are 0 to 1000000")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_reads_back_as_it_is_written() {
        for text in ["basic=40,spread=20", "gpu=1"] {
            assert_eq!(text.parse::<Mix>().unwrap().to_string(), text);
        }
        assert_eq!("spread".parse::<Mix>().unwrap(), Mix::only(Feature::Spread));
        assert_eq!(Mix::default().to_string().parse::<Mix>().unwrap(), Mix::default());
    }

    #[test]
    fn a_bad_mix_is_refused_with_a_cure() {
        let cases = [
            ("fast=1", "\"fast\" is no feature; features are basic,"),
            ("basic=-1", "\"-1\" is no weight for basic; weights are 0 to 1000000"),
            ("basic=0", "all weights are 0"),
            ("", "\"\" is no feature"),
        ];
        for (text, start) in cases {
            let error = text.parse::<Mix>().unwrap_err();
            assert!(error.starts_with(start), "{error}");
        }
    }

    #[test]
    fn a_draw_follows_the_weights() {
        let mix: Mix = "basic=2,spread=1".parse().unwrap();
        let drawn: Vec<_> = (0..mix.total()).map(|number| mix.draw(number)).collect();
        assert_eq!(drawn, [Feature::Basic, Feature::Basic, Feature::Spread]);
    }
}
