//! The product seen from outside.

mod input;
