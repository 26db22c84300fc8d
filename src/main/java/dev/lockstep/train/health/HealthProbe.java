package dev.lockstep.train.health;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.ActivationWatch;
import dev.lockstep.nn.Parameter;
import dev.lockstep.nn.ParameterSpec;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.Activation;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Measures one step: at each of its points copies what is there to the host, which waits for it.
 * The step's own work and its order stay what they are.
 */
public final class HealthProbe implements ActivationWatch {
  private final Parameters parameters;
  private final long rows;
  private final Map<String, TensorTally> activations = new LinkedHashMap<>();
  private final Set<String> absent = new LinkedHashSet<>();
  private Map<String, float[]> before = Map.of();
  private Map<String, float[]> gradients = Map.of();
  private Map<String, float[]> after = Map.of();

  /**
   * A probe for one step.
   *
   * @param rows of the step, over all its passes
   */
  public HealthProbe(Parameters parameters, long rows) {
    this.parameters = parameters;
    this.rows = rows;
  }

  /** Before the first pass. */
  public void begin(Stream stream) {
    before = parameters.read(stream);
  }

  @Override
  public void between(Stream stream, String name, Tensor values) {
    try (HostTensor host = read(stream, values)) {
      tally(name).add(host);
    }
  }

  @Override
  public void inside(
      Stream stream, String name, Tensor h, Activation activation, @Nullable Tensor gate) {
    TensorTally tally = tally(name);
    try (HostTensor host = read(stream, h)) {
      tally.addUnits(host);
      if (gate == null && TensorTally.saturates(activation)) {
        tally.addResults(host, activation);
      }
    }
    if (gate != null && TensorTally.saturates(activation)) {
      try (HostTensor host = read(stream, gate)) {
        tally.addArguments(host, activation);
      }
    }
  }

  @Override
  public void absent(String name) {
    absent.add(name);
  }

  /** After the last pass, before gradients are clipped. */
  public void gradients(Stream stream) {
    gradients = parameters.read(stream, parameters.gradients());
  }

  /** After the update. */
  public void end(Stream stream) {
    after = parameters.read(stream);
  }

  private TensorTally tally(String name) {
    return activations.computeIfAbsent(name, TensorTally::new);
  }

  private static HostTensor read(Stream stream, Tensor tensor) {
    HostTensor host = new HostTensor(tensor.dtype(), tensor.shape());
    try {
      tensor.copyTo(stream, host);
      stream.synchronize();
      return host;
    } catch (RuntimeException failure) {
      host.close();
      throw failure;
    }
  }

  /** The first activation that is not finite, in words. */
  public Optional<String> firstNonFiniteActivation() {
    return activations.values().stream()
        .map(TensorTally::health)
        .filter(tensor -> tensor.nonFinite() > 0)
        .map(tensor -> StepHealth.Part.ACTIVATION.of(tensor.name()))
        .findFirst();
  }

  /**
   * What was measured.
   *
   * @param step from 1
   * @param lossScale what all gradients are multiples of
   * @param skipped whether the step changed nothing
   */
  public StepHealth health(int step, double lossScale, boolean skipped) {
    List<ParameterHealth> measured = new ArrayList<>();
    for (Parameter parameter : parameters.list()) {
      String name = parameter.name();
      boolean vector = parameter.spec().kind() == ParameterSpec.Kind.VECTOR;
      TensorTally gradient = new TensorTally(name);
      TensorTally weights = new TensorTally(name);
      gradient.add(Objects.requireNonNull(gradients.get(name)));
      weights.add(Objects.requireNonNull(before.get(name)));
      measured.add(
          new ParameterHealth(
              name,
              gradient.health(lossScale),
              weights.health(),
              vector || skipped ? OptionalDouble.empty() : update(name)));
    }
    return new StepHealth(
        step,
        rows,
        lossScale,
        activations.values().stream().map(TensorTally::health).toList(),
        measured,
        List.copyOf(absent),
        List.of());
  }

  private OptionalDouble update(String name) {
    float[] old = Objects.requireNonNull(before.get(name));
    float[] now = Objects.requireNonNull(after.get(name));
    double change = 0;
    double size = 0;
    for (int i = 0; i < old.length; i++) {
      double difference = (double) now[i] - old[i];
      change += difference * difference;
      size += (double) old[i] * old[i];
    }
    return size == 0 ? OptionalDouble.empty() : OptionalDouble.of(Math.sqrt(change / size));
  }
}
