package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.device.Device;
import dev.lockstep.device.HostBuffer;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.StepState;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps between two moments at which the host waits for the device. Each has a place of its own
 * for its batches on the host, so that none is overwritten before it has been copied. Results stay
 * on the device, the latest first, each step moving those before it one place on: so all steps do
 * the same to the same memory, and one captured graph serves them all.
 */
final class StepWindow implements AutoCloseable {
  /** Bounds the memory of the places; the host waits at least once in so many steps. */
  static final int MOST_STEPS = 64;

  private final StepInputs inputs;
  private final TensorArena arena = new TensorArena();
  private final int size;
  private final int accumulation;
  private final Tensor result; // i32 [accumulation + 16]: losses as f32, state
  private final Tensor results; // i32 [size, accumulation + 16]
  private final Tensor moved; // the same
  private final HostBuffer host;

  /**
   * What a step left behind.
   *
   * @param loss mean over the step's batches, in nats
   * @param state as it was when the step ended
   */
  record Outcome(double loss, StepState.Values state) {}

  /**
   * @param copies brings batches to the device; from now on this object's to close
   */
  StepWindow(Device device, TrainConfig config, Stream copies) {
    size = Math.min(config.run().logEvery(), MOST_STEPS);
    accumulation = config.accumulation();
    long words = accumulation + StepState.SHAPE.count();
    result = arena.tensor(DType.I32, Shape.of(words));
    results = arena.tensor(DType.I32, Shape.of(size, words));
    moved = arena.tensor(DType.I32, Shape.of(size, words));
    arena.allocate(device);
    host = device.allocateHost(results.bytes());
    inputs = new StepInputs(device, config, size, copies);
  }

  /** Steps it has places for. */
  int size() {
    return size;
  }

  /** Host memory for a batch of the step at a place. */
  Batch batch(int place, int pass) {
    return inputs.batch(place, pass);
  }

  /** The way of batches and learning rates to the device. */
  StepInputs inputs() {
    return inputs;
  }

  /** Where a step leaves the mean loss of one of its batches, an f32 scalar. */
  Tensor loss(int pass) {
    return result.slice(pass, 1).reinterpret(DType.F32, Shape.of(1));
  }

  /** Queues keeping a step's losses and the state after it. */
  void keep(Stream stream, Tensor state) {
    result.slice(accumulation, state.count()).copyFrom(stream, state);
    if (size > 1) {
      moved.slice(1, size - 1).copyFrom(stream, results.slice(0, size - 1));
      results.slice(1, size - 1).copyFrom(stream, moved.slice(1, size - 1));
    }
    results.slice(0, 1).flatten().copyFrom(stream, result);
  }

  /** Waits for the device; the outcomes of the last {@code count} steps in their order. */
  List<Outcome> read(Stream stream, int count) {
    MemorySegment words = host.memory();
    stream.copyToHost(words, results.buffer(), results.byteOffset());
    stream.synchronize();
    List<Outcome> outcomes = new ArrayList<>(count);
    for (int place = count - 1; place >= 0; place--) {
      long at = place * result.count();
      double sum = 0;
      for (int pass = 0; pass < accumulation; pass++) {
        sum += words.getAtIndex(ValueLayout.JAVA_FLOAT, at + pass);
      }
      int[] state = new int[(int) StepState.SHAPE.count()];
      MemorySegment.copy(
          words, ValueLayout.JAVA_INT, (at + accumulation) * Integer.BYTES, state, 0, state.length);
      outcomes.add(new Outcome(sum / accumulation, StepState.Values.of(state)));
    }
    return outcomes;
  }

  @Override
  public void close() {
    inputs.close();
    arena.close();
    host.close();
  }
}
