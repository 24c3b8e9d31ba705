package marquee.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** Predicts classes with ONNX Runtime, in the thread that asks. */
final class Classifier {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  Classifier(Path model) throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(1); // the threads of Kafka Streams use the cores
    session = environment.createSession(model.resolve("model.onnx").toString(), options);
  }

  /** Give the class of each row of features. */
  long[] predict(FloatBuffer features, int rows, int columns) throws OrtException {
    try (OnnxTensor input =
            OnnxTensor.createTensor(environment, features, new long[] {rows, columns});
        OrtSession.Result result = session.run(Map.of("X", input), Set.of("label"))) {
      return (long[]) result.get(0).getValue();
    }
  }
}
