//! Schedules of CronJobs: five fields, or a macro, and when they are due next. In UTC.
//!
//! Source: `github.com/robfig/cron/v3` as Kubernetes v1.35 uses it: no seconds, Sunday is 0 only.

use crate::base::time::Timestamp;
use jiff::civil::{Date, date};

/// When something is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// At minutes that match five fields.
    Fields(Fields),
    /// Every so many seconds.
    Every(i64),
}

/// The values that each field allows, a bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether the day of the month or the day of the week is free: both must match then.
    /// Otherwise either may.
    any_day: bool,
}

const NANOSECONDS: i64 = 1_000_000_000;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// Returns why Kubernetes would refuse it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains("TZ=") {
            return Err("must not name a time zone, which has a field of its own".to_owned());
        }
        let text = text.trim();
        if let Some(duration) = text.strip_prefix("@every ") {
            return parse_duration(duration).map(Self::Every);
        }
        let fields = match text {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ if text.starts_with('@') => return Err(format!("unknown macro {text}")),
            _ => text,
        };
        Fields::parse(fields).map(Self::Fields)
    }

    /// The first time strictly after `instant`; nothing if there is none within five years.
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(seconds) => {
                let whole = instant.0.div_euclid(NANOSECONDS);
                Some(Timestamp::from_seconds(whole.checked_add(*seconds)?))
            }
            Self::Fields(fields) => fields.next_after(instant),
        }
    }
}

impl Fields {
    fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<_> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return Err(format!("expected exactly 5 fields, found {}", fields.len()));
        };
        let (days, every_day) = parse_field(days, 1, 31, &[])?;
        let (weekdays, every_weekday) = parse_field(weekdays, 0, 6, &WEEKDAYS)?;
        Ok(Self {
            minutes: parse_field(minutes, 0, 59, &[])?.0,
            hours: parse_field(hours, 0, 23, &[])?.0,
            days,
            months: parse_field(months, 1, 12, &MONTHS)?.0,
            weekdays,
            any_day: every_day || every_weekday,
        })
    }

    fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let minute = instant.0.div_euclid(60 * NANOSECONDS) + 1;
        let mut day = date(1970, 1, 1).checked_add(days(minute.div_euclid(1440))).ok()?;
        let mut earliest = minute.rem_euclid(1440);
        let last_year = day.year() + 5;
        while day.year() <= last_year {
            if self.allows(day)
                && let Some(minute) = self.minute_from(earliest)
            {
                let since = day.since(date(1970, 1, 1)).ok()?;
                let seconds = (i64::from(since.get_days()) * 1440 + minute) * 60;
                return Some(Timestamp::from_seconds(seconds));
            }
            day = day.tomorrow().ok()?;
            earliest = 0;
        }
        None
    }

    fn allows(&self, day: Date) -> bool {
        let of_month = has(self.days, i64::from(day.day()));
        let of_week = has(self.weekdays, i64::from(day.weekday().to_sunday_zero_offset()));
        let matches = if self.any_day { of_month && of_week } else { of_month || of_week };
        has(self.months, i64::from(day.month())) && matches
    }

    /// The first allowed minute of a day that is not before `earliest`.
    fn minute_from(&self, earliest: i64) -> Option<i64> {
        (earliest..1440).find(|at| has(self.hours, at / 60) && has(self.minutes, at % 60))
    }
}

fn days(count: i64) -> jiff::Span {
    // An instant is less than 107000 days from the epoch.
    jiff::Span::new().days(count)
}

fn has(bits: u64, value: i64) -> bool {
    bits >> value & 1 == 1
}

/// The values that a field allows, and whether it is free.
fn parse_field(text: &str, min: u32, max: u32, names: &[&str]) -> Result<(u64, bool), String> {
    let mut bits = 0;
    let mut free = false;
    for part in text.split(',') {
        let (values, step) = match part.split_once('/') {
            Some((values, step)) => (values, Some(parse_number(step)?)),
            None => (part, None),
        };
        let (first, last) = match values.split_once('-') {
            _ if matches!(values, "*" | "?") => (min, max),
            Some((first, last)) => {
                (parse_value(first, min, names)?, parse_value(last, min, names)?)
            }
            None => {
                let value = parse_value(values, min, names)?;
                (value, if step.is_some() { max } else { value })
            }
        };
        let step = step.unwrap_or(1);
        free |= matches!(values, "*" | "?") && step == 1;
        if first < min || last > max || first > last || step == 0 {
            return Err(format!("\"{part}\" is not within {min} to {max}"));
        }
        bits |= (first..=last).step_by(step as usize).fold(0, |bits, value| bits | 1 << value);
    }
    Ok((bits, free))
}

