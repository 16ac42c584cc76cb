/*
 * The rules at the top of bayplan.h, tried from C: what is refused, with which status, and that
 * nothing is lost. `rules <fault>` does one wrong thing on purpose, for a sanitizer to catch.
 */

#include <bayplan.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);   \
            failures++;                                                       \
        }                                                                     \
    } while (0)

static const bayplan_str SHOP = {"shop", 4}, WEB = {"web", 3}, EMPTY = {NULL, 0};

static bayplan_str text(const char *data) {
    bayplan_str made = {data, strlen(data)};
    return made;
}

static int equal(bayplan_str found, const char *expected) {
    return found.length == strlen(expected) && memcmp(found.data, expected, found.length) == 0;
}

static int contains(bayplan_str found, const char *part) {
    size_t length = strlen(part);
    for (size_t i = 0; i + length <= found.length; i++) {
        if (memcmp(found.data + i, part, length) == 0) {
            return 1;
        }
    }
    return 0;
}

static const char NODES[] =
    "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": ["
    "{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {\"name\": \"a\"},"
    " \"status\": {\"allocatable\": {\"cpu\": \"2\", \"memory\": \"4Gi\", \"pods\": \"10\"}}},"
    "{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {\"name\": \"b\"},"
    " \"status\": {\"allocatable\": {\"cpu\": \"4\", \"memory\": \"8Gi\", \"pods\": \"10\"}}}]}";

static const char POD[] =
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"web\", \"namespace\": \"shop\"},"
    " \"spec\": {\"containers\": [{\"name\": \"web\", \"image\": \"web\","
    " \"resources\": {\"requests\": {\"cpu\": \"1\"}}}]}}";

static bayplan_cluster *shop(void) {
    bayplan_cluster *cluster = bayplan_cluster_new();
    CHECK(bayplan_cluster_load(cluster, text(NODES), NULL) == BAYPLAN_OK);
    CHECK(bayplan_cluster_load(cluster, text(POD), NULL) == BAYPLAN_OK);
    return cluster;
}

static uint64_t hash(const bayplan_cluster *cluster) {
    uint64_t found = 0;
    CHECK(bayplan_cluster_hash(cluster, &found, NULL) == BAYPLAN_OK);
    return found;
}

/* NULL, stale, foreign, of another type: refused, by every kind of call. */
static void handles(void) {
    bayplan_cluster *cluster = shop();
    bayplan_scheduler *scheduler = bayplan_scheduler_new();
    bayplan_decision *decision = NULL;
    int something = 0;

    CHECK(bayplan_cluster_load(NULL, text(NODES), NULL) == BAYPLAN_ERR_NULL);
    CHECK(bayplan_cluster_load((bayplan_cluster *)&something, text(NODES), NULL) == BAYPLAN_ERR_HANDLE);
    CHECK(bayplan_cluster_load((bayplan_cluster *)(void *)scheduler, text(NODES), NULL) ==
          BAYPLAN_ERR_HANDLE_TYPE);
    CHECK(bayplan_scheduler_schedule(scheduler, (bayplan_cluster *)(void *)scheduler, SHOP, WEB,
                                     &decision, NULL) != BAYPLAN_OK);
    CHECK(decision == NULL);
    CHECK(bayplan_cluster_free((bayplan_cluster *)&something) == BAYPLAN_ERR_HANDLE);
    CHECK(bayplan_cluster_free((bayplan_cluster *)(void *)scheduler) == BAYPLAN_ERR_HANDLE_TYPE);
    CHECK(bayplan_cluster_free(NULL) == BAYPLAN_OK);
    CHECK(bayplan_cluster_free(cluster) == BAYPLAN_OK);
    CHECK(bayplan_cluster_free(cluster) == BAYPLAN_ERR_STALE);
    CHECK(bayplan_cluster_load(cluster, text(NODES), NULL) == BAYPLAN_ERR_STALE);
    bayplan_cluster *next = bayplan_cluster_new();
    CHECK(next != cluster);
    CHECK(bayplan_cluster_load(cluster, text(NODES), NULL) == BAYPLAN_ERR_STALE);
    CHECK(bayplan_cluster_free(next) == BAYPLAN_OK);
    CHECK(bayplan_decision_outcome(NULL) == BAYPLAN_OUTCOME_NONE);
    CHECK(bayplan_decision_node((const bayplan_decision *)(const void *)scheduler).length == 0);
    CHECK(bayplan_decision_node_number(NULL) == BAYPLAN_NO_NODE);
    CHECK(bayplan_error_message(NULL).length == 0);
    CHECK(bayplan_scheduler_free(scheduler) == BAYPLAN_OK);
}

/* Errors say what, where and of which object. */
static void errors(void) {
    bayplan_cluster *cluster = bayplan_cluster_new();
    bayplan_error *error = NULL;
    CHECK(bayplan_cluster_load(cluster, text("kind: Pod\napiVersion: v1\nmetadata: {name: web}\n"
                                             "spec:\n  containers:\n  - name: web\n    image: web\n"
                                             "    resources: {requests: {memory: 12Mo}}\n"),
                               &error) == BAYPLAN_ERR_INPUT);
    CHECK(bayplan_error_status(error) == BAYPLAN_ERR_INPUT);
    CHECK(contains(bayplan_error_message(error), "12Mo"));
    CHECK(contains(bayplan_error_object(error), "web"));
    CHECK(equal(bayplan_error_field(error), "spec.containers[0].resources.requests.memory"));
    CHECK(bayplan_error_line(error) == 8);
    CHECK(bayplan_error_column(error) > 1);
    CHECK(bayplan_error_free(error) == BAYPLAN_OK);
    CHECK(bayplan_error_free(error) == BAYPLAN_ERR_STALE);

    CHECK(bayplan_cluster_delete(cluster, text("Pod"), SHOP, WEB, &error) == BAYPLAN_ERR_NOT_FOUND);
    CHECK(equal(bayplan_error_object(error), "Pod shop/web"));
    bayplan_error_free(error);
    error = (bayplan_error *)1;
    CHECK(bayplan_cluster_load(cluster, text(NODES), &error) == BAYPLAN_OK);
    CHECK(error == NULL);
    CHECK(equal(bayplan_status_text(BAYPLAN_OK), "no error"));
    CHECK(bayplan_status_text(12345).length > 0);
    bayplan_cluster_free(cluster);
}

/* Texts, arrays and structures that cannot be. */
static void arguments(void) {
    bayplan_cluster *cluster = shop();
    bayplan_scheduler *scheduler = bayplan_scheduler_new();
    uint64_t before = hash(cluster);
    uint8_t verdicts[2];
    bayplan_str bad = {"\xff\xfe", 2}, huge = {"x", SIZE_MAX}, missing = {NULL, 1};
    CHECK(bayplan_cluster_bind(cluster, bad, WEB, text("a"), NULL) == BAYPLAN_ERR_UTF8);
    CHECK(bayplan_cluster_load(cluster, bad, NULL) == BAYPLAN_ERR_INPUT);
    CHECK(bayplan_cluster_load(cluster, huge, NULL) == BAYPLAN_ERR_SIZE);
    CHECK(bayplan_cluster_load(cluster, missing, NULL) == BAYPLAN_ERR_NULL);
    CHECK(bayplan_cluster_load(cluster, EMPTY, NULL) == BAYPLAN_OK);
    CHECK(bayplan_scheduler_filter(scheduler, cluster, SHOP, WEB, verdicts, 1, NULL, NULL) ==
          BAYPLAN_ERR_TOO_SHORT);
    CHECK(bayplan_scheduler_filter(scheduler, cluster, SHOP, WEB, NULL, 2, NULL, NULL) ==
          BAYPLAN_ERR_NULL);
    CHECK(bayplan_scheduler_filter(scheduler, cluster, SHOP, WEB, verdicts, 2, NULL, NULL) ==
          BAYPLAN_OK);
    CHECK(verdicts[0] == BAYPLAN_VERDICT_FEASIBLE && verdicts[1] == BAYPLAN_VERDICT_FEASIBLE);
    int64_t aligned[3] = {0, 0, 0};
    int64_t *crooked = (int64_t *)(void *)((char *)aligned + 1);
    CHECK(bayplan_scheduler_score(scheduler, cluster, SHOP, WEB, crooked, 2, NULL, 0, NULL, NULL) ==
          BAYPLAN_ERR_ALIGNMENT);
    bayplan_statistics statistics = {0};
    CHECK(bayplan_cluster_statistics(cluster, &statistics, NULL) == BAYPLAN_ERR_STRUCT_SIZE);
    statistics.struct_size = sizeof(statistics);
    CHECK(bayplan_cluster_statistics(cluster, &statistics, NULL) == BAYPLAN_OK);
    CHECK(statistics.nodes == 2 && statistics.pods == 1 && statistics.bound_pods == 0);
    CHECK(statistics.allocatable_cpu_milli == 6000);
    bayplan_node_columns nodes = {0};
    nodes.struct_size = sizeof(nodes);
    CHECK(bayplan_cluster_add_nodes(cluster, &nodes, NULL, NULL) == BAYPLAN_OK);
    nodes.count = 1;
    CHECK(bayplan_cluster_add_nodes(cluster, &nodes, NULL, NULL) == BAYPLAN_ERR_NULL);
    CHECK(bayplan_cluster_add_nodes(cluster, NULL, NULL, NULL) == BAYPLAN_ERR_NULL);
    CHECK(bayplan_scheduler_schedule_batch(scheduler, cluster, 77, 0, NULL, NULL, NULL, NULL) ==
          BAYPLAN_ERR_NOT_FOUND);
    CHECK(bayplan_cluster_intern_pod(cluster, text(NODES), NULL) == 0);
    CHECK(hash(cluster) == before);
    bayplan_scheduler_free(scheduler);
    bayplan_cluster_free(cluster);
}

/* Scores with their parts; who would have to go; capacity; plans. */
static void questions(void) {
    bayplan_cluster *cluster = shop();
    bayplan_scheduler *scheduler = bayplan_scheduler_new();
    bayplan_decision *decision = NULL;
    bayplan_plan *plan = NULL;
    size_t plugins = bayplan_scheduler_score_plugins(scheduler), scored = 0;
    int64_t totals[2], parts[64];
    CHECK(plugins > 5 && plugins <= 32);
    CHECK(bayplan_scheduler_score(scheduler, cluster, SHOP, WEB, totals, 2, parts, 2 * plugins, &scored,
                                  NULL) == BAYPLAN_OK);
    CHECK(scored == 2);
    for (size_t node = 0; node < 2; node++) {
        int64_t sum = 0;
        for (size_t plugin = 0; plugin < plugins; plugin++) {
            CHECK(bayplan_scheduler_score_plugin(scheduler, plugin).length > 0);
            sum += parts[plugin * 2 + node];
        }
        CHECK(sum == totals[node]);
    }
    CHECK(bayplan_scheduler_preempt(scheduler, cluster, SHOP, WEB, &decision, NULL) ==
          BAYPLAN_ERR_ARGUMENT);
    bayplan_template web = bayplan_cluster_intern_pod(cluster, text(POD), NULL);
    size_t capacity = 0, per_node[2];
    CHECK(bayplan_scheduler_capacity(scheduler, cluster, web, 100, &capacity, per_node, 2, &decision,
                                     NULL) == BAYPLAN_OK);
    CHECK(capacity == 6 && per_node[0] == 2 && per_node[1] == 4);
    CHECK(contains(bayplan_decision_message(decision), "Insufficient cpu"));
    bayplan_decision_free(decision);
    CHECK(bayplan_scheduler_schedule_pending(scheduler, cluster, &plan, NULL) == BAYPLAN_OK);
    CHECK(bayplan_plan_length(plan) == 1 && bayplan_plan_bound(plan) == 1);
    bayplan_plan_item item = {0};
    item.struct_size = sizeof(item);
    CHECK(bayplan_plan_get(plan, 0, &item, NULL) == BAYPLAN_OK);
    CHECK(equal(item.node, "b") && item.node_number == 1 && item.outcome == BAYPLAN_OUTCOME_BOUND);
    CHECK(bayplan_plan_get(plan, 1, &item, NULL) == BAYPLAN_ERR_ARGUMENT);
    bayplan_plan_free(plan);
    CHECK(bayplan_cluster_unbind(cluster, SHOP, WEB, NULL) == BAYPLAN_OK);
    CHECK(bayplan_cluster_unbind(cluster, SHOP, WEB, NULL) == BAYPLAN_ERR_NOT_BOUND);
    CHECK(bayplan_cluster_bind(cluster, SHOP, WEB, text("a"), NULL) == BAYPLAN_OK);
    CHECK(bayplan_cluster_bind(cluster, SHOP, WEB, text("a"), NULL) == BAYPLAN_ERR_ALREADY_BOUND);
    bayplan_scheduler_free(scheduler);
    bayplan_cluster_free(cluster);
}

/* Transactions inside others; copies; dumps. */
static void states(void) {
    bayplan_cluster *cluster = shop(), *copy = NULL, *restored = NULL;
    bayplan_transaction *outer = NULL, *inner = NULL;
    bayplan_text *dump = NULL;
    uint64_t before = hash(cluster);
    CHECK(bayplan_cluster_begin(cluster, &outer, NULL) == BAYPLAN_OK);
    CHECK(bayplan_cluster_bind(cluster, SHOP, WEB, text("a"), NULL) == BAYPLAN_OK);
    uint64_t bound = hash(cluster);
    CHECK(bayplan_cluster_begin(cluster, &inner, NULL) == BAYPLAN_OK);
    CHECK(bayplan_cluster_delete(cluster, text("Node"), EMPTY, text("a"), NULL) == BAYPLAN_OK);
    CHECK(bayplan_cluster_copy(cluster, &copy, NULL) == BAYPLAN_OK);
    CHECK(hash(copy) == hash(cluster) && hash(copy) != bound);
    CHECK(bayplan_transaction_rollback(inner, NULL) == BAYPLAN_OK);
    CHECK(hash(cluster) == bound);
    CHECK(bayplan_transaction_commit(inner, NULL) == BAYPLAN_ERR_ENDED);
    CHECK(bayplan_transaction_free(inner) == BAYPLAN_OK);
    CHECK(bayplan_cluster_dump(cluster, &dump, NULL) == BAYPLAN_OK);
    CHECK(bayplan_cluster_restore(bayplan_text_get(dump), &restored, NULL) == BAYPLAN_OK);
    CHECK(hash(restored) == bound);
    CHECK(bayplan_transaction_free(outer) == BAYPLAN_OK); /* rolls back */
    CHECK(hash(cluster) == before);
    CHECK(bayplan_cluster_restore(text("{}"), &restored, NULL) == BAYPLAN_ERR_INPUT);
    CHECK(bayplan_cluster_begin(cluster, &outer, NULL) == BAYPLAN_OK);
    bayplan_cluster_free(cluster);
    CHECK(bayplan_transaction_rollback(outer, NULL) == BAYPLAN_ERR_ENDED);
    CHECK(bayplan_transaction_free(outer) == BAYPLAN_OK);
    bayplan_text_free(dump);
    bayplan_cluster_free(copy);
    bayplan_cluster_free(restored);
}

/* A request of kube-scheduler, answered. */
static void extender(void) {
    bayplan_cluster *cluster = shop();
    bayplan_scheduler *scheduler = bayplan_scheduler_new();
    bayplan_text *response = NULL;
    char request[1024];
    snprintf(request, sizeof(request), "{\"Pod\": %s, \"Nodes\": null, \"NodeNames\": [\"b\", \"a\"]}", POD);
    CHECK(bayplan_extender_filter(scheduler, cluster, text(request), &response, NULL) == BAYPLAN_OK);
    CHECK(contains(bayplan_text_get(response), "\"NodeNames\":[\"b\",\"a\"]"));
    bayplan_text_free(response);
    CHECK(bayplan_extender_prioritize(scheduler, cluster, text(request), &response, NULL) == BAYPLAN_OK);
    CHECK(contains(bayplan_text_get(response), "{\"Host\":\"b\",\"Score\":10}"));
    bayplan_text_free(response);
    CHECK(bayplan_extender_preempt(scheduler, cluster, text("{}"), &response, NULL) == BAYPLAN_ERR_INPUT);
    CHECK(bayplan_extender_bind(cluster, text("{\"PodName\": \"web\", \"PodNamespace\": \"shop\","
                                              " \"PodUID\": \"\", \"Node\": \"a\"}"),
                                &response, NULL) == BAYPLAN_OK);
    CHECK(equal(bayplan_text_get(response), "{\"Error\":\"\"}"));
    bayplan_text_free(response);
    bayplan_scheduler_free(scheduler);
    bayplan_cluster_free(cluster);
}

/* What a plugin is told to do, and what happened to it. */
struct mood {
    bayplan_cluster *cluster;
    int fails;
    int asked;
    int released;
    bayplan_status called_back;
};

static int32_t only_the_first(void *user_data, const bayplan_plugin_question *question,
                              uint8_t *verdicts) {
    struct mood *mood = user_data;
    mood->asked++;
    mood->called_back = bayplan_cluster_delete(mood->cluster, text("Pod"), SHOP, WEB, NULL);
    for (size_t i = 0; i < question->count; i++) {
        verdicts[i] = question->nodes[i] == 0 ? BAYPLAN_PLUGIN_YES : BAYPLAN_PLUGIN_NEVER;
    }
    return mood->fails;
}

static void released(void *user_data) { ((struct mood *)user_data)->released++; }

/* A plugin decides; one that fails fails its call and nothing else. */
static void plugins(void) {
    bayplan_cluster *cluster = shop();
    bayplan_scheduler *scheduler = bayplan_scheduler_new();
    struct mood mood = {cluster, 1, 0, 0, BAYPLAN_OK};
    bayplan_error *error = NULL;
    bayplan_decision *decision = NULL;
    bayplan_plugin plugin = {0};
    plugin.struct_size = sizeof(plugin);
    plugin.name = text("OnlyTheFirst");
    plugin.reason = text("node(s) were not the first");
    plugin.user_data = &mood;
    plugin.filter = only_the_first;
    plugin.release = released;
    CHECK(bayplan_scheduler_add_plugin(scheduler, &plugin, NULL) == BAYPLAN_OK);
    plugin.name = text("NodeName");
    CHECK(bayplan_scheduler_add_plugin(scheduler, &plugin, NULL) == BAYPLAN_ERR_ARGUMENT);
    uint64_t before = hash(cluster);
    CHECK(bayplan_scheduler_schedule(scheduler, cluster, SHOP, WEB, &decision, &error) ==
          BAYPLAN_ERR_CALLBACK);
    CHECK(contains(bayplan_error_message(error), "OnlyTheFirst"));
    bayplan_error_free(error);
    CHECK(decision == NULL && hash(cluster) == before && mood.asked > 0);
    CHECK(mood.called_back == BAYPLAN_ERR_BUSY);
    mood.fails = 0;
    CHECK(bayplan_scheduler_schedule(scheduler, cluster, SHOP, WEB, &decision, &error) == BAYPLAN_OK);
    CHECK(equal(bayplan_decision_node(decision), "a"));
    bayplan_decision_free(decision);
    CHECK(mood.released == 0);
    plugin.name = text("OnlyTheFirst");
    plugin.filter = NULL;
    CHECK(bayplan_scheduler_add_plugin(scheduler, &plugin, NULL) == BAYPLAN_OK);
    CHECK(mood.released == 1); /* the one that was replaced */
    uint8_t verdicts[2];
    size_t feasible = 0;
    CHECK(bayplan_cluster_unbind(cluster, SHOP, WEB, NULL) == BAYPLAN_OK);
    CHECK(bayplan_scheduler_filter(scheduler, cluster, SHOP, WEB, verdicts, 2, &feasible, NULL) ==
          BAYPLAN_OK);
    CHECK(feasible == 2);
    bayplan_scheduler_free(scheduler);
    CHECK(mood.released == 2);
    bayplan_cluster_free(cluster);
}

enum { THREADS = 4, ROUNDS = 25 };

struct reader {
    const bayplan_snapshot *snapshot;
    uint64_t sum;
};

static void *ask(void *argument) {
    struct reader *reader = argument;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t totals[2];
        bayplan_diagnosis *diagnosis = NULL;
        uint64_t found = 0;
        CHECK(bayplan_snapshot_score(reader->snapshot, SHOP, WEB, totals, 2, NULL, 0, NULL, NULL) ==
              BAYPLAN_OK);
        CHECK(bayplan_snapshot_explain(reader->snapshot, SHOP, WEB, &diagnosis, NULL) == BAYPLAN_OK);
        CHECK(equal(bayplan_diagnosis_node(diagnosis), "b"));
        CHECK(bayplan_snapshot_hash(reader->snapshot, &found, NULL) == BAYPLAN_OK);
        bayplan_diagnosis_free(diagnosis);
        reader->sum += (uint64_t)totals[0] * 31 + (uint64_t)totals[1] + found;
    }
    return NULL;
}

