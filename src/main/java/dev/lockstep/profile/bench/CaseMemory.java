package dev.lockstep.profile.bench;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.FusedMatrixLibrary;
import dev.lockstep.device.FusedProducts;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The operands of one case, all of them set to something, each in memory of its own. */
public final class CaseMemory implements AutoCloseable {
  private final Device device;
  private final Stream stream;
  private final Map<DType, Pattern> patterns;
  private final List<DeviceBuffer> buffers = new ArrayList<>();
  private final List<FusedProducts> products = new ArrayList<>();

  /**
   * Nothing yet.
   *
   * @param patterns made when first needed, for all cases together; the caller closes them
   */
  CaseMemory(Device device, Stream stream, Map<DType, Pattern> patterns) {
    this.device = device;
    this.stream = stream;
    this.patterns = patterns;
  }

  /** Where patterns are kept. */
  static Map<DType, Pattern> patterns() {
    return new EnumMap<>(DType.class);
  }

  /** Of a standard normal distribution. */
  Tensor normal(DType dtype, long... extents) {
    Tensor tensor = tensor(dtype, extents);
    patterns.computeIfAbsent(dtype, Pattern::new).fill(stream, tensor);
    return tensor;
  }

  /** For what a kernel overwrites, or adds to. */
  Tensor zeros(DType dtype, long... extents) {
    Tensor tensor = tensor(dtype, extents);
    tensor.zero(stream);
    return tensor;
  }

  /** Token ids or targets: spread over 0 to {@code bound}, each again only after all others. */
  Tensor indices(long count, long bound) {
    Tensor tensor = tensor(DType.I32, count);
    int[] values = new int[Math.toIntExact(count)];
    long step = 7919; // A prime, so that it divides none but its own multiples.
    for (int i = 0; i < values.length; i++) {
      values[i] = (int) (i * step % bound);
    }
    tensor.copyFrom(stream, values);
    return tensor;
  }

  Tensor scalar(float value) {
    Tensor tensor = tensor(DType.F32, 1);
    tensor.copyFrom(stream, new float[] {value});
    return tensor;
  }

  StatusWord status() {
    StatusWord status = new StatusWord(zeros(StatusWord.DTYPE, StatusWord.SHAPE.extents()));
    status.reset(stream);
    return status;
  }

  /** For what has to be written before the first launch. */
  Stream stream() {
    return stream;
  }

  /**
   * The products with bias and GELU of the device's own library.
   *
   * @throws dev.lockstep.device.DeviceException when it cannot be opened, with the reason
   */
  FusedProducts fusedProducts() {
    FusedProducts opened = device.capability(FusedMatrixLibrary.class).orElseThrow().open();
    products.add(opened);
    return opened;
  }

  /** Frees everything. */
  @Override
  public void close() {
    products.forEach(FusedProducts::close);
    products.clear();
    buffers.forEach(DeviceBuffer::close);
    buffers.clear();
  }

  private Tensor tensor(DType dtype, long... extents) {
    Shape shape = Shape.of(extents);
    DeviceBuffer buffer = device.allocate(Tensor.bytes(dtype, shape));
    buffers.add(buffer);
    return Tensor.view(buffer, 0, dtype, shape);
  }
}
