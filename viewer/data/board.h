// viewer/data/board.h — everything that a source of results shows.
#pragma once

#include <memory>

#include "schemas/snapshot_generated.h"
#include "viewer/data/journal.h"
#include "viewer/data/run_figures.h"
#include "viewer/data/service_board.h"
#include "viewer/data/snapshot_message.h"

namespace marquee::viewer {

/// A snapshot that changes, and those who change it. Neither copyable nor movable: they point to it.
struct Board {
  Board(const wire::SourceT& source, bool stage_rows_from_hops)
      : figures(snapshot, stage_rows_from_hops) {
    *snapshot.source = source;
  }
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  wire::SnapshotT snapshot = EmptySnapshot();
  RunFigures figures;
  Journal journal{snapshot};
  ServiceBoard services{snapshot, journal};
};

}  // namespace marquee::viewer
