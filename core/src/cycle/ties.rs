//! Which of several best nodes is taken.

use crate::base::random::Random;

/// Which of several best nodes is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// The first in byte order of the names.
    #[default]
    First,
    /// One drawn at random from this seed.
    Seeded(u64),
}

impl Ties {
    /// The generator to draw from; `None` where the first is taken.
    pub fn random(self) -> Option<Random> {
        match self {
            Self::First => None,
            Self::Seeded(seed) => Some(Random::keyed(seed, "ties")),
        }
    }
}
