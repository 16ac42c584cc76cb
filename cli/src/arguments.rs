//! The command line.

use bayplan_datasets::Mix;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// Kubernetes scheduling without a cluster: kube-scheduler's decisions over every node.
#[derive(Debug, Parser)]
#[command(name = "bayplan", version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  all is well: every pod has a node
  1  some pod has no node
  2  the input or the call is bad; the message says where and how to mend it";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
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
