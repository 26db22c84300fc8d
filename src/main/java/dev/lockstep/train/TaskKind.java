package dev.lockstep.train;

import dev.lockstep.nn.ClassifierConfig;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.Model;
import dev.lockstep.nn.ModelConfig;
import dev.lockstep.ops.Labels;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What a run learns; follows from its model. */
public enum TaskKind {
  /** The next byte of a text; losses are told in bits per byte. */
  TEXT("text", "token", "bits per byte"),
  /** Which digit an image shows; losses are told in nats. */
  CLASSIFY("classify", "image", "nats");

  private final String label;
  private final String row;
  private final String lossUnit;

  TaskKind(String label, String row, String lossUnit) {
    this.label = label;
    this.row = row;
    this.lossUnit = lossUnit;
  }

  /** The name on the command line. */
  public String label() {
    return label;
  }

  /** What a row of a batch is one of: {@code tokens}, {@code images}. */
  public String rows() {
    return row + "s";
  }

  /** In what its losses are told. */
  public String lossUnit() {
    return lossUnit;
  }

  /** The loss of a step in {@link #lossUnit}. */
  public double loss(StepMetrics metrics) {
    return this == TEXT ? metrics.bitsPerByte() : metrics.loss();
  }

  /** The name logs and tables give to the rows of a second. */
  public String throughput() {
    return rows() + "PerSecond";
  }

  /** Knobs of a run that only text has, each with the value it has where nobody asked for one. */
  private static final Map<String, String> OF_TEXT =
      Map.of(
          "headMemory", Long.toString(Model.DEFAULT_HEAD_BYTES),
          "sampleLength", Integer.toString(RunConfig.SAMPLE_LENGTH),
          "temperature", Double.toString(RunConfig.TEMPERATURE));

  /** Knobs of a run that mean nothing to it, by their names in {@link TrainConfig#describe}. */
  Set<String> foreign() {
    return this == TEXT ? Set.of() : OF_TEXT.keySet();
  }

  /** Those, and those that models of other tasks have and its own does not, without a prefix. */
  public Set<String> foreignWithModels() {
    Set<String> knobs = new TreeSet<>(foreign());
    for (TaskKind other : values()) {
      knobs.addAll(other.model(Map.of()).describe().keySet());
    }
    knobs.removeAll(model(Map.of()).describe().keySet());
    return knobs;
  }

  /**
   * Refuses a choice that only text has.
   *
   * @param knobs of a run, its own and others
   * @throws IllegalArgumentException naming it
   */
  void requireOwn(Map<String, String> knobs) {
    for (String knob : new TreeSet<>(foreign())) {
      String value = knobs.getOrDefault(knob, "");
      if (!value.equals(OF_TEXT.get(knob))) {
        throw new IllegalArgumentException(
            "%s %s belongs to task text, not to task %s"
                .formatted(
                    knob.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT), value, label));
      }
    }
  }

  /** The task of a model. */
  static TaskKind of(ModelConfig model) {
    return switch (model) {
      case LanguageModelConfig _ -> TEXT;
      case ClassifierConfig _ -> CLASSIFY;
    };
  }

  /**
   * The task a run's knobs name; runs from before there were several say nothing.
   *
   * @throws IllegalArgumentException for one that is not known
   */
  static TaskKind of(Map<String, String> knobs) {
    return of(knobs.getOrDefault("task", TEXT.label));
  }

  /**
   * The task of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static TaskKind of(String label) {
    return Labels.find("task", values(), TaskKind::label, label);
  }

  /**
   * The model some knobs describe, as {@link ModelConfig#describe} named them; the others keep
   * their defaults.
   *
   * @throws IllegalArgumentException naming what is out of bounds
   */
  ModelConfig model(Map<String, String> knobs) {
    return switch (this) {
      case TEXT -> LanguageModelConfig.of(knobs);
      case CLASSIFY -> ClassifierConfig.of(knobs);
    };
  }
}
