package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.device.Device;
import dev.lockstep.device.Event;
import dev.lockstep.device.HostBuffer;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.Model;
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
 * What steps take from the host: batches and learning rate, in one block each. The host fills a
 * place in its memory; one copy on a stream of its own brings it into a slot on the device while
 * the step before computes from the other slot. Nothing waits but the streams for each other.
 *
 * <pre>
 *   block   i32 [passes · (batch · words + batch) + 1]
 *           of each pass: inputs [batch, words], targets [batch]; then the learning rate, f32
 * </pre>
 */
final class StepInputs implements AutoCloseable {
  /** One a step computes from, one that is being filled. */
  static final int SLOTS = 2;

  private final TensorArena arena = new TensorArena();
  private final Stream copies;
  private final Tensor slots; // i32 [SLOTS, words]
  private final HostBuffer host; // i32 [places, words]
  private final List<MemorySegment> places = new ArrayList<>();
  private final List<Batch> batches = new ArrayList<>();
  private final List<Event> arrived = new ArrayList<>();
  private final List<Event> used = new ArrayList<>();
  private final int passes;
  private final long inputs;
  private final long targets;

  /**
   * Memory for the inputs of so many steps on the host.
   *
   * @param copies the stream of the copies, from now on this object's to close
   */
  StepInputs(Device device, TrainConfig config, int steps, Stream copies) {
    this.copies = copies;
    passes = config.accumulation();
    targets = config.batch();
    inputs = targets * config.model().inputWords();
    long words = passes * (inputs + targets) + 1;
    slots = arena.tensor(DType.I32, Shape.of(SLOTS, words));
    arena.allocate(device);
    host = device.allocateHost(steps * words * Integer.BYTES);
    for (int place = 0; place < steps; place++) {
      MemorySegment block =
          host.memory().asSlice(place * words * Integer.BYTES, words * Integer.BYTES);
      places.add(block);
      for (int pass = 0; pass < passes; pass++) {
        batches.add(
            new Batch(
                slice(block, pass * (inputs + targets), inputs),
                slice(block, pass * (inputs + targets) + inputs, targets),
                config.batch(),
                config.model().inputWords()));
      }
    }
    for (int slot = 0; slot < SLOTS; slot++) {
      arrived.add(device.newEvent());
      used.add(device.newEvent());
    }
  }

  private static MemorySegment slice(MemorySegment words, long from, long count) {
    return words.asSlice(from * Integer.BYTES, count * Integer.BYTES);
  }

  /** Host memory for a batch of the step at a place. */
  Batch batch(int place, int pass) {
    return batches.get(place * passes + pass);
  }

  /** Queues a place's way into a slot, for what is queued on {@code stream} from now on. */
  void send(Stream stream, int place, int slot, float learningRate) {
    StepState.requireLearningRate(learningRate);
    MemorySegment block = places.get(place);
    block.set(ValueLayout.JAVA_FLOAT, block.byteSize() - Float.BYTES, learningRate);
    copies.await(used.get(slot));
    copies.copyToDevice(slots.buffer(), slots.byteOffset() + slot * block.byteSize(), block);
    copies.record(arrived.get(slot));
    stream.await(arrived.get(slot));
  }

  /** What is queued on {@code stream} by now is the last that reads the slot's content. */
  void release(Stream stream, int slot) {
    stream.record(used.get(slot));
  }

  /** Queues handing a pass's batch to the model. */
  void take(Stream stream, int slot, int pass, Model model) {
    long at = pass * (inputs + targets);
    Tensor input = model.input();
    input.copyFrom(stream, words(slot, at, inputs).reinterpret(input.dtype(), input.shape()));
    model.targets().copyFrom(stream, words(slot, at + inputs, targets));
  }

  /** The learning rate of the step that computes from a slot, an f32 scalar. */
  Tensor learningRate(int slot) {
    return words(slot, passes * (inputs + targets), 1).reinterpret(DType.F32, Shape.of(1));
  }

  private Tensor words(int slot, long from, long count) {
    return slots.slice(slot, 1).flatten().slice(from, count);
  }

  /** Waits for the copies under way: their memory is about to go. */
  @Override
  public void close() {
    try (arena;
        host;
        copies) {
      used.forEach(Event::close);
      arrived.forEach(Event::close);
      copies.synchronize();
    }
  }
}
