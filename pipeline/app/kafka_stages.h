// pipeline/app/kafka_stages.h — preprocess and infer as services: messages in, messages out, and a
// dead letter for what is none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/app/served_model.h"
#include "pipeline/dataset/json_record.h"
#include "pipeline/stages/infer.h"
#include "pipeline/stages/preprocess.h"
#include "pipeline/stages/result_json.h"
#include "pipeline/transport/kafka/service_epoch.h"

namespace marquee {

/// What the two have in common: the topic that messages come from, and dead letters.
class KafkaStage : public ServiceStage {
 protected:
  KafkaStage(wire::StageId stage, std::string topic) : stage_(stage), topic_(std::move(topic)) {}

  const std::string& topic() const noexcept { return topic_; }
  Arrival ArrivalOf(const ServiceInput& input) const;
  /// Make the whole message a dead letter.
  void RejectMessage(const ServiceInput& input, std::string_view why, OutputGroup& output) const;
  /// Pass on the rows that a stage has rejected.
  void AddRejects(const ServiceInput& input, const BatchInfo& info, const Rejects& rejects,
                  OutputGroup& output) const;
  /// Whether a message is longer than any of ours; then it is a dead letter already.
  bool RejectedAsTooLong(const ServiceInput& input, OutputGroup& output) const;

 private:
  wire::StageId stage_;
  std::string topic_;
};

/// raw-data to processed-data.
class KafkaPreprocess final : public KafkaStage {
 public:
  enum class InputFormat { kBatches, kJson };

  /// `topic`: the input's name.
  KafkaPreprocess(const PreprocessStage& stage, InputFormat format, std::string topic,
                  std::size_t num_workers);

  void Begin(std::int32_t num_partitions) override {
    num_partitions_ = static_cast<std::uint32_t>(num_partitions);
  }
  Status Process(const ServiceInput& input, std::size_t worker, OutputGroup& output) override;

 private:
  struct alignas(kMessageAlignment) Worker {
    Worker(const PreprocessStage& stage, const std::string& topic)
        : scratch(stage), json(stage.spec().Columns()), rejects(topic) {}
    PreprocessStage::Scratch scratch;
    JsonRecordReader json;
    Message raw;
    Message features;
    Rejects rejects;
  };

  Result<RawBatchView> Read(const ServiceInput& input, Worker& worker) const;

  const PreprocessStage& stage_;
  InputFormat format_;
  std::uint32_t num_partitions_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
};

/// processed-data to results, and what of the features has drifted to the status.
class KafkaInfer final : public KafkaStage {
 public:
  enum class OutputFormat { kBatches, kJson };

  KafkaInfer(ServedModel& model, OutputFormat format, std::string topic, std::size_t num_workers);

  Status Process(const ServiceInput& input, std::size_t worker, OutputGroup& output) override;
  void Tick(ServiceReport& report) override;

 private:
  struct alignas(kMessageAlignment) Worker {
    explicit Worker(const std::string& topic) : rejects(topic) {}
    std::shared_ptr<ServedModel::Version> model;
    std::optional<InferStage::Scratch> scratch;  // of that model
    Message results;
    std::string lines;
    Rejects rejects;
  };

  ServedModel& model_;
  OutputFormat format_;
  ResultJson json_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace marquee
