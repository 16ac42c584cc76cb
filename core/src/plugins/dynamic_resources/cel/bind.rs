//! The macro `cel.bind(name, value, expression)`: the expression with a name for a value.

use super::limits::DEPTH_MAX;
use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, ListExpr, LiteralValue};

/// Expands every use of the macro.
///
/// It becomes a loop over nothing: its accumulator has the name and starts with the value, and its
/// result is the expression.
///
/// # Errors
/// The name is none, or the expression is nested too deep.
pub(super) fn expand(mut expression: IdedExpr) -> Result<IdedExpr, String> {
    expand_in(&mut expression, DEPTH_MAX)?;
    Ok(expression)
}

fn expand_in(expression: &mut IdedExpr, depth: u16) -> Result<(), String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(format!("nested more than {DEPTH_MAX} deep"));
    };
    let mut parts: Vec<&mut IdedExpr> = Vec::new();
    match &mut expression.expr {
        Expr::Call(call) => {
            parts.extend(call.target.as_deref_mut());
            parts.extend(&mut call.args);
        }
        Expr::Comprehension(it) => {
            parts.extend([&mut it.iter_range, &mut it.accu_init, &mut it.loop_cond]);
            parts.extend([&mut it.loop_step, &mut it.result]);
        }
        Expr::List(list) => parts.extend(&mut list.elements),
        Expr::Select(select) => parts.push(&mut select.operand),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    parts.extend([&mut entry.key, &mut entry.value]);
                }
            }
        }
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => {}
    }
    parts.into_iter().try_for_each(|part| expand_in(part, depth))?;
    match &mut expression.expr {
        Expr::Call(call) if is_bind(call) => {
            let arguments = std::mem::take(&mut call.args);
            expression.expr = bound(expression.id, arguments)?;
        }
        _ => {}
    }
    Ok(())
}

fn is_bind(call: &CallExpr) -> bool {
    let target = call.target.as_ref().map(|target| &target.expr);
    call.func_name == "bind" && matches!(target, Some(Expr::Ident(name)) if name == "cel")
}

fn bound(id: u64, arguments: Vec<IdedExpr>) -> Result<Expr, String> {
    let Ok([name, value, result]) = <[IdedExpr; 3]>::try_from(arguments) else {
        return Err("cel.bind() takes a name, a value and an expression".to_owned());
    };
    let Expr::Ident(name) = name.expr else {
        return Err("cel.bind() takes a simple name first".to_owned());
    };
    let make = |expr| IdedExpr { id, expr };
    Ok(Expr::Comprehension(Box::new(ComprehensionExpr {
        iter_range: make(Expr::List(ListExpr::new(Vec::new()))),
        iter_var: "#unused".to_owned(),
        iter_var2: None,
        accu_var: name.clone(),
        accu_init: value,
        loop_cond: make(Expr::Literal(LiteralValue::Boolean(false.into()))),
        loop_step: make(Expr::Ident(name)),
        result,
    })))
}
