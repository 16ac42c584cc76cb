//! Exact quantities. Source: `k8s.io/apimachinery/pkg/api/resource`.

use serde::{Deserialize, Deserializer, de};
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
    /// Returns why the text is no quantity, or that its value does not fit 64 bits.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let fault = |kind| QuantityError { text: text.to_owned(), kind };
        let malformed = || fault(QuantityErrorKind::Malformed);
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let end =
            unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(malformed());
        }
        let scale = Scale::parse(suffix).ok_or_else(|| fault(QuantityErrorKind::Suffix))?;
        let nanos = scale
            .apply(whole, fraction)
            .filter(|nanos| *nanos <= i128::from(i64::MAX) * NANO)
            .ok_or_else(|| fault(QuantityErrorKind::Overflow))?;
        Ok(Self { nanos: if negative { -nanos } else { nanos } })
    }

    /// The value rounded up to a whole number (away from zero). Always fits.
    pub fn value(self) -> i64 {
        self.rounded(NANO)
    }

    /// The value in thousandths, rounded up (away from zero); `None` where that does not fit.
    pub fn milli_value(self) -> Option<i64> {
        i64::try_from(round_up(self.nanos, NANO / 1000)).ok()
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
        let bound = i128::from(i64::MAX) * NANO;
        Self { nanos: (self.nanos + other.nanos).clamp(-bound, bound) }
    }

    /// The difference, not beyond 2^63-1 in either direction.
    pub fn saturating_sub(self, other: Self) -> Self {
        self.saturating_add(Self { nanos: -other.nanos })
    }

    /// The value where it is a whole number that fits.
    pub fn as_integer(self) -> Option<i64> {
        if self.nanos % NANO == 0 { i64::try_from(self.nanos / NANO).ok() } else { None }
    }

    /// The nearest floating-point number.
    #[expect(clippy::cast_precision_loss, reason = "that is what is asked for")]
    pub fn to_f64(self) -> f64 {
        self.nanos as f64 / NANO as f64
    }

    fn rounded(self, unit: i128) -> i64 {
        i64::try_from(round_up(self.nanos, unit)).unwrap_or(i64::MAX)
    }
}

/// Division that rounds away from zero.
fn round_up(value: i128, unit: i128) -> i128 {
    let up = (value.abs() + unit - 1) / unit;
    if value < 0 { -up } else { up }
}

/// A factor: 10^`ten` or 2^`two`.
struct Scale {
    ten: i32,
    two: u32,
}

impl Scale {
    fn parse(suffix: &str) -> Option<Self> {
        let decimal = |ten| Some(Self { ten, two: 0 });
        let binary = |two| Some(Self { ten: 0, two });
        match suffix {
            "n" => decimal(-9),
            "u" => decimal(-6),
            "m" => decimal(-3),
            "" => decimal(0),
            "k" => decimal(3),
            "M" => decimal(6),
            "G" => decimal(9),
            "T" => decimal(12),
            "P" => decimal(15),
            "E" => decimal(18),
            "Ki" => binary(10),
            "Mi" => binary(20),
            "Gi" => binary(30),
            "Ti" => binary(40),
            "Pi" => binary(50),
            "Ei" => binary(60),
            _ => {
                let exponent = suffix.strip_prefix(['e', 'E'])?;
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                // An exponent of more than four digits cannot fit; the clamp keeps its meaning.
                plain.then(|| exponent.parse::<i32>().unwrap_or(9999)).and_then(decimal)
            }
        }
    }

    /// `whole.fraction` times the factor, in billionths, rounded up; `None` where it overflows.
    fn apply(&self, whole: &str, fraction: &str) -> Option<i128> {
        let digits = whole.bytes().chain(fraction.bytes()).map(|b| i128::from(b - b'0'));
        if digits.clone().all(|digit| digit == 0) {
            return Some(0);
        }
        // The value is 0.d1d2d3... times ten to `shift`, and is wanted in billionths.
        let mut shift = i64::from(self.ten) + 9 - fraction.len() as i64;
        let mut mantissa: i128 = 0;
        let mut sticky = false;
        for digit in digits {
            // Digits beyond what a product with 2^60 leaves room for can only round up.
            if mantissa < 100_000_000_000_000_000_000_000 && !(shift < -60) {
                mantissa = mantissa * 10 + digit;
            } else if mantissa < 100_000_000_000_000_000 {
                mantissa = mantissa * 10 + digit;
            } else {
                sticky |= digit != 0;
                shift += 1;
            }
        }
        // Cancel tens before the binary factor, exactly where possible.
        let mut value = mantissa.checked_mul(1_i128 << self.two.min(20))?;
        let mut left = self.two.saturating_sub(20);
        while shift < 0 && value % 10 == 0 {
            value /= 10;
            shift += 1;
        }
        while left > 0 {
            let step = left.min(20);
            value = value.checked_mul(1_i128 << step)?;
            left -= step;
            while shift < 0 && value % 10 == 0 {
                value /= 10;
                shift += 1;
            }
        }
        while shift > 0 {
            value = value.checked_mul(10)?;
            shift -= 1;
        }
        while shift < 0 {
            sticky |= value % 10 != 0;
            value /= 10;
            shift += 1;
            if value == 0 {
                break;
            }
        }
        Some(value + i128::from(sticky))
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

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match self.kind {
            QuantityErrorKind::Overflow => write!(f, "\"{text}\" is larger than 2^63-1"),
            QuantityErrorKind::Malformed | QuantityErrorKind::Suffix => {
                write!(f, "\"{text}\" is not a quantity")?;
                let help = "suffixes are n u m k M G T P E Ki Mi Gi Ti Pi Ei";
                match (self.kind, self.suggestion()) {
                    (QuantityErrorKind::Suffix, Some(better)) => {
                        write!(f, " ({help}; did you mean {better}?)")
                    }
                    (QuantityErrorKind::Suffix, None) => write!(f, " ({help})"),
                    _ => Ok(()),
                }
            }
        }
    }
}

impl QuantityError {
    /// The same number with the suffix that was probably meant.
    fn suggestion(&self) -> Option<String> {
        let end = self.text.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, suffix) = self.text.split_at(end);
        let letter = suffix.chars().next()?.to_ascii_uppercase();
        let meant = match letter {
            'K' if suffix.len() == 1 => "Ki".to_owned(),
            'K' | 'M' | 'G' | 'T' | 'P' | 'E' => format!("{letter}i"),
            _ => return None,
        };
        Some(format!("{}{meant}", number.trim_end()))
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
