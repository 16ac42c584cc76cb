//! Parts of a pod in a form that all pods share that ask for the same.

use super::pod::{NodeAffinity, PodSpec, PreferredSchedulingTerm, Toleration};

impl PodSpec {
    /// The tolerations in a fixed order, each once. How long a taint is endured is left out: it does
    /// not matter to placement.
    pub fn canonical_tolerations(&self) -> Vec<Toleration> {
        let mut tolerations = self.tolerations.clone();
        tolerations.iter_mut().for_each(|toleration| toleration.toleration_seconds = None);
        tolerations.sort();
        tolerations.dedup();
        tolerations
    }

    /// The images in byte order of their full names, one entry per container.
    pub fn canonical_images(&self) -> Vec<String> {
        let containers = self.init_containers.iter().chain(&self.containers);
        let mut names: Vec<_> = containers.map(|it| full_image_name(&it.image)).collect();
        names.sort_unstable();
        names
    }
}

impl NodeAffinity {
    /// The preferred terms with the values of their requirements in byte order.
    pub fn canonical_preferred(&self) -> Option<Vec<PreferredSchedulingTerm>> {
        let mut terms = self.preferred.clone()?;
        for term in &mut terms {
            for requirement in &mut term.preference.match_expressions {
                requirement.values.sort_unstable();
            }
        }
        Some(terms)
    }
}

/// The image with a tag: a name without one means `latest`. A digest counts as a tag.
pub fn full_image_name(image: &str) -> String {
    // A colon before the last slash belongs to the port of a registry.
    if image.rfind(':') <= image.rfind('/') { format!("{image}:latest") } else { image.to_owned() }
}
