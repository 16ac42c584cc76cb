//! Exact quantities. Source: `k8s.io/apimachinery/pkg/api/resource`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;
use std::fmt;

/// Resource name to quantity, in byte order of the names.
pub type ResourceList = BTreeMap<String, Quantity>;

/// A quantity, exact to one billionth; Kubernetes knows nothing finer.
///
/// Equality and order are those of the value: `1` equals `1000m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    nanos: i128,
}

const NANO: i128 = 1_000_000_000;
const LARGEST_NANOS: i128 = i64::MAX as i128 * NANO;

impl Quantity {
    /// Zero.
    pub const ZERO: Self = Self { nanos: 0 };

    /// The quantity of a whole number.
    pub const fn from_integer(value: i64) -> Self {
        Self { nanos: value as i128 * NANO }
    }

    /// The quantity of a number of thousandths.
    pub const fn from_milli(value: i64) -> Self {
        Self { nanos: value as i128 * (NANO / 1000) }
    }

    /// Reads a quantity: a decimal number with a suffix `n u m k M G T P E Ki Mi Gi Ti Pi Ei` or a
    /// decimal exponent. Digits finer than a billionth are rounded up, away from zero.
    ///
    /// # Errors
    /// Returns why the text is no quantity, or that its value is beyond 2^63-1; upstream would
    /// silently cut such a value off.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let fault = |kind| QuantityError { text: text.to_owned(), kind };
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, suffix) = unsigned.split_at(end.unwrap_or(unsigned.len()));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(fault(QuantityErrorKind::Malformed));
        }
        let scale = Scale::parse(suffix).ok_or_else(|| fault(QuantityErrorKind::Suffix))?;
        let nanos = scale
            .nanos(whole, fraction)
            .and_then(|nanos| i128::try_from(nanos).ok())
            .filter(|nanos| *nanos <= LARGEST_NANOS)
            .ok_or_else(|| fault(QuantityErrorKind::Overflow))?;
        Ok(Self { nanos: if negative { -nanos } else { nanos } })
    }

    /// The value rounded up to a whole number (away from zero). Always fits.
    pub fn value(self) -> i64 {
        i64::try_from(round_up(self.nanos, NANO)).unwrap_or(i64::MAX)
    }

    /// The value in thousandths, rounded up (away from zero); `None` where that does not fit.
    pub fn milli_value(self) -> Option<i64> {
        i64::try_from(round_up(self.nanos, NANO / 1000)).ok()
    }

    /// The value rounded up (away from zero) to a thousandth.
    pub fn rounded_up_to_milli(self) -> Self {
        let unit = NANO / 1000;
        let nanos = round_up(self.nanos, unit) * unit;
        Self { nanos: nanos.clamp(-LARGEST_NANOS, LARGEST_NANOS) }
    }

    /// The nearest floating-point number; for ratios, never for sums.
    pub fn as_f64(self) -> f64 {
        self.nanos as f64 / NANO as f64
    }

    /// Whether the quantity is exactly zero.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// Whether the quantity is below zero.
    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// The sum, at most 2^63-1.
    pub fn saturating_add(self, other: Self) -> Self {
        // Two quantities are far below the bounds of 128 bits.
        Self { nanos: (self.nanos + other.nanos).clamp(-LARGEST_NANOS, LARGEST_NANOS) }
    }

    /// The difference, not beyond 2^63-1 in either direction.
    pub fn saturating_sub(self, other: Self) -> Self {
        self.saturating_add(Self { nanos: -other.nanos })
    }

    /// The value where it is a whole number that fits.
    pub fn as_integer(self) -> Option<i64> {
        if self.nanos % NANO == 0 { i64::try_from(self.nanos / NANO).ok() } else { None }
    }
}

/// Division that rounds away from zero.
fn round_up(value: i128, unit: i128) -> i128 {
    let up = (value.abs() + unit - 1) / unit;
    if value < 0 { -up } else { up }
}

/// A factor: 10^`ten` times 2^`two`; one of them is zero.
struct Scale {
    ten: i64,
    two: u32,
}

impl Scale {
    const SUFFIXES: [(&str, Self); 16] = {
        const fn decimal(ten: i64) -> Scale {
            Scale { ten, two: 0 }
        }
        const fn binary(two: u32) -> Scale {
            Scale { ten: 0, two }
        }
        [
            ("", decimal(0)),
            ("n", decimal(-9)),
            ("u", decimal(-6)),
            ("m", decimal(-3)),
            ("k", decimal(3)),
            ("M", decimal(6)),
            ("G", decimal(9)),
            ("T", decimal(12)),
            ("P", decimal(15)),
            ("E", decimal(18)),
            ("Ki", binary(10)),
            ("Mi", binary(20)),
            ("Gi", binary(30)),
            ("Ti", binary(40)),
            ("Pi", binary(50)),
            ("Ei", binary(60)),
        ]
    };

