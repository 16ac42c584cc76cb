//! Table tests of the expansion.
