//! What goes wrong inside a call, before it becomes a status and an error handle.

use crate::status::bayplan_status::{self, *};
use bayplan::objects::manifest;
use bayplan::state::change::Refusal;
use bayplan::{ChangeError, ManifestError, ScheduleError};

/// Why a call did not do what it says.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) status: bayplan_status,
    pub(crate) message: String,
    /// The object that is at fault, as `Kind namespace/name`; empty where none is.
    pub(crate) object: String,
    /// Path of its field; empty for the object as a whole.
    pub(crate) field: String,
    /// Line and column of the text, from 1; 0 where they are not known.
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Fault {
    /// A fault whose status says everything.
    pub(crate) fn of(status: bayplan_status) -> Self {
        Self::new(status, status.text())
    }

    pub(crate) fn new(status: bayplan_status, message: impl Into<String>) -> Self {
        let (object, field) = (String::new(), String::new());
        Self { status, message: message.into(), object, field, line: 0, column: 0 }
    }

    /// The fault of an argument with this name.
    pub(crate) fn argument(status: bayplan_status, name: &str) -> Self {
        Self { field: name.to_owned(), ..Self::new(status, format!("{name}: {}", status.text())) }
    }

    /// The fault of a text with these faults.
    pub(crate) fn of_text(faults: &[manifest::Fault]) -> Self {
        let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let number = |number: Option<usize>| {
            number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
        };
        let first = faults.first();
        Self {
            object: first.and_then(|fault| fault.object.clone()).unwrap_or_default(),
            field: first.map(|fault| fault.field.clone()).unwrap_or_default(),
            line: number(first.and_then(|fault| fault.line)),
            column: number(first.and_then(|fault| fault.column)),
            ..Self::new(BAYPLAN_ERR_INPUT, lines.join("\n"))
        }
    }
}

impl From<ChangeError> for Fault {
    fn from(error: ChangeError) -> Self {
        let status = match error.reason {
            Refusal::NotFound | Refusal::NoSuchNode => BAYPLAN_ERR_NOT_FOUND,
            Refusal::AlreadyBound => BAYPLAN_ERR_ALREADY_BOUND,
            Refusal::NotBound => BAYPLAN_ERR_NOT_BOUND,
            Refusal::SumTooLarge => BAYPLAN_ERR_SUM_TOO_LARGE,
            Refusal::NotClusterState => BAYPLAN_ERR_KIND,
        };
        let object = format!("{} {}", error.kind.name(), error.object);
        Self { object, ..Self::new(status, error.to_string()) }
    }
}

impl From<ScheduleError> for Fault {
    fn from(error: ScheduleError) -> Self {
        let message = error.to_string();
        let (status, pod) = match error {
            ScheduleError::NoSuchPod(pod) => (BAYPLAN_ERR_NOT_FOUND, pod),
            ScheduleError::AlreadyBound(pod) => (BAYPLAN_ERR_ALREADY_BOUND, pod),
            ScheduleError::NoProfile { pod, .. } => (BAYPLAN_ERR_NO_PROFILE, pod),
            ScheduleError::Reserve { pod, .. } => (BAYPLAN_ERR_RESERVE, pod),
            ScheduleError::Change(error) => return error.into(),
        };
        Self { object: format!("Pod {pod}"), ..Self::new(status, message) }
    }
}

impl From<ManifestError> for Fault {
    fn from(error: ManifestError) -> Self {
        Self::new(BAYPLAN_ERR_INPUT, error.to_string())
    }
}
