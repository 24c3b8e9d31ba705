#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "pipeline/app/command.h"
#include "pipeline/app/kafka_options.h"
#include "pipeline/app/settings.h"
#include "pipeline/transport/kafka/topic_admin.h"

namespace marquee {
namespace {

struct TopicsOptions {
  KafkaConnection connection;
  TopicSettings settings;
  bool json = false;
};

constexpr std::array kAllTopics{Topic::kRawData, Topic::kProcessedData, Topic::kResults,
                                Topic::kDeadLetter, Topic::kStatus};

std::vector<std::string> TopicNames(const KafkaConnection& connection) {
  std::vector<std::string> names;
  for (const Topic topic : kAllTopics) names.push_back(connection.TopicName(topic));
  return names;
}

TopicSettings SettingsFor(std::size_t topic, TopicSettings settings) {
  if (kAllTopics[topic] == Topic::kStatus) settings.partitions = 1;
  return settings;
}

/// A topic is there a moment before all brokers know it, and its partitions have leaders.
Status WaitUntilReady(TopicAdmin& admin, const std::vector<std::string>& names) {
  const auto deadline = std::chrono::steady_clock::now() + kBrokerTimeout;
  for (;;) {
    MARQUEE_ASSIGN_OR_RETURN(const auto facts, admin.Describe(names));
    const bool ready = std::all_of(facts.begin(), facts.end(), [](const auto& topic) {
      return topic && topic->leaderless == 0 && topic->in_sync == topic->replication_factor;
    });
    if (ready) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      return Status::Unavailable(
          "the topics are made, but not all replicas are in sync; 'marquee topics describe' tells "
          "which");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Status Create(const TopicsOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const auto admin, TopicAdmin::Open(options.connection, kBrokerTimeout));
  const std::vector<std::string> names = TopicNames(options.connection);
  MARQUEE_ASSIGN_OR_RETURN(const auto facts, admin->Describe(names));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const TopicSettings settings = SettingsFor(i, options.settings);
    if (facts[i]) {
      // What is there already must be as it would have been made.
      MARQUEE_RETURN_IF_ERROR(CheckTopic(names[i], facts[i], settings));
      MARQUEE_RETURN_IF_ERROR(CheckRetention(*facts[i], settings));
      fmt::print("{}: there already, as it should be\n", names[i]);
      continue;
    }
    MARQUEE_RETURN_IF_ERROR(admin->Create(names[i], settings));
    fmt::print("{}: created: {} partitions, replication factor {}, min.insync.replicas {}\n",
               names[i], settings.partitions, settings.replication_factor, settings.min_insync);
  }
  return WaitUntilReady(*admin, names);
}

Status Describe(const TopicsOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const auto admin, TopicAdmin::Open(options.connection, kBrokerTimeout));
  const std::vector<std::string> names = TopicNames(options.connection);
  MARQUEE_ASSIGN_OR_RETURN(const auto facts, admin->Describe(names));
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  Status status;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!facts[i]) {
      all.push_back({{"topic", names[i]}, {"exists", false}});
      if (!options.json) fmt::print("{:<24} is not there\n", names[i]);
      if (status.ok()) status = CheckTopic(names[i], facts[i], options.settings);
      continue;
    }
    const TopicFacts& topic = *facts[i];
    all.push_back({{"topic", topic.name},
                   {"exists", true},
                   {"partitions", topic.partitions},
                   {"replication_factor", topic.replication_factor},
                   {"min_insync", topic.min_insync},
                   {"in_sync", topic.in_sync},
                   {"leaderless", topic.leaderless},
                   {"retention_ms", topic.retention_ms},
                   {"retention_bytes", topic.retention_bytes},
                   {"max_message_bytes", topic.max_message_bytes}});
    if (!options.json) {
      fmt::print(
          "{:<24} {} partitions, replication factor {}, min.insync.replicas {}, in sync {}, kept "
          "for "
          "{} ms and {} bytes{}\n",
          topic.name, topic.partitions, topic.replication_factor, topic.min_insync, topic.in_sync,
          topic.retention_ms, topic.retention_bytes,
          topic.leaderless > 0 ? fmt::format(", {} WITHOUT A LEADER", topic.leaderless) : "");
    }
  }
  if (options.json) fmt::print("{}\n", all.dump(2));
  return status;
}

Status Delete(const TopicsOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const auto admin, TopicAdmin::Open(options.connection, kBrokerTimeout));
  const std::vector<std::string> names = TopicNames(options.connection);
  MARQUEE_ASSIGN_OR_RETURN(const auto facts, admin->Describe(names));
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!facts[i]) continue;
    MARQUEE_RETURN_IF_ERROR(admin->Delete(names[i]));
    fmt::print("{}: deleted\n", names[i]);
  }
  return {};
}

}  // namespace

void AddTopicsCommand(CLI::App& root, Action& chosen) {
  CLI::App* topics =
      root.add_subcommand("topics", "Make, look at or delete the topics of the pipeline");
  topics->require_subcommand(1);
  auto options = std::make_shared<TopicsOptions>();

  CLI::App* create = AddCommand(
      *topics, "create", "Make the topics that are not there; fail if one is there but other",
      "  marquee topics create --brokers localhost:9092\n"
      "  marquee topics create --replication-factor 1 --min-insync 1     on a single broker");
  AddKafkaOptions(*create, options->connection);
  AddSetting(*create, "--partitions", options->settings.partitions,
             "so many instances of a stage can share the work")
      ->check(CLI::Range(1, 1000));
  AddTopicSettings(*create, options->settings);
  AddSetting(*create, "--retention-ms", options->settings.retention_ms,
             "older messages are deleted");
  AddSetting(*create, "--retention-bytes", options->settings.retention_bytes,
             "the oldest messages of a larger partition are deleted");
  SetAction(create, chosen, [options] { return Create(*options); });

  CLI::App* describe = AddCommand(*topics, "describe", "Print what the topics are like",
                                  "  marquee topics describe --json");
  AddKafkaOptions(*describe, options->connection);
  AddSwitch(*describe, "--json", options->json, "print a JSON array");
  SetAction(describe, chosen, [options] { return Describe(*options); });

  CLI::App* remove = AddCommand(*topics, "delete", "Delete the topics and all that is in them",
                                "  marquee topics delete --topic-prefix test-");
  AddKafkaOptions(*remove, options->connection);
  SetAction(remove, chosen, [options] { return Delete(*options); });
}

}  // namespace marquee
