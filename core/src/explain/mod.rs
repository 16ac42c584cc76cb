//! From decisions to words.