/* Many threads ask a snapshot while the cluster that it was made of changes. */
static void threads(void) {
    bayplan_cluster *cluster = shop();
    bayplan_scheduler *scheduler = bayplan_scheduler_new();
    bayplan_snapshot *snapshot = NULL;
    pthread_t threads[THREADS];
    struct reader readers[THREADS];
    CHECK(bayplan_cluster_fork(cluster, scheduler, &snapshot, NULL) == BAYPLAN_OK);
    for (int i = 0; i < THREADS; i++) {
        readers[i].snapshot = snapshot;
        readers[i].sum = 0;
        CHECK(pthread_create(&threads[i], NULL, ask, &readers[i]) == 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(bayplan_scheduler_schedule(scheduler, cluster, SHOP, WEB, NULL, NULL) == BAYPLAN_OK);
        CHECK(bayplan_cluster_unbind(cluster, SHOP, WEB, NULL) == BAYPLAN_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(readers[i].sum == readers[0].sum && readers[i].sum != 0);
    }
    CHECK(bayplan_snapshot_free(snapshot) == BAYPLAN_OK);
    bayplan_scheduler_free(scheduler);
    bayplan_cluster_free(cluster);
}

static int shared;

static void *touch(void *argument) {
    (void)argument;
    for (int i = 0; i < 100000; i++) {
        shared++;
    }
    return NULL;
}

/* Faults on purpose. The optimiser must not see through them. */
static int fault(const char *which) {
    volatile int one = 1;
    if (strcmp(which, "address") == 0) {
        volatile char *memory = malloc(8);
        char beyond = memory[8 * one];
        free((void *)memory);
        return beyond == 'x' ? 3 : 4;
    }
    if (strcmp(which, "leak") == 0) {
        volatile char *lost = malloc(100);
        lost[0] = 1;
        lost = NULL;
        return lost == NULL ? 0 : 1;
    }
    if (strcmp(which, "undefined") == 0) {
        volatile int large = 0x7fffffff;
        volatile int sum = large + one;
        return sum == 0;
    }
    if (strcmp(which, "thread") == 0) {
        pthread_t other;
        pthread_create(&other, NULL, touch, NULL);
        touch(NULL);
        pthread_join(other, NULL);
        return 0;
    }
    return 5;
}

int main(int count, char **arguments_given) {
    if (count > 1) {
        return fault(arguments_given[1]);
    }
    CHECK(bayplan_abi_version() == BAYPLAN_ABI_VERSION);
    CHECK(BAYPLAN_ABI_VERSION ==
          BAYPLAN_ABI_MAJOR * 1000000 + BAYPLAN_ABI_MINOR * 1000 + BAYPLAN_ABI_PATCH);
    CHECK(bayplan_version().length > 0);
    handles();
    errors();
    arguments();
    questions();
    states();
    extender();
    plugins();
    threads();
    CHECK(bayplan_open_handles() == 0);
    return failures == 0 ? 0 : 1;
}
