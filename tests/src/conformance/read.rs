//! Files of JSON lines, packed or not, and the objects in them.

use anyhow::{Context, Result};
use bayplan::objects::defaults::default_object;
use bayplan::objects::{Node, Object, Pod, devices, policy, storage, workloads};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The lines of a file; `.gz` is unpacked.
///
/// # Errors
/// When the file cannot be read.
pub fn lines(path: &Path) -> Result<Vec<String>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> =
        if packed { Box::new(flate2::read::GzDecoder::new(file)) } else { Box::new(file) };
    let lines = BufReader::new(reader).lines().collect::<std::io::Result<Vec<_>>>();
    let mut lines = lines.with_context(|| path.display().to_string())?;
    lines.retain(|line| !line.trim().is_empty());
    Ok(lines)
}

/// An object as the API server keeps it; `None` for a kind that decides nothing.
///
/// # Errors
/// When the object is malformed.
pub fn object(value: Value) -> Result<Option<Object>> {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    macro_rules! read {
        ($($name:literal => $type:ty,)*) => {
            match kind.as_str() {
                $($name => Object::from(serde_json::from_value::<$type>(value).context($name)?),)*
                _ => return Ok(None),
            }
        };
    }
    let mut object = read! {
        "Node" => Node,
        "Pod" => Pod,
        "Namespace" => policy::Namespace,
        "Service" => policy::Service,
        "ReplicationController" => workloads::ReplicationController,
        "ReplicaSet" => workloads::ReplicaSet,
        "StatefulSet" => workloads::StatefulSet,
        "PodDisruptionBudget" => policy::PodDisruptionBudget,
        "PersistentVolume" => storage::PersistentVolume,
        "PersistentVolumeClaim" => storage::PersistentVolumeClaim,
        "StorageClass" => storage::StorageClass,
        "CSINode" => storage::CsiNode,
        "CSIDriver" => storage::CsiDriver,
        "CSIStorageCapacity" => storage::CsiStorageCapacity,
        "VolumeAttachment" => storage::VolumeAttachment,
        "ResourceSlice" => devices::ResourceSlice,
        "ResourceClaim" => devices::ResourceClaim,
        "ResourceClaimTemplate" => devices::ResourceClaimTemplate,
        "DeviceClass" => devices::DeviceClass,
    };
    default_object(&mut object);
    Ok(Some(object))
}
