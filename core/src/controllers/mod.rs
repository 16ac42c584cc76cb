//! Workload controllers: pure functions of objects and time.
