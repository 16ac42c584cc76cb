//! Random storage: classes, volumes, claims, drivers, capacities, and the volumes of pods.

use super::{Generator, HOST, NAMESPACES, ZONE, ZONES};
use bayplan::base::time::Timestamp;
use bayplan::objects::claims::{BIND_COMPLETED, BOUND_BY_CONTROLLER, SELECTED_NODE};
use bayplan::objects::labels::{LabelSelector, NodeOperator, NodeRequirement};
use bayplan::objects::pod::{
    AwsElasticBlockStore, AzureDisk, Cinder, EphemeralVolumeSource, GcePersistentDisk, Iscsi,
    PersistentVolumeClaimVolumeSource, PortworxVolume, Rbd, Volume,
};
use bayplan::objects::storage::{
    AccessMode, CLASS_ANNOTATION, ClaimReference, CsiDriver, CsiDriverSpec, CsiNode, CsiNodeDriver,
    CsiNodeSpec, CsiPersistentVolumeSource, CsiStorageCapacity, PersistentVolume,
    PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimStatus,
    PersistentVolumeSpec, PersistentVolumeStatus, StorageClass, TopologySelectorRequirement,
    TopologySelectorTerm, VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentSpec,
    VolumeBindingMode, VolumeNodeAffinity, VolumeNodeResources, VolumeResourceRequirements,
};
use bayplan::objects::{
    Labels, NodeSelector, NodeSelectorTerm, Object, ObjectMeta, OwnerReference, Pod, ResourceList,
};

pub(super) const CLASSES: [&str; 4] = ["now", "later", "local", "disks"];
const VOLUMES: [&str; 6] = ["volume-1", "volume-2", "volume-3", "volume-4", "volume-5", "volume-6"];
const CLAIMS: [&str; 5] = ["claim-1", "claim-2", "claim-3", "claim-4", "claim-5"];
const DRIVER: &str = "disks.example.com";
const IN_TREE: &str = "kubernetes.io/aws-ebs";
/// Driver names with those that in-tree plugins migrate to.
const DRIVERS: [&str; 3] = [DRIVER, "ebs.csi.aws.com", "pd.csi.storage.gke.io"];
const SIZES: [&str; 4] = ["1Gi", "2Gi", "5Gi", "10Gi"];

impl Generator {
    /// An object about storage, of a name out of few.
    pub(super) fn storage_object(&mut self) -> Object {
        match self.below(20) {
            0..=2 => self.storage_class().into(),
            3..=8 => self.persistent_volume().into(),
            9..=14 => self.claim().into(),
            15 | 16 => self.csi_node().into(),
            17 => self.csi_driver().into(),
            18 => self.capacity().into(),
            _ => self.attachment().into(),
        }
    }

    /// The name of an object about storage that may be there, with its namespace.
    pub(super) fn storage_name(&mut self) -> (bayplan::objects::Kind, String, String) {
        use bayplan::objects::Kind;
        let namespace = self.text(&NAMESPACES[..2]);
        match self.below(8) {
            0 => (Kind::StorageClass, String::new(), self.text(&CLASSES)),
            1 | 2 => (Kind::PersistentVolume, String::new(), self.text(&VOLUMES)),
            3 | 4 => (Kind::PersistentVolumeClaim, namespace, self.text(&CLAIMS)),
            5 => (Kind::CsiNode, String::new(), self.node_of_few()),
            6 => (Kind::CsiDriver, String::new(), DRIVER.to_owned()),
            _ => (Kind::CsiStorageCapacity, namespace, self.text(&CLASSES)),
        }
    }

    /// Volumes of a pod: claims mostly.
    pub(super) fn volumes(&mut self) -> Vec<Volume> {
        let count = self.pick(&[1, 1, 1, 2, 2, 3]);
        (0..count).map(|at| self.volume(at)).collect()
    }

