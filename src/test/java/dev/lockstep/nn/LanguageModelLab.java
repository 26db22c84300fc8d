package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.CounterRandom;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.Map;
import java.util.Objects;

/** Language models on a device: random parameters, batches and steps. */
final class LanguageModelLab implements AutoCloseable {
  final Stream stream;
  final OpSet ops;
  private final Device device;
  private final KernelLibrary library;

  /** Takes the device, to be closed with the rest. */
  LanguageModelLab(Device device) {
    this.device = device;
    library = new KernelLibrary(device);
    stream = device.newStream();
    ops = OpSet.of(library);
  }

  Parameters parameters(LanguageModelConfig config, DType dtype) {
    Parameters parameters = new Parameters(library, ModelParameters.specs(config), dtype);
    parameters.initialize(stream, 42);
    // Zero biases and unit norm weights would hide what multiplies or adds them.
    Map<String, float[]> values = parameters.read(stream);
    CounterRandom random = CounterRandom.of(43);
    for (Parameter parameter : parameters.list()) {
      if (parameter.spec().kind() == ParameterSpec.Kind.VECTOR) {
        float[] own = Objects.requireNonNull(values.get(parameter.name()));
        CounterRandom ofParameter = random.child(parameter.name());
        for (int i = 0; i < own.length; i++) {
          own[i] += (float) (0.3 * ofParameter.gaussian(i));
        }
      }
    }
    parameters.load(stream, values);
    parameters.clearGradients(stream);
    return parameters;
  }

  /** Random ids and targets; row 2 counts for nothing. */
  void fill(LanguageModel model, long seed) {
    CounterRandom random = CounterRandom.of(seed);
    int vocabulary = model.config().vocabulary();
    int[] ids = new int[(int) model.ids().count()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) random.child("ids").below(vocabulary, i);
    }
    int[] targets = new int[model.rows()];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = i == 2 ? -100 : (int) random.child("targets").below(vocabulary, i);
    }
    model.ids().copyFrom(stream, ids);
    model.targets().copyFrom(stream, targets);
  }

  /** A forward and a backward pass; the mean loss. */
  double train(LanguageModel model, float upstream) {
    try (TensorArena arena = new TensorArena()) {
      Tensor weight = arena.tensor(DType.F32, Shape.of(1));
      Tensor loss = arena.tensor(DType.F32, Shape.of(1));
      arena.allocate(device);
      ops.fill().fill(stream, weight, upstream);
      model.forward(stream);
      model.loss(stream, weight);
      model.meanLoss(stream, loss);
      model.backward(stream);
      return loss.toDoubles(stream)[0];
    }
  }

  /** The mean loss alone, after a forward pass. */
  double loss(LanguageModel model) {
    try (TensorArena arena = new TensorArena()) {
      Tensor weight = arena.tensor(DType.F32, Shape.of(1));
      Tensor mean = arena.tensor(DType.F32, Shape.of(1));
      Tensor sum = arena.tensor(DType.F32, Shape.of(1));
      arena.allocate(device);
      ops.fill().fill(stream, weight, 1);
      model.loss(stream, weight);
      model.meanLoss(stream, mean);
      model.summedLoss(stream, sum);
      double loss = mean.toDoubles(stream)[0];
      // One row of them is ignored.
      assertThat(sum.toDoubles(stream)[0] / (model.rows() - 1)).isCloseTo(loss, within(1e-6));
      return loss;
    }
  }

  @Override
  public void close() {
    stream.close();
    library.close();
    device.close();
  }
}
