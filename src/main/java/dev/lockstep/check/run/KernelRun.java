package dev.lockstep.check.run;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.KernelTracer;
import dev.lockstep.device.Launch;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.ptx.PtxKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One launch of any kernel: fill in, then {@link #run}. */
public final class KernelRun {
  private final KernelFile file;
  private final List<Argument> arguments = new ArrayList<>();
  private final List<Setting> settings = new ArrayList<>();
  private @Nullable String entry;
  private Dim3 grid = new Dim3(1);
  private Dim3 block = new Dim3(1);
  private int sharedBytes;
  private Optional<Dim3> cluster = Optional.empty();
  private @Nullable Traced traced;
  private boolean counted;

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

  /** Blocks that run together as a cluster, on a device that has clusters. */
  public KernelRun cluster(Dim3 blocks) {
    cluster = Optional.of(blocks);
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
   * Sets a variable of the module ({@code __constant__}, {@code __device__}) before the launch,
   * reads it afterwards ({@link RunResult#variable}), or both, as the direction says. What is
   * shorter than the variable is its beginning. An {@code out} one is not touched before.
   *
   * @param name as the PTX has it; a C++ one also answers to its name in the source
   * @param content no tensor
   */
  public KernelRun variable(String name, Argument content) {
    settings.add(Setting.of(name, content));
    return this;
  }

  /** Likewise, several. */
  public KernelRun variables(List<Setting> next) {
    settings.addAll(next);
    return this;
  }

  /**
   * Shows what one warp executes, on a device that can.
   *
   * @param at its block's place in the grid
   * @param warp its number in the block
   * @param each is given every instruction, in order, on a thread of the device's
   */
  public KernelRun trace(Dim3 at, int warp, Consumer<KernelTracer.Step> each) {
    traced = new Traced(at, warp, each);
    return this;
  }

  /** Counts instructions and memory traffic, on a device that can: see {@link RunResult#counts}. */
  public KernelRun count() {
    counted = true;
    return this;
  }

  /**
   * Whether a device has what a launch in clusters or a tensor map takes. {@link #run} finds out,
   * too, but only when there is a kernel, compiled for the device.
   *
   * @throws IllegalArgumentException naming what it has not, with the reason
   */
  public static void requireCapable(
      Device device, Optional<Dim3> cluster, List<Argument> arguments) {
    Launcher.requireCapable(device, cluster, arguments);
  }

  /**
   * Loads the kernel, runs it and waits for it.
   *
   * @throws IllegalArgumentException when entry, sizes, arguments or variables do not fit the
   *     kernel
   * @throws DeviceException when the device refuses the code or the launch
   * @throws DeviceFault when the kernel does what no kernel may
   */
  public RunResult run(Device device) {
    PtxKernel kernel = entry == null ? file.onlyEntry() : file.entry(entry);
    Launch launch = new Launch(grid, block, sharedBytes, cluster);
    Parameters.check(kernel, arguments);
    Variables variables = Variables.of(file, settings);
    requireCapable(device, launch.cluster(), arguments);
    if (traced != null) {
      traced.requireIn(launch);
    }
    KernelTracer tracer = traced == null ? null : capability(device, KernelTracer.class, "trace");
    KernelCounters counters = counted ? capability(device, KernelCounters.class, "count") : null;
    try (KernelModule module = device.load(file.image())) {
      Launcher launcher = new Launcher(device);
      if (tracer != null && traced != null) {
        tracer.start(traced.block, traced.warp, traced.each);
        try {
          return launcher.run(kernel, module, launch, arguments, variables);
        } finally {
          tracer.stop();
        }
      }
      if (counters == null) {
        return launcher.run(kernel, module, launch, arguments, variables);
      }
      counters.start();
      List<LaunchCounts> counts = List.of();
      RunResult result;
      try {
        result = launcher.run(kernel, module, launch, arguments, variables);
      } finally {
        counts = counters.stop();
      }
      return result.with(counts.getFirst());
    }
  }

  private static <T> T capability(Device device, Class<T> type, String what) {
    return device
        .capability(type)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the device %s cannot %s; --device sim can"
                        .formatted(device.info().provider(), what)));
  }

  private record Traced(Dim3 block, int warp, Consumer<KernelTracer.Step> each) {
    void requireIn(Launch launch) {
      Dim3 grid = launch.grid();
      if (block.x() < 0
          || block.y() < 0
          || block.z() < 0
          || block.x() >= grid.x()
          || block.y() >= grid.y()
          || block.z() >= grid.z()) {
        throw new IllegalArgumentException("there is no block " + block + " in the grid " + grid);
      }
      long warps = (launch.block().count() + 31) / 32;
      if (warp < 0 || warp >= warps) {
        throw new IllegalArgumentException(
            "there is no warp %d in a block of %d threads: they are 0 to %d"
                .formatted(warp, launch.block().count(), warps - 1));
      }
    }
  }
}
