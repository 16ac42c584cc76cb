/*
 * Replays recorded decisions: what to do comes on standard input, what was decided goes to standard
 * output, a line per attempt: outcome, node, victims, message, with tabs between.
 *
 * The input is words, each as its length in bytes, a colon, and its bytes. The first word of every
 * command says what follows; see `commands` at the end.
 */

#include <bayplan.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4096

static bayplan_cluster *cluster;
static bayplan_scheduler *scheduler;

static void fail(const char *what, bayplan_error *error) {
    bayplan_str message = bayplan_error_message(error);
    fprintf(stderr, "%s: %.*s\n", what, (int)message.length, message.data);
    exit(2);
}

static void check(const char *what, bayplan_status status, bayplan_error *error) {
    if (status != BAYPLAN_OK) {
        fail(what, error);
    }
}

/* The next word; it lives until `forget`. NULL data at the end of the input. */
static char *words[MOST * 64];
static size_t word_count;

static bayplan_str word(void) {
    bayplan_str text = {NULL, 0};
    size_t length = 0;
    if (scanf("%zu:", &length) != 1) {
        return text;
    }
    char *data = malloc(length + 1);
    if (data == NULL || word_count == sizeof(words) / sizeof(words[0]) ||
        fread(data, 1, length, stdin) != length) {
        fail("the input ends in a word", NULL);
    }
    data[length] = '\0';
    words[word_count++] = data;
    text.data = data;
    text.length = length;
    return text;
}

static void forget(void) {
    while (word_count > 0) {
        free(words[--word_count]);
    }
}

static int64_t number(void) { return strtoll(word().data, NULL, 10); }

static void print(bayplan_str text) {
    fwrite(text.data, 1, text.length, stdout);
}

/* A new cluster, and a scheduler with the configuration that follows (empty: the default). */
static void begin(void) {
    bayplan_error *error = NULL;
    bayplan_cluster_free(cluster);
    bayplan_scheduler_free(scheduler);
    cluster = bayplan_cluster_new();
    bayplan_str configuration = word();
    if (configuration.length == 0) {
        scheduler = bayplan_scheduler_new();
    } else {
        check("configure", bayplan_scheduler_configure(configuration, &scheduler, &error), error);
    }
}

/* Objects as text. */
static void apply(void) {
    bayplan_error *error = NULL;
    check("apply", bayplan_cluster_apply(cluster, word(), &error), error);
}

/* Nodes as columns: a number of nodes, and for each of them its lists, each after its length. */
static void add_nodes(void) {
    static bayplan_str names[MOST], label_keys[MOST * 8], label_values[MOST * 8];
    static bayplan_str taint_keys[MOST], taint_values[MOST], resource_names[MOST];
    static bayplan_str image_names[MOST * 4];
    static int64_t cpu[MOST], memory[MOST], pods[MOST], storage[MOST];
    static int64_t resource_amounts[MOST], image_sizes[MOST * 4];
    static uint8_t cordoned[MOST], taint_effects[MOST];
    static size_t labels[MOST + 1], taints[MOST + 1], resources[MOST + 1], images[MOST + 1];

    size_t count = (size_t)number();
    size_t label = 0, taint = 0, resource = 0, image = 0;
    for (size_t i = 0; i < count; i++) {
        names[i] = word();
        cpu[i] = number();
        memory[i] = number();
        pods[i] = number();
        storage[i] = number();
        cordoned[i] = (uint8_t)number();
        for (int64_t left = number(); left > 0; left--, label++) {
            label_keys[label] = word();
            label_values[label] = word();
        }
        for (int64_t left = number(); left > 0; left--, taint++) {
            taint_keys[taint] = word();
            taint_values[taint] = word();
            taint_effects[taint] = (uint8_t)number();
        }
        for (int64_t left = number(); left > 0; left--, resource++) {
            resource_names[resource] = word();
            resource_amounts[resource] = number();
        }
        for (int64_t left = number(); left > 0; left--, image++) {
            image_names[image] = word();
            image_sizes[image] = number();
        }
        labels[i + 1] = label;
        taints[i + 1] = taint;
        resources[i + 1] = resource;
        images[i + 1] = image;
    }
    bayplan_node_columns columns = {0};
    columns.struct_size = sizeof(columns);
    columns.count = count;
    columns.names = names;
    columns.cpu_milli = cpu;
    columns.memory_bytes = memory;
    columns.pods = pods;
    columns.ephemeral_storage_bytes = storage;
    columns.cordoned = cordoned;
    columns.label_offsets = labels;
    columns.label_keys = label_keys;
    columns.label_values = label_values;
    columns.taint_offsets = taints;
    columns.taint_keys = taint_keys;
    columns.taint_values = taint_values;
    columns.taint_effects = taint_effects;
    columns.resource_offsets = resources;
    columns.resource_names = resource_names;
    columns.resource_amounts = resource_amounts;
    columns.image_offsets = images;
    columns.image_names = image_names;
    columns.image_sizes = image_sizes;
    static uint32_t numbers[MOST];
    bayplan_error *error = NULL;
    check("add_nodes", bayplan_cluster_add_nodes(cluster, &columns, numbers, &error), error);
}

