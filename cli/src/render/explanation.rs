//! An explanation as tables.

use super::columns::{Columns, Side, terminal_width, write_hanging};
use super::quantity::amount;
use bayplan::plan::Explanation;
use bayplan::plan::explain::{NodeAnswer, ReasonAnswer, ScorePart};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes what became of the pod, then every node: scores where it fits, reasons where not.
pub fn table(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", headline(explanation))?;
    if let Some(message) = &explanation.pod.message {
        write_hanging("", message, terminal_width(), out)?;
    }
    if let Some(rejected) = &explanation.rejected {
        writeln!(out, "\nNo node was looked at: {rejected}")?;
    }
    advice("", &explanation.rejected_for, out)?;
    let feasible = scores(explanation);
    if !feasible.is_empty() {
        writeln!(out)?;
        feasible.write(out)?;
    }
    if let Some(why) = comparison(explanation) {
        writeln!(out, "\n{why}")?;
    }
    let rejected = verdicts(explanation);
    if !rejected.is_empty() {
        writeln!(out)?;
        rejected.write(out)?;
        remedies(explanation, out)?;
    }
    overlooked(explanation, out)
}

/// What may help against the reasons that decide, the most frequent first.
fn remedies(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let mut nodes_by_reason: BTreeMap<&str, (usize, &ReasonAnswer)> = BTreeMap::new();
    for node in explanation.nodes.iter().filter(|node| !node.feasible) {
        let decides = node.filters.iter().find(|filter| !filter.reasons.is_empty());
        for reason in decides.into_iter().flat_map(|filter| &filter.reasons) {
            nodes_by_reason.entry(&reason.text).or_insert((0, reason)).0 += 1;
        }
    }
    let mut reasons: Vec<_> = nodes_by_reason.into_values().collect();
    reasons.sort_by_key(|(count, _)| Reverse(*count));
    for (at, (count, reason)) in reasons.into_iter().enumerate() {
        let lead = if at == 0 { "\n" } else { "" };
        let nodes = if count == 1 { "node" } else { "nodes" };
        advice(&format!("{lead}{count} {nodes}: "), std::slice::from_ref(reason), out)?;
    }
    Ok(())
}

/// Each reason with its remedy.
fn advice(lead: &str, reasons: &[ReasonAnswer], out: &mut dyn Write) -> io::Result<()> {
    for reason in reasons {
        writeln!(out, "{lead}{}\n   = help: {}", reason.text, reason.remedy)?;
    }
    Ok(())
}

/// Volumes that would do, chosen otherwise than the scheduler does.
fn overlooked(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    for node in &explanation.nodes {
        let Some(volumes) = &node.overlooked_volumes else { continue };
        let pairs = volumes.iter().map(|choice| format!("{} to {}", choice.claim, choice.volume));
        writeln!(
            out,
            "\n{} has volumes for all claims, but the scheduler gives each claim the smallest that \
             is left.\n   = help: bind them by hand: {}",
            node.name,
            pairs.collect::<Vec<_>>().join(", ")
        )?;
    }
    Ok(())
}

fn headline(explanation: &Explanation) -> String {
    let pod = &explanation.pod;
    let name = format!("{}/{}", pod.namespace, pod.name);
    let became = match &pod.node {
        Some(node) => format!("goes to {node}"),
        None => "has no node".to_owned(),
    };
    let count = |feasible| explanation.nodes.iter().filter(|n| n.feasible == feasible).count();
    format!(
        "{name} {became}. {} of {} nodes fit, after {} pods found theirs.{}",
        count(true),
        explanation.nodes.len(),
        explanation.placed_before,
        match explanation.pods_like_it {
            0 => String::new(),
            1 => " 1 pod is like it.".to_owned(),
            others => format!(" {others} pods are like it."),
        }
    )
}

/// Nodes that fit, the best first, with a column for every plugin that scored.
fn scores(explanation: &Explanation) -> Columns {
    let mut nodes: Vec<_> = explanation.nodes.iter().filter(|node| node.feasible).collect();
    nodes.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.name.cmp(&b.name)));
    let plugins: Vec<_> = nodes
        .first()
        .map_or_else(Vec::new, |node| node.scores.iter().map(|part| part.plugin).collect());
    let mut heads = vec![("NODE", Side::Left), ("SCORE", Side::Right)];
    heads.extend(plugins.iter().map(|plugin| (*plugin, Side::Right)));
    let mut columns = Columns::new(&heads);
    for node in nodes {
        let total = node.total.map_or_else(|| "-".to_owned(), |total| total.to_string());
        let mut cells = vec![node.name.clone(), total];
        cells.extend(node.scores.iter().map(|part| part.score.to_string()));
        columns.row(cells);
    }
    columns
}

/// Nodes that do not fit, with every filter that said no; the first of them decides.
fn verdicts(explanation: &Explanation) -> Columns {
    let heads = ["NODE", "FILTER", "VERDICT", "needs", "has"].map(|head| (head, Side::Left));
    let mut columns = Columns::new(&heads);
    for node in explanation.nodes.iter().filter(|node| !node.feasible) {
        let noes = node.filters.iter().filter(|filter| !filter.reasons.is_empty());
        let mut rows = 0;
        for (filter, reason) in
            noes.flat_map(|filter| filter.reasons.iter().map(move |reason| (filter, reason)))
        {
            let (needs, has) = shortage(node, &reason.text);
            let name = if rows == 0 { node.name.clone() } else { String::new() };
            columns.row(vec![name, filter.plugin.to_owned(), reason.text.clone(), needs, has]);
            rows += 1;
        }
        if rows == 0 {
            let why = "left out before any filter was asked".to_owned();
            let cells = [node.name.clone(), "-".to_owned(), why, String::new(), String::new()];
            columns.row(cells.to_vec());
        }
    }
    columns
}

/// What the pod needs and the node has of the resource that the reason names.
fn shortage(node: &NodeAnswer, reason: &str) -> (String, String) {
    let named = reason.strip_prefix("Insufficient ").unwrap_or_default();
    match node.shortages.iter().find(|shortage| shortage.resource == named) {
        Some(short) => (
            amount(named, short.needed),
            format!("{} free of {}", amount(named, short.free), amount(named, short.allocatable)),
        ),
        None => (String::new(), String::new()),
    }
}

/// Why the winner and not the runner-up.
fn comparison(explanation: &Explanation) -> Option<String> {
    let answer = |name: &String| explanation.nodes.iter().find(|node| node.name == *name);
    let chosen = explanation.pod.node.as_ref()?;
    let other = explanation.ranking.iter().find(|name| *name != chosen)?;
    let (won, lost) = (answer(chosen)?, answer(other)?);
    let (first, second) = (won.total?, lost.total?);
    if first == second {
        return Some(format!(
            "{chosen} and {other} both score {first}; the tie is broken as `--ties` says."
        ));
    }
    let differs = |(mine, theirs): (&ScorePart, &ScorePart)| {
        let by = mine.score - theirs.score;
        (by != 0).then(|| format!("{by:+} {}", mine.plugin))
    };
    let parts: Vec<_> = won.scores.iter().zip(&lost.scores).filter_map(differs).collect();
    Some(format!("{chosen} beats {other} by {}: {}.", first - second, parts.join(", ")))
}
