package dev.lockstep.profile.bench;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Random;

/**
 * Numbers of a standard normal distribution, always the same: enough of them to look like data,
 * repeated on the device until a tensor is full, because drawing a gigabyte takes longer than
 * running a kernel over it.
 */
final class Pattern implements AutoCloseable {
  private static final int LENGTH = 1 << 19;
  private static final long SEED = 20_261_128;

  /** Odd, so that no two tensors of a case start at the same place. */
  private static final int STEP = 104_729;

  private final HostTensor numbers;
  private int start;

  Pattern(DType dtype) {
    numbers = new HostTensor(dtype, Shape.of(2 * LENGTH));
    Random random = new Random(SEED);
    for (int i = 0; i < LENGTH; i++) {
      double value = random.nextGaussian();
      numbers.set(i, value);
      numbers.set(i + LENGTH, value);
    }
  }

  /** Queues filling a tensor of this type. */
  void fill(Stream stream, Tensor tensor) {
    long size = tensor.dtype().byteSize();
    long bytes = tensor.bytes();
    DeviceBuffer buffer = tensor.buffer();
    long offset = tensor.byteOffset();
    long filled = Math.min(bytes, LENGTH * size);
    stream.copyToDevice(buffer, offset, numbers.segment().asSlice(start * size, filled));
    start = (start + STEP) % LENGTH;
    while (filled < bytes) {
      long more = Math.min(filled, bytes - filled);
      stream.copyOnDevice(buffer, offset + filled, buffer, offset, more);
      filled += more;
    }
  }

  @Override
  public void close() {
    numbers.close();
  }
}
