package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.StepState;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The steps between two moments at which the host waits for the device. Each has a place of its own
 * for the batches on their way there, so that none is overwritten before it has been copied, and
 * for its results on the device, so that none is lost before anyone looks.
 */
final class StepWindow implements AutoCloseable {
  /** Bounds the memory of the places; the host waits at least once in so many steps. */
  static final int MOST_STEPS = 64;

  private final Arena host = Arena.ofShared();
  private final TensorArena device = new TensorArena();
  private final int accumulation;
  private final List<Batch> batches = new ArrayList<>();
  private final Tensor losses; // f32 [steps, accumulation]
  private final Tensor states; // i32 [steps, 16]

  /**
   * What a step left behind.
   *
   * @param loss mean over the step's batches, in nats
   * @param state as it was when the step ended
   */
  record Outcome(double loss, StepState.Values state) {}

  StepWindow(Device device, TrainConfig config) {
    int steps = Math.min(config.logEvery(), MOST_STEPS);
    this.accumulation = config.accumulation();
    for (int i = 0; i < steps * accumulation; i++) {
      batches.add(Batch.allocate(host, config.batch(), config.model().context()));
    }
    losses = this.device.tensor(DType.F32, Shape.of(steps, accumulation));
    states = this.device.tensor(StepState.DTYPE, Shape.of(steps, StepState.SHAPE.count()));
    this.device.allocate(device);
  }

  /** Steps it has places for. */
  int size() {
    return (int) losses.shape().extent(0);
  }

  /** Host memory for a batch of the step at a place. */
  Batch batch(int place, int pass) {
    return batches.get(place * accumulation + pass);
  }

  /** Queues keeping the loss of one batch. */
  void keepLoss(Stream stream, int place, int pass, Tensor loss) {
    losses.flatten().slice((long) place * accumulation + pass, 1).copyFrom(stream, loss);
  }

  /** Queues keeping the state after the step at a place. */
  void keepState(Stream stream, int place, Tensor state) {
    states.slice(place, 1).copyFrom(stream, state);
  }

  /** Waits for the device; the outcomes of the first {@code count} places. */
  List<Outcome> read(Stream stream, int count) {
    List<Outcome> outcomes = new ArrayList<>();
    try (HostTensor hostLosses = new HostTensor(DType.F32, losses.shape());
        HostTensor hostStates = new HostTensor(StepState.DTYPE, states.shape())) {
      losses.copyTo(stream, hostLosses);
      states.copyTo(stream, hostStates);
      stream.synchronize();
      int words = (int) StepState.SHAPE.count();
      int[] all = hostStates.toInts();
      for (int place = 0; place < count; place++) {
        double sum = 0;
        for (int pass = 0; pass < accumulation; pass++) {
          sum += hostLosses.get((long) place * accumulation + pass);
        }
        int[] state = Arrays.copyOfRange(all, place * words, (place + 1) * words);
        outcomes.add(new Outcome(sum / accumulation, StepState.Values.of(state)));
      }
    }
    return outcomes;
  }

  @Override
  public void close() {
    device.close();
    host.close();
  }
}
