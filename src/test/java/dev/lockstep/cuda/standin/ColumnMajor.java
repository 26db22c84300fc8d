package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.lockstep.cuda.standin.StandInContext.Place;
import dev.lockstep.numeric.BFloat16;
import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Float16;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A matrix in device memory as cuBLAS has it: column after column.
 *
 * @param leading elements from the start of one column to that of the next
 */
record ColumnMajor(
    StandInContext context, long address, DType dtype, int rows, int cols, long leading) {
  /** The same further on. */
  ColumnMajor plus(long elements) {
    return new ColumnMajor(
        context, address + elements * dtype.byteSize(), dtype, rows, cols, leading);
  }

  /** Its elements, columns one behind the other. */
  float[] read(StandInGpu gpu) {
    float[] elements = new float[rows * cols];
    if (elements.length == 0) {
      return elements;
    }
    try (Arena arena = Arena.ofConfined()) {
      long bytes = ((cols - 1) * leading + rows) * dtype.byteSize();
      Place place = context.place(address, bytes);
      MemorySegment host = arena.allocate(bytes, Long.BYTES);
      gpu.stream.copyToHost(host, place.buffer(), place.offset());
      for (int col = 0; col < cols; col++) {
        for (int row = 0; row < rows; row++) {
          elements[col * rows + row] = element(host, col * leading + row);
        }
      }
    }
    return elements;
  }

  /** Overwrites its elements, each rounded once, and nothing between its columns. */
  void write(StandInGpu gpu, double[] elements) {
    try (Arena arena = Arena.ofConfined()) {
      long bytes = (long) rows * dtype.byteSize();
      MemorySegment host = arena.allocate(bytes, Long.BYTES);
      for (int col = 0; col < cols; col++) {
        Place place = context.place(address + col * leading * dtype.byteSize(), bytes);
        for (int row = 0; row < rows; row++) {
          set(host, row, elements[col * rows + row]);
        }
        gpu.stream.copyToDevice(place.buffer(), place.offset(), host);
      }
    }
  }

  private float element(MemorySegment host, long index) {
    return switch (dtype) {
      case F32 -> host.getAtIndex(JAVA_FLOAT, index);
      case F16 -> Float16.toFloat(host.getAtIndex(JAVA_SHORT, index));
      case BF16 -> BFloat16.toFloat(host.getAtIndex(JAVA_SHORT, index));
      case I32, F64 -> throw new AssertionError(dtype);
    };
  }

  private void set(MemorySegment host, long index, double value) {
    switch (dtype) {
      case F32 -> host.setAtIndex(JAVA_FLOAT, index, (float) value);
      case F16 -> host.setAtIndex(JAVA_SHORT, index, Float16.fromDouble(value));
      case BF16 -> host.setAtIndex(JAVA_SHORT, index, BFloat16.fromDouble(value));
      case I32, F64 -> throw new AssertionError(dtype);
    }
  }
}
