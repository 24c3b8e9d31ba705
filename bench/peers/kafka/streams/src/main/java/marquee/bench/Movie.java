package marquee.bench;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** What the service reads of a movie; every field is text, as in the CSV file. */
@JsonNaming(SnakeCaseStrategy.class)
record Movie(
    int row,
    String id,
    String title,
    String voteAverage,
    String voteCount,
    String releaseDate,
    String revenue,
    String runtime,
    String budget,
    String originalLanguage,
    String overview,
    String popularity,
    String genres,
    String productionCompanies,
    String productionCountries,
    String spokenLanguages,
    String keywords) {}
