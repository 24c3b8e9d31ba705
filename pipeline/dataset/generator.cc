#include "pipeline/dataset/generator.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "pipeline/dataset/csv_quoting.h"
#include "pipeline/dataset/generator_text.h"
#include "pipeline/dataset/made_up_ids.h"
#include "pipeline/dataset/random.h"

namespace marquee {
namespace {

constexpr std::string_view kHeader =
    "id,title,vote_average,vote_count,status,release_date,revenue,runtime,adult,budget,imdb_id,"
    "original_language,original_title,overview,popularity,tagline,genres,production_companies,"
    "production_countries,spoken_languages,keywords\n";

constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::size_t kNumSentences = 2048;
constexpr std::uint64_t kSentencesSeed =
    0x6d617271756565;  // not the user's: the filler is always the same

// Shares of rows, as in the real file where the model's profile does not tell.
constexpr double kRepeatedId = 0.0007;
constexpr double kAdult = 0.0002;
constexpr double kForeignTitleWord = 0.018;
constexpr double kTitleComma = 0.015;
constexpr double kTitleQuotes = 0.007;
constexpr double kOtherOriginalTitle = 0.25;
constexpr double kScientificPopularity = 0.0034;
constexpr double kEmptyOverview = 0.021;
constexpr double kOverviewQuotes = 0.097;
constexpr double kOverviewForeignWord = 0.1;
constexpr double kOverviewNewline = 0.0017;
constexpr double kTagline = 0.155;
// Well-known movies are popular, expensive and earn much: how often a number follows the votes'
// place in the order.
constexpr double kPopularityFollowsVotes = 0.85;
constexpr double kMoneyFollowsVotes = 0.6;

// The rating: kMeanRating where nothing is known, moved by the items' effects, votes and running
// time. Chosen so that the shipped model reaches a macro-F1 near 0.57, and the classes' shares are
// near the real ones.
constexpr double kMeanRating = 6.6;
constexpr double kItemsWeight = 1.25;
constexpr double kVotesWeight = 0.8;
constexpr double kRuntimeWeight = 0.011;  // a minute, around kMeanRuntime
constexpr double kMeanRuntime = 95;
constexpr double kMaxRuntimeDistance = 60;
constexpr double kNoise = 0.3;
constexpr double kNoiseOfFewVotes = 0.6;  // more, where votes are few

constexpr std::pair<std::string_view, double> kStatuses[] = {
    {"Released", 0.9904}, {"Rumored", 0.0049},       {"Post Production", 0.0021},
    {"", 0.0018},         {"In Production", 0.0004}, {"Planned", 0.0004}};

/// The value at share `place` of the order, in [0, 1).
double ValueAt(const GeneratorProfile::Numeric& numeric, double place) {
  const std::size_t last = numeric.quantiles.size() - 1;
  if (last == 0) return numeric.quantiles[0];
  const double scaled = place * static_cast<double>(last);
  const auto below = static_cast<std::size_t>(scaled);
  double between = scaled - static_cast<double>(below);
  // Beyond the last quantile but one, values thin out towards the largest.
  if (below + 1 == last) between = between * between * between * between;
  return numeric.quantiles[below] +
         between * (numeric.quantiles[below + 1] - numeric.quantiles[below]);
}

/// A list's items as they are written, and how they are drawn.
class ListSource {
 public:
  explicit ListSource(const GeneratorProfile::List& list)
      : effects_(list.effects), lengths_(list.length_shares), choice_(list.shares) {
    for (const std::string& item : list.items) {
      AppendDoubled(item, items_.emplace_back());
      needs_quotes_.push_back(NeedsQuotes(item));
    }
  }

