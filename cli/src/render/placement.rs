//! A placement as tables.

use super::columns::{Columns, Side, terminal_width, write_hanging};
use super::quantity::{bytes, cpu, percent};
use anstyle::{AnsiColor, Style};
use bayplan::plan::Placement;
use bayplan::plan::placement::{NodeUse, PodPlacement, PodState};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

/// How much a table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Where each pod is.
    Normal,
    /// And whose it is.
    Wide,
}

/// What a table shows besides the pods.
#[derive(Clone, Copy, Debug)]
pub struct TableOptions {
    /// How much it says of a pod.
    pub detail: Detail,
    /// Whether every node has a line.
    pub nodes: bool,
    /// How long it took.
    pub took: Duration,
}

/// Writes the pods that have a node, those that have none, and a line of totals.
pub fn table(placement: &Placement, options: TableOptions, out: &mut dyn Write) -> io::Result<()> {
    placed(placement, options.detail).write(out)?;
    without_node("PENDING", AnsiColor::Yellow, placement, is_waiting, out)?;
    let preempted = |pod: &PodPlacement| pod.state == PodState::Preempted;
    without_node("PREEMPTED", AnsiColor::Yellow, placement, preempted, out)?;
    if options.nodes {
        writeln!(out)?;
        nodes(placement).write(out)?;
    }
    if !placement.notes.is_empty() {
        writeln!(out)?;
    }
    for note in &placement.notes {
        write_hanging("note: ", note, terminal_width(), out)?;
    }
    writeln!(out, "\n{}", totals(placement, options.took))
}

/// Writes a line for each pod as kubectl names it, and its node.
pub fn names(placement: &Placement, out: &mut dyn Write) -> io::Result<()> {
    placement.pods.iter().try_for_each(|pod| match &pod.node {
        Some(node) => writeln!(out, "pod/{} node/{node}", pod.name),
        None => writeln!(out, "pod/{}", pod.name),
    })
}

fn is_waiting(pod: &PodPlacement) -> bool {
    !matches!(pod.state, PodState::Placed | PodState::Preempted)
}

fn placed(placement: &Placement, detail: Detail) -> Columns {
    let mut heads = vec![
        ("NAMESPACE", Side::Left),
        ("POD", Side::Left),
        ("NODE", Side::Left),
        ("SCORE", Side::Right),
    ];
    if detail == Detail::Wide {
        heads.push(("OWNER", Side::Left));
    }
    let mut columns = Columns::new(&heads);
    for pod in &placement.pods {
        let Some(node) = &pod.node else { continue };
        let score = pod.score.map_or_else(|| "-".to_owned(), |score| score.to_string());
        let mut cells = vec![pod.namespace.clone(), pod.name.clone(), node.clone(), score];
        if detail == Detail::Wide {
            cells.push(pod.owner.clone().unwrap_or_else(|| "-".to_owned()));
        }
        columns.row(cells);
    }
    columns
}

fn without_node(
    head: &str,
    color: AnsiColor,
    placement: &Placement,
    belongs: impl Fn(&PodPlacement) -> bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let pods: Vec<_> = placement.pods.iter().filter(|pod| belongs(pod)).collect();
    if pods.is_empty() {
        return Ok(());
    }
    let style = Style::new().bold().fg_color(Some(color.into()));
    writeln!(out, "\n{style}{head}{style:#}")?;
    let widest = |field: fn(&PodPlacement) -> &str| {
        pods.iter().map(|pod| field(pod).chars().count()).max().unwrap_or(0)
    };
    let (namespace, name) = (widest(|pod| &pod.namespace), widest(|pod| &pod.name));
    let width = terminal_width();
    for pod in pods {
        let start = format!("{:namespace$}   {:name$}   ", pod.namespace, pod.name);
        write_hanging(&start, pod.message.as_deref().unwrap_or("-"), width, out)?;
    }
    Ok(())
}

fn nodes(placement: &Placement) -> Columns {
    let extended: BTreeSet<&String> =
        placement.nodes.iter().flat_map(|node| node.allocatable.extended.keys()).collect();
    let mut heads = vec![("NODE", Side::Left)];
    heads.extend(["CPU", "", "MEMORY", "", "PODS"].map(|head| (head, Side::Right)));
    heads.extend(extended.iter().map(|name| (name.as_str(), Side::Right)));
    let mut columns = Columns::new(&heads);
    for NodeUse { name, allocatable, requested, .. } in &placement.nodes {
        let of = |part: String, whole: String| format!("{part} of {whole}");
        let mut cells = vec![
            name.clone(),
            of(cpu(requested.cpu_milli), cpu(allocatable.cpu_milli)),
            percent(requested.cpu_milli, allocatable.cpu_milli),
            of(bytes(requested.memory_bytes), bytes(allocatable.memory_bytes)),
            percent(requested.memory_bytes, allocatable.memory_bytes),
            of(requested.pods.to_string(), allocatable.pods.to_string()),
        ];
        let amount = |list: &std::collections::BTreeMap<String, i64>, name| {
            list.get(name).copied().unwrap_or(0).to_string()
        };
        cells.extend(extended.iter().map(|name| {
            of(amount(&requested.extended, *name), amount(&allocatable.extended, *name))
        }));
        columns.row(cells);
    }
    columns
}

fn totals(placement: &Placement, took: Duration) -> String {
    let summary = &placement.summary;
    let share = |name, part, whole| format!("    {name} {}", percent(part, whole));
    let (requested, allocatable) = (&summary.requested, &summary.allocatable);
    let mut line = format!(
        "placed {} of {} pods on {} nodes in {}",
        summary.placed,
        summary.pods,
        summary.nodes,
        duration(took),
    );
    line += &share("cpu", requested.cpu_milli, allocatable.cpu_milli);
    line += &share("memory", requested.memory_bytes, allocatable.memory_bytes);
    line += &share("pods", requested.pods, allocatable.pods);
    line
}

fn duration(took: Duration) -> String {
    let milliseconds = took.as_secs_f64() * 1000.0;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.1} ms"),
        ..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.1} s", took.as_secs_f64()),
    }
}
