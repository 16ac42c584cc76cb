//! The program `bayplan`.

#[expect(dead_code, reason = "the commands that read manifests call it")]
mod input;

fn main() {}
