//! Measurements: how fast pods are placed, and where the time goes. See `README.md` here for the
//! method and what was found.

pub mod clock;
pub mod input;
pub mod load;
pub mod memory;
pub mod plot;
pub mod run;
pub mod shapes;

/// The large size when measuring, the small one when run as a test: `cargo bench` says `--bench`.
pub fn size(measured: usize, tested: usize) -> usize {
    if std::env::args().any(|argument| argument == "--bench") { measured } else { tested }
}
