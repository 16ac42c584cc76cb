/*
 * bayplan: kube-scheduler's decisions over every node, without a cluster.
 *
 * Generated from the sources of bayplan-ffi; do not edit. SPDX-License-Identifier: Apache-2.0
 *
 * The short story:
 *
 *     bayplan_cluster *cluster = bayplan_cluster_new();
 *     bayplan_scheduler *scheduler = bayplan_scheduler_new();
 *     bayplan_error *error = NULL;
 *     bayplan_decision *decision = NULL;
 *     if (bayplan_cluster_load(cluster, BAYPLAN_STR("..."), &error) == BAYPLAN_OK &&
 *         bayplan_scheduler_schedule(scheduler, cluster, BAYPLAN_STR("shop"), BAYPLAN_STR("web"),
 *                                    &decision, &error) == BAYPLAN_OK) {
 *         bayplan_str node = bayplan_decision_node(decision);
 *         printf("%.*s\n", (int)node.length, node.data);
 *     }
 *
 * RULES. They hold for every function; what a function says of itself comes on top.
 *
 * Names.      bayplan_<type>_<verb>. The type is that of the first argument, or of what is made.
 *
 * Handles.    bayplan_cluster, bayplan_scheduler, bayplan_snapshot, bayplan_transaction,
 *             bayplan_decision, bayplan_diagnosis, bayplan_plan, bayplan_text and bayplan_error are
 *             handles: values in the shape of pointers that lead to no memory. Compare and copy them,
 *             never follow them. Whoever gets a handle through a pointer to a pointer, or as a
 *             result, owns it and frees it once with the bayplan_<type>_free of its type. Handles
 *             are independent: freeing one takes nothing from another, except that a transaction
 *             ends with its cluster. A handle that is NULL, was freed, is of another type or never
 *             was one is refused with a status, and a function that returns no status gives its
 *             neutral answer (0, NULL, empty). A freed handle is recognised for ever.
 *
 * NULL.       Allowed where it is written, for the error argument of every function, for every _free
 *             (which does nothing then), and for data with a length of 0. Elsewhere it is refused with
 *             BAYPLAN_ERR_NULL.
 *
 * Texts.      bayplan_str is a pointer and a length in bytes; it is passed by value and not
 *             terminated. Texts are UTF-8; others are refused with BAYPLAN_ERR_UTF8. The library
 *             keeps no pointer into a text or array of the caller after a call, except user_data and
 *             the functions of a plugin. A text that the library gives is borrowed: until the handle
 *             is freed that it came from, or as long as the function says; never free it.
 *
 * Arrays.     A pointer, and a number of elements in another argument. The caller owns them. Arrays
 *             with an entry per node are indexed by node number. Arrays are filled completely when the
 *             call succeeds and hold anything when it fails, where nothing else is said.
 *
 * Results.    Results are written when the call succeeds and left alone when it fails. The pointers
 *             are checked before anything is done.
 *
 * Node        A number belongs to the name of a node for the life of a cluster, counted from 0 in the
 * numbers.    order in which the names came (names that came together: in the order of the columns or,
 *             in texts, in byte order). It is never given to another name, and a node that comes back
 *             has the one it had. No rollback takes numbers back.
 *
 * Errors.     Functions that can fail return a bayplan_status. BAYPLAN_OK is 0; the numbers never
 *             change. The last argument, where it is not NULL, gets an error with the whole story, or
 *             NULL when the call succeeds: initialise it or not, but free what it holds before it is
 *             used again. That no node takes a pod is a decision and no error. A call that fails has
 *             changed nothing, where nothing else is said.
 *
 * Threads.    A handle may be used by any thread. Calls that take it as const may run at the same time;
 *             a call that does not must be the only one with that handle. Calls with different handles
 *             do not disturb one another. A call that breaks this rule is refused with
 *             BAYPLAN_ERR_BUSY as far as that can be seen; nothing waits. To ask from several threads
 *             at once, make a snapshot.
 *
 * Structures. Their first field is struct_size, set by the caller to sizeof the structure, before the
 *             call also where the library fills it. Fields are only ever added at the end; set those
 *             that are not used to 0. Programs made with an elder header go on working.
 *
 * Panics.     No panic of the library gets out of a call: BAYPLAN_ERR_PANIC says that there was one,
 *             BAYPLAN_ERR_BROKEN that one left the handle unusable. Only a lack of memory or stack
 *             ends the process. Of wrong pointers to the caller's own memory nothing is known: what
 *             they lead to must be there.
 *
 * Stability.  Within a major version (before 1.0: a minor version) functions, structures, numbers and
 *             their meaning stay, and only grow; texts for people may change. Status codes are never
 *             used again for something else. Deprecated functions stay until the next major version.
 *             Decisions are those of kube-scheduler v1.35 and change only where bayplan was wrong.
 */


#ifndef BAYPLAN_H
#define BAYPLAN_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && !defined(BAYPLAN_STATIC)
#define BAYPLAN_API __declspec(dllimport)
#else
#define BAYPLAN_API
#endif

/* A bayplan_str of a string literal. */
#ifdef __cplusplus
#define BAYPLAN_STR(literal) (bayplan_str{(literal), sizeof(literal) - 1})
#else
#define BAYPLAN_STR(literal) ((bayplan_str){(literal), sizeof(literal) - 1})
#endif


/**
 * A taint of this effect keeps new pods away.
 */
#define BAYPLAN_TAINT_NO_SCHEDULE 1

/**
 * A taint of this effect keeps new pods away where that is possible.
 */
#define BAYPLAN_TAINT_PREFER_NO_SCHEDULE 2

/**
 * A taint of this effect keeps new pods away and evicts running ones.
 */
