package dev.lockstep.simulator.execution;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;
import dev.lockstep.simulator.memory.GlobalMemory;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs a grid: workers take block after block, in order, until none is left or one faults. Which
 * worker runs a block changes nothing about what the block computes. When several blocks fault, the
 * first in the grid's order is reported, whatever the number of workers.
 */
public final class GridRun {
  private final LoweredKernel kernel;
  private final GlobalMemory global;
  private final RunSettings settings;
  private final @Nullable Cta[] ctas;
  private BlockObserver.@Nullable Factory observers;

  /**
   * @param workers how many may call {@link Work#run} at once
   */
  public GridRun(LoweredKernel kernel, GlobalMemory global, RunSettings settings, int workers) {
    this.kernel = kernel;
    this.global = global;
    this.settings = settings;
    this.ctas = new Cta[workers];
  }

  /** Has the blocks of all launches to come watched. */
  public void observe(BlockObserver.Factory factory) {
    observers = factory;
  }

  /** Bytes of shared memory a block of this launch has. */
  public static int sharedBytes(LoweredKernel kernel, Launch launch) {
    if (launch.sharedBytes() == 0) {
      return kernel.staticSharedBytes();
    }
    int alignment = kernel.dynamicSharedAlignment();
    int start = (kernel.staticSharedBytes() + alignment - 1) & -alignment;
    return start + launch.sharedBytes();
  }

  /** A launch to be worked on. One at a time: blocks of two launches would share registers. */
  public Work start(Launch launch, MemorySegment arguments) {
    return new Work(launch, arguments, null);
  }

  /**
   * A launch to be counted.
   *
   * @param tallies what each worker counts
   */
  public Work start(Launch launch, MemorySegment arguments, List<? extends Tally> tallies) {
    return new Work(launch, arguments, tallies);
  }

  private Cta cta(int worker, Launch launch) {
    Cta cta = ctas[worker];
    int sharedBytes = sharedBytes(kernel, launch);
    if (cta == null || !cta.shape.equals(launch.block()) || cta.sharedBytes != sharedBytes) {
      cta = new Cta(kernel, global, settings, launch.block(), sharedBytes, launch.sharedBytes());
      BlockObserver.Factory factory = observers;
      if (factory != null) {
        cta.observe(factory);
      }
      ctas[worker] = cta;
    }
    return cta;
  }

  /** One launch. */
  public final class Work {
    private final Launch launch;
    private final MemorySegment arguments;
    private final long blocks;
    private final AtomicLong next = new AtomicLong();
    private long warpInstructions;
    private long faultBlock = Long.MAX_VALUE;
    private @Nullable Throwable fault;
    private final NavigableMap<Long, String> printed = new TreeMap<>();

    private final @Nullable List<? extends Tally> tallies;

    private Work(Launch launch, MemorySegment arguments, @Nullable List<? extends Tally> tallies) {
      this.launch = launch;
      this.arguments = arguments;
      this.tallies = tallies;
      this.blocks = launch.grid().count();
    }

    /** How many workers can be kept busy. */
    public long blocks() {
      return blocks;
    }

    /** Takes part until no block is left. Never throws what a block threw: see {@link #fault}. */
    public void run(int worker) {
      Cta cta = cta(worker, launch);
      Dim3 grid = launch.grid();
      cta.start(grid, arguments, tallies == null ? null : tallies.get(worker));
      long instructions = 0;
      long block;
      while ((block = next.getAndIncrement()) < blocks) {
        Dim3 at =
            new Dim3(
                (int) (block % grid.x()),
                (int) (block / grid.x() % grid.y()),
                (int) (block / grid.x() / grid.y()));
        try {
          cta.run(at, block);
          instructions += cta.instructions();
          printed(block, cta.takePrinted());
        } catch (Throwable t) {
          printed(block, cta.takePrinted());
          failed(block, cta.explain(t));
          // Its registers and barriers were left as they were; the next launch makes new ones.
          ctas[worker] = null;
          return;
        }
      }
      count(instructions);
    }

    /** Instructions the warps of a launch without a fault executed, once all workers are back. */
    public synchronized long warpInstructions() {
      return warpInstructions;
    }

    private void printed(long block, String text) {
      if (!text.isEmpty()) {
        synchronized (this) {
          printed.put(block, text);
        }
      }
    }

    /** What the blocks printed, up to the first that failed, once all workers are back. */
    public synchronized String printed() {
      return String.join("", printed.headMap(faultBlock, true).values());
    }

    private synchronized void count(long instructions) {
      warpInstructions += instructions;
    }

    /** What the first failing block threw, once all workers are back; null when all went well. */
    public synchronized @Nullable Throwable fault() {
      return fault;
    }

    private synchronized void failed(long block, Throwable thrown) {
      next.set(blocks);
      if (block < faultBlock) {
        faultBlock = block;
        fault = thrown;
      }
    }
  }
}
