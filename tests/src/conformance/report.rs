//! What the judge counted and what it shows.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// A side of a decision that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// The verdict on a node with its reasons; counted per node.
    Filter,
    /// The score parts of a node; counted per node.
    Scores,
    /// What was found before any node was looked at: PreEnqueue, PreFilter, nominated node.
    Before,
    /// The nodes with the highest score.
    Best,
    /// The node bound.
    Bound,
    /// The text.
    Message,
    /// Candidates, victims, ties.
    Preemption,
    /// Volumes bound or provisioned.
    Volumes,
    /// Devices allocated.
    Claims,
    /// What scheduling the pod came to, against what evaluating it came to.
    Scheduled,
}

impl Aspect {
    const ALL: [Self; 10] = [
        Self::Filter,
        Self::Scores,
        Self::Before,
        Self::Best,
        Self::Bound,
        Self::Message,
        Self::Preemption,
        Self::Volumes,
        Self::Claims,
        Self::Scheduled,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Scores => "scores",
            Self::Before => "before",
            Self::Best => "best",
            Self::Bound => "bound",
            Self::Message => "message",
            Self::Preemption => "preemption",
            Self::Volumes => "volumes",
            Self::Claims => "claims",
            Self::Scheduled => "scheduled",
        }
    }
}

/// One compared thing.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    aspect: Aspect,
    /// A node, or empty.
    of: String,
    /// Recorded and decided, where they differ.
    difference: Option<(String, String)>,
}

impl Comparison {
    pub(super) fn of(aspect: Aspect, of: &str, recorded: String, decided: String) -> Self {
        let difference = (recorded != decided).then_some((recorded, decided));
        Self { aspect, of: of.to_owned(), difference }
    }
}

/// Counts per family, and the first mismatches.
#[derive(Clone, Debug)]
pub struct Report {
    families: BTreeMap<String, Family>,
    mismatches: usize,
    /// How many mismatches are kept to be shown.
    show: usize,
    shown: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Family {
    cases: usize,
    decisions: usize,
    skipped: Vec<String>,
    aspects: BTreeMap<Aspect, Count>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    compared: usize,
    agree: usize,
}

impl Report {
    /// An empty report that keeps the first `show` mismatches.
    pub fn new(show: usize) -> Self {
        Self { families: BTreeMap::new(), mismatches: 0, show, shown: Vec::new() }
    }

    /// How many compared things differ.
    pub fn mismatches(&self) -> usize {
        self.mismatches
    }

    /// How many decisions were compared.
    pub fn decisions(&self) -> usize {
        self.families.values().map(|family| family.decisions).sum()
    }

    /// How many cases could not be judged.
    pub fn skipped(&self) -> usize {
        self.families.values().map(|family| family.skipped.len()).sum()
    }

    /// The first mismatches, in words.
    pub fn shown(&self) -> &[String] {
        &self.shown
    }

    pub(super) fn count_case(&mut self, family: &str) {
        self.family(family).cases += 1;
    }

    /// Notes a case that cannot be judged, and why.
    pub(super) fn skip(&mut self, family: &str, why: String) {
        self.family(family).skipped.push(why);
    }

    /// Counts one decision.
    pub(super) fn count(&mut self, family: &str, place: &str, comparisons: Vec<Comparison>) {
        self.family(family).decisions += 1;
        for Comparison { aspect, of, difference } in comparisons {
            let count = self.family(family).aspects.entry(aspect).or_default();
            count.compared += 1;
            let Some((recorded, decided)) = difference else {
                count.agree += 1;
                continue;
            };
            self.mismatches += 1;
            if self.shown.len() < self.show {
                let aspect = aspect.name();
                self.shown.push(format!(
                    "{place}  {aspect} {of}\n    recorded  {recorded}\n    decided   {decided}"
                ));
            }
        }
    }

    fn family(&mut self, family: &str) -> &mut Family {
        self.families.entry(family.to_owned()).or_default()
    }

    /// The counts for programs.
    pub fn to_json(&self) -> Value {
        let aspect = |(aspect, count): (&Aspect, &Count)| {
            let counts = json!({"compared": count.compared, "agree": count.agree});
            (aspect.name().to_owned(), counts)
        };
        let family = |(name, family): (&String, &Family)| {
            let aspects: BTreeMap<_, _> = family.aspects.iter().map(aspect).collect();
            json!({
                "family": name,
                "cases": family.cases,
                "decisions": family.decisions,
                "skipped": family.skipped,
                "aspects": aspects,
            })
        };
        let families: Vec<_> = self.families.iter().map(family).collect();
        json!({"mismatches": self.mismatches, "families": families, "shown": self.shown})
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<20} {:>6} {:>10}", "FAMILY", "CASES", "DECISIONS")?;
        for aspect in Aspect::ALL {
            write!(f, " {:>15}", aspect.name().to_uppercase())?;
        }
        writeln!(f)?;
        for (name, family) in &self.families {
            write!(f, "{name:<20} {:>6} {:>10}", family.cases, family.decisions)?;
            for aspect in Aspect::ALL {
                let cell = match family.aspects.get(&aspect) {
                    None => "-".to_owned(),
                    Some(count) if count.agree == count.compared => format!("{}", count.agree),
                    Some(count) => format!("{}/{} !", count.agree, count.compared),
                };
                write!(f, " {cell:>15}")?;
            }
            writeln!(f)?;
        }
        for (name, family) in &self.families {
            for why in &family.skipped {
                writeln!(f, "skipped {name}: {why}")?;
            }
        }
        match self.mismatches {
            0 => write!(f, "all agree"),
            count => write!(f, "{count} mismatches"),
        }
    }
}
