//! Semantic versions in expressions. Source: <https://semver.org> (2.0.0) and
//! `k8s.io/apiserver/pkg/cel/library/semverlib.go` (v1.35).

use cel::common::types::{CelBool, CelInt, CelString, Kind, Type};
use cel::common::value::{StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError, add_member_overload, add_overload};
use std::any::Any;
use std::cmp::Ordering;

static SEMVER_TYPE: Type = Type::simple_type(Kind::Opaque, "kubernetes.Semver");

/// A semantic version. Build metadata is checked and forgotten: it plays no part in comparisons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Semver {
    numbers: [u64; 3],
    pre_release: PreRelease,
}

/// The part after the hyphen. A release comes after all its pre-releases.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PreRelease(Vec<Identifier>);

/// Numbers come before texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Text(String),
}

impl PartialOrd for PreRelease {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PreRelease {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_release = self.0.is_empty().cmp(&other.0.is_empty());
        by_release.then_with(|| self.0.cmp(&other.0))
    }
}

impl Semver {
    /// Reads a version.
    ///
    /// # Errors
    /// Why the text is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fault = || format!("\"{text}\" is not a semantic version");
        let (text, build) = text.split_once('+').map_or((text, None), |(a, b)| (a, Some(b)));
        let (core, pre_release) = text.split_once('-').map_or((text, None), |(a, b)| (a, Some(b)));
        if !build.is_none_or(|build| build.split('.').all(is_identifier)) {
            return Err(fault());
        }
        let numbers: Option<Vec<u64>> = core.split('.').map(number).collect();
        let numbers = numbers.and_then(|numbers| numbers.try_into().ok()).ok_or_else(fault)?;
        let identifiers = pre_release.into_iter().flat_map(|text| text.split('.'));
        let pre_release: Option<Vec<_>> = identifiers.map(identifier).collect();
        Ok(Self { numbers, pre_release: PreRelease(pre_release.ok_or_else(fault)?) })
    }

    /// Reads a version as people write it: a leading `v`, leading zeros, parts left out.
    fn parse_tolerant(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(['-', '+']).unwrap_or(text.len());
        let (core, rest) = text.split_at(end);
        let part = |part: &str| match part.trim_start_matches('0') {
            "" if !part.is_empty() => "0".to_owned(),
            digits => digits.to_owned(),
        };
        let mut parts: Vec<_> = core.split('.').map(part).collect();
        while parts.len() < 3 && rest.is_empty() {
            parts.push("0".to_owned());
        }
        Self::parse(&(parts.join(".") + rest))
    }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A number without leading zeros.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

fn identifier(text: &str) -> Option<Identifier> {
    if !is_identifier(text) {
        None
    } else if text.bytes().all(|b| b.is_ascii_digit()) {
        number(text).map(Identifier::Number)
    } else {
        Some(Identifier::Text(text.to_owned()))
    }
}

impl Val for Semver {
    fn get_type(&self) -> &Type {
        Self::cel_type()
    }

    fn cel_type() -> &'static Type {
        &SEMVER_TYPE
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>() == Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Semver {}

/// Declares the functions on versions.
pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_type(Type::simple_type(Kind::Opaque, "kubernetes.Semver"))?;
    add_overload!(env, fn semver: (CelString) -> Result<Semver>)?;
    add_overload!(env, fn semver_tolerant: (CelString, CelBool) -> Result<Semver>,
        name = "semver")?;
    add_overload!(env, fn is_semver: (CelString) -> CelBool)?;
    add_overload!(env, fn is_semver_tolerant: (CelString, CelBool) -> CelBool, name = "isSemver")?;
    add_member_overload!(env, fn compare_to: (Semver, Semver) -> CelInt)?;
    add_member_overload!(env, fn is_greater_than: (Semver, Semver) -> CelBool)?;
    add_member_overload!(env, fn is_less_than: (Semver, Semver) -> CelBool)?;
    add_member_overload!(env, fn major: (Semver) -> CelInt)?;
    add_member_overload!(env, fn minor: (Semver) -> CelInt)?;
    add_member_overload!(env, fn patch: (Semver) -> CelInt)
}

fn parse(text: &CelString<'_>, tolerant: bool) -> Result<Semver, String> {
    if tolerant { Semver::parse_tolerant(text.inner()) } else { Semver::parse(text.inner()) }
}

fn semver(text: &CelString<'_>) -> Result<Semver, ExecutionError> {
    parse(text, false).map_err(|error| ExecutionError::function_error("semver", error))
}

fn semver_tolerant(text: &CelString<'_>, tolerant: &CelBool) -> Result<Semver, ExecutionError> {
    let parsed = parse(text, *tolerant.inner());
    parsed.map_err(|error| ExecutionError::function_error("semver", error))
}

fn is_semver(text: &CelString<'_>) -> CelBool {
    parse(text, false).is_ok().into()
}

fn is_semver_tolerant(text: &CelString<'_>, tolerant: &CelBool) -> CelBool {
    parse(text, *tolerant.inner()).is_ok().into()
}

fn compare_to(this: &Semver, other: &Semver) -> CelInt {
    (this.cmp(other) as i64).into()
}

fn is_greater_than(this: &Semver, other: &Semver) -> CelBool {
    (this > other).into()
}

fn is_less_than(this: &Semver, other: &Semver) -> CelBool {
    (this < other).into()
}

fn part(this: &Semver, ix: usize) -> CelInt {
    i64::try_from(this.numbers[ix]).unwrap_or(i64::MAX).into()
}

fn major(this: &Semver) -> CelInt {
    part(this, 0)
}

fn minor(this: &Semver) -> CelInt {
    part(this, 1)
}

fn patch(this: &Semver) -> CelInt {
    part(this, 2)
}
