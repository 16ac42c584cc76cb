//! Amounts for people: few digits, with a unit.

/// CPU: `500m`, `2`, `3.9`.
pub fn cpu(milli: i64) -> String {
    match milli {
        0 => "0".to_owned(),
        -999..=999 => format!("{milli}m"),
        _ if milli % 1000 == 0 => (milli / 1000).to_string(),
        _ => format!("{:.1}", milli as f64 / 1000.0),
    }
}

/// Bytes: `512Mi`, `5.5Gi`.
pub fn bytes(amount: i64) -> String {
    let units =
        [(1_i64 << 50, "Pi"), (1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    let Some((unit, suffix)) = units.into_iter().find(|(unit, _)| amount.abs() >= *unit) else {
        return amount.to_string();
    };
    match amount % unit {
        0 => format!("{}{suffix}", amount / unit),
        _ => format!("{:.1}{suffix}", amount as f64 / unit as f64),
    }
}

/// A resource by its name.
pub fn amount(resource: &str, amount: i64) -> String {
    match resource {
        "cpu" => cpu(amount),
        "memory" | "ephemeral-storage" => bytes(amount),
        name if name.starts_with("hugepages-") => bytes(amount),
        _ => amount.to_string(),
    }
}

/// How much of a whole: `61 %`; `-` of nothing.
pub fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    format!("{} %", i128::from(part) * 100 / i128::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_few_digits_and_a_unit() {
        for (milli, text) in [(0, "0"), (500, "500m"), (2000, "2"), (3920, "3.9")] {
            assert_eq!(cpu(milli), text);
        }
        for (amount, text) in
            [(0, "0"), (1000, "1000"), (1 << 20, "1Mi"), (5_905_580_032, "5.5Gi"), (1 << 53, "8Pi")]
        {
            assert_eq!(bytes(amount), text);
        }
        assert_eq!(percent(1, 3), "33 %");
        assert_eq!(percent(1, 0), "-");
    }
}
