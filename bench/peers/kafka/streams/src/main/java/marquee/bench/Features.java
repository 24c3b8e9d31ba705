package marquee.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;

/** Computes the features and the class of a movie, as movies.py does. */
final class Features {
  private record Vocabulary(List<String> genres, List<String> languages) {}

  private static final int NUMERIC = 14;
  private static final double MAX_RUNTIME = 400;
  private static final int LABELLED_FROM_VOTES = 10;

  private final Vocabulary vocabulary;

  Features(Path model) throws IOException {
    vocabulary =
        new ObjectMapper().readValue(model.resolve("vocabulary.json").toFile(), Vocabulary.class);
  }

  int count() {
    return NUMERIC + vocabulary.genres.size() + vocabulary.languages.size();
  }

  /** Append the features of a movie; NaN where it does not tell. */
  void put(Movie movie, FloatBuffer out) {
    out.put((float) Math.log1p(number(movie.budget())));
    out.put((float) Math.log1p(number(movie.revenue())));
    out.put((float) Math.log1p(number(movie.voteCount())));
    out.put((float) number(movie.popularity()));
    out.put((float) Math.min(number(movie.runtime()), MAX_RUNTIME));
    LocalDate date = date(movie.releaseDate());
    out.put(date == null ? Float.NaN : date.getYear());
    out.put(date == null ? Float.NaN : date.getMonthValue());
    out.put(items(movie.genres()));
    out.put(items(movie.productionCompanies()));
    out.put(items(movie.productionCountries()));
    out.put(items(movie.spokenLanguages()));
    out.put(items(movie.keywords()));
    out.put(length(movie.title()));
    out.put(length(movie.overview()));
    List<String> genres = Arrays.asList(movie.genres().split(", "));
    for (String genre : vocabulary.genres) {
      out.put(genres.contains(genre) ? 1 : 0);
    }
    for (String language : vocabulary.languages) {
      out.put(language.equals(movie.originalLanguage()) ? 1 : 0);
    }
  }

  /** Give the class of a movie, or -1 where too few have voted for it to count. */
  static int target(Movie movie) {
    double vote = number(movie.voteAverage());
    if (Double.isNaN(vote) || !(number(movie.voteCount()) >= LABELLED_FROM_VOTES)) {
      return -1;
    }
    return vote < 6 ? 0 : vote < 7 ? 1 : 2;
  }

  private static double number(String text) {
    if (text.isEmpty()) {
      return Double.NaN;
    }
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException error) {
      return Double.NaN;
    }
  }

  private static LocalDate date(String text) {
    if (text.isEmpty()) {
      return null;
    }
    try {
      return LocalDate.parse(text);
    } catch (DateTimeParseException error) {
      return null;
    }
  }

  private static float items(String list) {
    return list.isEmpty() ? 0 : 1 + list.chars().filter(character -> character == ',').count();
  }

  private static float length(String text) {
    return text.codePointCount(0, text.length());
  }
}
