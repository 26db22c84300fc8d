package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.CounterRandom;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.NetworkFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Loss and every gradient of classifiers against the reference. One subclass for each device. */
abstract class ClassifierTests {
  private static final int ROWS = 11;

  /** Odd sizes everywhere: no extent is a multiple of a vector, a warp or a tile. */
  private static final ClassifierConfig SMALL =
      ClassifierConfig.builder().features(29).classes(7).width(21).hidden(35).blocks(2).build();

  abstract Device open();

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void everyGradientAgreesWithTheReference(DType dtype) {
    try (Device device = open();
        KernelLibrary library = new KernelLibrary(device);
        Stream stream = device.newStream();
        Parameters parameters = new Parameters(library, SMALL.specs(), dtype);
        TensorArena arena = new TensorArena()) {
      OpSet ops = OpSet.of(library);
      Tensor upstream = arena.tensor(DType.F32, Shape.of(1));
      Tensor mean = arena.tensor(DType.F32, Shape.of(1));
      arena.allocate(device);
      ops.fill().fill(stream, upstream, 1);
      parameters.initialize(stream, 42);
      parameters.clearGradients(stream);
      try (Model model = SMALL.create(ops, parameters, ROWS, ModelUse.TRAINING, 0, stream)) {
        float[] features = features();
        int[] targets = targets();
        model.input().copyFrom(stream, features);
        model.targets().copyFrom(stream, targets);
        model.forward(stream);
        double[] logits = model.logits().toDoubles(stream);
        model.loss(stream, upstream);
        model.meanLoss(stream, mean);
        model.backward(stream);
        model.checkIndices(stream);
        // A classifier keeps what it was given: the next pass may read it again.
        assertThat(model.input().toFloats(stream)).isEqualTo(features);

        Map<String, Variable> expected = new LinkedHashMap<>();
        Tape tape = new Tape();
        for (Parameter parameter : parameters.list()) {
          long[] extents = parameter.compute().shape().extents();
          int[] shape = Arrays.stream(extents).mapToInt(Math::toIntExact).toArray();
          expected.put(
              parameter.name(), tape.variable(parameter.compute().toDoubles(stream), shape));
        }
        Variable expectedLogits = reference(expected, tape, rounded(features, dtype));
        Variable loss = CrossEntropyFormula.mean().loss(expectedLogits, targets).loss();
        loss.seedGradient(1);
        tape.reverse();
        NetworkTolerance tolerance = new NetworkTolerance(dtype, SMALL.blocks(), ROWS * 35L);
        tolerance.check("logits", logits, expectedLogits.values());
        tolerance.check("loss", mean.toDoubles(stream), loss.values());
        for (Parameter parameter : parameters.list()) {
          tolerance.check(
              "gradient of " + parameter.name(),
              parameter.gradient().toDoubles(stream),
              Objects.requireNonNull(expected.get(parameter.name())).gradient());
        }
      }
    }
  }

  private static Variable reference(
      Map<String, Variable> parameters, Tape tape, double[] features) {
    Variable x =
        NetworkFormula.named(parameters, "in", tape.variable(features, ROWS, SMALL.features()));
    NetworkFormula network =
        new NetworkFormula(
            SMALL.blocks(),
            true,
            false,
            true,
            ActivationFormula.named(SMALL.feedForward().activation().label()),
            SMALL.normEpsilon());
    return network
        .apply(
            parameters,
            x,
            Objects.requireNonNull(parameters.get("head.weight")),
            parameters.get("head.bias"))
        .logits();
  }

  /** As kernels read them. */
  private static double[] rounded(float[] values, DType dtype) {
    double[] rounded = new double[values.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = dtype.round(values[i]);
    }
    return rounded;
  }

  private static float[] features() {
    CounterRandom random = CounterRandom.of(1).child("features");
    float[] features = new float[ROWS * SMALL.features()];
    for (int i = 0; i < features.length; i++) {
      features[i] = (float) random.uniform(i);
    }
    return features;
  }

  /** Row 2 counts for nothing. */
  private static int[] targets() {
    CounterRandom random = CounterRandom.of(1).child("targets");
    int[] targets = new int[ROWS];
    for (int i = 0; i < ROWS; i++) {
      targets[i] = i == 2 ? -100 : (int) random.below(SMALL.classes(), i);
    }
    return targets;
  }
}