#define BAYPLAN_TAINT_NO_EXECUTE 3

/**
 * No outcome: the handle is no live decision, or there was no attempt.
 */
#define BAYPLAN_OUTCOME_NONE 0

/**
 * The pod is bound to the node.
 */
#define BAYPLAN_OUTCOME_BOUND 1

/**
 * The pod is nominated to the node and waits until the victims are gone.
 */
#define BAYPLAN_OUTCOME_NOMINATED 2

/**
 * No node will do.
 */
#define BAYPLAN_OUTCOME_UNSCHEDULABLE 3

/**
 * A gate holds the pod back; it was not attempted.
 */
#define BAYPLAN_OUTCOME_GATED 4

/**
 * The pod is being deleted; it was not attempted.
 */
#define BAYPLAN_OUTCOME_SKIPPED 5

/**
 * Says that there is no node.
 */
#define BAYPLAN_NO_NODE UINT32_MAX

/**
 * The plugin says nothing against a node.
 */
#define BAYPLAN_PLUGIN_YES 0

/**
 * The plugin refuses a node, and removing pods from it might help.
 */
#define BAYPLAN_PLUGIN_NOT_NOW 1

/**
 * The plugin refuses a node, whatever pods are removed.
 */
#define BAYPLAN_PLUGIN_NEVER 2

/**
 * There is no node of this number now.
 */
#define BAYPLAN_VERDICT_ABSENT 0

/**
 * The pod may run on the node.
 */
#define BAYPLAN_VERDICT_FEASIBLE 1

/**
 * It may not, but removing pods from the node might help.
 */
#define BAYPLAN_VERDICT_UNSCHEDULABLE 2

/**
 * It may not, whatever pods are removed from the node.
 */
#define BAYPLAN_VERDICT_UNRESOLVABLE 3

/**
 * The node was not looked at: the pod as a whole is not for it.
 */
#define BAYPLAN_VERDICT_EXCLUDED 4

/**
 * A plugin failed on the node.
 */
#define BAYPLAN_VERDICT_ERROR 5

/**
 * Says that a node was not scored.
 */
#define BAYPLAN_NO_SCORE INT64_MIN

/**
 * First number of the version of the interface that this header describes.
 */
#define BAYPLAN_ABI_MAJOR 0

/**
 * Second number.
 */
#define BAYPLAN_ABI_MINOR 1

/**
 * Third number.
 */
#define BAYPLAN_ABI_PATCH 0

/**
 * All three in one number that can be compared: `major * 1000000 + minor * 1000 + patch`.
 */
#define BAYPLAN_ABI_VERSION 1000

/**
 * What a call came to.
 */
enum bayplan_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The call did what it says.
     */
    BAYPLAN_OK = 0,
    /**
     * A pointer that must not be NULL is NULL.
     */
    BAYPLAN_ERR_NULL = 1,
    /**
     * The value was never a handle: a foreign pointer, or garbage.
     */
    BAYPLAN_ERR_HANDLE = 2,
    /**
     * The handle was freed before.
     */
    BAYPLAN_ERR_STALE = 3,
    /**
     * The handle is one of another type.
     */
    BAYPLAN_ERR_HANDLE_TYPE = 4,
    /**
     * Another call is using the handle: another thread, or a callback that calls back. Nothing was
     * done; the rules of sharing were broken.
     */
    BAYPLAN_ERR_BUSY = 5,
    /**
     * The library failed while it was changing what the handle stands for. The handle can only be
     * freed.
     */
    BAYPLAN_ERR_BROKEN = 6,
    /**
     * The library failed in this call: a bug in bayplan. Please report the message.
     */
    BAYPLAN_ERR_PANIC = 7,
    /**
     * There are as many handles as there can be.
     */
    BAYPLAN_ERR_LIMIT = 8,
    /**
     * A text is not UTF-8.
     */
    BAYPLAN_ERR_UTF8 = 20,
    /**
     * A length or count is larger than memory can be.
     */
    BAYPLAN_ERR_SIZE = 21,
    /**
     * An array is not aligned for its elements.
     */
    BAYPLAN_ERR_ALIGNMENT = 22,
    /**
     * The `struct_size` of a structure is no size that this library knows.
     */
    BAYPLAN_ERR_STRUCT_SIZE = 23,
    /**
     * An array is too short for what it is to hold.
     */
    BAYPLAN_ERR_TOO_SHORT = 24,
    /**
     * An argument is out of its range.
     */
    BAYPLAN_ERR_ARGUMENT = 25,
    /**
     * A text is no valid object, list of objects, request or dump.
     */
    BAYPLAN_ERR_INPUT = 40,
    /**
     * A scheduler configuration is not valid.
     */
    BAYPLAN_ERR_CONFIGURATION = 41,
    /**
     * There is no such object, node or template.
     */
    BAYPLAN_ERR_NOT_FOUND = 60,
    /**
     * The pod is bound already.
     */
    BAYPLAN_ERR_ALREADY_BOUND = 61,
    /**
     * The pod is not bound.
     */
    BAYPLAN_ERR_NOT_BOUND = 62,
    /**
     * The sum of the requests on a node would exceed 2^63-1.
     */
    BAYPLAN_ERR_SUM_TOO_LARGE = 63,
    /**
     * Objects of this kind are not part of a cluster's state.
     */
    BAYPLAN_ERR_KIND = 64,
    /**
     * No profile of the scheduler has the name that the pod asks for.
     */
    BAYPLAN_ERR_NO_PROFILE = 65,
    /**
     * A plugin could not reserve what the pod needs besides the node.
     */
    BAYPLAN_ERR_RESERVE = 66,
    /**
     * The transaction has ended.
     */
    BAYPLAN_ERR_ENDED = 67,
    /**
     * A plugin of the host said that it failed.
     */
    BAYPLAN_ERR_CALLBACK = 80,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bayplan_status bayplan_status;
