#include <fmt/core.h>

#include <algorithm>
#include <span>

#include "model/model.h"
#include "pipeline/dataset/generator.h"
#include "schemas/item_code.h"

namespace marquee {
namespace {

// Places in the movies' feature spec (pipeline/stages/feature_spec.cc), which models of it keep.
enum NumericFeature : std::size_t {
  kBudget = 0,
  kRevenue = 1,
  kVoteCount = 2,
  kPopularity = 3,
  kRuntime = 4,
  kYear = 5,
  kMonth = 6,
  kOverviewBytes = 13,
  kNumNumeric = 14,
};
enum ListFeature : std::size_t {
  kGenres = 0,
  kLanguage = 1,
  kCompanies = 2,
  kCountries = 3,
  kSpokenLanguages = 4,
  kKeywords = 5,
  kTitleWords = 6,
  kYearBuckets = 7,
  kNumLists = 8,
};

/// What a generated number may be.
struct Range {
  double min;
  double max;
};

// A model's quantiles may be any finite floats. Within these, every number fits the integer it is
// written as (popularity in millionths), and no overview is endless.
constexpr Range kNumbers = {0, 1e12};
constexpr Range kYears = {1800, 2100};
constexpr Range kMonths = {1, 12};
constexpr Range kOverviewSizes = {0, 10'000};

GeneratorProfile::Numeric NumericOf(const model::Model& model, std::size_t feature, Range range) {
  const model::NumericProfile& from = model.numeric_profiles()[feature];
  GeneratorProfile::Numeric to{{from.quantiles.begin(), from.quantiles.end()}, from.missing_share};
  for (double& quantile : to.quantiles) quantile = std::clamp(quantile, range.min, range.max);
  return to;
}

/// Whether an item comes back from a list as it went in.
bool SurvivesAList(std::string_view item) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  return !item.empty() && !is_space(item.front()) && !is_space(item.back()) &&
         item.find(", ") == std::string_view::npos && item.find('\0') == std::string_view::npos;
}

GeneratorProfile::List ListOf(const model::Model& model, std::size_t list) {
  const model::ListProfile& from = model.list_profiles()[list];
  GeneratorProfile::List to;
  to.length_shares.assign(from.length_shares.begin(), from.length_shares.end());
  for (std::size_t i = 0; i < from.items.size(); ++i) {
    if (!SurvivesAList(from.items[i])) continue;
    double effect = 0;
    for (const model::Encoding& encoding : model.encoder().encodings()) {
      if (encoding.kind != model::EncodingKind::kLinearScore) continue;
      if (std::find(encoding.lists.begin(), encoding.lists.end(), list) == encoding.lists.end())
        continue;
      effect += encoding.ValueOf(ItemCode(from.items[i], list));
    }
    to.items.emplace_back(from.items[i]);
    to.shares.push_back(from.item_shares[i]);
    to.effects.push_back(effect);
  }
  return to;
}

}  // namespace

Result<GeneratorProfile> ProfileFromModel(const model::Model& model) {
  if (model.num_numeric() != kNumNumeric || model.num_lists() != kNumLists) {
    return Status::Config(
        fmt::format("{}: made for other features than the movies' ({} numbers and {} lists, not {} "
                    "and {}); the generator "
                    "needs a model of the movies",
                    model.source(), model.num_numeric(), model.num_lists(),
                    std::size_t{kNumNumeric}, std::size_t{kNumLists}));
  }
  GeneratorProfile profile;
  profile.budget = NumericOf(model, kBudget, kNumbers);
  profile.revenue = NumericOf(model, kRevenue, kNumbers);
  profile.vote_count = NumericOf(model, kVoteCount, kNumbers);
  profile.popularity = NumericOf(model, kPopularity, kNumbers);
  profile.runtime = NumericOf(model, kRuntime, kNumbers);
  profile.year = NumericOf(model, kYear, kYears);
  profile.month = NumericOf(model, kMonth, kMonths);
  profile.overview_bytes = NumericOf(model, kOverviewBytes, kOverviewSizes);
  profile.genres = ListOf(model, kGenres);
  profile.original_language = ListOf(model, kLanguage);
  profile.production_companies = ListOf(model, kCompanies);
  profile.production_countries = ListOf(model, kCountries);
  profile.spoken_languages = ListOf(model, kSpokenLanguages);
  profile.keywords = ListOf(model, kKeywords);
  profile.title_words = ListOf(model, kTitleWords);
  profile.year_buckets = ListOf(model, kYearBuckets);
  return profile;
}

}  // namespace marquee