/* A pod as an instance of a template of its own: the template, name, uid, node (empty: it waits). */
static bayplan_template add_pod(void) {
    bayplan_error *error = NULL;
    bayplan_template template_number = bayplan_cluster_intern_pod(cluster, word(), &error);
    if (template_number == 0) {
        fail("intern_pod", error);
    }
    bayplan_str name = word(), uid = word(), node = word();
    uint32_t bound = node.length == 0 ? BAYPLAN_NO_NODE : bayplan_cluster_node_number(cluster, node);
    bayplan_pod_columns columns = {0};
    columns.struct_size = sizeof(columns);
    columns.count = 1;
    columns.templates = &template_number;
    columns.names = &name;
    columns.uids = &uid;
    columns.nodes = &bound;
    check("add_pods", bayplan_cluster_add_pods(cluster, &columns, &error), error);
    return template_number;
}

/* One attempt: namespace and name. */
static void attempt(void) {
    bayplan_str pod_namespace = word(), name = word();
    bayplan_error *error = NULL;
    bayplan_decision *decision = NULL;
    check("schedule", bayplan_scheduler_schedule(scheduler, cluster, pod_namespace, name, &decision,
                                                 &error), error);
    printf("%d\t", (int)bayplan_decision_outcome(decision));
    print(bayplan_decision_node(decision));
    printf("\t");
    for (size_t i = 0; i < bayplan_decision_victims(decision); i++) {
        if (i > 0) {
            printf(",");
        }
        print(bayplan_decision_victim_namespace(decision, i));
        printf("/");
        print(bayplan_decision_victim_name(decision, i));
    }
    printf("\t");
    print(bayplan_decision_message(decision));
    printf("\n");
    bayplan_decision_free(decision);
}

/* The node that an instance of a pending pod would be bound to by template; then everything is as
 * before. Namespace, name, the pod as template. */
static void batch(void) {
    bayplan_error *error = NULL;
    bayplan_str pod_namespace = word(), name = word();
    bayplan_template template_number = bayplan_cluster_intern_pod(cluster, word(), &error);
    if (template_number == 0) {
        fail("intern_pod", error);
    }
    bayplan_transaction *transaction = NULL;
    check("begin", bayplan_cluster_begin(cluster, &transaction, &error), error);
    check("delete", bayplan_cluster_delete(cluster, BAYPLAN_STR("Pod"), pod_namespace, name, &error),
          error);
    uint32_t node = 0;
    uint8_t outcome = 0;
    check("batch", bayplan_scheduler_schedule_batch(scheduler, cluster, template_number, 1, &node,
                                                    &outcome, NULL, &error), error);
    printf("%d\t", (int)outcome);
    print(bayplan_cluster_node_name(cluster, node));
    printf("\n");
    bayplan_transaction_free(transaction);
}

/* An object goes: kind, namespace, name. */
static void delete_object(void) {
    bayplan_error *error = NULL;
    bayplan_str kind = word(), object_namespace = word(), name = word();
    check("delete", bayplan_cluster_delete(cluster, kind, object_namespace, name, &error), error);
}

static void add_one_pod(void) { (void)add_pod(); }

static const struct {
    const char *name;
    void (*run)(void);
} commands[] = {
    {"begin", begin},     {"apply", apply}, {"nodes", add_nodes},      {"pod", add_one_pod},
    {"attempt", attempt}, {"batch", batch}, {"delete", delete_object},
};

int main(void) {
    for (bayplan_str command = word(); command.data != NULL; command = word()) {
        size_t i = 0;
        while (i < sizeof(commands) / sizeof(commands[0]) && strcmp(commands[i].name, command.data) != 0) {
            i++;
        }
        if (i == sizeof(commands) / sizeof(commands[0])) {
            fail(command.data, NULL);
        }
        commands[i].run();
        forget();
    }
    bayplan_cluster_free(cluster);
    bayplan_scheduler_free(scheduler);
    return bayplan_open_handles() == 0 ? 0 : 1;
}
