//! Quantities in expressions. Source: `k8s.io/apiserver/pkg/cel/library/quantity.go` (v1.35).

use crate::objects::Quantity;
use cel::common::types::{CelBool, CelDouble, CelInt, CelString, Kind, Type};
use cel::common::value::{StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError, add_member_overload, add_overload};
use std::any::Any;

static QUANTITY_TYPE: Type = Type::simple_type(Kind::Opaque, "kubernetes.Quantity");

/// A quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QuantityValue(pub Quantity);

impl Val for QuantityValue {
    fn get_type(&self) -> &Type {
        Self::cel_type()
    }

    fn cel_type() -> &'static Type {
        &QUANTITY_TYPE
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>() == Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(*self)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for QuantityValue {}

/// Declares the functions on quantities.
pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_type(Type::simple_type(Kind::Opaque, "kubernetes.Quantity"))?;
    add_overload!(env, fn quantity: (CelString) -> Result<QuantityValue>)?;
    add_overload!(env, fn is_quantity: (CelString) -> CelBool)?;
    add_member_overload!(env, fn compare_to: (QuantityValue, QuantityValue) -> CelInt)?;
    add_member_overload!(env, fn is_greater_than: (QuantityValue, QuantityValue) -> CelBool)?;
    add_member_overload!(env, fn is_less_than: (QuantityValue, QuantityValue) -> CelBool)?;
    add_member_overload!(env, fn is_integer: (QuantityValue) -> CelBool)?;
    add_member_overload!(env, fn as_integer: (QuantityValue) -> Result<CelInt>)?;
    add_member_overload!(env, fn as_approximate_float: (QuantityValue) -> CelDouble)?;
    add_member_overload!(env, fn sign: (QuantityValue) -> CelInt)?;
    add_member_overload!(env, fn add: (QuantityValue, QuantityValue) -> QuantityValue)?;
    add_member_overload!(env, fn add_integer: (QuantityValue, CelInt) -> QuantityValue,
        name = "add")?;
    add_member_overload!(env, fn sub: (QuantityValue, QuantityValue) -> QuantityValue)?;
    add_member_overload!(env, fn sub_integer: (QuantityValue, CelInt) -> QuantityValue,
        name = "sub")
}

fn quantity(text: &CelString<'_>) -> Result<QuantityValue, ExecutionError> {
    let parsed = Quantity::parse(text.inner()).map(QuantityValue);
    parsed.map_err(|error| ExecutionError::function_error("quantity", error))
}

fn is_quantity(text: &CelString<'_>) -> CelBool {
    Quantity::parse(text.inner()).is_ok().into()
}

fn compare_to(this: &QuantityValue, other: &QuantityValue) -> CelInt {
    (this.0.cmp(&other.0) as i64).into()
}

fn is_greater_than(this: &QuantityValue, other: &QuantityValue) -> CelBool {
    (this.0 > other.0).into()
}

fn is_less_than(this: &QuantityValue, other: &QuantityValue) -> CelBool {
    (this.0 < other.0).into()
}

fn is_integer(this: &QuantityValue) -> CelBool {
    this.0.as_integer().is_some().into()
}

fn as_integer(this: &QuantityValue) -> Result<CelInt, ExecutionError> {
    let error = || ExecutionError::function_error("asInteger", "cannot convert value to integer");
    this.0.as_integer().map(CelInt::from).ok_or_else(error)
}

fn as_approximate_float(this: &QuantityValue) -> CelDouble {
    this.0.as_f64().into()
}

fn sign(this: &QuantityValue) -> CelInt {
    (this.0.cmp(&Quantity::ZERO) as i64).into()
}

fn add(this: &QuantityValue, other: &QuantityValue) -> QuantityValue {
    QuantityValue(this.0.saturating_add(other.0))
}

fn add_integer(this: &QuantityValue, other: &CelInt) -> QuantityValue {
    QuantityValue(this.0.saturating_add(Quantity::from_integer(*other.inner())))
}

fn sub(this: &QuantityValue, other: &QuantityValue) -> QuantityValue {
    QuantityValue(this.0.saturating_sub(other.0))
}

fn sub_integer(this: &QuantityValue, other: &CelInt) -> QuantityValue {
    QuantityValue(this.0.saturating_sub(Quantity::from_integer(*other.inner())))
}
