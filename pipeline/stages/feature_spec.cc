#include "pipeline/stages/feature_spec.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>

#include "pipeline/stages/feature_kinds.h"

namespace marquee {

std::string FeatureSpec::CanonicalText() const {
  std::string text = fmt::format("id {}\ntitle {}\n", id_column, title_column);
  for (const FeatureLine& line : numeric) {
    text += fmt::format("numeric {} {} {} {}\n", line.name, line.kind, line.column, line.parameter);
  }
  for (const FeatureLine& line : lists) {
    text += fmt::format("list {} {} {} {}\n", line.name, line.kind, line.column, line.parameter);
  }
  text += fmt::format("target {} {} {}\n", target.column, target.min, target.max);
  for (std::size_t i = 0; i < target.class_names.size(); ++i) {
    text += i == 0 ? fmt::format("class {}\n", target.class_names[i])
                   : fmt::format("class {} from {}\n", target.class_names[i], target.bounds[i - 1]);
  }
  text += fmt::format("labelled {} from {}\n", target.label_column, target.label_min);
  text += "hash xxh3-64 low 32 bits, seed = number of the list\n";
  return text;
}

std::uint64_t FeatureSpec::Hash() const {
  const std::string text = CanonicalText();
  return XXH3_64bits(text.data(), text.size());
}

std::vector<std::string> FeatureSpec::Columns() const {
  std::vector<std::string> columns = {id_column, title_column, target.column, target.label_column};
  for (const FeatureLine& line : numeric) columns.push_back(line.column);
  for (const FeatureLine& line : lists) columns.push_back(line.column);
  std::vector<std::string> unique;
  for (std::string& column : columns) {
    if (std::find(unique.begin(), unique.end(), column) == unique.end()) {
      unique.push_back(std::move(column));
    }
  }
  return unique;
}

ColumnUse FeatureSpec::UseOf(std::string_view column) const {
  if (column == id_column || column == title_column || column == target.column ||
      column == target.label_column) {
    return ColumnUse::kBytes;
  }
  ColumnUse use = ColumnUse::kNone;
  for (const auto* lines : {&numeric, &lists}) {
    for (const FeatureLine& line : *lines) {
      if (line.column != column) continue;
      use =
          std::max(use, KindReadsLengthsOnly(line.kind) ? ColumnUse::kLengths : ColumnUse::kBytes);
    }
  }
  return use;
}

const FeatureSpec& MoviesSpec() {
  static const FeatureSpec spec = {
      .id_column = "id",
      .title_column = "title",
      .numeric =
          {
              {"budget", "number", "budget"},
              {"revenue", "number", "revenue"},
              {"vote_count", "number", "vote_count"},
              {"popularity", "number", "popularity"},
              {"runtime", "capped_number", "runtime", 400},
              {"year", "year", "release_date"},
              {"month", "month", "release_date"},
              {"num_genres", "list_count", "genres"},
              {"num_companies", "list_count", "production_companies"},
              {"num_countries", "list_count", "production_countries"},
              {"num_spoken_languages", "list_count", "spoken_languages"},
              {"num_keywords", "list_count", "keywords"},
              {"title_bytes", "text_bytes", "title"},
              {"overview_bytes", "text_bytes", "overview"},
          },
      .lists =
          {
              {"genres", "list", "genres", 1024},
              {"original_language", "category", "original_language"},
              {"production_companies", "list", "production_companies", 1024},
              {"production_countries", "list", "production_countries", 1024},
              {"spoken_languages", "list", "spoken_languages", 1024},
              {"keywords", "list", "keywords", 1024},
              {"title_words", "words", "title", 16},
              {"year_bucket", "year_bucket", "release_date", 5},
          },
      .target = {.column = "vote_average",
                 .min = 0,
                 .max = 10,
                 .bounds = {6, 7},
                 .class_names = {"low", "mid", "high"},
                 .label_column = "vote_count",
                 .label_min = 10},
  };
  return spec;
}

}  // namespace marquee