#else
typedef int32_t bayplan_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A cluster: nodes, pods and what else decides placements. Owned by the caller: free it with
 * `bayplan_cluster_free`.
 */
typedef struct bayplan_cluster bayplan_cluster;

/**
 * What became of one attempt to place a pod: plain data that never changes. Owned by the caller:
 * free it with `bayplan_decision_free`. Questions about a value that is no live decision have the
 * neutral answer: 0, empty, `BAYPLAN_NO_NODE`.
 */
typedef struct bayplan_decision bayplan_decision;

/**
 * What would become of a pod, and why: plain data that never changes. Owned by the caller: free it
 * with `bayplan_diagnosis_free`. Questions about a value that is no live diagnosis have empty
 * answers.
 */
typedef struct bayplan_diagnosis bayplan_diagnosis;

/**
 * What went wrong in a call. Owned by the caller: free it with `bayplan_error_free`.
 */
typedef struct bayplan_error bayplan_error;

/**
 * What became of every pod that waited: plain data that never changes. Owned by the caller: free
 * it with `bayplan_plan_free`.
 */
typedef struct bayplan_plan bayplan_plan;

/**
 * A scheduler: profiles, plugins, and what it remembers of the cluster it was last asked about.
 * Owned by the caller: free it with `bayplan_scheduler_free`.
 */
typedef struct bayplan_scheduler bayplan_scheduler;

/**
 * A cluster with a scheduler as they were when it was made. Every call with it is const: any
 * number of threads may ask at once. Owned by the caller: free it with `bayplan_snapshot_free`,
 * when no thread asks any more.
 */
typedef struct bayplan_snapshot bayplan_snapshot;

/**
 * A text that a call made. Owned by the caller: free it with `bayplan_text_free`.
 */
typedef struct bayplan_text bayplan_text;

/**
 * A savepoint of a cluster. Owned by the caller: free it with `bayplan_transaction_free`.
 */
typedef struct bayplan_transaction bayplan_transaction;

/**
 * A text: bytes and how many. Not terminated; UTF-8 where the library gives one and where nothing
 * else is said. `data` may be NULL where `length` is 0.
 */
typedef struct {
    /**
     * The first byte.
     */
    const char *data;
    /**
     * How many bytes.
     */
    size_t length;
} bayplan_str;

/**
 * A pod template of one cluster: a number that is never 0 and never used again.
 */
typedef uint64_t bayplan_template;

/**
 * How much a cluster holds.
 */
typedef struct {
    /**
     * `sizeof(bayplan_statistics)`, set by the caller.
     */
    size_t struct_size;
    /**
     * Nodes.
     */
    uint64_t nodes;
    /**
     * Pods, pending and bound.
     */
    uint64_t pods;
    /**
     * Pods that count on a node.
     */
    uint64_t bound_pods;
    /**
     * Pods that are nominated to a node and not bound.
     */
    uint64_t nominated_pods;
    /**
     * Classes: kinds of pods that are the same to the scheduler.
     */
    uint64_t classes;
    /**
     * Transactions that are open.
     */
    uint64_t transactions;
    /**
     * CPU that pods may use, in thousandths, over all nodes.
     */
    int64_t allocatable_cpu_milli;
    /**
     * CPU that bound pods request, in thousandths.
     */
    int64_t requested_cpu_milli;
    /**
     * Memory that pods may use, in bytes, over all nodes; at most 2^63-1.
     */
    int64_t allocatable_memory_bytes;
    /**
     * Memory that bound pods request, in bytes; at most 2^63-1.
     */
    int64_t requested_memory_bytes;
} bayplan_statistics;

/**
 * Nodes as columns. Every column has `count` entries where nothing else is said; a column that is
 * NULL has nothing for any node. Lists of different lengths per node are one array with all
 * entries one after the other, and an array of `count + 1` offsets: those of node `i` are at
 * `offsets[i]` up to, not including, `offsets[i + 1]`.
 */
typedef struct {
    /**
     * `sizeof(bayplan_node_columns)`, set by the caller.
     */
    size_t struct_size;
    /**
     * How many nodes.
     */
    size_t count;
    /**
     * Names; must not be NULL.
     */
    const bayplan_str *names;
    /**
     * CPU that pods may use, in thousandths; must not be NULL.
     */
    const int64_t *cpu_milli;
    /**
     * Memory that pods may use, in bytes; must not be NULL.
     */
    const int64_t *memory_bytes;
    /**
     * How many pods each takes; must not be NULL.
     */
    const int64_t *pods;
    /**
     * Ephemeral storage that pods may use, in bytes.
     */
    const int64_t *ephemeral_storage_bytes;
    /**
     * Not 0 for nodes that are cordoned.
     */
    const uint8_t *cordoned;
    /**
     * Offsets of the labels, `count + 1` of them.
     */
    const size_t *label_offsets;
    /**
     * Keys of the labels.
     */
    const bayplan_str *label_keys;
    /**
     * Values of the labels.
     */
    const bayplan_str *label_values;
    /**
     * Offsets of the taints, `count + 1` of them.
     */
    const size_t *taint_offsets;
    /**
     * Keys of the taints.
     */
    const bayplan_str *taint_keys;
    /**
     * Values of the taints.
     */
    const bayplan_str *taint_values;
    /**
     * Effects of the taints: `BAYPLAN_TAINT_...`.
     */
    const uint8_t *taint_effects;
    /**
     * Offsets of the extended resources, `count + 1` of them.
     */
    const size_t *resource_offsets;
    /**
     * Names of the extended resources, such as `nvidia.com/gpu`.
     */
    const bayplan_str *resource_names;
    /**
     * How much of each pods may use, in whole numbers.
     */
    const int64_t *resource_amounts;
    /**
     * Offsets of the images that are there, `count + 1` of them.
     */
    const size_t *image_offsets;
    /**
     * Names of the images.
     */
    const bayplan_str *image_names;
    /**
     * Sizes of the images, in bytes.
     */
    const int64_t *image_sizes;
} bayplan_node_columns;

