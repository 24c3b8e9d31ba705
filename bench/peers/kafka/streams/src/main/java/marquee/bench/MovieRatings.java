package marquee.bench;

import ai.onnxruntime.OrtException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/**
 * Reads movies from raw-data and writes their ratings to results. A message is a JSON object, or an
 * array of them, whose ratings go into one message as well.
 */
public final class MovieRatings {
  private final ObjectMapper json =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
          .build();
  private final ObjectReader movies = json.readerFor(Movie[].class);
  private final Features features;
  private final Classifier classifier;

  private MovieRatings(Path model) throws IOException, OrtException {
    features = new Features(model);
    classifier = new Classifier(model);
  }

  private byte[] rate(byte[] message) {
    try {
      Movie[] batch = movies.readValue(message);
      FloatBuffer rows = FloatBuffer.allocate(batch.length * features.count());
      for (Movie movie : batch) {
        features.put(movie, rows);
      }
      long[] predicted = classifier.predict(rows.flip(), batch.length, features.count());
      Rating[] ratings = new Rating[batch.length];
      for (int i = 0; i < batch.length; ++i) {
        Movie movie = batch[i];
        ratings[i] =
            new Rating(
                movie.row(), movie.id(), movie.title(), Features.target(movie), (int) predicted[i]);
      }
      return json.writeValueAsBytes(message[0] == '[' ? ratings : ratings[0]);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    } catch (OrtException error) {
      throw new IllegalStateException(error);
    }
  }

  /** Run until killed: BROKERS TOPIC_PREFIX MODEL_FOLDER STATE_FOLDER LINGER_MS. */
  public static void main(String[] args) throws IOException, OrtException {
    String prefix = args[1];
    Properties properties = new Properties();
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, prefix + "movie-ratings");
    properties.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Runtime.getRuntime().availableProcessors());
    properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
    properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), args[4]);

    MovieRatings ratings = new MovieRatings(Path.of(args[2]));
    StreamsBuilder builder = new StreamsBuilder();
    builder.<byte[], byte[]>stream(prefix + "raw-data").mapValues(ratings::rate).to(prefix + "results");
    KafkaStreams streams = new KafkaStreams(builder.build(), properties);
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.RUNNING) {
            System.err.println("ready");
          }
        });
    streams.start();
  }
}
