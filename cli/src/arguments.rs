//! The command line.

use bayplan::cycle::ties::Ties;
use bayplan_datasets::Mix;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// Kubernetes scheduling without a cluster: kube-scheduler's decisions over every node.
#[derive(Debug, Parser)]
#[command(name = "bayplan", version, about = ABOUT, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const ABOUT: &str =
    "Kubernetes scheduling without a cluster: the decisions of kube-scheduler, over every node";

const EXIT_CODES: &str = "Exit codes:
  0  all is well: every pod has a node
  1  some pod has no node
  2  the input or the call is bad; the message says where and how to mend it";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Place every pod that the manifests make or hold
    Place(Box<Place>),
    /// Say what every rule said about one pod, node by node
    Explain(Box<Explain>),
    /// Write a synthetic cluster and workload
    Generate(Box<Generate>),
    /// Write a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Write the manual page
    Man,
    /// Print the version
    Version,
}

/// Where objects come from.
#[derive(Debug, Args)]
pub struct InputArguments {
    /// Manifests: files, directories, or `-` for the standard input; YAML, JSON or JSON lines,
    /// also compressed with gzip
    #[arg(short = 'f', long = "filename", required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Leave out objects that are bad, and go on with the others
    #[arg(long)]
    pub keep_going: bool,
    /// Refuse kinds that would be skipped and change placements
    #[arg(long)]
    pub strict: bool,
}

/// How pods are placed.
#[derive(Debug, Args)]
pub struct SchedulingArguments {
    /// A KubeSchedulerConfiguration: profiles, plugins, weights, arguments
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Which of several best nodes is taken: `first` by name, or `seeded:N` for one drawn at random
    #[arg(long, default_value = "first", value_name = "RULE", value_parser = read_ties)]
    pub ties: Ties,
    /// Who is first among pods of equal priority
    #[arg(long, value_enum, default_value_t = Order::Input)]
    pub order: Order,
    /// Seed of the random parts of names of created pods
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
}

fn read_ties(text: &str) -> Result<Ties, String> {
    match text.split_once(':') {
        None if text == "first" => Ok(Ties::First),
        Some(("seeded", seed)) => {
            let seed = seed.parse().map_err(|_| format!("\"{seed}\" is no seed"))?;
            Ok(Ties::Seeded(seed))
        }
        _ => Err("ties are broken by `first` or `seeded:N`".to_owned()),
    }
}

/// Who is first among pods of equal priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// The one whose object comes first in the input
    Input,
    /// By kind, namespace and name of the object: the order of the input does not matter
    Name,
}

/// `place`: everything at once.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Place {
    /// Where objects come from.
    #[command(flatten)]
    pub input: InputArguments,
    /// How pods are placed.
    #[command(flatten)]
    pub scheduling: SchedulingArguments,
    /// Format
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// Show what is taken of every node
    #[arg(long)]
    pub summary: bool,
}

/// Formats of `place`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A line for every pod
    Table,
    /// A line for every pod, with its owner
    Wide,
    /// The document `bayplan.io/v1 Placement`
    Json,
    /// The same as YAML
    Yaml,
    /// pod/NAME node/NODE
    Name,
}

/// `explain`: one pod.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes:
  0  the pod has a node
  1  the pod has no node
  2  the input or the call is bad")]
pub struct Explain {
    /// The pod: NAME or NAMESPACE/NAME
    pub pod: String,
    /// Where objects come from.
    #[command(flatten)]
    pub input: InputArguments,
    /// How pods are placed.
    #[command(flatten)]
    pub scheduling: SchedulingArguments,
    /// Format
    #[arg(short, long, value_enum, default_value_t = ExplainOutput::Table)]
    pub output: ExplainOutput,
}

/// Formats of `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExplainOutput {
    /// Tables
    Table,
    /// The document `bayplan.io/v1 Explanation`
    Json,
    /// The same as YAML
    Yaml,
}

/// `generate`: objects from a seed, as a stream.
#[derive(Debug, Args)]
#[command(after_help = "The same options give the same bytes on every machine. Examples:
  bayplan generate --nodes 5000 --pods 50000 > cluster.jsonl
  bayplan generate --mix spread=3,basic --owners deployments -o yaml
  bayplan generate | bayplan place -f -")]
pub struct Generate {
    /// Nodes, at most 100000
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub nodes: usize,
    /// Pending pods, at most 1000000
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub pods: usize,
    /// Pod templates; the pods of one template differ in their names alone
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub templates: usize,
    /// What the templates ask for, and how often: FEATURE=WEIGHT,... with the features basic,
    /// node-affinity, spread, anti-affinity, pod-affinity, preferred, tolerations, gpu, priority
    /// and ports
    #[arg(long, default_value_t = Mix::default(), value_name = "MIX")]
    pub mix: Mix,
    /// What pods request of CPU and memory, in percent of the usual amounts. With 220, a million
    /// pods fill 100000 nodes
    #[arg(long, default_value_t = 100, value_name = "PERCENT")]
    pub requests: usize,
    /// Running pods per node, as far as the node has room
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub running_per_node: usize,
    /// DaemonSets; their pods come on top
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub daemonsets: usize,
    /// Zones
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub zones: usize,
    /// Racks per zone
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub racks: usize,
    /// How many nodes in a hundred carry the taint `dedicated`
    #[arg(long, default_value_t = 5, value_name = "PERCENT")]
    pub tainted: usize,
    /// Who makes the pending pods
    #[arg(long, value_enum, default_value_t = GeneratedOwners::None)]
    pub owners: GeneratedOwners,
    /// Everything random follows from it
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    pub seed: u64,
    /// Format
    #[arg(short, long, value_enum, default_value_t = GenerateOutput::Jsonl)]
    pub output: GenerateOutput,
    /// Write to this file instead of the standard output
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// Who makes generated pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GeneratedOwners {
    /// Nobody: every pod is an object of its own
    None,
    /// One Deployment per template
    Deployments,
}

/// Formats of `generate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GenerateOutput {
    /// One JSON object a line
    Jsonl,
    /// YAML documents
    Yaml,
}
