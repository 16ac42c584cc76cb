//! Machine shapes as clouds offer them.
//!
//! Source: AWS instance types as condensed from `aws/karpenter-provider-aws` (commit 1d927085,
//! Apache-2.0; website v1.14, allocatable for AL2023 defaults). Values are unchanged; the weights
//! are ours.

/// One instance type: what the machine has and what a kubelet would offer of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceType {
    /// Name, as in the label `node.kubernetes.io/instance-type`.
    pub name: &'static str,
    /// Architecture, as in the label `kubernetes.io/arch`.
    pub arch: &'static str,
    /// Processors.
    pub cpu: i64,
    /// Memory in MiB.
    pub memory_mib: i64,
    /// Allocatable CPU in thousandths.
    pub allocatable_cpu_milli: i64,
    /// Allocatable memory in MiB.
    pub allocatable_memory_mib: i64,
    /// Allocatable ephemeral storage in MiB.
    pub ephemeral_storage_mib: i64,
    /// How many pods it takes.
    pub pods: i64,
    /// GPUs.
    pub gpus: i64,
    /// How often it is drawn, in percent.
    pub weight: usize,
}

/// The types that clusters are drawn from; their weights add up to 100.
pub const INSTANCE_TYPES: &[InstanceType] = &[
    shape("m6i.xlarge", "amd64", (4, 16384), (3920, 14162, 58), 0, 8),
    shape("m6i.2xlarge", "amd64", (8, 32768), (7910, 29317, 58), 0, 12),
    shape("m6i.4xlarge", "amd64", (16, 65536), (15890, 57691, 234), 0, 10),
    shape("m7g.4xlarge", "arm64", (16, 65536), (15890, 57632, 234), 0, 5),
    shape("m6i.8xlarge", "amd64", (32, 131_072), (31850, 118_312, 234), 0, 5),
    shape("c6i.2xlarge", "amd64", (8, 16384), (7910, 14162, 58), 0, 10),
    shape("c6i.4xlarge", "amd64", (16, 32768), (15890, 27381, 234), 0, 10),
    shape("c7g.4xlarge", "arm64", (16, 32768), (15890, 27322, 234), 0, 5),
    shape("r6i.2xlarge", "amd64", (8, 65536), (7910, 59627, 58), 0, 10),
    shape("r6i.4xlarge", "amd64", (16, 131_072), (15890, 118_312, 234), 0, 10),
    shape("t3.xlarge", "amd64", (4, 16384), (3920, 14162, 58), 0, 5),
    shape("g4dn.2xlarge", "amd64", (8, 32768), (7910, 29636, 29), 1, 4),
    shape("g5.4xlarge", "amd64", (16, 65536), (15890, 57691, 234), 1, 3),
    shape("g4dn.12xlarge", "amd64", (48, 196_608), (47810, 178_933, 234), 4, 3),
];

/// A row of the table: processors and MiB of the machine, then what of it is allocatable.
const fn shape(
    name: &'static str,
    arch: &'static str,
    (cpu, memory_mib): (i64, i64),
    (allocatable_cpu_milli, allocatable_memory_mib, pods): (i64, i64, i64),
    gpus: i64,
    weight: usize,
) -> InstanceType {
    InstanceType {
        name,
        arch,
        cpu,
        memory_mib,
        allocatable_cpu_milli,
        allocatable_memory_mib,
        ephemeral_storage_mib: 17408,
        pods,
        gpus,
        weight,
    }
}

/// The type that a number from 0 to 99 draws.
pub fn draw(percent: usize) -> &'static InstanceType {
    let mut left = percent;
    for shape in INSTANCE_TYPES {
        if left < shape.weight {
            return shape;
        }
        left -= shape.weight;
    }
    &INSTANCE_TYPES[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_add_up_to_a_hundred() {
        assert_eq!(INSTANCE_TYPES.iter().map(|shape| shape.weight).sum::<usize>(), 100);
    }

    #[test]
    fn nothing_offers_more_than_it_has() {
        for shape in INSTANCE_TYPES {
            assert!(shape.allocatable_cpu_milli < shape.cpu * 1000, "{}", shape.name);
            assert!(shape.allocatable_memory_mib < shape.memory_mib, "{}", shape.name);
        }
    }

    #[test]
    fn a_draw_follows_the_weights() {
        assert_eq!(draw(7).name, "m6i.xlarge");
        assert_eq!(draw(8).name, "m6i.2xlarge");
        assert_eq!(draw(99).name, "g4dn.12xlarge");
    }
}