/**
 * Pods as columns: instances of templates. Every column has `count` entries; a column that is NULL
 * has nothing for any pod.
 */
typedef struct {
    /**
     * `sizeof(bayplan_pod_columns)`, set by the caller.
     */
    size_t struct_size;
    /**
     * How many pods.
     */
    size_t count;
    /**
     * What each is made after; must not be NULL. Namespace, labels and everything else but what
     * stands here is the template's.
     */
    const bayplan_template *templates;
    /**
     * Names; must not be NULL.
     */
    const bayplan_str *names;
    /**
     * Unique identifiers. Where NULL, they have that of their template.
     */
    const bayplan_str *uids;
    /**
     * Numbers of the nodes they are bound to; `BAYPLAN_NO_NODE` for pods that wait. Where NULL,
     * all wait.
     */
    const uint32_t *nodes;
} bayplan_pod_columns;

/**
 * What became of one pod. The texts are borrowed until the plan is freed.
 */
typedef struct {
    /**
     * `sizeof(bayplan_plan_item)`, set by the caller.
     */
    size_t struct_size;
    /**
     * Namespace of the pod.
     */
    bayplan_str pod_namespace;
    /**
     * Name of the pod.
     */
    bayplan_str pod_name;
    /**
     * Name of the node it is bound or nominated to; empty where there is none.
     */
    bayplan_str node;
    /**
     * kube-scheduler's words about a pod that is not bound; empty for one that is.
     */
    bayplan_str message;
    /**
     * Total score of the node; `BAYPLAN_NO_SCORE` where none was computed.
     */
    int64_t score;
    /**
     * Number of the node; `BAYPLAN_NO_NODE` where there is none.
     */
    uint32_t node_number;
    /**
     * What became of it: one of `BAYPLAN_OUTCOME_...`.
     */
    uint8_t outcome;
} bayplan_plan_item;

/**
 * What a plugin is asked about. Borrowed for the call of the plugin.
 */
typedef struct {
    /**
     * The size of this structure as the library knows it.
     */
    size_t struct_size;
    /**
     * Namespace of the pod.
     */
    bayplan_str pod_namespace;
    /**
     * Name of the pod.
     */
    bayplan_str pod_name;
    /**
     * How many nodes.
     */
    size_t count;
    /**
     * Their numbers, `count` of them.
     */
    const uint32_t *nodes;
} bayplan_plugin_question;

/**
 * Fills `verdicts`, which has an entry per node of the question, all `BAYPLAN_PLUGIN_YES` at
 * first. Anything but 0 says that the plugin failed: the call that asked fails with
 * `BAYPLAN_ERR_CALLBACK` and changes nothing.
 */
typedef int32_t (*bayplan_plugin_filter)(void *user_data,
                                         const bayplan_plugin_question *question,
                                         uint8_t *verdicts);

/**
 * Fills `scores`, which has an entry per node of the question, all 0 at first, with numbers from 0
 * to 100; others count as the nearest of these. Fails like a filter.
 */
typedef int32_t (*bayplan_plugin_score)(void *user_data,
                                        const bayplan_plugin_question *question,
                                        int64_t *scores);

/**
 * Is told that the library will not use `user_data` any more.
 */
typedef void (*bayplan_plugin_release)(void *user_data);

/**
 * A plugin of the host. What it says of a node depends on that node, on the pod and on nothing
 * else that changes. Its functions run on the thread of the call that asks; where snapshots are
 * asked by several threads, on several at once. They must not jump or throw out of the library,
 * and what they call with the cluster or scheduler that asks is refused with `BAYPLAN_ERR_BUSY`.
 */
typedef struct {
    /**
     * `sizeof(bayplan_plugin)`, set by the caller.
     */
    size_t struct_size;
    /**
     * The name that messages and score parts use: 1 to 253 bytes, not that of a built-in plugin.
     */
    bayplan_str name;
    /**
     * Why it refuses nodes, as messages count it: `node(s) were ...`. Empty: a text with the name.
     */
    bayplan_str reason;
    /**
     * Given to every function.
     */
    void *user_data;
    /**
     * Refuses nodes; NULL where it does not.
     */
    bayplan_plugin_filter filter;
    /**
     * Scores nodes; NULL where it does not.
     */
    bayplan_plugin_score score;
    /**
     * What its scores are multiplied by, 1 to 1000000; not looked at where it does not score.
     */
    int64_t score_weight;
    /**
     * Told when the last scheduler or snapshot with the plugin is gone; NULL where nobody has to
     * be.
     */
    bayplan_plugin_release release;
} bayplan_plugin;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * A cluster without anything; NULL where there are too many handles.
 */
BAYPLAN_API bayplan_cluster *bayplan_cluster_new(void);

/**
 * Frees a cluster. Its transactions end; everything else that came from it stays valid. NULL is
 * fine.
 */
BAYPLAN_API bayplan_status bayplan_cluster_free(bayplan_cluster *cluster);