    fn parse(suffix: &str) -> Option<Self> {
        for (name, scale) in Self::SUFFIXES {
            if name == suffix {
                return Some(scale);
            }
        }
        let exponent = suffix.strip_prefix(['e', 'E'])?;
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // An exponent that does not fit 32 bits means the same as the largest that does.
        let size = i64::from(digits.parse::<i32>().unwrap_or(i32::MAX));
        Some(Self { ten: if exponent.starts_with('-') { -size } else { size }, two: 0 })
    }

    /// `whole.fraction` times the factor in billionths, rounded up; `None` where it overflows.
    ///
    /// In billionths the digits are those of `whole` and `fraction`, with the decimal point at
    /// some other place. What stands behind the point is multiplied by 2^`two` digit by digit, as
    /// on paper, and only tells what to carry and whether anything is left to round up.
    fn nanos(&self, whole: &str, fraction: &str) -> Option<u128> {
        let written: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let zeros = written.iter().take_while(|digit| **digit == 0).count();
        let digits = &written[zeros..];
        if digits.is_empty() {
            return Some(0);
        }
        let point = digits.len() as i64 - fraction.len() as i64 + self.ten + 9;
        let split = usize::try_from(point).unwrap_or(0).min(digits.len());
        let (before, behind) = digits.split_at(split);
        let factor = 1_u128 << self.two;

        let (mut carry, mut rest) = (0_u128, false);
        for digit in behind.iter().rev() {
            let product = u128::from(*digit) * factor + carry;
            rest |= !product.is_multiple_of(10);
            carry = product / 10;
        }
        let mut gap = point;
        while gap < 0 && carry > 0 {
            rest |= !carry.is_multiple_of(10);
            carry /= 10;
            gap += 1;
        }

        let mut value = 0_u128;
        for digit in before {
            value = value.checked_mul(10)?.checked_add(u128::from(*digit))?;
        }
        for _ in digits.len() as i64..point {
            value = value.checked_mul(10)?;
        }
        value.checked_mul(factor)?.checked_add(carry + u128::from(rest))
    }
}

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantityError {
    text: String,
    kind: QuantityErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QuantityErrorKind {
    Malformed,
    Suffix,
    Overflow,
}

/// What is wrong and, behind a semicolon, how to mend it.
impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match self.kind {
            QuantityErrorKind::Overflow => write!(f, "\"{text}\" is larger than 2^63-1"),
            QuantityErrorKind::Malformed => write!(f, "\"{text}\" is not a quantity"),
            QuantityErrorKind::Suffix => {
                write!(f, "\"{text}\" is not a quantity; suffixes are {SUFFIX_NAMES}")?;
                self.suggestion().map_or(Ok(()), |better| write!(f, "; did you mean {better}?"))
            }
        }
    }
}

const SUFFIX_NAMES: &str = "n u m k M G T P E Ki Mi Gi Ti Pi Ei";

impl QuantityError {
    /// The same number with the suffix that was probably meant.
    fn suggestion(&self) -> Option<String> {
        let end = self.text.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, suffix) = self.text.split_at(end);
        let letter = suffix.chars().next()?.to_ascii_uppercase();
        "KMGTPE".contains(letter).then(|| format!("{}{letter}i", number.trim_end()))
    }
}

