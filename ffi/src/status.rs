//! Status codes. A number, once given, keeps its meaning for ever and is never given again.

/// What a call came to.
#[repr(i32)]
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum bayplan_status {
    /// The call did what it says.
    BAYPLAN_OK = 0,

    /// A pointer that must not be NULL is NULL.
    BAYPLAN_ERR_NULL = 1,
    /// The value was never a handle: a foreign pointer, or garbage.
    BAYPLAN_ERR_HANDLE = 2,
    /// The handle was freed before.
    BAYPLAN_ERR_STALE = 3,
    /// The handle is one of another type.
    BAYPLAN_ERR_HANDLE_TYPE = 4,
    /// Another call is using the handle: another thread, or a callback that calls back. Nothing was
    /// done; the rules of sharing were broken.
    BAYPLAN_ERR_BUSY = 5,
    /// The library failed while it was changing what the handle stands for. The handle can only be
    /// freed.
    BAYPLAN_ERR_BROKEN = 6,
    /// The library failed in this call: a bug in bayplan. Please report the message.
    BAYPLAN_ERR_PANIC = 7,
    /// There are as many handles as there can be.
    BAYPLAN_ERR_LIMIT = 8,

    /// A text is not UTF-8.
    BAYPLAN_ERR_UTF8 = 20,
    /// A length or count is larger than memory can be.
    BAYPLAN_ERR_SIZE = 21,
    /// An array is not aligned for its elements.
    BAYPLAN_ERR_ALIGNMENT = 22,
    /// The `struct_size` of a structure is no size that this library knows.
    BAYPLAN_ERR_STRUCT_SIZE = 23,
    /// An array is too short for what it is to hold.
    BAYPLAN_ERR_TOO_SHORT = 24,
    /// An argument is out of its range.
    BAYPLAN_ERR_ARGUMENT = 25,

    /// A text is no valid object, list of objects, request or dump.
    BAYPLAN_ERR_INPUT = 40,
    /// A scheduler configuration is not valid.
    BAYPLAN_ERR_CONFIGURATION = 41,

    /// There is no such object, node or template.
    BAYPLAN_ERR_NOT_FOUND = 60,
    /// The pod is bound already.
    BAYPLAN_ERR_ALREADY_BOUND = 61,
    /// The pod is not bound.
    BAYPLAN_ERR_NOT_BOUND = 62,
    /// The sum of the requests on a node would exceed 2^63-1.
    BAYPLAN_ERR_SUM_TOO_LARGE = 63,
    /// Objects of this kind are not part of a cluster's state.
    BAYPLAN_ERR_KIND = 64,
    /// No profile of the scheduler has the name that the pod asks for.
    BAYPLAN_ERR_NO_PROFILE = 65,
    /// A plugin could not reserve what the pod needs besides the node.
    BAYPLAN_ERR_RESERVE = 66,
    /// The transaction has ended.
    BAYPLAN_ERR_ENDED = 67,

    /// A plugin of the host said that it failed.
    BAYPLAN_ERR_CALLBACK = 80,
}

use bayplan_status::*;

impl bayplan_status {
    /// A sentence about the status, without its end.
    pub const fn text(self) -> &'static str {
        match self {
            BAYPLAN_OK => "no error",
            BAYPLAN_ERR_NULL => "a pointer that must not be NULL is NULL",
            BAYPLAN_ERR_HANDLE => "the value is no handle",
            BAYPLAN_ERR_STALE => "the handle was freed before",
            BAYPLAN_ERR_HANDLE_TYPE => "the handle is one of another type",
            BAYPLAN_ERR_BUSY => "another call is using the handle",
            BAYPLAN_ERR_BROKEN => {
                "the library failed in an earlier call; the handle can only be freed"
            }
            BAYPLAN_ERR_PANIC => "the library failed; this is a bug in bayplan",
            BAYPLAN_ERR_LIMIT => "there are as many handles as there can be",
            BAYPLAN_ERR_UTF8 => "a text is not UTF-8",
            BAYPLAN_ERR_SIZE => "a length or count is larger than memory can be",
            BAYPLAN_ERR_ALIGNMENT => "an array is not aligned for its elements",
            BAYPLAN_ERR_STRUCT_SIZE => "struct_size is no size that this library knows",
            BAYPLAN_ERR_TOO_SHORT => "an array is too short for what it is to hold",
            BAYPLAN_ERR_ARGUMENT => "an argument is out of its range",
            BAYPLAN_ERR_INPUT => "the text is not valid",
            BAYPLAN_ERR_CONFIGURATION => "the scheduler configuration is not valid",
            BAYPLAN_ERR_NOT_FOUND => "there is no such object, node or template",
            BAYPLAN_ERR_ALREADY_BOUND => "the pod is bound already",
            BAYPLAN_ERR_NOT_BOUND => "the pod is not bound",
            BAYPLAN_ERR_SUM_TOO_LARGE => "the sum of the requests on a node would exceed 2^63-1",
            BAYPLAN_ERR_KIND => "objects of this kind are not part of a cluster's state",
            BAYPLAN_ERR_NO_PROFILE => "no profile has the name that the pod asks for",
            BAYPLAN_ERR_RESERVE => "a plugin could not reserve what the pod needs besides the node",
            BAYPLAN_ERR_ENDED => "the transaction has ended",
            BAYPLAN_ERR_CALLBACK => "a plugin of the host failed",
        }
    }

    /// The status of this number.
    pub(crate) fn from_number(number: i32) -> Option<Self> {
        ALL.iter().copied().find(|status| *status as i32 == number)
    }
}

/// Every status, in order of the numbers.
pub(crate) const ALL: [bayplan_status; 26] = [
    BAYPLAN_OK,
    BAYPLAN_ERR_NULL,
    BAYPLAN_ERR_HANDLE,
    BAYPLAN_ERR_STALE,
    BAYPLAN_ERR_HANDLE_TYPE,
    BAYPLAN_ERR_BUSY,
    BAYPLAN_ERR_BROKEN,
    BAYPLAN_ERR_PANIC,
    BAYPLAN_ERR_LIMIT,
    BAYPLAN_ERR_UTF8,
    BAYPLAN_ERR_SIZE,
    BAYPLAN_ERR_ALIGNMENT,
    BAYPLAN_ERR_STRUCT_SIZE,
    BAYPLAN_ERR_TOO_SHORT,
    BAYPLAN_ERR_ARGUMENT,
    BAYPLAN_ERR_INPUT,
    BAYPLAN_ERR_CONFIGURATION,
    BAYPLAN_ERR_NOT_FOUND,
    BAYPLAN_ERR_ALREADY_BOUND,
    BAYPLAN_ERR_NOT_BOUND,
    BAYPLAN_ERR_SUM_TOO_LARGE,
    BAYPLAN_ERR_KIND,
    BAYPLAN_ERR_NO_PROFILE,
    BAYPLAN_ERR_RESERVE,
    BAYPLAN_ERR_ENDED,
    BAYPLAN_ERR_CALLBACK,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_never_move() {
        let numbers: Vec<_> = ALL.iter().map(|status| *status as i32).collect();
        let given = [
            0, 1, 2, 3, 4, 5, 6, 7, 8, 20, 21, 22, 23, 24, 25, 40, 41, 60, 61, 62, 63, 64, 65, 66,
            67, 80,
        ];
        assert_eq!(numbers, given);
    }
}