/**
 * A copy that goes its own way, with the numbers of the nodes and the templates, without the
 * transactions. It takes time and memory in proportion to the cluster.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_copy(const bayplan_cluster *cluster,
                                    bayplan_cluster **copy,
                                    bayplan_error **error);

/**
 * Adds manifests as people write them: YAML or JSON, one document or many, lists too. What is left
 * out is completed as the API server completes it, workloads become the pods that their
 * controllers would create, and everything is checked. All of the text goes in or nothing; objects
 * that are there are replaced. What a reader should know is in `bayplan_cluster_notes` afterwards.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_load(bayplan_cluster *cluster,
                                    bayplan_str text,
                                    bayplan_error **error);

/**
 * Adds or replaces objects as an API server has them, such as a watch delivers: believed as they
 * are, workloads left aside because their pods come by themselves. JSON or YAML, one object or
 * many. All of the text goes in or nothing.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_apply(bayplan_cluster *cluster,
                                     bayplan_str text,
                                     bayplan_error **error);

/**
 * Takes an object out. `kind` is as manifests write it, `namespace_` its namespace, empty for
 * kinds that have none.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_delete(bayplan_cluster *cluster,
                                      bayplan_str kind,
                                      bayplan_str namespace_,
                                      bayplan_str name,
                                      bayplan_error **error);

/**
 * What the last `bayplan_cluster_load` left to say, a sentence a line: assumptions, kinds that
 * were skipped, pods that the API server would refuse. Borrowed until the next call with the
 * cluster that is not const.
 */
BAYPLAN_API bayplan_str bayplan_cluster_notes(const bayplan_cluster *cluster);

/**
 * Reads one pod (YAML or JSON, as an API server would have it) as the template of others; 0 where
 * that fails. The template is valid with this cluster and its later copies, for their whole lives;
 * it is no part of the state, so no rollback takes it away.
 */
BAYPLAN_API
bayplan_template bayplan_cluster_intern_pod(bayplan_cluster *cluster,
                                            bayplan_str pod,
                                            bayplan_error **error);

/**
 * Binds a pending pod to a node, as a scheduler other than this one decided.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_bind(bayplan_cluster *cluster,
                                    bayplan_str namespace_,
                                    bayplan_str name,
                                    bayplan_str node,
                                    bayplan_error **error);

/**
 * Makes a bound pod pending again.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_unbind(bayplan_cluster *cluster,
                                      bayplan_str namespace_,
                                      bayplan_str name,
                                      bayplan_error **error);

/**
 * The number of a node name; `BAYPLAN_NO_NODE` where the name never had a node.
 */
BAYPLAN_API uint32_t bayplan_cluster_node_number(const bayplan_cluster *cluster, bayplan_str name);

/**
 * The name of a node number; empty where there is none. Borrowed until the cluster is freed.
 */
BAYPLAN_API bayplan_str bayplan_cluster_node_name(const bayplan_cluster *cluster, uint32_t number);

/**
 * How many node numbers were given: every number is smaller, and arrays with an entry per node
 * have this length. It only grows.
 */
BAYPLAN_API size_t bayplan_cluster_node_numbers(const bayplan_cluster *cluster);

/**
 * How much the cluster holds. Costs a walk over nodes and pods.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_statistics(const bayplan_cluster *cluster,
                                          bayplan_statistics *statistics,
                                          bayplan_error **error);

/**
 * A number that is the same for clusters of the same objects in the same places, on every machine
 * and in every run of one version of the library. Costs a walk over all objects.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_hash(const bayplan_cluster *cluster,
                                    uint64_t *hash,
                                    bayplan_error **error);

/**
 * Adds nodes, or replaces those of the same names. All go in or none. `numbers` may be NULL; else
 * it has `columns->count` entries and gets the numbers of the nodes.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_add_nodes(bayplan_cluster *cluster,
                                         const bayplan_node_columns *columns,
                                         uint32_t *numbers,
                                         bayplan_error **error);

/**
 * Adds pods, or replaces those of the same names. All go in or none.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_add_pods(bayplan_cluster *cluster,
                                        const bayplan_pod_columns *columns,
                                        bayplan_error **error);

/**
 * What became of the pod: one of `BAYPLAN_OUTCOME_...`.
 */
BAYPLAN_API uint8_t bayplan_decision_outcome(const bayplan_decision *decision);

/**
 * Name of the node that the pod is bound or nominated to; empty where there is none. Borrowed
 * until the decision is freed.
 */
BAYPLAN_API bayplan_str bayplan_decision_node(const bayplan_decision *decision);

/**
 * Number of that node; `BAYPLAN_NO_NODE` where there is none.
 */
BAYPLAN_API uint32_t bayplan_decision_node_number(const bayplan_decision *decision);

/**
 * Total score of that node; `BAYPLAN_NO_SCORE` where none was computed.
 */
BAYPLAN_API int64_t bayplan_decision_score(const bayplan_decision *decision);

/**
 * kube-scheduler's words about a pod that is not bound; empty for one that is. Borrowed until the
 * decision is freed.
 */
BAYPLAN_API bayplan_str bayplan_decision_message(const bayplan_decision *decision);

/**
 * How many pods have to go before the pod fits the node it is nominated to.
 */
BAYPLAN_API size_t bayplan_decision_victims(const bayplan_decision *decision);

/**
 * Namespace of one of them, the most important first; empty where there is none at `index`.
 * Borrowed until the decision is freed.
 */
BAYPLAN_API
bayplan_str bayplan_decision_victim_namespace(const bayplan_decision *decision,
                                              size_t index);

/**
 * Name of one of them.
 */
BAYPLAN_API
bayplan_str bayplan_decision_victim_name(const bayplan_decision *decision,
                                         size_t index);