impl std::error::Error for QuantityError {}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, nanos) = if self.nanos < 0 { ("-", -self.nanos) } else { ("", self.nanos) };
        for (unit, suffix) in [(NANO, ""), (1_000_000, "m"), (1000, "u"), (1, "n")] {
            if nanos % unit == 0 {
                return write!(f, "{sign}{}{suffix}", nanos / unit);
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
                Quantity::parse(text).map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Quantity, E> {
                Ok(Quantity::from_integer(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Quantity, E> {
                Quantity::parse(&value.to_string()).map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Quantity, E> {
                // The shortest text that reads back as this number is the text that was written.
                Quantity::parse(&value.to_string()).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nanos(text: &str) -> Result<i128, String> {
        Quantity::parse(text).map(|quantity| quantity.nanos).map_err(|e| e.to_string())
    }

    #[test]
    fn every_suffix_and_exponent_is_exact() {
        for (text, expected) in [
            ("0", 0),
            ("-0", 0),
            ("0e999999999999", 0),
            ("1", NANO),
            ("+1", NANO),
            ("-1", -NANO),
            ("1n", 1),
            ("1u", 1_000),
            ("1m", 1_000_000),
            ("1k", 1_000 * NANO),
            ("1M", 1_000_000 * NANO),
            ("1G", NANO * NANO),
            ("1T", 1_000 * NANO * NANO),
            ("1P", 1_000_000 * NANO * NANO),
            ("1E", NANO * NANO * NANO),
            ("1E0", NANO),
            ("1E3", 1_000 * NANO),
            ("1e3", 1_000 * NANO),
            ("1e+3", 1_000 * NANO),
            ("1e-3", 1_000_000),
            ("1Ki", 1024 * NANO),
            ("1.5Gi", 1_610_612_736 * NANO),
            ("0.1Ki", 102_400_000_000),
            ("7Ei", 7 * (1 << 60) * NANO),
            ("7.999999999999999999Ei", 9_223_372_036_854_775_806_847_078_496),
            (".5", NANO / 2),
            ("5.", 5 * NANO),
            ("0000000000000000000000000000000000000000001", NANO),
            ("9223372036854775807", LARGEST_NANOS),
            ("1000000000000000000000000000000000000000e-39", NANO),
        ] {
            assert_eq!(nanos(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_finer_than_a_billionth_rounds_away_from_zero() {
        for (text, expected) in [
            ("0.1n", 1),
            ("-0.1n", -1),
            ("1.0000000001", NANO + 1),
            ("1e-30", 1),
            ("1e-99999999999", 1),
            ("0.0000000000000000000000000001Ei", 1),
            ("0.0000000001Ki", 103),
        ] {
            assert_eq!(nanos(text), Ok(expected), "{text}");
        }
        let half = Quantity::parse("1500.5m").unwrap();
        assert_eq!((half.value(), half.milli_value()), (2, Some(1501)));
        assert_eq!(half.rounded_up_to_milli(), Quantity::from_milli(1501));
    }

    #[test]
    fn a_value_beyond_64_bits_is_an_error() {
        for text in
            ["8Ei", "9223372036854775808", "9223372036854775807.1", "1e19", "1e99999999999", "10E"]
        {
            assert_eq!(nanos(text), Err(format!("\"{text}\" is larger than 2^63-1")));
        }
        assert_eq!(Quantity::from_integer(i64::MAX).milli_value(), None);
    }

    #[test]
    fn a_text_that_is_no_quantity_says_what_would_be_one() {
        let help = "; suffixes are n u m k M G T P E Ki Mi Gi Ti Pi Ei";
        for (text, cure) in [
            ("", String::new()),
            (".", String::new()),
            ("1.2.3", String::new()),
            ("-", String::new()),
            ("Gi", String::new()),
            ("12Mo", format!("{help}; did you mean 12Mi?")),
            ("1 GB", format!("{help}; did you mean 1Gi?")),
            ("2 cores", help.to_owned()),
            ("1e", format!("{help}; did you mean 1Ei?")),
            ("1K", format!("{help}; did you mean 1Ki?")),
            ("1e3.5", format!("{help}; did you mean 1Ei?")),
            ("--1", String::new()),
        ] {
            assert_eq!(nanos(text), Err(format!("\"{text}\" is not a quantity{cure}")));
        }
    }

    #[test]
    fn a_quantity_prints_as_a_text_that_reads_back() {
        for (text, printed) in
            [("1.5", "1500m"), ("1Ki", "1024"), ("-3n", "-3n"), ("1001u", "1001u")]
        {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), printed);
        }
    }

    proptest! {
        #[test]
        fn parsing_agrees_with_rational_arithmetic(
            mantissa in 0_u128..10_000_000_000,
            places in 0_usize..12,
            scale in 0..Scale::SUFFIXES.len(),
        ) {
            let digits = format!("{mantissa:0width$}", width = places + 1);
            let (whole, fraction) = digits.split_at(digits.len() - places);
            let (suffix, Scale { ten, two }) = &Scale::SUFFIXES[scale];
            let text = format!("{whole}.{fraction}{suffix}");

            let exponent = ten + 9 - places as i64;
            let power = 10_u128.pow(exponent.unsigned_abs() as u32);
            let (above, below) = if exponent < 0 { (1, power) } else { (power, 1) };
            let exact = (mantissa << two).checked_mul(above).map(|n| n.div_ceil(below));
            let expected = exact.filter(|nanos| *nanos <= LARGEST_NANOS as u128);
            prop_assert_eq!(nanos(&text).ok(), expected.map(|nanos| nanos as i128), "{}", text);
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "[-+]?[0-9.]{0,50}[a-zA-Z]{0,3}[-+]?[0-9]{0,20}") {
            let _ = Quantity::parse(&text);
        }
    }
}
