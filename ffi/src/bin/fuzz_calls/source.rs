//! Where choices come from: a seed, or the bytes of a file.

/// A source of choices that ends.
pub struct Source {
    bytes: Vec<u8>,
    at: usize,
    state: u64,
    left: usize,
}

impl Source {
    /// Some thousand choices from a seed.
    pub fn seeded(seed: u64) -> Self {
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d;
        let mut source = Self { bytes: Vec::new(), at: 0, state, left: usize::MAX };
        source.left = 500 + source.below(30_000);
        source
    }

    /// The choices of these bytes.
    pub fn given(bytes: Vec<u8>) -> Self {
        Self { left: bytes.len(), bytes, at: 0, state: 0 }
    }

    /// Whether there are choices left.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// A choice among so many.
    pub fn below(&mut self, count: usize) -> usize {
        self.left = self.left.saturating_sub(1);
        if let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            return usize::from(*byte) % count;
        }
        // SplitMix64
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count as u64) as usize
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Whether something that happens once in so many times happens.
    pub fn once_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}
