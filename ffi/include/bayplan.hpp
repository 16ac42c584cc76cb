/*
 * bayplan for C++17: the C interface with owners and exceptions. Header only; links like C.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every class owns one handle, can be moved and not copied, and frees it at its end. What the C
 * interface reports as a status is thrown as bayplan::Error. Texts that a call gives are copied into
 * strings. A plugin may throw: that fails the call that asked it, with BAYPLAN_ERR_CALLBACK.
 */
#ifndef BAYPLAN_HPP
#define BAYPLAN_HPP

#include <bayplan.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bayplan {

/* A text of C++ for C: borrowed. */
inline bayplan_str text(std::string_view text) noexcept { return {text.data(), text.size()}; }

/* A text of C for C++: copied. */
inline std::string copied(bayplan_str text) {
    return text.length == 0 ? std::string() : std::string(text.data, text.length);
}

/* What went wrong. */
class Error : public std::runtime_error {
  public:
    explicit Error(bayplan_status status, bayplan_error *error = nullptr)
        : std::runtime_error(message(status, error)),
          status_(status),
          object_(copied(bayplan_error_object(error))),
          field_(copied(bayplan_error_field(error))),
          line_(bayplan_error_line(error)) {
        bayplan_error_free(error);
    }

    bayplan_status status() const noexcept { return status_; }
    const std::string &object() const noexcept { return object_; }
    const std::string &field() const noexcept { return field_; }
    std::uint32_t line() const noexcept { return line_; }

  private:
    static std::string message(bayplan_status status, const bayplan_error *error) {
        return copied(error != nullptr ? bayplan_error_message(error) : bayplan_status_text(status));
    }

    bayplan_status status_;
    std::string object_;
    std::string field_;
    std::uint32_t line_;
};

/* Calls a function of C with the arguments and an error; throws where it fails. */
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
    bayplan_error *error = nullptr;
    const bayplan_status status = function(arguments..., &error);
    if (status != BAYPLAN_OK) {
        throw Error(status, error);
    }
}

namespace detail {

template <typename Handle, bayplan_status (*Free)(Handle *)>
struct Deleter {
    void operator()(Handle *handle) const noexcept { Free(handle); }
};

template <typename Handle, bayplan_status (*Free)(Handle *)>
using Owner = std::unique_ptr<Handle, Deleter<Handle, Free>>;

template <typename Handle>
Handle *made(Handle *handle) {
    if (handle == nullptr) {
        throw Error(BAYPLAN_ERR_LIMIT);
    }
    return handle;
}

}  // namespace detail

/* What became of one attempt to place a pod. */
class Decision {
  public:
    explicit Decision(bayplan_decision *handle) noexcept : handle_(handle) {}

    std::uint8_t outcome() const noexcept { return bayplan_decision_outcome(handle_.get()); }
    bool bound() const noexcept { return outcome() == BAYPLAN_OUTCOME_BOUND; }
    std::string node() const { return copied(bayplan_decision_node(handle_.get())); }
    std::uint32_t node_number() const noexcept {
        return bayplan_decision_node_number(handle_.get());
    }
    std::int64_t score() const noexcept { return bayplan_decision_score(handle_.get()); }
    std::string message() const { return copied(bayplan_decision_message(handle_.get())); }

    /* Namespace and name of the pods that have to go first, the most important first. */
    std::vector<std::pair<std::string, std::string>> victims() const {
        std::vector<std::pair<std::string, std::string>> victims;
        for (std::size_t at = 0; at < bayplan_decision_victims(handle_.get()); at++) {
            victims.emplace_back(copied(bayplan_decision_victim_namespace(handle_.get(), at)),
                                 copied(bayplan_decision_victim_name(handle_.get(), at)));
        }
        return victims;
    }

  private:
    detail::Owner<bayplan_decision, bayplan_decision_free> handle_;
};

/* What would become of a pod, and why. */
class Diagnosis {
  public:
    explicit Diagnosis(bayplan_diagnosis *handle) noexcept : handle_(handle) {}

    std::string text() const { return copied(bayplan_diagnosis_text(handle_.get())); }
    std::string json() const { return copied(bayplan_diagnosis_json(handle_.get())); }
    std::string message() const { return copied(bayplan_diagnosis_message(handle_.get())); }
    std::string node() const { return copied(bayplan_diagnosis_node(handle_.get())); }

