package dev.lockstep.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What came out of a run; the names are those of the JSON.
 *
 * @param device the name the device is chosen by: {@code cuda} or {@code sim}
 * @param deviceName what the device calls itself
 * @param deviceReason why it was taken
 * @param parameters trainable parameters of the model
 * @param flopsPerStep floating-point operations of the matrix products of one step
 * @param steps steps done in all, those before a resumption included
 * @param interrupted whether the run was asked to stop before its last step
 * @param losses mean cross-entropy of each step of this run, in nats
 * @param validation over the whole held-out part, its fields beside the others; NaN when the run
 *     was interrupted
 * @param baselines to compare it with
 * @param secondsPerStep mean wall time of this run's steps; NaN when there was none
 * @param sample generated text; empty when the run was interrupted
 * @param checkpoint path of the final checkpoint
 * @param best where the best of several validations is kept; null where there was none on the way
 * @param log path of the metrics of each step, one JSON object a line
 * @param config every knob of the run
 */
public record TrainSummary(
    String device,
    String deviceName,
    String deviceReason,
    long parameters,
    long flopsPerStep,
    int steps,
    boolean interrupted,
    long seed,
    List<Double> losses,
    Validation validation,
    Baselines baselines,
    double secondsPerStep,
    String sample,
    String checkpoint,
    @Nullable BestCheckpoint best,
    String log,
    Map<String, String> config) {
  /**
   * The validation of text.
   *
   * @throws IllegalStateException when the run learned something else
   */
  public double validationBitsPerByte() {
    if (validation instanceof Validation.Text text) {
      return text.bitsPerByte();
    }
    throw new IllegalStateException("the run was not on text: " + validation);
  }

  /** As JSON; a number that is not finite is the string "NaN", "Infinity" or "-Infinity". */
  public String toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("task", TaskKind.of(config).label());
    json.put("device", device);
    json.put("deviceName", deviceName);
    json.put("deviceReason", deviceReason);
    json.put("parameters", parameters);
    json.put("flopsPerStep", flopsPerStep);
    json.put("steps", steps);
    json.put("interrupted", interrupted);
    json.put("seed", seed);
    json.put("losses", losses);
    json.putAll(validation.fields());
    json.put("baselines", baselines);
    json.put("secondsPerStep", secondsPerStep);
    json.put("sample", sample);
    json.put("checkpoint", checkpoint);
    if (best != null) {
      json.put("best", best);
    }
    json.put("log", log);
    json.put("config", config);
    return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(json);
  }
}
