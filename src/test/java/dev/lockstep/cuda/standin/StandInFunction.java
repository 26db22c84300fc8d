package dev.lockstep.cuda.standin;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelInspector;
import dev.lockstep.device.Launch;
import dev.lockstep.ptx.PtxKernel;
import jcuda.driver.CUresult;
import org.jspecify.annotations.Nullable;

/** A kernel of a module. It is lowered when it is first used, as most never are. */
final class StandInFunction {
  /** Dynamic shared memory a launch may have without asking. */
  private static final int SHARED_WITHOUT_ASKING = 48 << 10;

  /** Blocks of a cluster everywhere, and on an H100 that is asked (CUDA C++ guide). */
  private static final int PORTABLE_CLUSTER = 8;

  private static final int LARGEST_CLUSTER = 16;

  private final StandInModule module;
  final PtxKernel kernel;
  private @Nullable Kernel lowered;
  private KernelInspector.@Nullable Inspection inspection;
  private int allowedShared = SHARED_WITHOUT_ASKING;
  private boolean largeClusters;

  StandInFunction(StandInModule module, PtxKernel kernel) {
    this.module = module;
    this.kernel = kernel;
  }

  StandInModule module() {
    return module;
  }

  synchronized KernelInspector.Inspection inspection() {
    KernelInspector.Inspection known = inspection;
    if (known == null) {
      known =
          module
              .context()
              .gpu
              .device
              .capability(KernelInspector.class)
              .orElseThrow()
              .inspect(module.kernels(), kernel.name());
      inspection = known;
    }
    return known;
  }

  synchronized int allowedShared() {
    return allowedShared;
  }

  /** Lets launches have that much dynamic shared memory. */
  synchronized void allowShared(int bytes) {
    int most = module.context().gpu.model().capability().sharedBytesPerBlock();
    if (bytes < 0 || bytes > most - inspection().staticSharedBytes()) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
    allowedShared = bytes;
  }

  synchronized boolean largeClusters() {
    return largeClusters;
  }

  /** Lets launches have clusters that not every GPU has room for. */
  synchronized void allowLargeClusters(int value) {
    if (value != 0 && value != 1) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
    if (!module.context().gpu.hasClusters()) {
      throw new DriverError(CUresult.CUDA_ERROR_NOT_SUPPORTED);
    }
    largeClusters = value == 1;
  }

  /** The most blocks of a cluster. */
  int mostOfCluster() {
    return largeClusters() ? LARGEST_CLUSTER : PORTABLE_CLUSTER;
  }

  /** Refuses what a launch must not ask for; answers with what it does. */
  synchronized GraphNode launch(Launch launch, byte[] parameters) {
    if (launch.sharedBytes() > allowedShared
        || launch.block().count() > kernel.maxThreads()
        || parameters.length != kernel.parameterBytes()) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
    Kernel own = lowered;
    if (own == null) {
      own = module.kernels().kernel(kernel.name());
      lowered = own;
    }
    Kernel launched = own;
    return new GraphNode(
        GraphNode.Kind.KERNEL,
        gpu -> gpu.launch(launched, launch, parameters),
        new GraphNode.Launched(this, launch));
  }
}
