package dev.lockstep.check.run;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.ptx.PtxKernel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One launch of any kernel: fill in, then {@link #run}. */
public final class KernelRun {
  private final KernelFile file;
  private final List<Argument> arguments = new ArrayList<>();
  private @Nullable String entry;
  private Dim3 grid = new Dim3(1);
  private Dim3 block = new Dim3(1);
  private int sharedBytes;
  private Launcher.Method method = Stream::launch;

  private KernelRun(KernelFile file) {
    this.file = file;
  }

  /** Of a kernel in this file: the only one, unless {@link #entry} names one. */
  public static KernelRun of(KernelFile file) {
    return new KernelRun(file);
  }

  /** The entry point; a C++ kernel also answers to its name in the source. */
  public KernelRun entry(String name) {
    entry = name;
    return this;
  }

  /** A row of blocks; one when not set. */
  public KernelRun grid(int blocks) {
    return grid(new Dim3(blocks));
  }

  /** The blocks of the grid. */
  public KernelRun grid(Dim3 blocks) {
    grid = blocks;
    return this;
  }

  /** A row of threads in each block; one when not set. */
  public KernelRun block(int threads) {
    return block(new Dim3(threads));
  }

  /** The threads of each block. */
  public KernelRun block(Dim3 threads) {
    block = threads;
    return this;
  }

  /** Dynamic shared memory of each block. */
  public KernelRun sharedBytes(int bytes) {
    sharedBytes = bytes;
    return this;
  }

  /** The next argument. */
  public KernelRun argument(Argument next) {
    arguments.add(next);
    return this;
  }

  /** The next arguments. */
  public KernelRun arguments(List<Argument> next) {
    arguments.addAll(next);
    return this;
  }

  /**
   * Loads the kernel, runs it and waits for it.
   *
   * @throws IllegalArgumentException when entry, sizes or arguments do not fit the kernel
   * @throws DeviceException when the device refuses the code or the launch
   * @throws DeviceFault when the kernel does what no kernel may
   */
  public RunResult run(Device device) {
    PtxKernel kernel = entry == null ? file.onlyEntry() : file.entry(entry);
    Launch launch = new Launch(grid, block, sharedBytes);
    Parameters.check(kernel, arguments);
    try (KernelModule module = device.load(file.image())) {
      return new Launcher(device)
          .run(kernel, module.kernel(kernel.name()), launch, arguments, method);
    }
  }
}
