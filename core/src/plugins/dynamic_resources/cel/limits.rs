//! What an expression may be and cost, found out before it runs.
//!
//! Kubernetes counts the cost while an expression runs and stops at a million. Here the largest
//! possible cost is estimated beforehand, from the sizes that values can have.

use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, Expr, LiteralValue};

/// Longer expressions are not accepted by Kubernetes either.
const LENGTH_MAX: usize = 10 * 1024;
/// How deep expressions may be nested.
pub(super) const DEPTH_MAX: u16 = 96;
/// How many operators, calls and selections there may be.
const OPERATORS_MAX: usize = 1024;
/// Steps that an expression may take.
const COST_MAX: u64 = 1_000_000;
/// Bytes that a value may have.
const BYTES_MAX: u64 = 1 << 20;
/// More attributes and capacities a device cannot have in Kubernetes.
const DEVICE_ITEMS: u64 = 64;
/// Their names and values are at most so long together.
const DEVICE_BYTES: u64 = DEVICE_ITEMS * 192;

/// Functions and operators that are there.
const FUNCTIONS: &[&str] = &[
    "_?_:_",
    "_&&_",
    "_||_",
    "!_",
    "_-_",
    "_+_",
    "_*_",
    "_/_",
    "_%_",
    "_==_",
    "_!=_",
    "_>=_",
    "_<=_",
    "_>_",
    "_<_",
    "-_",
    "_[_]",
    "@in",
    "@not_strictly_false",
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "bool",
    "bytes",
    "double",
    "dyn",
    "int",
    "string",
    "uint",
    "type",
    "charAt",
    "indexOf",
    "lastIndexOf",
    "join",
    "lowerAscii",
    "upperAscii",
    "replace",
    "reverse",
    "split",
    "substring",
    "trim",
    "quantity",
    "isQuantity",
    "compareTo",
    "isGreaterThan",
    "isLessThan",
    "isInteger",
    "asInteger",
    "asApproximateFloat",
    "sign",
    "add",
    "sub",
    "semver",
    "isSemver",
    "major",
    "minor",
    "patch",
];

/// Names of types, which are values.
const TYPES: &[&str] =
    &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// Refuses a text that is too long to be read.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    if text.len() > LENGTH_MAX {
        return Err(format!("too long: {} bytes, {LENGTH_MAX} are allowed", text.len()));
    }
    // Every level of nesting takes one of them, so this also bounds how deep a tree can be.
    let operators = text.bytes().filter(|byte| b".+-*/%<>=!?&|([{".contains(byte)).count();
    if operators > OPERATORS_MAX {
        return Err(format!("too complex: more than {OPERATORS_MAX} operators"));
    }
    Ok(())
}

/// Refuses an expression that uses what is not there, or may cost too much.
pub(super) fn check_cost(expression: &IdedExpr) -> Result<(), String> {
    let mut estimate = Estimate { scope: vec![("device", DEVICE)], depth: 0 };
    let bound = estimate.of(expression)?;
    if bound.cost > COST_MAX {
        return Err(format!("too complex: its cost may exceed {COST_MAX}"));
    }
    Ok(())
}

/// The largest that evaluation can cost, and that the value can be.
#[derive(Clone, Copy, Debug, Default)]
struct Bound {
    /// Steps.
    cost: u64,
    /// Entries of the longest list or map in it.
    items: u64,
    /// Bytes of all of it.
    bytes: u64,
}

const DEVICE: Bound = Bound { cost: 1, items: DEVICE_ITEMS, bytes: DEVICE_BYTES };
const SCALAR: Bound = Bound { cost: 1, items: 0, bytes: 32 };

struct Estimate<'e> {
    /// Names and what they stand for, the innermost last.
    scope: Vec<(&'e str, Bound)>,
    depth: usize,
}

impl<'e> Estimate<'e> {
    fn of(&mut self, expression: &'e IdedExpr) -> Result<Bound, String> {
        self.depth += 1;
        if self.depth > usize::from(DEPTH_MAX) {
            return Err(format!("nested more than {DEPTH_MAX} deep"));
        }
        let bound = self.of_kind(&expression.expr)?;
        self.depth -= 1;
        if bound.bytes > BYTES_MAX {
            return Err(format!("too complex: a value may exceed {BYTES_MAX} bytes"));
        }
        Ok(bound)
    }

