//! bayplan seen from outside.

mod seed;
