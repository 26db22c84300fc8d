package dev.lockstep.train;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How long a run goes on and what it leaves behind.
 *
 * @param steps optimizer steps
 * @param validateEvery steps from one validation to the next; 0 validates at the end only
 * @param patience validations without a better result after which the run ends; 0 never ends it
 * @param out folder of checkpoint and log
 * @param overwrite whether what an earlier run left in that folder may be replaced
 * @param resume checkpoint to go on from; null starts anew
 * @param logEvery steps from one report to the next; the only ones after which anything waits for
 *     the device
 * @param checkpointEvery steps from one checkpoint to the next; 0 writes one at the end only
 * @param healthEvery steps from one look at every layer's tensors to the next, which waits for the
 *     device; 0 never looks
 * @param sampleLength bytes of text to generate at the end, where text is learned
 * @param temperature of that text: 0 always takes the likeliest byte
 */
public record RunConfig(
    int steps,
    int validateEvery,
    int patience,
    Path out,
    boolean overwrite,
    @Nullable Path resume,
    int logEvery,
    int checkpointEvery,
    int healthEvery,
    int sampleLength,
    double temperature) {
  static final int SAMPLE_LENGTH = 200;
  static final double TEMPERATURE = 0.7;

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public RunConfig {
    Checks.requireAtLeast("steps", steps, 1);
    Checks.requireAtLeast("validation interval", validateEvery, 0);
    Checks.requireAtLeast("patience", patience, 0);
    Checks.requireAtLeast("log interval", logEvery, 1);
    Checks.requireAtLeast("checkpoint interval", checkpointEvery, 0);
    Checks.requireAtLeast("health interval", healthEvery, 0);
    Checks.requireAtLeast("sample length", sampleLength, 0);
    Checks.requireNotNegative("temperature", temperature);
    if (patience > 0 && validateEvery == 0) {
      throw new IllegalArgumentException(
          "patience %d needs a validation interval above 0, not %d"
              .formatted(patience, validateEvery));
    }
  }

  void describe(Map<String, String> knobs) {
    knobs.put("steps", Integer.toString(steps));
    knobs.put("validateEvery", Integer.toString(validateEvery));
    knobs.put("patience", Integer.toString(patience));
    knobs.put("out", out.toString());
    knobs.put("overwrite", Boolean.toString(overwrite));
    knobs.put("resume", resume == null ? "" : resume.toString());
    knobs.put("logEvery", Integer.toString(logEvery));
    knobs.put("checkpointEvery", Integer.toString(checkpointEvery));
    knobs.put("healthEvery", Integer.toString(healthEvery));
    knobs.put("sampleLength", Integer.toString(sampleLength));
    knobs.put("temperature", Double.toString(temperature));
  }
}
