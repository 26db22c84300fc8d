package dev.lockstep.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What a model reaches on the whole held-out part. */
public sealed interface Validation {
  /** What the best validation is the least of. */
  double score();

  /** Every number, by the names of logs and summaries. */
  Map<String, Double> fields();

  /**
   * On text.
   *
   * @param bitsPerByte mean of −log₂ p
   */
  record Text(double bitsPerByte) implements Validation {
    private static final String BITS_PER_BYTE = "validationBitsPerByte";

    @Override
    public double score() {
      return bitsPerByte;
    }

    @Override
    public Map<String, Double> fields() {
      return Map.of(BITS_PER_BYTE, bitsPerByte);
    }
  }

  /**
   * On what is to be classified.
   *
   * @param loss mean cross-entropy, in nats
   * @param accuracy the share whose class got the largest logit
   */
  record Classification(double loss, double accuracy) implements Validation {
    private static final String LOSS = "validationLoss";
    private static final String ACCURACY = "validationAccuracy";

    @Override
    public double score() {
      return loss;
    }

    @Override
    public Map<String, Double> fields() {
      Map<String, Double> fields = new LinkedHashMap<>();
      fields.put(LOSS, loss);
      fields.put(ACCURACY, accuracy);
      return fields;
    }
  }

  /** A field that every validation of a task has, and no other line of a log. */
  static String mark(TaskKind task) {
    return switch (task) {
      case TEXT -> Text.BITS_PER_BYTE;
      case CLASSIFY -> Classification.LOSS;
    };
  }

  /** The validation whose {@link #fields} have these values. */
  static Validation of(TaskKind task, ToDoubleFunction<String> field) {
    return switch (task) {
      case TEXT -> new Text(field.applyAsDouble(Text.BITS_PER_BYTE));
      case CLASSIFY ->
          new Classification(
              field.applyAsDouble(Classification.LOSS),
              field.applyAsDouble(Classification.ACCURACY));
    };
  }

  /** Of a run that ended before its validation: nothing but NaN. */
  static Validation none(TaskKind task) {
    return of(task, name -> Double.NaN);
  }
}
