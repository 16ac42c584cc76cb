//! Selectors of device classes and requests, each compiled once per attempt.

use super::pools::Candidate;
use crate::objects::Store;
use crate::objects::devices::{DeviceSelector, ExactDeviceRequest, RequestKind, ResourceClaim};
use std::collections::BTreeMap;
use std::sync::Arc;

#[cfg(feature = "dra")]
use super::cel::Expression;

/// Why a selector has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SelectorError {
    /// It is no expression, or uses what is not there.
    Compile(String),
    /// It fails for this device.
    Runtime(String),
}

/// Compiled expressions by their text.
#[derive(Clone, Debug, Default)]
pub(super) struct Selectors {
    compiled: BTreeMap<String, Result<Arc<Expression>, String>>,
}

impl Selectors {
    /// All selectors that allocating these claims may ask for.
    pub fn of(store: &Store, claims: &[&ResourceClaim]) -> Self {
        let mut selectors = Self::default();
        for request in claims.iter().flat_map(|claim| &claim.spec.devices.requests) {
            match &request.kind {
                RequestKind::Exactly(devices) => selectors.add(store, devices),
                RequestKind::FirstAvailable(alternatives) => {
                    let devices = alternatives.iter().map(|alternative| &alternative.devices);
                    devices.for_each(|devices| selectors.add(store, devices));
                }
                RequestKind::Unknown => {}
            }
        }
        selectors
    }

    fn add(&mut self, store: &Store, devices: &ExactDeviceRequest) {
        let class = store.device_classes.get(&devices.device_class_name);
        let of_class = class.iter().flat_map(|class| &class.spec.selectors);
        for DeviceSelector { cel } in of_class.chain(&devices.selectors) {
            let Some(cel) = cel else { continue };
            if !self.compiled.contains_key(&cel.expression) {
                let compiled = Expression::compile(&cel.expression).map(Arc::new);
                self.compiled.insert(cel.expression.clone(), compiled);
            }
        }
    }

    /// Whether the device satisfies the expression.
    pub fn matches(
        &self,
        expression: &str,
        candidate: &Candidate<'_>,
    ) -> Result<bool, SelectorError> {
        match self.compiled.get(expression) {
            Some(Ok(compiled)) => compiled
                .matches(candidate.id.pool.driver, candidate.device)
                .map_err(SelectorError::Runtime),
            Some(Err(text)) => Err(SelectorError::Compile(text.clone())),
            None => Err(SelectorError::Compile(format!("unknown expression: {expression}"))),
        }
    }
}

/// Stands for expressions where they cannot be evaluated: every one is refused.
#[cfg(not(feature = "dra"))]
#[derive(Clone, Copy, Debug)]
enum Expression {}

#[cfg(not(feature = "dra"))]
impl Expression {
    fn compile(_expression: &str) -> Result<Self, String> {
        Err("this build of bayplan lacks the feature `dra`, which evaluates selectors".to_owned())
    }

    fn matches(&self, _: &str, _: &crate::objects::devices::Device) -> Result<bool, String> {
        match *self {}
    }
}
