/* The tutorial of README.md: where do pods go, why not, what if, and how many more. */

#include <bayplan.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char MANIFESTS[] =
    "apiVersion: v1\n"
    "kind: Node\n"
    "metadata: {name: node-a}\n"
    "status: {allocatable: {cpu: 2, memory: 4Gi, pods: 110}}\n"
    "---\n"
    "apiVersion: v1\n"
    "kind: Node\n"
    "metadata: {name: node-b}\n"
    "status: {allocatable: {cpu: 4, memory: 8Gi, pods: 110}}\n"
    "---\n"
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata: {name: web, namespace: shop}\n"
    "spec: {containers: [{name: web, image: nginx, resources: {requests: {cpu: 1}}}]}\n"
    "---\n"
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata: {name: huge, namespace: shop}\n"
    "spec: {containers: [{name: huge, image: huge, resources: {requests: {cpu: 64}}}]}\n";

static const char TEMPLATE[] =
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\","
    " \"metadata\": {\"name\": \"worker\", \"namespace\": \"shop\"},"
    " \"spec\": {\"containers\": [{\"name\": \"worker\", \"image\": \"worker\","
    "   \"resources\": {\"requests\": {\"cpu\": \"500m\", \"memory\": \"256Mi\"}}}]}}";

/* Says what went wrong and ends: good enough for a tutorial. */
static void check(bayplan_status status, bayplan_error *error) {
    if (status != BAYPLAN_OK) {
        bayplan_str message = bayplan_error_message(error);
        fprintf(stderr, "status %d: %.*s\n", (int)status, (int)message.length, message.data);
        bayplan_error_free(error);
        exit(1);
    }
}

/* Prints a label and a text, which is not terminated. */
static void print(const char *label, bayplan_str text) {
    printf("%s%.*s\n", label, (int)text.length, text.data);
}

int main(void) {
    bayplan_cluster *cluster = bayplan_cluster_new();
    bayplan_scheduler *scheduler = bayplan_scheduler_new();
    bayplan_error *error = NULL;

    /* 1. Load nodes and pods. */
    check(bayplan_cluster_load(cluster, BAYPLAN_STR(MANIFESTS), &error), error);

    /* 2. Where does shop/web go? */
    bayplan_decision *decision = NULL;
    check(bayplan_scheduler_schedule(scheduler, cluster, BAYPLAN_STR("shop"), BAYPLAN_STR("web"),
                                     &decision, &error), error);
    print("shop/web runs on ", bayplan_decision_node(decision));
    bayplan_decision_free(decision);

    /* 3. Why does shop/huge not go anywhere? */
    bayplan_diagnosis *diagnosis = NULL;
    check(bayplan_scheduler_explain(scheduler, cluster, BAYPLAN_STR("shop"), BAYPLAN_STR("huge"),
                                    &diagnosis, &error), error);
    print("shop/huge: ", bayplan_diagnosis_message(diagnosis));
    bayplan_diagnosis_free(diagnosis);

    /* 4. Many pods of one template: read once, then nothing is parsed any more. */
    bayplan_template worker = bayplan_cluster_intern_pod(cluster, BAYPLAN_STR(TEMPLATE), &error);
    check(worker == 0 ? bayplan_error_status(error) : BAYPLAN_OK, error);
    uint32_t nodes[4];
    size_t placed = 0;
    check(bayplan_scheduler_schedule_batch(scheduler, cluster, worker, 4, nodes, NULL, &placed,
                                           &error), error);
    printf("%zu workers placed:", placed);
    for (size_t i = 0; i < 4; i++) {
        bayplan_str name = bayplan_cluster_node_name(cluster, nodes[i]);
        printf(" %.*s", (int)name.length, name.data);
    }
    printf("\n");

    /* 5. How many more would fit, and how many if node-b went away? */
    size_t more = 0;
    check(bayplan_scheduler_capacity(scheduler, cluster, worker, 1000, &more, NULL, 0, NULL, &error),
          error);
    bayplan_transaction *transaction = NULL;
    check(bayplan_cluster_begin(cluster, &transaction, &error), error);
    check(bayplan_cluster_delete(cluster, BAYPLAN_STR("Node"), BAYPLAN_STR(""),
                                 BAYPLAN_STR("node-b"), &error), error);
    size_t without = 0;
    check(bayplan_scheduler_capacity(scheduler, cluster, worker, 1000, &without, NULL, 0, NULL,
                                     &error), error);
    check(bayplan_transaction_rollback(transaction, &error), error);
    bayplan_transaction_free(transaction);
    printf("room for %zu more; without node-b for %zu\n", more, without);

    bayplan_scheduler_free(scheduler);
    bayplan_cluster_free(cluster);
    return bayplan_open_handles() == 0 ? 0 : 1;
}