fn parse_value(text: &str, min: u32, names: &[&str]) -> Result<u32, String> {
    let named = names.iter().zip(min..).find(|(name, _)| text.eq_ignore_ascii_case(name));
    named.map_or_else(|| parse_number(text), |(_, value)| Ok(value))
}

fn parse_number(text: &str) -> Result<u32, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| format!("\"{text}\" is not a number"))
}

/// A Go duration such as `1h30m`, in whole seconds, at least one.
fn parse_duration(text: &str) -> Result<i64, String> {
    let fault = || format!("\"{text}\" is not a duration");
    let mut rest = text.trim();
    let mut seconds = 0.0;
    if rest.is_empty() {
        return Err(fault());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fault)?;
        let amount: f64 = rest[..end].parse().map_err(|_| fault())?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit() || c == '.');
        let unit_end = unit_end.map_or(rest.len(), |at| end + at);
        seconds += amount
            * match &rest[end..unit_end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return Err(fault()),
            };
        rest = &rest[unit_end..];
    }
    // A conversion from floating point saturates.
    Ok((seconds as i64).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next times after 2026-01-01T00:00Z, a Thursday.
    fn next(schedule: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(schedule).expect(schedule);
        let mut instant = Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant");
        let mut times = Vec::new();
        while times.len() < count
            && let Some(next) = schedule.next_after(instant)
        {
            instant = next;
            times.push(next.to_string().replace("2026-", "").replace(":00Z", ""));
        }
        times
    }

    #[test]
    fn a_schedule_is_due_when_its_fields_match() {
        #[rustfmt::skip]
        let table: &[(&str, &[&str])] = &[
            ("*/5 * * * *",      &["01-01T00:05", "01-01T00:10", "01-01T00:15", "01-01T00:20"]),
            ("0 * * * *",        &["01-01T01:00", "01-01T02:00", "01-01T03:00"]),
            ("0 */2 * * *",      &["01-01T02:00", "01-01T04:00", "01-01T06:00"]),
            ("0 9 * * 1-5",      &["01-01T09:00", "01-02T09:00", "01-05T09:00", "01-06T09:00"]),
            ("0 9 * * MON-fri",  &["01-01T09:00", "01-02T09:00", "01-05T09:00", "01-06T09:00"]),
            ("0 0 * * 0",        &["01-04T00:00", "01-11T00:00", "01-18T00:00", "01-25T00:00"]),
            ("0 0 1 * *",        &["02-01T00:00", "03-01T00:00", "04-01T00:00", "05-01T00:00"]),
            ("@daily",           &["01-02T00:00", "01-03T00:00"]),
            ("@monthly",         &["02-01T00:00", "03-01T00:00"]),
            ("0 12 13 * 5",      &["01-02T12:00", "01-09T12:00", "01-13T12:00", "01-16T12:00"]),
            // A stepped star is not free, so either day may match.
            ("0 0 */31 * 5",     &["01-02T00:00", "01-09T00:00"]),
            ("15,45 23 31 12 ?", &["12-31T23:15", "12-31T23:45"]),
            ("58/1 0 * jan *",   &["01-01T00:58", "01-01T00:59", "01-02T00:58"]),
            ("@every 90m",       &["01-01T01:30", "01-01T03:00"]),
            ("0 0 31 2 *",       &[]),
        ];
        for (schedule, times) in table {
            assert_eq!(next(schedule, times.len().max(1)), *times, "{schedule}");
        }
    }

    #[test]
    fn the_29th_of_february_is_found_in_a_later_year() {
        assert_eq!(next("0 0 29 2 *", 1), ["2028-02-29T00:00"]);
    }

    #[test]
    fn what_kubernetes_refuses_is_refused() {
        for schedule in [
            "",
            "* * * *",
            "* * * * * *",
            "0 0 * * 7",
            "60 * * * *",
            "0 0 0 * *",
            "0 0 * 13 *",
            "5-1 * * * *",
            "*/0 * * * *",
            "-1 * * * *",
            "a * * * *",
            "@reboot",
            "@every",
            "@every x",
            "@every 5",
            "TZ=UTC 0 0 * * *",
            "CRON_TZ=UTC 0 0 * * *",
            "0 0 L * *",
            "+1 * * * *",
        ] {
            assert!(Schedule::parse(schedule).is_err(), "{schedule}");
        }
    }
}