/**
 * Frees a decision. NULL is fine.
 */
BAYPLAN_API bayplan_status bayplan_decision_free(bayplan_decision *decision);

/**
 * The whole story for people, with a line per node. Its form may change between versions. Borrowed
 * until the diagnosis is freed.
 */
BAYPLAN_API bayplan_str bayplan_diagnosis_text(const bayplan_diagnosis *diagnosis);

/**
 * The document `bayplan.io/v1 Diagnosis`: verdicts, reasons, score parts and remedies of every
 * node. Borrowed until the diagnosis is freed.
 */
BAYPLAN_API bayplan_str bayplan_diagnosis_json(const bayplan_diagnosis *diagnosis);

/**
 * kube-scheduler's line where no node will do; empty where one does. Borrowed until the diagnosis
 * is freed.
 */
BAYPLAN_API bayplan_str bayplan_diagnosis_message(const bayplan_diagnosis *diagnosis);

/**
 * Name of the node that the pod runs on or would go to; empty where there is none. Borrowed until
 * the diagnosis is freed.
 */
BAYPLAN_API bayplan_str bayplan_diagnosis_node(const bayplan_diagnosis *diagnosis);

/**
 * Frees a diagnosis. NULL is fine.
 */
BAYPLAN_API bayplan_status bayplan_diagnosis_free(bayplan_diagnosis *diagnosis);

/**
 * The whole state as one JSON document, to be read by `bayplan_cluster_restore` of this version of
 * the library or a later one. Templates, numbers of nodes and transactions are not part of it.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_dump(const bayplan_cluster *cluster,
                                    bayplan_text **dump,
                                    bayplan_error **error);

/**
 * The cluster of a dump. It has the hash of the one that was dumped and decides like it. Nodes
 * have new numbers, in byte order of their names.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_restore(bayplan_str dump,
                                       bayplan_cluster **cluster,
                                       bayplan_error **error);

/**
 * What kind of error it is; `BAYPLAN_ERR_HANDLE` where `error` is no live error.
 */
BAYPLAN_API bayplan_status bayplan_error_status(const bayplan_error *error);

/**
 * What went wrong, for people: one or more lines. Borrowed until the error is freed.
 */
BAYPLAN_API bayplan_str bayplan_error_message(const bayplan_error *error);

/**
 * The object at fault, as `Kind namespace/name`; empty where none is. Borrowed until the error is
 * freed.
 */
BAYPLAN_API bayplan_str bayplan_error_object(const bayplan_error *error);

/**
 * Path of the field at fault, such as `spec.containers[0].resources.requests.memory`, or the name
 * of the argument; empty where none is. Borrowed until the error is freed.
 */
BAYPLAN_API bayplan_str bayplan_error_field(const bayplan_error *error);

/**
 * Line of the text at fault, from 1; 0 where it is not known.
 */
BAYPLAN_API uint32_t bayplan_error_line(const bayplan_error *error);

/**
 * Column of the text at fault in characters, from 1; 0 where it is not known.
 */
BAYPLAN_API uint32_t bayplan_error_column(const bayplan_error *error);

/**
 * Frees an error. NULL is fine.
 */
BAYPLAN_API bayplan_status bayplan_error_free(bayplan_error *error);

/**
 * A sentence about a status number, without its end; static. Any number may be asked about.
 */
BAYPLAN_API bayplan_str bayplan_status_text(int32_t status);

/**
 * Answers the filter call of kube-scheduler's extender webhook: give it the body of the request,
 * send what it gives with status 200; where it fails, answer with status 400. The cluster is the
 * one that the host keeps up to date; nothing is changed.
 */
BAYPLAN_API
bayplan_status bayplan_extender_filter(bayplan_scheduler *scheduler,
                                       bayplan_cluster *cluster,
                                       bayplan_str request,
                                       bayplan_text **response,
                                       bayplan_error **error);

/**
 * Answers the prioritize call: the best of the nodes gets 10, the worst 0.
 */
BAYPLAN_API
bayplan_status bayplan_extender_prioritize(bayplan_scheduler *scheduler,
                                           bayplan_cluster *cluster,
                                           bayplan_str request,
                                           bayplan_text **response,
                                           bayplan_error **error);

/**
 * Answers the preempt call: which of the candidate nodes bayplan would make room on too, and by
 * removing whom.
 */
BAYPLAN_API
bayplan_status bayplan_extender_preempt(bayplan_scheduler *scheduler,
                                        bayplan_cluster *cluster,
                                        bayplan_str request,
                                        bayplan_text **response,
                                        bayplan_error **error);

/**
 * Answers the bind call: binds the pod in the cluster. The host creates the binding at the API
 * server. That the pod cannot be bound is said in the response.
 */
BAYPLAN_API
bayplan_status bayplan_extender_bind(bayplan_cluster *cluster,
                                     bayplan_str request,
                                     bayplan_text **response,
                                     bayplan_error **error);

/**
 * How many pods the plan tells about; 0 where `plan` is no live plan.
 */
BAYPLAN_API size_t bayplan_plan_length(const bayplan_plan *plan);

/**
 * How many of them are bound.
 */
BAYPLAN_API size_t bayplan_plan_bound(const bayplan_plan *plan);

/**
 * What became of the pod at `index`, in the order of the attempts.
 */
BAYPLAN_API
bayplan_status bayplan_plan_get(const bayplan_plan *plan,
                                size_t index,
                                bayplan_plan_item *item,
                                bayplan_error **error);

/**
 * The decision about the pod at `index`, a handle of its own.
 */
BAYPLAN_API
bayplan_status bayplan_plan_decision(const bayplan_plan *plan,
                                     size_t index,
                                     bayplan_decision **decision,
                                     bayplan_error **error);