  private:
    detail::Owner<bayplan_diagnosis, bayplan_diagnosis_free> handle_;
};

class Transaction;

/* Nodes, pods and what else decides placements. */
class Cluster {
  public:
    Cluster() : handle_(detail::made(bayplan_cluster_new())) {}
    explicit Cluster(bayplan_cluster *handle) noexcept : handle_(handle) {}

    void load(std::string_view manifests) {
        call(bayplan_cluster_load, get(), text(manifests));
    }
    void apply(std::string_view objects) { call(bayplan_cluster_apply, get(), text(objects)); }
    void remove(std::string_view kind, std::string_view pod_namespace, std::string_view name) {
        call(bayplan_cluster_delete, get(), text(kind), text(pod_namespace), text(name));
    }
    void bind(std::string_view pod_namespace, std::string_view name, std::string_view node) {
        call(bayplan_cluster_bind, get(), text(pod_namespace), text(name), text(node));
    }
    void unbind(std::string_view pod_namespace, std::string_view name) {
        call(bayplan_cluster_unbind, get(), text(pod_namespace), text(name));
    }
    bayplan_template intern(std::string_view pod) {
        bayplan_error *error = nullptr;
        const bayplan_template made = bayplan_cluster_intern_pod(get(), text(pod), &error);
        if (made == 0) {
            throw Error(bayplan_error_status(error), error);
        }
        return made;
    }

    std::string notes() const { return copied(bayplan_cluster_notes(get())); }
    std::string node_name(std::uint32_t number) const {
        return copied(bayplan_cluster_node_name(get(), number));
    }
    std::size_t node_numbers() const noexcept { return bayplan_cluster_node_numbers(get()); }
    std::uint64_t hash() const {
        std::uint64_t hash = 0;
        call(bayplan_cluster_hash, static_cast<const bayplan_cluster *>(get()), &hash);
        return hash;
    }
    Cluster copy() const {
        bayplan_cluster *copy = nullptr;
        call(bayplan_cluster_copy, static_cast<const bayplan_cluster *>(get()), &copy);
        return Cluster(copy);
    }
    inline Transaction begin();

    bayplan_cluster *get() const noexcept { return handle_.get(); }

  private:
    detail::Owner<bayplan_cluster, bayplan_cluster_free> handle_;
};

/* Undoes at its end what was changed since, unless it was committed. */
class Transaction {
  public:
    explicit Transaction(bayplan_transaction *handle) noexcept : handle_(handle) {}

    void commit() { call(bayplan_transaction_commit, handle_.get()); }
    void rollback() { call(bayplan_transaction_rollback, handle_.get()); }

  private:
    detail::Owner<bayplan_transaction, bayplan_transaction_free> handle_;
};

inline Transaction Cluster::begin() {
    bayplan_transaction *transaction = nullptr;
    call(bayplan_cluster_begin, get(), &transaction);
    return Transaction(transaction);
}

/* A plugin of the host: functions from nodes to verdicts and scores. An empty one takes no part. */
struct Plugin {
    /* Fills a verdict (BAYPLAN_PLUGIN_...) or a score per node of the question. */
    template <typename Answer>
    using Function = std::function<void(const bayplan_plugin_question &, Answer *)>;

    std::string name;
    std::string reason;
    Function<std::uint8_t> filter;
    Function<std::int64_t> score;
    std::int64_t score_weight = 1;
};

/* Decides, one pod at a time or many, and answers questions. */
class Scheduler {
  public:
    Scheduler() : handle_(detail::made(bayplan_scheduler_new())) {}
    explicit Scheduler(std::string_view configuration) {
        bayplan_scheduler *scheduler = nullptr;
        call(bayplan_scheduler_configure, text(configuration), &scheduler);
        handle_.reset(scheduler);
    }

