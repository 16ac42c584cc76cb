//! Names and unique identifiers of created objects: as random as Kubernetes' own to look at, and
//! the same in every run.
//!
//! Source: `k8s.io/apiserver/pkg/storage/names`, `k8s.io/apimachinery/pkg/util/rand` (v1.35). The
//! template hash differs on purpose: upstream's depends on the memory layout of its own types.

use crate::base::random::Random;
use crate::objects::Pod;
use crate::objects::workloads::PodTemplate;
use ahash::{AHashMap, AHashSet};
use std::fmt::{self, Write};

/// Letters of random suffixes and of hashes: nothing that could spell a word.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH: usize = 5;
/// Longest prefix that a random suffix is appended to.
pub(super) const LONGEST_PREFIX: usize = 58;

/// Draws names that are free in their namespace.
pub(super) struct Names {
    seed: u64,
    taken: AHashMap<String, AHashSet<String>>,
}

impl Names {
    pub(super) fn new<'a>(seed: u64, pods: impl Iterator<Item = &'a Pod>) -> Self {
        let mut names = Self { seed, taken: AHashMap::new() };
        for pod in pods {
            names.take(&pod.meta.namespace, &pod.meta.name);
        }
        names
    }

    /// The random numbers of one owner, given as `Kind/namespace/name`.
    pub(super) fn suffixes(&self, owner: &str) -> Random {
        Random::keyed(self.seed, owner)
    }

    /// A free name: the prefix, cut to what leaves room, and five random letters.
    pub(super) fn draw(&mut self, random: &mut Random, namespace: &str, prefix: &str) -> String {
        let prefix = &prefix[..prefix.floor_char_boundary(LONGEST_PREFIX)];
        loop {
            let letters = (0..SUFFIX_LENGTH).map(|_| letter(random.below(ALPHABET.len())));
            let name: String = prefix.chars().chain(letters).collect();
            if self.take(namespace, &name) {
                return name;
            }
        }
    }

    /// Marks a name as taken; says whether it was free.
    fn take(&mut self, namespace: &str, name: &str) -> bool {
        if let Some(taken) = self.taken.get_mut(namespace) {
            return taken.insert(name.to_owned());
        }
        self.taken.insert(namespace.to_owned(), AHashSet::from([name.to_owned()]));
        true
    }

    /// The unique identifier of an object, given as `Kind/namespace/name`.
    pub(super) fn uid(&self, object: &str) -> String {
        let mut random = Random::keyed(self.seed, object);
        let (high, low) = (random.next_u64(), random.next_u64());
        // Version 4, variant 1, as every random identifier says of itself.
        let high = (high & !0xf000) | 0x4000;
        let low = (low & !(0b11 << 62)) | (0b10 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

fn letter(number: usize) -> char {
    char::from(ALPHABET[number % ALPHABET.len()])
}

/// The hash of a template, in letters: equal for templates that are equal in what the engine
/// reads. `collisions` tells apart different templates that happen to have the same hash.
pub(super) fn template_hash(template: &PodTemplate, collisions: u32) -> String {
    let mut hash = Fnv1a(0x811c_9dc5);
    let meta = &template.meta;
    // Writing into a hash cannot fail.
    let _ = write!(hash, "{:?}{:?}{:?}", meta.labels, meta.annotations, template.spec);
    if collisions > 0 {
        let _ = write!(hash, "{collisions}");
    }
    hash.0.to_string().bytes().map(|digit| letter(usize::from(digit))).collect()
}

/// FNV-1a over the bytes of a text: stable across platforms and releases.
struct Fnv1a(u32);

impl Write for Fnv1a {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::pod::{Container, PodSpec};

    fn is_suffix(text: &str) -> bool {
        text.len() == SUFFIX_LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte))
    }

    #[test]
    fn a_name_is_the_prefix_and_five_letters_of_the_alphabet() {
        let mut names = Names::new(1, std::iter::empty());
        let mut random = names.suffixes("ReplicaSet/shop/web");
        for _ in 0..100 {
            let name = names.draw(&mut random, "shop", "web-");
            assert!(name.strip_prefix("web-").is_some_and(is_suffix), "{name}");
        }
    }

    #[test]
    fn a_long_prefix_is_cut_so_that_the_name_has_63_characters() {
        let mut names = Names::new(1, std::iter::empty());
        let mut random = names.suffixes("");
        assert_eq!(names.draw(&mut random, "", &"x".repeat(70)).len(), 63);
    }

    #[test]
    fn a_taken_name_is_not_drawn_again_in_its_namespace() {
        let mut names = Names::new(1, std::iter::empty());
        let first = names.draw(&mut Random::new(3), "a", "p-");
        assert_ne!(names.draw(&mut Random::new(3), "a", "p-"), first);
        assert_eq!(names.draw(&mut Random::new(3), "b", "p-"), first);
    }

    #[test]
    fn equal_seeds_give_equal_names_and_identifiers_and_other_seeds_others() {
        let draw = |seed| {
            let mut names = Names::new(seed, std::iter::empty());
            let mut random = names.suffixes("Job/a/b");
            (names.draw(&mut random, "a", "b-"), names.uid("Job/a/b"))
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1).0, draw(2).0);
        assert_ne!(draw(1).1, draw(2).1);
    }

    #[test]
    fn an_identifier_has_the_form_of_a_random_uuid() {
        let uid = Names::new(7, std::iter::empty()).uid("Pod/a/b");
        let lengths: Vec<_> = uid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&uid[14..15], "4");
        assert!("89ab".contains(&uid[19..20]));
    }

    #[test]
    fn the_template_hash_follows_the_template_and_nothing_else() {
        let image = |image: &str| PodTemplate {
            spec: PodSpec {
                containers: vec![Container { image: image.to_owned(), ..Container::default() }],
                ..PodSpec::default()
            },
            ..PodTemplate::default()
        };
        let hash = template_hash(&image("a:1"), 0);
        assert!(hash.bytes().all(|byte| ALPHABET.contains(&byte)), "{hash}");
        assert_eq!(hash, template_hash(&image("a:1"), 0));
        assert_ne!(hash, template_hash(&image("a:2"), 0));
        assert_ne!(hash, template_hash(&image("a:1"), 1));
    }
}
