//! What a plugin says that is asked about nodes though its look at the pod is configured away.
//!
//! Source: the `getPreFilterState`, `getPreScoreState` functions of `pkg/scheduler/framework/plugins/*`
//! (v1.35).

use crate::plugins::Plugin;

/// The error of a Filter whose PreFilter never ran; `None` for plugins that do without.
pub(super) fn of_filter(plugin: Plugin) -> Option<&'static str> {
    Some(match plugin {
        Plugin::NodePorts => r#"reading "PreFilterNodePorts" from cycleState: not found"#,
        Plugin::NodeResourcesFit => {
            r#"error reading "PreFilterNodeResourcesFit" from cycleState: not found"#
        }
        Plugin::VolumeRestrictions => {
            r#"cannot read "PreFilterVolumeRestrictions" from cycleState"#
        }
        Plugin::PodTopologySpread => {
            r#"reading "PreFilterPodTopologySpread" from cycleState: not found"#
        }
        Plugin::InterPodAffinity => {
            r#"error reading "PreFilterInterPodAffinity" from cycleState: not found"#
        }
        Plugin::VolumeBinding | Plugin::DynamicResources => "not found",
        _ => return None,
    })
}

/// The error of a Score whose PreScore never ran; `None` for plugins that do without.
pub(super) fn of_score(plugin: Plugin) -> Option<&'static str> {
    Some(match plugin {
        Plugin::TaintToleration => {
            r#"failed to read "PreScoreTaintToleration" from cycleState: not found"#
        }
        Plugin::PodTopologySpread => {
            r#"error reading "PreScorePodTopologySpread" from cycleState: not found"#
        }
        Plugin::InterPodAffinity => {
            r#"failed to read "PreScoreInterPodAffinity" from cycleState: not found"#
        }
        _ => return None,
    })
}
