// pipeline/dataset/generator.h — a synthetic movies file of any size, shaped like the real one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/status.h"

namespace marquee {

namespace model {
class Model;
}

/// How the generated fields are distributed, and how the rating depends on them.
struct GeneratorProfile {
  struct Numeric {
    /// Values at equally spaced shares, smallest and largest included; empty = always missing.
    std::vector<double> quantiles;
    double missing_share = 0;
  };
  struct List {
    /// Share of rows with 0, 1, 2, … items.
    std::vector<double> length_shares;
    std::vector<std::string> items;
    /// Of each item: how frequent it is, and what it adds to a rating.
    std::vector<double> shares;
    std::vector<double> effects;
  };

  Numeric budget;
  Numeric revenue;
  Numeric vote_count;
  Numeric popularity;
  Numeric runtime;
  Numeric year;
  Numeric month;
  Numeric overview_bytes;
  List genres;
  List original_language;
  List production_companies;
  List production_countries;
  List spoken_languages;
  List keywords;
  /// Words of titles, lower case.
  List title_words;
  /// First years of five-year buckets, as decimal text; only their effects are used.
  List year_buckets;
};

/// Take the profile from what a model of the movies' feature spec knows of its training file: the
/// lists' items and their shares, the quantiles of numbers (moved into what a row can hold), and as
/// effects the values of its linear score.
///
/// A model of another spec with as many numbers and lists is taken for one of the movies'.
/// Errors: kConfig if the model has another number of features.
Result<GeneratorProfile> ProfileFromModel(const model::Model& model);

/// Takes the generated text, piece after piece; a failure ends the generation.
using TextSink = std::function<Status(std::string_view)>;

/// Generate a CSV of `rows` movies: the header, and the real file's 21 columns, quoting, dirt and
/// shares of empty fields.
///
/// The rating is the sum of the items' effects, of votes, running time and noise, so a model that
/// knows the items predicts it much better than chance, and not perfectly. No model has
/// seen its ids.
/// Exact:  the same profile, rows and seed give the same bytes on every machine; the first rows of a
///         longer file are those of a shorter one.
/// Cost:   one core; pieces of about 256 KiB; memory does not depend on `rows`.
Status GenerateCsv(const GeneratorProfile& profile, std::uint64_t rows, std::uint64_t seed,
                   const TextSink& sink);

}  // namespace marquee