/**
 * Frees a plan. NULL is fine.
 */
BAYPLAN_API bayplan_status bayplan_plan_free(bayplan_plan *plan);

/**
 * A scheduler with kube-scheduler's default profile; NULL where there are too many handles.
 */
BAYPLAN_API bayplan_scheduler *bayplan_scheduler_new(void);

/**
 * The scheduler that a KubeSchedulerConfiguration (YAML or JSON) describes. Extenders are refused.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_configure(bayplan_str configuration,
                                           bayplan_scheduler **scheduler,
                                           bayplan_error **error);

/**
 * Frees a scheduler. NULL is fine.
 */
BAYPLAN_API bayplan_status bayplan_scheduler_free(bayplan_scheduler *scheduler);

/**
 * Chooses among several best nodes at random, by this seed, the same way in every run. A new
 * scheduler takes the first by name.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_break_ties(bayplan_scheduler *scheduler,
                                            uint64_t seed,
                                            bayplan_error **error);

/**
 * Adds a plugin of the host to every profile, asked after those that take part so far; one of the
 * same name is replaced. The structure is only read. Where the call succeeds, `user_data` is used
 * until `release` is called; where it fails, neither is used.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_add_plugin(bayplan_scheduler *scheduler,
                                            const bayplan_plugin *plugin,
                                            bayplan_error **error);

/**
 * How many plugins score, over all profiles: the rows of `parts` in `bayplan_scheduler_score`.
 */
BAYPLAN_API size_t bayplan_scheduler_score_plugins(const bayplan_scheduler *scheduler);

/**
 * The name of one of them; empty where there is none at `index`. Static.
 */
BAYPLAN_API
bayplan_str bayplan_scheduler_score_plugin(const bayplan_scheduler *scheduler,
                                           size_t index);

/**
 * Attempts a pending pod. Where a node takes it the pod is bound, with the volumes and devices
 * that it needs. Where others have to make room first it is nominated; whoever drives the
 * scheduler deletes them and asks again. That no node takes the pod is a decision, not an error.
 * `decision` may be NULL.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_schedule(bayplan_scheduler *scheduler,
                                          bayplan_cluster *cluster,
                                          bayplan_str pod_namespace,
                                          bayplan_str pod_name,
                                          bayplan_decision **decision,
                                          bayplan_error **error);

/**
 * Attempts every pending pod once: by priority, then in the order in which the pods were added.
 * Pods that should make room are named in the plan and stay. `plan` may be NULL.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_schedule_pending(bayplan_scheduler *scheduler,
                                                  bayplan_cluster *cluster,
                                                  bayplan_plan **plan,
                                                  bayplan_error **error);

/**
 * Adds `count` new pods of the template and attempts each, as if they had been added and attempted
 * one by one. They are named after the template with an ordinal, `web-0`, `web-1`, ...; names that
 * are taken are passed over. No text is read.
 *
 * `nodes` has `count` entries: the number of the node that each is bound to, or `BAYPLAN_NO_NODE`.
 * `outcomes` has `count` entries, one of `BAYPLAN_OUTCOME_...` each, or is NULL. `placed`, which
 * may be NULL, gets how many are bound. Those that are not stay in the cluster and wait. Where the
 * call fails in between, those before are in the cluster and written down, and the other entries
 * say `BAYPLAN_NO_NODE` and `BAYPLAN_OUTCOME_NONE`.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_schedule_batch(bayplan_scheduler *scheduler,
                                                bayplan_cluster *cluster,
                                                bayplan_template template_,
                                                size_t count,
                                                uint32_t *nodes,
                                                uint8_t *outcomes,
                                                size_t *placed,
                                                bayplan_error **error);

/**
 * The verdict about every node for a pod; nothing is changed. `verdicts` has `length` entries, at
 * least `bayplan_cluster_node_numbers(cluster)`; the entry of a number is one of
 * `BAYPLAN_VERDICT_...`. `feasible`, which may be NULL, gets how many nodes take the pod.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_filter(bayplan_scheduler *scheduler,
                                        bayplan_cluster *cluster,
                                        bayplan_str pod_namespace,
                                        bayplan_str pod_name,
                                        uint8_t *verdicts,
                                        size_t length,
                                        size_t *feasible,
                                        bayplan_error **error);

/**
 * The score of every node for a pod; nothing is changed. `totals` has `length` entries, at least
 * `bayplan_cluster_node_numbers(cluster)`; nodes that do not take the pod have `BAYPLAN_NO_SCORE`.
 * `parts` may be NULL; else it has `parts_length` entries, at least
 * `bayplan_scheduler_score_plugins(scheduler) * length`: the normalised and weighted score of
 * plugin `p` for node `n` is `parts[p * length + n]`, 0 where the plugin has nothing to say.
 * `scored`, which may be NULL, gets how many nodes have a score.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_score(bayplan_scheduler *scheduler,
                                       bayplan_cluster *cluster,
                                       bayplan_str pod_namespace,
                                       bayplan_str pod_name,
                                       int64_t *totals,
                                       size_t length,
                                       int64_t *parts,
                                       size_t parts_length,
                                       size_t *scored,
                                       bayplan_error **error);

/**
 * Who would have to make room for a pod that no node takes; nothing is changed. The decision is
 * nominated or unschedulable. A pod that some node takes is refused with `BAYPLAN_ERR_ARGUMENT`.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_preempt(bayplan_scheduler *scheduler,
                                         bayplan_cluster *cluster,
                                         bayplan_str pod_namespace,
                                         bayplan_str pod_name,
                                         bayplan_decision **decision,
                                         bayplan_error **error);

/**
 * What would become of a pod now, and why: what every rule says about every node. Nothing is
 * changed.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_explain(bayplan_scheduler *scheduler,
                                         bayplan_cluster *cluster,
                                         bayplan_str pod_namespace,
                                         bayplan_str pod_name,
                                         bayplan_diagnosis **diagnosis,
                                         bayplan_error **error);

/**
 * How many more pods of a template the cluster takes without any having to make room, counted no
 * further than `limit`; nothing is changed. `per_node` may be NULL; else it has `length` entries,
 * at least `bayplan_cluster_node_numbers(cluster)`: how many each node takes. `next`, which may be
 * NULL, gets the decision about the pod after the last, or NULL where `limit` was reached.
 */
