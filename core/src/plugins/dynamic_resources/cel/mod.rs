//! Selectors of devices, written in CEL.
//!
//! The environment is Kubernetes': the variable `device` with `driver`, `attributes` and
//! `capacity`, quantities, semantic versions, the extended string functions and `cel.bind`. What
//! an expression may cost is estimated before it runs, and functions that are not there are
//! refused when it is compiled; nothing an expression says can exhaust stack or memory.
//!
//! Source: `k8s.io/dynamic-resource-allocation/cel`, `k8s.io/apiserver/pkg/cel/library` (v1.35).
//! Not there, and refused by name: durations and timestamps, `format`, the libraries for URLs, IP
//! addresses, sets, lists and regular expressions beyond `matches`, and map literals (their order
//! would differ from run to run).

mod bind;
mod fields;
mod limits;
mod quantity;
mod semver;
#[cfg(test)]
mod tests;

use crate::objects::devices::Device;
use cel::parser::{Expression as Tree, PrattParser};
use cel::{Context, Env, Value};
use std::sync::{Arc, OnceLock};

/// A compiled selector.
#[derive(Debug)]
pub(super) struct Expression {
    tree: Tree,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Why it is none, uses what is not there, or may cost too much.
    pub fn compile(expression: &str) -> Result<Self, String> {
        limits::check_text(expression)?;
        // The other parser of the crate needs more stack for a dozen brackets than a thread has.
        let parser = PrattParser::new().max_recursion_depth(limits::DEPTH_MAX);
        let tree =
            parser.parse(expression).map_err(|error| format!("compilation failed: {error}"))?;
        let tree = bind::expand(tree)?;
        limits::check_cost(&tree)?;
        Ok(Self { tree })
    }

    /// Whether the device satisfies it.
    ///
    /// # Errors
    /// What failed.
    pub fn matches(&self, driver: &str, device: &Device) -> Result<bool, String> {
        let mut context = Context::with_env(environment()?);
        context.add_variable_as_val("device", Box::new(fields::device(driver, device)?));
        match Value::resolve(&self.tree, &context) {
            Ok(Value::Bool(matches)) => Ok(matches),
            Ok(other) => Err(format!(
                "CEL result of type {} could not be converted to bool",
                other.type_of(),
            )),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The functions that expressions may use; the same for all of them.
fn environment() -> Result<Arc<Env>, String> {
    static ENVIRONMENT: OnceLock<Result<Arc<Env>, String>> = OnceLock::new();
    let declare = || {
        let mut env = Env::stdlib().with_optional_support(false);
        env.add_extension(cel::extensions::strings)?;
        env.add_extension(quantity::declare)?;
        env.add_extension(semver::declare)?;
        Ok(Arc::new(env))
    };
    let declared = |result: Result<_, cel::DeclarationError>| result.map_err(|e| e.to_string());
    ENVIRONMENT.get_or_init(|| declared(declare())).clone()
}
