#include "pipeline/observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/example_messages.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::ExampleStatus;

const BuildInfo kBuild = {.version = "0.1.0", .librdkafka = "2.0.2", .model = ""};

/// A family as Prometheus would read it.
struct Family {
  std::string help;
  std::string type;
  std::map<std::string, double> series;  // by labels
};

/// Read the text as strictly as Prometheus does: names, HELP and TYPE before the series, no series
/// twice.
std::map<std::string, Family> Parse(const std::string& text) {
  static const std::regex kComment("# (HELP|TYPE) ([a-z_]+) (.+)");
  static const std::regex kSeries(
      "([a-z_]+)(\\{(?:[a-z_]+=\"(?:[^\"\\\\]|\\\\.)*\",?)+\\})? ([-+.e0-9]+)");
  std::map<std::string, Family> families;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, kComment)) {
      Family& family = families[match[2]];
      EXPECT_TRUE(family.series.empty()) << line;
      (match[1] == "HELP" ? family.help : family.type) = match[3];
    } else if (std::regex_match(line, match, kSeries)) {
      Family& family = families[match[1]];
      EXPECT_FALSE(family.help.empty()) << line;
      EXPECT_FALSE(family.type.empty()) << line;
      EXPECT_TRUE(family.series.emplace(match[2], std::stod(match[3])).second) << line;
    } else {
      ADD_FAILURE() << "not Prometheus' text format: " << line;
    }
  }
  return families;
}

TEST(MetricsTest, TellsAFamilyInPrometheusTextFormat) {
  EXPECT_THAT(MetricsText(ExampleStatus(), kBuild),
              HasSubstr("# HELP marquee_records_in_total Rows read.\n"
                        "# TYPE marquee_records_in_total counter\n"
                        "marquee_records_in_total{stage=\"preprocess\"} 5000000000\n"
                        "# HELP marquee_records_out_total Rows written.\n"));
}

TEST(MetricsTest, TellsEveryFigureInBaseUnits) {
  const std::string text = MetricsText(ExampleStatus(), kBuild);
  for (const char* line : {
           "marquee_records_in_total{stage=\"preprocess\"} 5000000000",
           "marquee_records_out_total{stage=\"preprocess\"} 15",
           "marquee_messages_in_total{stage=\"preprocess\"} 11",
           "marquee_messages_out_total{stage=\"preprocess\"} 14",
           "marquee_bytes_in_total{stage=\"preprocess\"} 13",
           "marquee_bytes_out_total{stage=\"preprocess\"} 16",
           "marquee_epochs_total{stage=\"preprocess\"} 18",
           "marquee_commits_total{stage=\"preprocess\"} 19",
           "marquee_commit_failures_total{stage=\"preprocess\"} 20",
           "marquee_transactions_aborted_total{stage=\"preprocess\"} 21",
           "marquee_rebalances_total{stage=\"preprocess\"} 22",
           "marquee_stalls_total{stage=\"preprocess\"} 23",
           "marquee_stage_busy_seconds_total{stage=\"preprocess\"} 1.5",
           "marquee_dlq_records_total{stage=\"preprocess\",reason=\"invalid_utf8\"} 6000000000",
           "marquee_dlq_records_total{stage=\"preprocess\",reason=\"id_absent\"} 8",
           "marquee_dlq_records_total{stage=\"preprocess\",reason=\"nul_byte\"} 0",
           "marquee_dlq_records_total{stage=\"preprocess\",reason=\"unreadable\"} 17",
           "marquee_consumer_lag_records{topic=\"raw-data\",partition=\"0\"} 40",
           "marquee_consumer_lag_records_sum{topic=\"raw-data\"} 40",
           "marquee_ready{stage=\"preprocess\"} 0",
           "marquee_status_timestamp_seconds{stage=\"preprocess\"} 1700000060.5",
           "process_cpu_seconds_total 2.25",
           "process_resident_memory_bytes 26214400",
           "process_start_time_seconds 1700000000",
           "marquee_build_info{version=\"0.1.0\",librdkafka=\"2.0.2\"} 1",
       }) {
    EXPECT_THAT(text, HasSubstr("\n" + std::string(line) + "\n"));
  }
}

TEST(MetricsTest, IsReadWithoutComplaint) {
  ServiceStatus status = ExampleStatus();
  status.input_topic = "a \"quoted\"\n\\ topic";
  for (const auto& [name, family] : Parse(MetricsText(status, kBuild))) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(family.series.empty());
    EXPECT_TRUE(name.starts_with("marquee_") || name.starts_with("process_"));
    EXPECT_EQ(family.type, name.ends_with("_total") ? "counter" : "gauge");
    EXPECT_TRUE(family.help.ends_with("."));
  }
}

TEST(MetricsTest, KeepsItsSeriesAndItsCountersGrowWithTheStatus) {
  const auto before = Parse(MetricsText(ServiceStatus{.stage = "preprocess"}, kBuild));
  const auto after = Parse(MetricsText(ExampleStatus(), kBuild));
  std::set<std::string> grown;
  for (const auto& [name, family] : before) {
    ASSERT_EQ(after.count(name), 1U) << name;
    for (const auto& [labels, value] : family.series) {
      ASSERT_EQ(after.at(name).series.count(labels), 1U) << name << labels;
      if (family.type != "counter") continue;
      EXPECT_GE(after.at(name).series.at(labels), value) << name << labels;
      if (after.at(name).series.at(labels) > value) grown.insert(name);
    }
  }
  EXPECT_EQ(grown.size(), 15U) << "a counter that no figure moves";
}

TEST(MetricsTest, LeavesOutALagThatIsNotKnown) {
  ServiceStatus status = ExampleStatus();
  EXPECT_THAT(MetricsText(status, kBuild), Not(HasSubstr("partition=\"2\"")));
  status.lags.erase(status.lags.begin());
  EXPECT_THAT(MetricsText(status, kBuild), Not(HasSubstr("consumer_lag")));
}

TEST(MetricsTest, NamesTheModelIfThereIsOne) {
  EXPECT_THAT(MetricsText(ExampleStatus(), {.version = "1", .librdkafka = "2", .model = "ab12"}),
              HasSubstr("marquee_build_info{version=\"1\",librdkafka=\"2\",model=\"ab12\"} 1\n"));
}

TEST(MetricsTest, IsReadyWithoutAReasonAgainstIt) {
  ServiceStatus status = ExampleStatus();
  status.not_ready_reason.clear();
  EXPECT_THAT(MetricsText(status, kBuild), HasSubstr("marquee_ready{stage=\"preprocess\"} 1\n"));
}

TEST(MetricsTest, TellsEachFeaturesDriftOnceItIsKnown) {
  ServiceStatus status = ExampleStatus();
  status.drift = {{.feature = "log_votes", .psi = 0.125}, {.feature = "runtime", .psi = 0.5}};
  status.drift_rows = 4'096;
  auto families = Parse(MetricsText(status, kBuild));
  EXPECT_EQ(families["marquee_feature_drift_psi"].type, "gauge");
  EXPECT_EQ(
      families["marquee_feature_drift_psi"].series["{stage=\"preprocess\",feature=\"runtime\"}"],
      0.5);
  EXPECT_EQ(families["marquee_feature_drift_rows"].series["{stage=\"preprocess\"}"], 4'096);
  status.drift.clear();
  EXPECT_EQ(Parse(MetricsText(status, kBuild)).count("marquee_feature_drift_psi"), 0U);
}

}  // namespace
}  // namespace marquee