    fn volume(&mut self, at: usize) -> Volume {
        let mut volume = Volume { name: format!("v{at}"), ..Default::default() };
        let read_only = self.chance(40);
        match self.below(30) {
            0..=3 => volume.ephemeral = Some(EphemeralVolumeSource::default()),
            4 => {
                let pd_name = self.text(&["disk-1", "disk-2"]);
                volume.gce_persistent_disk = Some(GcePersistentDisk { pd_name, read_only });
            }
            5 => {
                let volume_id = self.text(&["vol-1", "aws://z1/vol-2"]);
                volume.aws_elastic_block_store =
                    Some(AwsElasticBlockStore { volume_id, read_only });
            }
            6 => volume.iscsi = Some(Iscsi { iqn: self.text(&["iqn.a", "iqn.b"]), read_only }),
            7 => {
                let monitors = self.at_least_one(2, |g| g.text(&["m1", "m2", "m3"]));
                let image = self.text(&["i1", "i2"]);
                volume.rbd = Some(Rbd { monitors, image, pool: "rbd".to_owned(), read_only });
            }
            8 => match self.below(3) {
                0 => {
                    let name = self.text(&["az-1", "az-2"]);
                    volume.azure_disk = Some(AzureDisk { disk_uri: name.clone(), disk_name: name });
                }
                1 => volume.cinder = Some(Cinder { volume_id: self.text(&["c-1", "c-2"]) }),
                _ => {
                    let volume_id = self.text(&["p-1", "p-2"]);
                    volume.portworx_volume = Some(PortworxVolume { volume_id });
                }
            },
            _ => {
                let missing = self.chance(2);
                let claim_name = if missing { "missing".to_owned() } else { self.text(&CLAIMS) };
                let source = PersistentVolumeClaimVolumeSource { claim_name, read_only };
                volume.persistent_volume_claim = Some(source);
            }
        }
        volume
    }

    /// The claims of the pod's generic ephemeral volumes.
    pub(super) fn ephemeral_claims(&mut self, pod: &Pod) -> Vec<Object> {
        let volumes = pod.spec.volumes.iter().filter(|volume| volume.ephemeral.is_some());
        volumes.map(|volume| self.ephemeral_claim(pod, volume).into()).collect()
    }

    fn ephemeral_claim(&mut self, pod: &Pod, volume: &Volume) -> PersistentVolumeClaim {
        let mut claim = self.claim();
        claim.meta.namespace.clone_from(&pod.meta.namespace);
        claim.meta.name = format!("{}-{}", pod.meta.name, volume.name);
        claim.meta.uid.clone_from(&claim.meta.name);
        if self.chance(95) {
            claim.meta.owner_references = vec![pod_as_owner(pod)];
        }
        claim
    }

    fn storage_class(&mut self) -> StorageClass {
        use VolumeBindingMode::*;
        let name = self.text(&CLASSES);
        let mode = if name == "now" { Immediate } else { WaitForFirstConsumer };
        let provisioner = match name.as_str() {
            "local" => "kubernetes.io/no-provisioner".to_owned(),
            _ => self.text(&[DRIVER, DRIVER, DRIVER, IN_TREE, ""]),
        };
        let unsaid = self.chance(1);
        StorageClass {
            meta: ObjectMeta { name, ..Default::default() },
            provisioner,
            volume_binding_mode: (!unsaid).then_some(mode),
            allowed_topologies: if self.chance(25) {
                self.some(2, Self::topology_term)
            } else {
                Vec::new()
            },
        }
    }

    fn topology_term(&mut self) -> TopologySelectorTerm {
        let requirement = |g: &mut Self| TopologySelectorRequirement {
            key: ZONE.to_owned(),
            values: g.at_least_one(2, |g| g.text(&ZONES)),
        };
        TopologySelectorTerm { match_label_expressions: self.some(2, requirement) }
    }