    fn of_kind(&mut self, expression: &'e Expr) -> Result<Bound, String> {
        Ok(match expression {
            Expr::Literal(LiteralValue::String(text)) => {
                Bound { bytes: SCALAR.bytes + text.inner().len() as u64, ..SCALAR }
            }
            Expr::Literal(_) => SCALAR,
            Expr::Ident(name) => self.of_name(name)?,
            Expr::Select(select) => step(self.of(&select.operand)?),
            Expr::List(list) => {
                let all = self.of_all(&list.elements)?;
                step(Bound { items: all.items.max(list.elements.len() as u64), ..all })
            }
            Expr::Call(call) => {
                if !FUNCTIONS.contains(&&*call.func_name) {
                    let name = &call.func_name;
                    return Err(format!(
                        "undeclared reference to '{name}' (no such function here)"
                    ));
                }
                let target = call.target.as_deref().map(|target| self.of(target)).transpose()?;
                let arguments = self.of_all(&call.args)?;
                of_call(&call.func_name, target.unwrap_or_default(), arguments)
            }
            Expr::Comprehension(comprehension) => self.of_loop(comprehension)?,
            Expr::Map(_) => return Err("map literals are not supported".to_owned()),
            Expr::Struct(_) => return Err("messages are not supported".to_owned()),
            Expr::Unspecified => return Err("an expression is missing".to_owned()),
        })
    }

    fn of_name(&self, name: &str) -> Result<Bound, String> {
        let known = self.scope.iter().rev().find(|(known, _)| *known == name);
        match known {
            Some((_, bound)) => Ok(Bound { cost: 1, ..*bound }),
            None if TYPES.contains(&name) => Ok(SCALAR),
            None => Err(format!("undeclared reference to '{name}'")),
        }
    }

    fn of_all(&mut self, expressions: &'e [IdedExpr]) -> Result<Bound, String> {
        let mut sum = Bound::default();
        for expression in expressions {
            sum = both(sum, self.of(expression)?);
        }
        Ok(sum)
    }

    fn of_loop(&mut self, it: &'e ComprehensionExpr) -> Result<Bound, String> {
        let range = self.of(&it.iter_range)?;
        let start = self.of(&it.accu_init)?;
        let known = self.scope.len();
        self.scope.push((&it.iter_var, range));
        self.scope.extend(it.iter_var2.as_deref().map(|name| (name, range)));
        self.scope.push((&it.accu_var, start));
        let condition = self.of(&it.loop_cond)?;
        let once = self.of(&it.loop_step)?;
        self.scope.pop();
        // Each round adds the same again; no expression can name the accumulator but the macros.
        let rounds = range.items;
        let end = Bound {
            cost: 0,
            items: start.items.saturating_add(rounds.saturating_mul(once.items.max(1))),
            bytes: start.bytes.saturating_add(rounds.saturating_mul(once.bytes)),
        };
        self.scope.truncate(known);
        self.scope.push((&it.accu_var, end));
        let result = self.of(&it.result)?;
        self.scope.truncate(known);
        let round = condition.cost.saturating_add(once.cost).saturating_add(1);
        let cost = [range.cost, start.cost, rounds.saturating_mul(round), result.cost];
        let cost = cost.into_iter().fold(1, u64::saturating_add);
        Ok(Bound { cost, ..result })
    }
}

/// One more step.
fn step(bound: Bound) -> Bound {
    Bound { cost: bound.cost.saturating_add(1), bytes: bound.bytes.saturating_add(1), ..bound }
}

fn both(one: Bound, other: Bound) -> Bound {
    Bound {
        cost: one.cost.saturating_add(other.cost),
        items: one.items.saturating_add(other.items),
        bytes: one.bytes.saturating_add(other.bytes),
    }
}

/// What a call costs; working through a text counts like ten bytes a step, as in Kubernetes.
fn of_call(function: &str, target: Bound, arguments: Bound) -> Bound {
    let all = step(both(target, arguments));
    let value = match function {
        "_?_:_" | "_+_" | "_[_]" => all,
        "split" => Bound { items: all.bytes, bytes: all.bytes.saturating_mul(SCALAR.bytes), ..all },
        "replace" | "join" => {
            Bound { bytes: target.bytes.saturating_mul(arguments.bytes.saturating_add(1)), ..all }
        }
        "lowerAscii" | "upperAscii" | "reverse" | "trim" | "substring" | "string" | "bytes"
        | "dyn" | "charAt" => all,
        _ => Bound { items: 0, bytes: SCALAR.bytes, ..all },
    };
    let touched = all.bytes.max(value.bytes) / 10;
    let work = if function.starts_with('_') || function == "@in" { 0 } else { touched };
    Bound { cost: all.cost.saturating_add(work), ..value }
}
