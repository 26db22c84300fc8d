package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;
import dev.lockstep.ptx.Parameter;
import dev.lockstep.ptx.PtxKernel;
import java.lang.foreign.MemorySegment;
import jcuda.driver.CUresult;

/** Launches, their parameters packed in one block or each at an address of its own. */
final class LaunchFamily {
  private static final long PARAM_END = 0;
  private static final long PARAM_BUFFER = 1;
  private static final long PARAM_BUFFER_SIZE = 2;

  /** Of a {@code CUlaunchAttribute}. */
  private static final int ATTRIBUTE_BYTES = 72;

  private static final int IGNORE = 0;
  private static final int CLUSTER_DIMENSION = 4;

  private final DriverState state;

  LaunchFamily(DriverState state) {
    this.state = state;
  }

  @Export("cuLaunchKernel")
  int launch(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      MemorySegment parameters,
      MemorySegment extra) {
    StandInStream on = state.stream(stream);
    on.submit(
        node(
            function,
            new Dim3(gridX, gridY, gridZ),
            new Dim3(blockX, blockY, blockZ),
            sharedBytes,
            parameters,
            extra));
    return CUresult.CUDA_SUCCESS;
  }

  /** What a launch does; throws where it is to be refused. */
  GraphNode node(
      long function,
      Dim3 grid,
      Dim3 block,
      int sharedBytes,
      MemorySegment parameters,
      MemorySegment extra) {
    StandInContext context = state.current();
    StandInFunction launched = state.functions.get(function);
    if (launched.module().context() != context) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_HANDLE);
    }
    Launch launch;
    try {
      launch = new Launch(grid, block, sharedBytes);
    } catch (IllegalArgumentException e) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
    return launched.launch(launch, parameters(launched.kernel, parameters, extra));
  }

  /** Three numbers of a structure. */
  static Dim3 extents(MemorySegment structure, long at) {
    return new Dim3(
        structure.get(JAVA_INT, at),
        structure.get(JAVA_INT, at + 4),
        structure.get(JAVA_INT, at + 8));
  }

  /**
   * A {@code CUlaunchConfig}: grid, block, shared bytes, stream at 32, attributes, their count. Of
   * those it knows the size of clusters. Their blocks run like any others, as what only clusters
   * can do is no instruction of the simulator's; before compute capability 9.0 there are none.
   */
  @Export("cuLaunchKernelEx")
  int launchEx(
      MemorySegment configuration, long function, MemorySegment parameters, MemorySegment extra) {
    MemorySegment c = Host.at(configuration, 56);
    int attributes = c.get(JAVA_INT, 48);
    for (int i = 0; i < attributes; i++) {
      MemorySegment attribute =
          Host.at(c.get(JAVA_LONG, 40) + (long) i * ATTRIBUTE_BYTES, ATTRIBUTE_BYTES);
      switch (attribute.get(JAVA_INT, 0)) {
        case IGNORE -> {}
        case CLUSTER_DIMENSION ->
            checkCluster(extents(c, 0), extents(attribute, 8), state.functions.get(function));
        default -> {
          return CUresult.CUDA_ERROR_NOT_SUPPORTED;
        }
      }
    }
    state.stream(c.get(JAVA_LONG, 32))
        .submit(
            node(function, extents(c, 0), extents(c, 12), c.get(JAVA_INT, 24), parameters, extra));
    return CUresult.CUDA_SUCCESS;
  }

  private void checkCluster(Dim3 grid, Dim3 cluster, StandInFunction function) {
    if (cluster.x() < 1
        || cluster.y() < 1
        || cluster.z() < 1
        || grid.x() % cluster.x() != 0
        || grid.y() % cluster.y() != 0
        || grid.z() % cluster.z() != 0
        || cluster.count() > function.mostOfCluster()) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_CLUSTER_SIZE);
    }
    if (cluster.count() > 1 && !state.gpu.hasClusters()) {
      throw new DriverError(CUresult.CUDA_ERROR_NOT_SUPPORTED);
    }
  }

  /** The simulator does not keep all blocks of a grid resident. */
  @Export("cuLaunchCooperativeKernel")
  int launchCooperative(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      MemorySegment parameters) {
    state.stream(stream);
    return CUresult.CUDA_ERROR_NOT_SUPPORTED;
  }

  /** The parameter block, copied: the caller's may change as soon as the call returns. */
  private static byte[] parameters(
      PtxKernel kernel, MemorySegment parameters, MemorySegment extra) {
    boolean packed = extra.address() != 0;
    if (packed && parameters.address() != 0) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
    if (packed) {
      return packed(extra);
    }
    byte[] block = new byte[kernel.parameterBytes()];
    if (!kernel.parameters().isEmpty()) {
      MemorySegment addresses = Host.at(parameters, 8L * kernel.parameters().size());
      for (int i = 0; i < kernel.parameters().size(); i++) {
        Parameter parameter = kernel.parameters().get(i);
        MemorySegment value = Host.at(addresses.getAtIndex(JAVA_LONG, i), parameter.bytes());
        MemorySegment.copy(value, JAVA_BYTE, 0, block, parameter.offset(), parameter.bytes());
      }
    }
    return block;
  }

  private static byte[] packed(MemorySegment extra) {
    long address = 0;
    long bytes = 0;
    for (long at = 0; ; at += 16) {
      long key = Host.at(extra.address() + at, 8).get(JAVA_LONG, 0);
      if (key == PARAM_END) {
        break;
      }
      long value = Host.at(extra.address() + at + 8, 8).get(JAVA_LONG, 0);
      if (key == PARAM_BUFFER) {
        address = value;
      } else if (key == PARAM_BUFFER_SIZE) {
        bytes = Host.at(value, 8).get(JAVA_LONG, 0);
      } else {
        throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
      }
    }
    return bytes == 0 ? new byte[0] : Host.at(address, bytes).toArray(JAVA_BYTE);
  }
}
