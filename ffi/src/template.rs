//! Pod templates: read once, then named by a number.

use crate::fault::Fault;
use crate::status::bayplan_status::*;
use crate::world::{World, read};
use bayplan::objects::manifest::Reader;
use bayplan::{Object, Template};
use std::sync::atomic::{AtomicU32, Ordering};

/// A pod template of one cluster: a number that is never 0 and never used again.
#[allow(non_camel_case_types)]
pub type bayplan_template = u64;

/// The templates of a cluster.
pub(crate) struct Templates {
    /// Tells this cluster's templates from those of others.
    owner: u32,
    templates: Vec<(bayplan_template, Template)>,
}

impl Default for Templates {
    fn default() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        // Numbers repeat after four thousand million clusters; a template that is as old as that
        // and still in use is only mistaken for one of the same place in the table.
        let owner = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        Self { owner, templates: Vec::new() }
    }
}

impl Templates {
    /// The same templates in a copy of the cluster, which has its own from now on.
    pub(crate) fn fork(&self) -> Self {
        Self { templates: self.templates.clone(), ..Self::default() }
    }

    fn add(&mut self, template: Template) -> Result<bayplan_template, Fault> {
        let at = u32::try_from(self.templates.len() + 1);
        let at = at.map_err(|_| Fault::of(BAYPLAN_ERR_LIMIT))?;
        let number = u64::from(self.owner) << 32 | u64::from(at);
        self.templates.push((number, template));
        Ok(number)
    }

    fn position(&self, number: bayplan_template) -> Result<usize, Fault> {
        let at = (number & u64::from(u32::MAX)).wrapping_sub(1) as usize;
        let known = self.templates.get(at).is_some_and(|(known, _)| *known == number);
        let text = "there is no such template in this cluster";
        known.then_some(at).ok_or_else(|| Fault::new(BAYPLAN_ERR_NOT_FOUND, text))
    }

    /// The template of a number.
    pub(crate) fn get(&self, number: bayplan_template) -> Result<&Template, Fault> {
        Ok(&self.templates[self.position(number)?].1)
    }

    /// The template of a number, to make instances.
    pub(crate) fn get_mut(&mut self, number: bayplan_template) -> Result<&mut Template, Fault> {
        let at = self.position(number)?;
        Ok(&mut self.templates[at].1)
    }
}

impl World {
    /// Reads one pod as the template of others.
    pub(crate) fn intern(&mut self, text: &[u8]) -> Result<bayplan_template, Fault> {
        let input = read(Reader::without_validation(), text)?;
        let mut pods = input.objects.into_iter().map(|located| located.object);
        match (pods.next(), pods.next()) {
            (Some(Object::Pod(pod)), None) => self.templates.add(Template::new(*pod)),
            _ => Err(Fault::new(BAYPLAN_ERR_INPUT, "a template is one Pod and nothing else")),
        }
    }
}