    fn persistent_volume(&mut self) -> PersistentVolume {
        use AccessMode::*;
        let name = self.text(&VOLUMES);
        let mut meta = ObjectMeta { name: name.clone(), ..Default::default() };
        if self.chance(20) {
            let key = self.text(&[ZONE, "failure-domain.beta.kubernetes.io/zone"]);
            let zones = self.text(&["z1", "z2", "z1__z2", "z1__"]);
            meta.labels = Labels::from([(key, zones)]).into();
        }
        if self.chance(3) {
            meta.deletion_timestamp = Some(Timestamp(1));
        }
        if self.chance(4) {
            let class = self.text(&CLASSES);
            meta.annotations = Labels::from([(CLASS_ANNOTATION.to_owned(), class)]).into();
        }
        let mut spec = PersistentVolumeSpec {
            capacity: self.storage(),
            access_modes: self.pick(&[
                vec![ReadWriteOnce],
                vec![ReadWriteOnce, ReadWriteOncePod],
                vec![ReadWriteOnce, ReadOnlyMany, ReadWriteMany],
            ]),
            claim_ref: self.maybe(25, Self::claim_reference),
            storage_class_name: self.maybe(97, |g| g.text(&CLASSES)),
            volume_mode: self.volume_mode(),
            node_affinity: self.maybe(60, Self::volume_affinity),
            ..Default::default()
        };
        self.volume_source(&name, &mut spec);
        let phase = self.text(&["Available", "Available", "Available", "Bound", "Released"]);
        PersistentVolume { meta, spec, status: PersistentVolumeStatus { phase } }
    }

    fn volume_source(&mut self, name: &str, spec: &mut PersistentVolumeSpec) {
        match self.below(10) {
            0..=5 => {
                let driver = self.text(&DRIVERS);
                let volume_handle = name.to_owned();
                spec.csi = Some(CsiPersistentVolumeSource { driver, volume_handle });
            }
            6 => {
                let volume_id = format!("vol-{name}");
                let read_only = false;
                spec.aws_elastic_block_store = Some(AwsElasticBlockStore { volume_id, read_only });
            }
            7 => {
                let pd_name = name.to_owned();
                spec.gce_persistent_disk = Some(GcePersistentDisk { pd_name, read_only: false });
            }
            _ => {}
        }
    }

    fn volume_affinity(&mut self) -> VolumeNodeAffinity {
        let (key, values) = match self.below(2) {
            0 => (ZONE, self.at_least_one(2, |g| g.text(&ZONES))),
            _ => (HOST, self.at_least_one(3, Self::node_of_few)),
        };
        let operator = NodeOperator::In;
        let requirement = NodeRequirement { key: key.to_owned(), operator, values };
        let term =
            NodeSelectorTerm { match_expressions: vec![requirement], match_fields: Vec::new() };
        VolumeNodeAffinity { required: Some(NodeSelector { node_selector_terms: vec![term] }) }
    }

    fn claim_reference(&mut self) -> ClaimReference {
        let name = self.text(&CLAIMS);
        let other = self.chance(10);
        ClaimReference {
            namespace: self.text(&NAMESPACES[..2]),
            uid: if other { "other".to_owned() } else { self.pick(&[String::new(), name.clone()]) },
            name,
        }
    }

    fn claim(&mut self) -> PersistentVolumeClaim {
        use AccessMode::*;
        let mut meta = self.one_of(&CLAIMS);
        let mut annotations = Labels::new();
        let bound = self.chance(35);
        if bound && self.chance(92) {
            annotations.insert(BIND_COMPLETED.to_owned(), "yes".to_owned());
            annotations.insert(BOUND_BY_CONTROLLER.to_owned(), "yes".to_owned());
        }
        if self.chance(6) {
            annotations.insert(SELECTED_NODE.to_owned(), self.node_of_few());
        }
        meta.annotations = annotations.into();
        if self.chance(1) {
            meta.deletion_timestamp = Some(Timestamp(1));
        }
        let spec = PersistentVolumeClaimSpec {
            access_modes: vec![self.pick(&[
                ReadWriteOnce,
                ReadWriteOnce,
                ReadWriteMany,
                ReadWriteOncePod,
            ])],
            selector: self.maybe(6, |g| LabelSelector {
                match_labels: Labels::from([(ZONE.to_owned(), g.text(&ZONES))]),
                ..Default::default()
            }),
            resources: VolumeResourceRequirements { requests: self.storage() },
            volume_name: if bound { self.text(&VOLUMES) } else { String::new() },
            storage_class_name: self.maybe(98, |g| {
                let odd = g.chance(8);
                g.text(if odd { &["now", "nowhere"] } else { &["later", "local", "disks"] })
            }),
            volume_mode: self.volume_mode(),
            ..Default::default()
        };
        let phase = match self.below(100) {
            0 => "Lost",
            _ if bound => "Bound",
            _ => "Pending",
        };
        let status = PersistentVolumeClaimStatus { phase: phase.to_owned() };
        PersistentVolumeClaim { meta, spec, status }
    }