BAYPLAN_API
bayplan_status bayplan_scheduler_capacity(bayplan_scheduler *scheduler,
                                          bayplan_cluster *cluster,
                                          bayplan_template template_,
                                          size_t limit,
                                          size_t *capacity,
                                          size_t *per_node,
                                          size_t length,
                                          bayplan_decision **next,
                                          bayplan_error **error);

/**
 * A snapshot of a cluster and a scheduler, independent of both from now on. Each thread that asks
 * while others do costs a copy of the cluster, once.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_fork(const bayplan_cluster *cluster,
                                    const bayplan_scheduler *scheduler,
                                    bayplan_snapshot **snapshot,
                                    bayplan_error **error);

/**
 * Frees a snapshot. NULL is fine.
 */
BAYPLAN_API bayplan_status bayplan_snapshot_free(bayplan_snapshot *snapshot);

/**
 * See `bayplan_scheduler_filter`. Numbers of nodes are those of the cluster.
 */
BAYPLAN_API
bayplan_status bayplan_snapshot_filter(const bayplan_snapshot *snapshot,
                                       bayplan_str pod_namespace,
                                       bayplan_str pod_name,
                                       uint8_t *verdicts,
                                       size_t length,
                                       size_t *feasible,
                                       bayplan_error **error);

/**
 * See `bayplan_scheduler_score`. The plugins are those of the scheduler.
 */
BAYPLAN_API
bayplan_status bayplan_snapshot_score(const bayplan_snapshot *snapshot,
                                      bayplan_str pod_namespace,
                                      bayplan_str pod_name,
                                      int64_t *totals,
                                      size_t length,
                                      int64_t *parts,
                                      size_t parts_length,
                                      size_t *scored,
                                      bayplan_error **error);

/**
 * See `bayplan_scheduler_explain`.
 */
BAYPLAN_API
bayplan_status bayplan_snapshot_explain(const bayplan_snapshot *snapshot,
                                        bayplan_str pod_namespace,
                                        bayplan_str pod_name,
                                        bayplan_diagnosis **diagnosis,
                                        bayplan_error **error);

/**
 * See `bayplan_scheduler_capacity`. `template` is one that the cluster had when the snapshot was
 * made.
 */
BAYPLAN_API
bayplan_status bayplan_snapshot_capacity(const bayplan_snapshot *snapshot,
                                         bayplan_template template_,
                                         size_t limit,
                                         size_t *capacity,
                                         size_t *per_node,
                                         size_t length,
                                         bayplan_error **error);

/**
 * See `bayplan_cluster_statistics`.
 */
BAYPLAN_API
bayplan_status bayplan_snapshot_statistics(const bayplan_snapshot *snapshot,
                                           bayplan_statistics *statistics,
                                           bayplan_error **error);

/**
 * See `bayplan_cluster_hash`.
 */
BAYPLAN_API
bayplan_status bayplan_snapshot_hash(const bayplan_snapshot *snapshot,
                                     uint64_t *hash,
                                     bayplan_error **error);

/**
 * The text. Borrowed until it is freed; empty where `text` is no live text.
 */
BAYPLAN_API bayplan_str bayplan_text_get(const bayplan_text *text);

/**
 * Frees a text. NULL is fine.
 */
BAYPLAN_API bayplan_status bayplan_text_free(bayplan_text *text);

/**
 * Opens a transaction: from now on every change of the cluster can be undone. Transactions may be
 * opened inside others.
 */
BAYPLAN_API
bayplan_status bayplan_cluster_begin(bayplan_cluster *cluster,
                                     bayplan_transaction **transaction,
                                     bayplan_error **error);

/**
 * Undoes what was changed since the transaction was opened, to the bit, and ends it with all that
 * were opened inside it. The handle has still to be freed.
 */
BAYPLAN_API
bayplan_status bayplan_transaction_rollback(bayplan_transaction *transaction,
                                            bayplan_error **error);

/**
 * Keeps what was changed since the transaction was opened, and ends it with all that were opened
 * inside it. The handle has still to be freed.
 */
BAYPLAN_API
bayplan_status bayplan_transaction_commit(bayplan_transaction *transaction,
                                          bayplan_error **error);

/**
 * Frees a transaction; one that is open is rolled back. Counts as a call with its cluster, which
 * is not const. NULL is fine.
 */
BAYPLAN_API bayplan_status bayplan_transaction_free(bayplan_transaction *transaction);

/**
 * `BAYPLAN_ABI_VERSION` of the library that is running. A program works with it where the major
 * number is that of its header (before 1.0: major and minor) and the whole is not smaller.
 */
BAYPLAN_API uint32_t bayplan_abi_version(void);

/**
 * The version of the library as a text, such as `0.1.0`; static.
 */
BAYPLAN_API bayplan_str bayplan_version(void);

/**
 * How many handles of the process are not freed: 0 when nothing is leaked.
 */
BAYPLAN_API size_t bayplan_open_handles(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* BAYPLAN_H */