  /// Append the field of a row; returns the sum of its items' effects.
  double Append(Random& random, std::string& out) {
    chosen_.clear();
    std::size_t length = lengths_.empty() || choice_.empty() ? 0 : lengths_.Draw(random);
    // No item twice: a draw that repeats one is thrown away. Not for ever: items may be too few.
    for (std::size_t tries = 8 * length; chosen_.size() < length && tries > 0; --tries) {
      const std::uint32_t item = choice_.Draw(random);
      if (std::find(chosen_.begin(), chosen_.end(), item) == chosen_.end()) chosen_.push_back(item);
    }
    if (chosen_.empty()) return 0;
    const bool quoted = chosen_.size() > 1 || needs_quotes_[chosen_[0]];
    if (quoted) out.push_back('"');
    double effect = 0;
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      if (i > 0) out.append(", ");
      out.append(items_[chosen_[i]]);
      effect += effects_[chosen_[i]];
    }
    if (quoted) out.push_back('"');
    return effect;
  }

 private:
  std::vector<std::string> items_;  // quotes doubled
  std::vector<bool> needs_quotes_;
  std::vector<double> effects_;
  WeightedChoice lengths_;
  WeightedChoice choice_;
  std::vector<std::uint32_t> chosen_;
};

/// Words of titles, each with its first letter in upper case.
class TitleSource {
 public:
  explicit TitleSource(const GeneratorProfile::List& words)
      : words_(words.items),
        effects_(words.effects),
        lengths_(words.length_shares),
        choice_(words.shares) {
    for (std::string& word : words_) {
      if (word.front() >= 'a' && word.front() <= 'z') {
        word.front() = static_cast<char>(word.front() - 'a' + 'A');
      }
    }
  }

  /// Make a title; returns the sum of its words' effects.
  double Make(Random& random, std::string& title) const {
    title.clear();
    if (choice_.empty()) {
      title = "Untitled";
      return 0;
    }
    const std::size_t length =
        std::max<std::size_t>(lengths_.empty() ? 1 : lengths_.Draw(random), 1);
    const bool quotes = random.Chance(kTitleQuotes);
    const bool comma = random.Chance(kTitleComma);
    double effect = 0;
    for (std::size_t i = 0; i < length; ++i) {
      const std::uint32_t word = choice_.Draw(random);
      effect += effects_[word];
      if (i > 0) title.append(i == 1 && comma ? ", " : " ");
      if (i == 0 && quotes) title.push_back('"');
      title.append(words_[word]);
      if (i == 0 && quotes) title.push_back('"');
    }
    if (random.Chance(kForeignTitleWord)) title.append(" ").append(ForeignWord(random));
    return effect;
  }

 private:
  std::vector<std::string> words_;
  std::vector<double> effects_;
  WeightedChoice lengths_;
  WeightedChoice choice_;
};

void AppendInteger(std::uint64_t value, std::string& out) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

/// Append `value` with exactly `width` digits, zeros in front.
void AppendPadded(std::uint64_t value, std::size_t width, std::string& out) {
  const std::size_t begin = out.size();
  out.append(width, '0');
  for (std::size_t at = begin + width; at > begin; value /= 10)
    out[--at] = static_cast<char>('0' + value % 10);
}

/// Append millionths as a decimal number without needless zeros, as "1.5" and "2.0".
void AppendMillionths(std::uint64_t millionths, std::string& out) {
  AppendInteger(millionths / 1'000'000, out);
  out.push_back('.');
  const std::size_t shortest = out.size() + 1;
  AppendPadded(millionths % 1'000'000, 6, out);
  while (out.size() > shortest && out.back() == '0') out.pop_back();
}

/// Writes one row after another.
class RowWriter {
 public:
  RowWriter(const GeneratorProfile& profile, std::uint64_t seed)
      : profile_(profile),
        random_(seed),
        title_(profile.title_words),
        language_(profile.original_language),
        lists_{ListSource(profile.genres), ListSource(profile.production_companies),
               ListSource(profile.production_countries), ListSource(profile.spoken_languages),
               ListSource(profile.keywords)} {
    Random text(kSentencesSeed);
    sentences_ = MakeSentences(kNumSentences, text);
    std::vector<double> shares;
    for (const auto& [status, share] : kStatuses) shares.push_back(share);
    status_ = WeightedChoice(shares);
    for (std::size_t i = 0; i < profile.year_buckets.items.size(); ++i) {
      std::size_t year = 0;
      const std::string& text_of_year = profile.year_buckets.items[i];
      std::from_chars(text_of_year.data(), text_of_year.data() + text_of_year.size(), year);
      if (year < kMaxYear) year_effects_[year / kBucketYears] = profile.year_buckets.effects[i];
    }
  }