    fn volume_mode(&mut self) -> Option<String> {
        self.maybe(20, |g| g.text(&["Filesystem", "Filesystem", "Block"]))
    }

    fn storage(&mut self) -> ResourceList {
        ResourceList::from([("storage".to_owned(), self.quantity(&SIZES))])
    }

    fn csi_node(&mut self) -> CsiNode {
        let mut meta = ObjectMeta { name: self.node_of_few(), ..Default::default() };
        if self.chance(30) {
            let key = "storage.alpha.kubernetes.io/migrated-plugins".to_owned();
            let plugins =
                self.text(&[IN_TREE, "kubernetes.io/gce-pd,kubernetes.io/portworx-volume"]);
            meta.annotations = Labels::from([(key, plugins)]).into();
        }
        let driver = |(g, name): (&mut Self, &str)| CsiNodeDriver {
            name: name.to_owned(),
            topology_keys: Vec::new(),
            allocatable: g.maybe(85, |g| VolumeNodeResources {
                count: g.maybe(95, |g| g.pick(&[0, 1, 2, 3, 5])),
            }),
        };
        let count = 1 + self.below(DRIVERS.len());
        let drivers = DRIVERS[..count].iter().map(|name| driver((&mut *self, name))).collect();
        CsiNode { meta, spec: CsiNodeSpec { drivers } }
    }

    fn csi_driver(&mut self) -> CsiDriver {
        let meta = ObjectMeta { name: DRIVER.to_owned(), ..Default::default() };
        CsiDriver { meta, spec: CsiDriverSpec { storage_capacity: self.chance(60) } }
    }

    fn capacity(&mut self) -> CsiStorageCapacity {
        CsiStorageCapacity {
            meta: self.one_of(&CLASSES),
            storage_class_name: self.text(&CLASSES),
            node_topology: self.maybe(90, |g| match g.below(3) {
                0 => LabelSelector::default(),
                _ => LabelSelector {
                    match_labels: Labels::from([(ZONE.to_owned(), g.text(&ZONES))]),
                    ..Default::default()
                },
            }),
            capacity: self.maybe(80, |g| g.quantity(&SIZES)),
            maximum_volume_size: self.maybe(20, |g| g.quantity(&SIZES)),
        }
    }

    fn attachment(&mut self) -> VolumeAttachment {
        let volume = self.text(&VOLUMES);
        let node_name = self.node_of_few();
        let source = VolumeAttachmentSource { persistent_volume_name: Some(volume.clone()) };
        let spec = VolumeAttachmentSpec { attacher: self.text(&DRIVERS), node_name, source };
        VolumeAttachment { meta: ObjectMeta { name: volume, ..Default::default() }, spec }
    }

    /// The name of one of the first nodes.
    pub(super) fn node_of_few(&mut self) -> String {
        format!("n{}", self.below(5))
    }
}

/// The reference by which a pod owns what was made for it.
pub(super) fn pod_as_owner(pod: &Pod) -> OwnerReference {
    OwnerReference {
        api_version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        name: pod.meta.name.clone(),
        uid: pod.meta.uid.clone(),
        controller: true,
    }
}
