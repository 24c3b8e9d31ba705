// viewer/data/service_board.h — what the running services tell of themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "schemas/service_status.h"
#include "schemas/snapshot_generated.h"
#include "viewer/data/journal.h"
#include "viewer/data/timeline.h"

namespace marquee::viewer {

/// Follows the statuses of at most kMaxServices services: rates from one status to the next, lags,
/// and events. A service that has said nothing for 10 s is silent, unless it had said that it
/// would stop, or failed; it is forgotten when its place is needed, or after an hour.
///
/// Threads: one at a time.
class ServiceBoard {
 public:
  ServiceBoard(wire::SnapshotT& snapshot, Journal& journal)
      : snapshot_(snapshot), journal_(journal) {}

  /// Take a status that was heard at Unix time `heard_ns`; `timelines` hear of rows and lag. What was
  /// taken before is left out.
  void Add(const ServiceStatus& status, std::int64_t heard_ns, std::vector<Timeline>& timelines);

  /// Take the statuses of the past once more: timelines hear of them again, the journal does not.
  /// Until the present is reached, nothing is to be written.
  void Retell();

  /// Write the services, and for the stages that they are of how many they are, rates and lag.
  void Write(std::int64_t now_ns);

 private:
  struct Service {
    ServiceStatus status;       // that was taken last
    ServiceStatus told;         // that the journal heard of last
    std::int64_t heard_ns = 0;  // when that was heard; 0 = none yet
    ServiceEvent told_event;
    bool is_retold = false;  // what is taken was told before
    double rows_per_s = 0;
    double bytes_per_s = 0;
    double cpu_share = 0;
    bool silent = false;
  };

  void Tell(const ServiceStatus& status, Service& service, std::int64_t heard_ns);
  void TellChanges(const ServiceStatus& before, const ServiceStatus& status, std::int64_t heard_ns);
  void MakeRoom();
  void WriteDrift();
  std::int64_t LagOf(const std::string& stage) const;

  wire::SnapshotT& snapshot_;
  Journal& journal_;
  std::map<std::pair<std::string, std::string>, Service> services_;  // by stage and instance
};

}  // namespace marquee::viewer