    void add(Plugin plugin) {
        auto kept = std::make_unique<Plugin>(std::move(plugin));
        bayplan_plugin description = {};
        description.struct_size = sizeof(description);
        description.name = text(kept->name);
        description.reason = text(kept->reason);
        description.filter = kept->filter ? filter : nullptr;
        description.score = kept->score ? score : nullptr;
        description.score_weight = kept->score_weight;
        description.user_data = kept.get();
        description.release = release;
        call(bayplan_scheduler_add_plugin, get(),
             static_cast<const bayplan_plugin *>(&description));
        /* From here on the library releases it. */
        static_cast<void>(kept.release());
    }

    Decision schedule(Cluster &cluster, std::string_view pod_namespace, std::string_view name) {
        bayplan_decision *decision = nullptr;
        call(bayplan_scheduler_schedule, get(), cluster.get(), text(pod_namespace), text(name), &decision);
        return Decision(decision);
    }
    Diagnosis explain(Cluster &cluster, std::string_view pod_namespace, std::string_view name) {
        bayplan_diagnosis *diagnosis = nullptr;
        call(bayplan_scheduler_explain, get(), cluster.get(), text(pod_namespace), text(name), &diagnosis);
        return Diagnosis(diagnosis);
    }
    /* Places as many instances as there are entries; how many are bound. */
    std::size_t schedule_batch(Cluster &cluster, bayplan_template made_after,
                               std::vector<std::uint32_t> &nodes) {
        std::size_t placed = 0;
        call(bayplan_scheduler_schedule_batch, get(), cluster.get(), made_after, nodes.size(),
             nodes.data(), static_cast<std::uint8_t *>(nullptr), &placed);
        return placed;
    }
    std::size_t capacity(Cluster &cluster, bayplan_template made_after, std::size_t limit) {
        std::size_t capacity = 0;
        call(bayplan_scheduler_capacity, get(), cluster.get(), made_after, limit, &capacity,
             static_cast<std::size_t *>(nullptr), std::size_t{0},
             static_cast<bayplan_decision **>(nullptr));
        return capacity;
    }

    bayplan_scheduler *get() const noexcept { return handle_.get(); }

  private:
    template <typename Function, typename Answer>
    static std::int32_t ask(const Function &function, const bayplan_plugin_question *question,
                            Answer *answers) noexcept {
        try {
            function(*question, answers);
            return 0;
        } catch (...) {
            return 1;
        }
    }
    static std::int32_t filter(void *plugin, const bayplan_plugin_question *question,
                               std::uint8_t *verdicts) {
        return ask(static_cast<Plugin *>(plugin)->filter, question, verdicts);
    }
    static std::int32_t score(void *plugin, const bayplan_plugin_question *question,
                              std::int64_t *scores) {
        return ask(static_cast<Plugin *>(plugin)->score, question, scores);
    }
    static void release(void *plugin) { delete static_cast<Plugin *>(plugin); }

    detail::Owner<bayplan_scheduler, bayplan_scheduler_free> handle_;
};

/* A cluster and a scheduler as they were: any number of threads may ask it at once. */
class Snapshot {
  public:
    Snapshot(const Cluster &cluster, const Scheduler &scheduler) {
        bayplan_snapshot *snapshot = nullptr;
        call(bayplan_cluster_fork, static_cast<const bayplan_cluster *>(cluster.get()),
             static_cast<const bayplan_scheduler *>(scheduler.get()), &snapshot);
        handle_.reset(snapshot);
    }

    /* The verdict about every node, by node number. */
    std::vector<std::uint8_t> filter(std::string_view pod_namespace, std::string_view name,
                                     std::size_t node_numbers) const {
        std::vector<std::uint8_t> verdicts(node_numbers);
        call(bayplan_snapshot_filter, get(), text(pod_namespace), text(name), verdicts.data(),
             verdicts.size(), static_cast<std::size_t *>(nullptr));
        return verdicts;
    }
    Diagnosis explain(std::string_view pod_namespace, std::string_view name) const {
        bayplan_diagnosis *diagnosis = nullptr;
        call(bayplan_snapshot_explain, get(), text(pod_namespace), text(name), &diagnosis);
        return Diagnosis(diagnosis);
    }

    const bayplan_snapshot *get() const noexcept { return handle_.get(); }

  private:
    detail::Owner<bayplan_snapshot, bayplan_snapshot_free> handle_;
};

}  // namespace bayplan

#endif  /* BAYPLAN_HPP */