  /// Append row number `row`, from 0.
  void Append(std::uint64_t row, std::string& out);

 private:
  static constexpr std::size_t kBucketYears = 5;
  static constexpr std::size_t kMaxYear = 2200;

  /// What a row's rating needs of its numbers. (The rating stands third, so the rest is written to
  /// the side first.)
  struct Numbers {
    std::uint64_t votes = 0;
    double place = 0;  // of its votes in the order of all movies
    double runtime = 0;
    bool has_runtime = false;
  };

  bool IsMissing(const GeneratorProfile::Numeric& numeric) {
    return numeric.quantiles.empty() || random_.Chance(numeric.missing_share);
  }
  double PlaceNear(double place, double share) {
    return random_.Chance(share) ? place : random_.Unit();
  }

  double AppendDate(std::string& out);
  void AppendMoney(const GeneratorProfile::Numeric& numeric, double place, std::string& out);
  void AppendPopularity(double place, std::string& out);
  void AppendOverview(std::string& out);
  void AppendRating(const Numbers& numbers, double effects, std::string& out);

  const GeneratorProfile& profile_;
  Random random_;
  TitleSource title_;
  ListSource language_;
  std::array<ListSource, 5> lists_;
  WeightedChoice status_;
  std::vector<std::string> sentences_;
  std::array<double, kMaxYear / kBucketYears> year_effects_ = {};
  std::string title_text_;
  std::string original_title_;
  std::string overview_;
  std::string head_;  // status … popularity
  std::string tail_;  // tagline … keywords
};

void RowWriter::Append(std::uint64_t row, std::string& out) {
  Numbers numbers;
  numbers.place = random_.Unit();
  const bool no_votes = IsMissing(profile_.vote_count);
  if (!no_votes)
    numbers.votes = static_cast<std::uint64_t>(ValueAt(profile_.vote_count, numbers.place));
  numbers.has_runtime = !IsMissing(profile_.runtime);
  if (numbers.has_runtime) numbers.runtime = ValueAt(profile_.runtime, random_.Unit());
  double effects = title_.Make(random_, title_text_);

  head_.clear();
  head_.append(kStatuses[status_.Draw(random_)].first).push_back(',');
  effects += AppendDate(head_);
  head_.push_back(',');
  AppendMoney(profile_.revenue, numbers.place, head_);
  head_.push_back(',');
  if (numbers.has_runtime) AppendInteger(static_cast<std::uint64_t>(numbers.runtime), head_);
  head_.append(random_.Chance(kAdult) ? ",True," : ",False,");
  AppendMoney(profile_.budget, numbers.place, head_);
  head_.append(",tt");
  AppendPadded(random_.Below(100'000'000), 8, head_);
  head_.push_back(',');
  effects += language_.Append(random_, head_);
  head_.push_back(',');
  if (random_.Chance(kOtherOriginalTitle)) {
    title_.Make(random_, original_title_);
    AppendCsvField(original_title_, head_);
  } else {
    AppendCsvField(title_text_, head_);
  }
  head_.push_back(',');
  AppendOverview(head_);
  head_.push_back(',');
  AppendPopularity(PlaceNear(numbers.place, kPopularityFollowsVotes), head_);

  tail_.clear();
  tail_.push_back(',');
  if (random_.Chance(kTagline)) AppendCsvField(sentences_[random_.Below(kNumSentences)], tail_);
  for (ListSource& list : lists_) {
    tail_.push_back(',');
    effects += list.Append(random_, tail_);
  }
  tail_.push_back('\n');

  const bool repeats = row > 0 && random_.Chance(kRepeatedId);
  AppendInteger(static_cast<std::uint64_t>(kFirstGeneratedId) + (repeats ? row - 1 : row), out);
  out.push_back(',');
  AppendCsvField(title_text_, out);
  out.push_back(',');
  AppendRating(numbers, effects, out);
  out.push_back(',');
  if (!no_votes) AppendInteger(numbers.votes, out);
  out.push_back(',');
  out.append(head_).append(tail_);
}

/// Append a release date; returns the effect of its five years.
double RowWriter::AppendDate(std::string& out) {
  if (IsMissing(profile_.year) || profile_.month.quantiles.empty()) return 0;
  const auto year = static_cast<std::size_t>(ValueAt(profile_.year, random_.Unit()));
  const auto month = static_cast<std::uint64_t>(ValueAt(profile_.month, random_.Unit()));
  AppendPadded(year, 4, out);
  out.push_back('-');
  AppendPadded(month, 2, out);
  out.push_back('-');
  AppendPadded(1 + random_.Below(28), 2, out);
  return year < kMaxYear ? year_effects_[year / kBucketYears] : 0;
}

/// Append dollars; a sum of many is a round one.
void RowWriter::AppendMoney(const GeneratorProfile::Numeric& numeric, double place,
                            std::string& out) {
  if (IsMissing(numeric)) return;
  const auto dollars =
      static_cast<std::uint64_t>(ValueAt(numeric, PlaceNear(place, kMoneyFollowsVotes)));
  AppendInteger(dollars > 1'000'000 ? dollars / 10'000 * 10'000 : dollars, out);
}

void RowWriter::AppendPopularity(double place, std::string& out) {
  if (IsMissing(profile_.popularity)) return;
  if (random_.Chance(kScientificPopularity)) {
    out.push_back(static_cast<char>('1' + random_.Below(9)));
    out.push_back('.');
    AppendPadded(random_.Below(1'000'000), 6, out);
    out.append(random_.Chance(0.5) ? "e-05" : "e-06");
    return;
  }
  AppendMillionths(static_cast<std::uint64_t>(ValueAt(profile_.popularity, place) * 1e6), out);
}

void RowWriter::AppendOverview(std::string& out) {
  if (profile_.overview_bytes.quantiles.empty() || random_.Chance(kEmptyOverview)) return;
  const auto target =
      static_cast<std::size_t>(ValueAt(profile_.overview_bytes, random_.Unit())) + 1;
  const bool newline = random_.Chance(kOverviewNewline);
  overview_.clear();
  if (random_.Chance(kOverviewQuotes)) overview_.append("The \"hero\" of it all: ");
  if (random_.Chance(kOverviewForeignWord)) overview_.append(ForeignWord(random_)).push_back(' ');
  while (overview_.size() < target) {
    const std::string& sentence = sentences_[random_.Below(kNumSentences)];
    overview_.append(sentence, 0, target - overview_.size());
    if (overview_.size() < target) overview_.push_back(newline ? '\n' : ' ');
  }
  AppendCsvField(overview_, out);
}

/// Append the mean vote: one decimal, from 0.0 to 10.0; 0.0 without votes.
void RowWriter::AppendRating(const Numbers& numbers, double effects, std::string& out) {
  double rating = kMeanRating + kItemsWeight * effects + kVotesWeight * (numbers.place - 0.5);
  if (numbers.runtime > 0) {
    rating += kRuntimeWeight *
              std::clamp(numbers.runtime - kMeanRuntime, -kMaxRuntimeDistance, kMaxRuntimeDistance);
  }
  const double few = 1.0 / (1.0 + 0.2 * static_cast<double>(numbers.votes));
  rating += random_.Bell() * (kNoise + kNoiseOfFewVotes * few);
  if (numbers.votes == 0) rating = 0;
  const auto tenths = static_cast<std::uint64_t>(std::clamp(rating, 0.0, 10.0) * 10 + 0.5);
  AppendInteger(tenths / 10, out);
  out.push_back('.');
  out.push_back(static_cast<char>('0' + tenths % 10));
}

}  // namespace

Status GenerateCsv(const GeneratorProfile& profile, std::uint64_t rows, std::uint64_t seed,
                   const TextSink& sink) {
  RowWriter writer(profile, seed);
  std::string piece(kHeader);
  for (std::uint64_t row = 0; row < rows; ++row) {
    writer.Append(row, piece);
    if (piece.size() < kPieceBytes) continue;
    MARQUEE_RETURN_IF_ERROR(sink(piece));
    piece.clear();
  }
  return sink(piece);
}

}  // namespace marquee
