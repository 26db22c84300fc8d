package dev.lockstep.cuda.standin;

import dev.lockstep.cuda.standin.StandInContext.Place;
import java.lang.foreign.MemorySegment;
import jcuda.driver.CUresult;

/** Copies. Those that wait take the default stream. */
final class CopyFamily {
  private static final long DEFAULT_STREAM = 0;

  private final DriverState state;

  CopyFamily(DriverState state) {
    this.state = state;
  }

  @Export("cuMemcpyHtoD_v2")
  int toDevice(long target, MemorySegment source, long bytes) {
    return toDeviceAsync(target, source, bytes, DEFAULT_STREAM);
  }

  @Export("cuMemcpyHtoDAsync_v2")
  int toDeviceAsync(long target, MemorySegment source, long bytes, long stream) {
    StandInStream on = state.stream(stream);
    Place place = on.context.place(target, bytes);
    MemorySegment host = Host.at(source, bytes);
    submit(on, gpu -> gpu.stream.copyToDevice(place.buffer(), place.offset(), host));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemcpyDtoH_v2")
  int toHost(MemorySegment target, long source, long bytes) {
    return toHostAsync(target, source, bytes, DEFAULT_STREAM);
  }

  @Export("cuMemcpyDtoHAsync_v2")
  int toHostAsync(MemorySegment target, long source, long bytes, long stream) {
    StandInStream on = state.stream(stream);
    Place place = on.context.place(source, bytes);
    MemorySegment host = Host.at(target, bytes);
    submit(on, gpu -> gpu.stream.copyToHost(host, place.buffer(), place.offset()));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuMemcpyDtoD_v2")
  int onDevice(long target, long source, long bytes) {
    return onDeviceAsync(target, source, bytes, DEFAULT_STREAM);
  }

  @Export("cuMemcpyDtoDAsync_v2")
  int onDeviceAsync(long target, long source, long bytes, long stream) {
    StandInStream on = state.stream(stream);
    Place to = on.context.place(target, bytes);
    Place from = on.context.place(source, bytes);
    submit(
        on,
        gpu ->
            gpu.stream.copyOnDevice(to.buffer(), to.offset(), from.buffer(), from.offset(), bytes));
    return CUresult.CUDA_SUCCESS;
  }

  /** Which way is told by the addresses: what is no device memory is the host's. */
  @Export("cuMemcpy")
  int copy(long target, long source, long bytes) {
    return copyAsync(target, source, bytes, DEFAULT_STREAM);
  }

  @Export("cuMemcpyAsync")
  int copyAsync(long target, long source, long bytes, long stream) {
    StandInContext context = state.current();
    boolean toDevice = context.allocation(target) != null;
    boolean fromDevice = context.allocation(source) != null;
    if (toDevice && fromDevice) {
      return onDeviceAsync(target, source, bytes, stream);
    }
    if (toDevice) {
      return toDeviceAsync(target, MemorySegment.ofAddress(source), bytes, stream);
    }
    if (fromDevice) {
      return toHostAsync(MemorySegment.ofAddress(target), source, bytes, stream);
    }
    return CUresult.CUDA_ERROR_INVALID_VALUE;
  }

  @Export({"cuMemcpy2D_v2", "cuMemcpy2DUnaligned_v2"})
  int copy2d(MemorySegment what) {
    return copy2dAsync(what, DEFAULT_STREAM);
  }

  @Export("cuMemcpy2DAsync_v2")
  int copy2dAsync(MemorySegment what, long stream) {
    Copy2d copy = Copy2d.read(what);
    for (long row = 0; row < copy.height(); row++) {
      long target = copy.target().row(row, copy.width());
      long source = copy.source().row(row, copy.width());
      int code;
      if (!copy.target().onDevice() && !copy.source().onDevice()) {
        return CUresult.CUDA_ERROR_NOT_SUPPORTED;
      } else if (!copy.source().onDevice()) {
        code = toDeviceAsync(target, MemorySegment.ofAddress(source), copy.width(), stream);
      } else if (!copy.target().onDevice()) {
        code = toHostAsync(MemorySegment.ofAddress(target), source, copy.width(), stream);
      } else {
        code = onDeviceAsync(target, source, copy.width(), stream);
      }
      if (code != CUresult.CUDA_SUCCESS) {
        return code;
      }
    }
    return CUresult.CUDA_SUCCESS;
  }

  private static void submit(StandInStream stream, StandInGpu.Work work) {
    stream.submit(new GraphNode(GraphNode.Kind.MEMCPY, work));
  }
}
