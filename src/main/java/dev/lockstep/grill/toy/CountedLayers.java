package dev.lockstep.grill.toy;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Device;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.Stream;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Equal linear layers, forward and backward by the kernels of a device in f32, with the
 * multiplications of their products counted. All have the same weight, and ReLU after each but the
 * last; rows, inputs and outputs are {@value #SIZE}, so that every product fills its tiles.
 */
public final class CountedLayers {
  /** How many layers. */
  public static final int LAYERS = 4;

  /** Rows, inputs and outputs of each. */
  public static final int SIZE = 64;

  /** What to say where nothing could be counted. */
  public static final String NOT_COUNTED = "This device does not count what its kernels multiply.";

  private static final Shape SHAPE = Shape.of(SIZE, SIZE);
  private static final byte NAN = -1;

  private final FusedLinear linear;
  private final Stream stream;
  private final KernelCounters counters;
  private final Tensor weight;
  private final Tensor upstream;

  /** The input, then what each layer hands on. */
  private final Tensor[] passed = new Tensor[LAYERS + 1];

  private final Tensor[] ofWeight = new Tensor[LAYERS];

  /** Of what each layer is given, behind the activation there. */
  private final Tensor[] delta = new Tensor[LAYERS];

  /**
   * What the kernels did.
   *
   * @param forward multiplications of the forward pass
   * @param again those of the layers computed a second time
   * @param backward those of the gradients
   * @param gradients of all weights
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Pass(long forward, long again, long backward, double[] gradients) {
    /** All multiplications. */
    public long total() {
      return forward + again + backward;
    }

    /** How often the backward pass multiplies for each time the forward pass does. */
    public double backwardOverForward() {
      return backward / (double) forward;
    }
  }

  /** What is multiplied, and the gradient that arrives at the output. */
  private record Drawn(double[] weight, double[] input, double[] upstream) {
    static Drawn of(Draws draws) {
      int count = SIZE * SIZE;
      return new Drawn(
          Init.he().draw(draws, SIZE, SIZE), draws.normals(count, 1), draws.normals(count, 1));
    }
  }

  private CountedLayers(
      KernelLibrary library, Stream stream, KernelCounters counters, TensorArena arena) {
    linear = new FusedLinear(library);
    this.stream = stream;
    this.counters = counters;
    weight = arena.tensor(DType.F32, SHAPE);
    upstream = arena.tensor(DType.F32, SHAPE);
    for (int i = 0; i <= LAYERS; i++) {
      passed[i] = arena.tensor(DType.F32, SHAPE);
    }
    for (int i = 0; i < LAYERS; i++) {
      ofWeight[i] = arena.tensor(DType.F32, SHAPE);
      delta[i] = arena.tensor(DType.F32, SHAPE);
    }
  }

  /**
   * Runs both passes on a device; who else uses it meanwhile must hold its monitor to do so.
   *
   * @param segment layers whose input alone is kept; the others are computed again on the way back.
   *     0 keeps everything
   * @param ofInput whether the gradient of the input is computed as well
   * @return nothing where the device cannot count
   */
  public static Optional<Pass> run(Device device, Draws draws, int segment, boolean ofInput) {
    synchronized (device) {
      return device
          .capability(KernelCounters.class)
          .map(counters -> run(device, counters, Drawn.of(draws), segment, ofInput));
    }
  }

  /** The same with the same draws on the reference, as its tape counts. */
  public static Pass reference(Draws draws, int segment, boolean ofInput) {
    Drawn drawn = Drawn.of(draws);
    List<Leaf> weights =
        IntStream.range(0, LAYERS)
            .mapToObj(i -> new Leaf("weight", drawn.weight(), SIZE, SIZE))
            .toList();
    Tape tape = new Tape();
    Variable h =
        ofInput
            ? tape.variable(drawn.input(), SIZE, SIZE)
            : tape.constant(drawn.input(), SIZE, SIZE);
    int length = segment == 0 ? LAYERS : segment;
    for (int from = 0; from < LAYERS; from += length) {
      int first = from;
      UnaryOperator<Variable> layers = x -> forward(weights, x, first, first + length);
      h = segment == 0 ? layers.apply(h) : tape.checkpoint(layers, h);
    }
    h.seedGradient(drawn.upstream());
    tape.reverse();
    return new Pass(
        tape.forwardMultiplies(),
        tape.recomputedMultiplies(),
        tape.backwardMultiplies(),
        weights.stream().flatMapToDouble(each -> Arrays.stream(each.gradient())).toArray());
  }

  private static Variable forward(List<Leaf> weights, Variable x, int from, int to) {
    Variable h = x;
    for (int i = from; i < to; i++) {
      Variable z = LinearFormula.linear(h, h.tape().variable(weights.get(i)), null);
      h = i == LAYERS - 1 ? z : ActivationFormula.RELU.apply(z);
    }
    return h;
  }

  private static Pass run(
      Device device, KernelCounters counters, Drawn drawn, int segment, boolean ofInput) {
    try (KernelLibrary library = new KernelLibrary(device);
        Stream stream = device.newStream();
        TensorArena arena = new TensorArena()) {
      CountedLayers layers = new CountedLayers(library, stream, counters, arena);
      arena.allocate(device);
      layers.weight.copyFrom(stream, drawn.weight());
      layers.passed[0].copyFrom(stream, drawn.input());
      layers.upstream.copyFrom(stream, drawn.upstream());
      return layers.run(segment, ofInput);
    }
  }

  private Pass run(int segment, boolean ofInput) {
    int length = segment == 0 ? LAYERS : segment;
    long forward = counted(() -> forward(0, LAYERS));
    if (segment > 0) {
      forget(segment);
    }
    long again = 0;
    long backward = 0;
    for (int from = LAYERS - length; from >= 0; from -= length) {
      int first = from;
      if (segment > 0) {
        again += counted(() -> forward(first, first + length));
      }
      backward += counted(() -> backward(first, first + length, ofInput));
    }
    double[] gradients = new double[LAYERS * SIZE * SIZE];
    for (int i = 0; i < LAYERS; i++) {
      double[] own = ofWeight[i].toDoubles(stream);
      System.arraycopy(own, 0, gradients, i * SIZE * SIZE, own.length);
    }
    return new Pass(forward, again, backward, gradients);
  }

  private long counted(Runnable work) {
    counters.start();
    work.run();
    stream.synchronize();
    return counters.stop().stream()
        .map(LaunchCounts::totals)
        .mapToLong(totals -> totals.get(Counter.FFMA))
        .sum();
  }

  private void forward(int from, int to) {
    for (int i = from; i < to; i++) {
      Activation activation = i == LAYERS - 1 ? Activation.NONE : Activation.RELU;
      linear.forward(stream, passed[i + 1], null, passed[i], weight, null, null, activation);
    }
  }

  /** Leaves nothing to read of what is not kept. */
  private void forget(int segment) {
    for (int i = 1; i <= LAYERS; i++) {
      if (i % segment != 0) {
        stream.fill(passed[i].buffer(), passed[i].byteOffset(), passed[i].bytes(), NAN);
      }
    }
  }

  private void backward(int from, int to, boolean ofInput) {
    for (int i = to - 1; i >= from; i--) {
      Tensor above = i == LAYERS - 1 ? upstream : delta[i + 1];
      ofWeight[i].zero(stream);
      linear.backwardWeight(stream, ofWeight[i], above, passed[i]);
      if (i > 0) {
        // ReLU's slope follows from what it hands on as well as from what it is given.
        linear.backwardInput(stream, delta[i], above, weight, passed[i], Activation.RELU);
      } else if (ofInput) {
        linear.backwardInput(stream, delta[i], above, weight);
      }
    }
  }
}
