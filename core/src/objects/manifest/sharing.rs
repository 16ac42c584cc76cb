//! One copy of what replicas have in common, and one reading of their texts.

use super::super::defaults;
use super::super::meta::{Labels, ObjectMeta};
use super::super::pod::{Pod, PodSpec};
use super::kinds::Identity;
use super::memo::{Memo, Values};
use super::texts::{PodText, SpecText};
use std::sync::Arc;

/// How many bytes of texts of pods are remembered: of ten thousand templates, since where pods have
/// nothing in common it is in vain.
const POD_BYTES_MAX: usize = 8 << 20;

/// How many bytes of texts of pod specs are.
const SPEC_BYTES_MAX: usize = 32 << 20;

/// Pods, pod specs and label sets that were read before. Threads share it.
#[derive(Debug)]
pub(super) struct Sharing {
    specs: Values<PodSpec>,
    labels: Values<Labels>,
    /// Complete and valid pods, their names left out, by their text.
    pods: Memo<Pod>,
    /// Complete and valid specs by their text.
    specs_by_text: Memo<Arc<PodSpec>>,
}

impl Default for Sharing {
    fn default() -> Self {
        Self {
            specs: Values::default(),
            labels: Values::default(),
            pods: Memo::new(POD_BYTES_MAX),
            specs_by_text: Memo::new(SPEC_BYTES_MAX),
        }
    }
}

impl Sharing {
    /// Replaces what the pod has in common with one before.
    pub fn share(&self, pod: &mut Pod) {
        self.specs.share(&mut pod.spec);
        self.share_labels(&mut pod.meta);
    }

    pub fn share_labels(&self, meta: &mut ObjectMeta) {
        self.labels.share(&mut meta.labels);
        self.labels.share(&mut meta.annotations);
    }

    /// The complete pod of a text that differs in its names alone from an earlier one. Its metadata
    /// is not checked.
    pub fn pod_of(&self, text: &str, from_list: Option<&Identity>) -> Option<Box<Pod>> {
        let text = PodText::new(text)?;
        let mut pod = self.pods.get(&parts(&text, from_list), |pod| Box::new(pod.clone()))?;
        text.name.clone_into(&mut pod.meta.name);
        pod.node_name = text.node_name.map(Arc::from);
        Some(pod)
    }

    /// Keeps a complete and valid pod under its text, which is JSON or a YAML document, where that
    /// decides all but its names.
    pub fn remember_pod(&self, text: &str, from_list: Option<&Identity>, pod: &Pod) {
        let Some(cut) = PodText::new(text) else { return };
        self.pods.put(&parts(&cut, from_list), || {
            let mut nameless = cut.names(text, pod).then(|| pod.clone())?;
            nameless.meta.name = String::new();
            nameless.node_name = None;
            Some(nameless)
        });
    }

    /// The complete spec of an earlier pod that was written just so.
    pub fn spec_of(&self, text: &SpecText<'_>) -> Option<Arc<PodSpec>> {
        self.specs_by_text.get(&text.parts, Arc::clone)
    }

    /// Keeps the complete and valid spec of a pod under its text, where that decides it.
    pub fn remember_spec(&self, text: &SpecText<'_>, pod: &Pod) {
        self.specs_by_text.put(&text.parts, || {
            let decides = text.node_name == pod.node_name.as_deref()
                && !defaults::takes_label_values(&pod.spec);
            decides.then(|| pod.spec.clone())
        });
    }
}

/// What decides a pod but for its names: a list tells the kind of its items.
fn parts<'a>(text: &PodText<'a>, from_list: Option<&'a Identity>) -> [&'a str; 5] {
    let [before, between, behind] = text.parts;
    let (version, kind) = from_list.map_or(("", ""), |list| (&list.version, &list.kind));
    [version, kind, before, between, behind]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_whose_node_name_is_no_field_of_the_spec_is_not_remembered() {
        let sharing = Sharing::default();
        let mut pod = Pod::default();
        let nested = SpecText::new(r#"{"nodeSelector":{"nodeName":"a"}}"#).expect("plain");
        sharing.remember_spec(&nested, &pod);
        sharing.remember_spec(&nested, &pod);
        assert_eq!(sharing.spec_of(&nested), None);
        let [own, other] = ["a", "b"].map(|name| format!(r#"{{"nodeName":"{name}"}}"#));
        pod.node_name = Some("a".into());
        sharing.remember_spec(&SpecText::new(&own).expect("plain"), &pod);
        sharing.remember_spec(&SpecText::new(&own).expect("plain"), &pod);
        assert_eq!(sharing.spec_of(&SpecText::new(&other).expect("plain")), Some(pod.spec));
    }

    #[test]
    fn a_pod_of_a_list_is_no_pod_of_another() {
        let (sharing, text) = (Sharing::default(), r#"{"metadata":{"name":"a"}}"#);
        let mut pod = Pod::default();
        pod.meta.name = "a".to_owned();
        let [pods, elder] = ["v1", "v0"].map(|version| Identity::of_items(version, "PodList"));
        sharing.remember_pod(text, Some(&pods), &pod);
        sharing.remember_pod(text, Some(&pods), &pod);
        let found = |list| sharing.pod_of(r#"{"metadata":{"name":"b"}}"#, list).is_some();
        assert!(found(Some(&pods)));
        assert!(!found(Some(&elder)));
        assert!(!found(None));
    }
}
