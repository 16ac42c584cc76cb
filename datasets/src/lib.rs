//! datasets

pub mod make;
