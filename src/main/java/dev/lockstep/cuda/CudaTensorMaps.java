package dev.lockstep.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceProvider.Availability;
import dev.lockstep.device.TensorMap;
import dev.lockstep.device.TensorMaps;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** Tensor maps, which the driver encodes: what their bits mean is its secret. */
record CudaTensorMaps(CudaDevice device) implements TensorMaps {
  @Override
  public Availability availability() {
    return device.sinceHopper(
        "tensor maps", device.calls().encodeTensorMap(), "the driver encodes tensor maps");
  }

  @Override
  public void encode(TensorMap map, DeviceBuffer memory, long offset, MemorySegment target) {
    if (target.byteSize() != BYTES) {
      throw new IllegalArgumentException(
          "a tensor map has %d bytes, the target %d".formatted(BYTES, target.byteSize()));
    }
    Availability there = availability();
    if (!there.available()
        || !(device.calls().encodeTensorMap() instanceof LaterCall.Found(MemorySegment call))) {
      throw new DeviceException("cuTensorMapEncodeTiled", there.reason());
    }
    device.makeCurrent();
    map.requireIn(memory, offset);
    long address = CudaBuffer.at(device, memory, offset, map.bytes());
    int rank = map.sizes().size();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment encoded = arena.allocate(BYTES, ALIGNMENT);
      int[] ones = new int[rank];
      Arrays.fill(ones, 1);
      int code =
          DriverCalls.encodeTensorMap(
              call,
              encoded.address(),
              map.element().ordinal(),
              rank,
              address,
              arena.allocateFrom(JAVA_LONG, longs(map.sizes())).address(),
              rank == 1 ? 0 : arena.allocateFrom(JAVA_LONG, longs(map.strides())).address(),
              arena
                  .allocateFrom(JAVA_INT, map.box().stream().mapToInt(Integer::intValue).toArray())
                  .address(),
              arena.allocateFrom(JAVA_INT, ones).address(),
              map.swizzle().ordinal());
      device.check("cuTensorMapEncodeTiled", code, () -> "; " + map);
      target.copyFrom(encoded);
    }
  }

  private static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}
