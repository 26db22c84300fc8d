package dev.lockstep.simulator.execution;

import dev.lockstep.device.Launch;
import dev.lockstep.simulator.memory.GlobalMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs a grid: workers take block after block, in order, until none is left or one faults. Which
 * worker runs a block changes nothing about what the block computes. When several blocks fault, the
 * first in the grid's order is reported, whatever the number of workers.
 *
 * <p>A block that seems to wait for another, as at a barrier of the grid or at a lock, is put
 * aside; its worker begins the next or goes on with one put aside earlier. As many are under way as
 * would be on the modelled GPU.
 */
public final class GridRun {
  /** What a multiprocessor holds at most (CUDA C++ guide, "Compute Capabilities"). */
  private static final int MULTIPROCESSOR_BLOCKS = 32;

  private static final int MULTIPROCESSOR_THREADS = 2048;

  /** Shared and local memory that blocks under way may have together. */
  private static final long COMPANY_BYTES = 1L << 30;

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

  /** What runs blocks of this launch: what the worker used last, or a new one. */
  private Cta cta(int worker, Launch launch) {
    Cta cta = ctas[worker];
    int sharedBytes = sharedBytes(kernel, launch);
    if (cta != null && cta.shape.equals(launch.block()) && cta.sharedBytes == sharedBytes) {
      ctas[worker] = null;
      return cta;
    }
    cta = new Cta(kernel, global, settings, launch.block(), sharedBytes, launch.sharedBytes());
    BlockObserver.Factory factory = observers;
    if (factory != null) {
      cta.observe(factory);
    }
    return cta;
  }

  /** Blocks that a worker may have under way at once: its share of those a GPU has room for. */
  private long room(Launch launch) {
    long threads = Math.ceilDiv(launch.block().count(), Warp.LANES) * Warp.LANES;
    long each = Math.min(MULTIPROCESSOR_BLOCKS, MULTIPROCESSOR_THREADS / threads);
    long blocks = each * settings.gpu().multiprocessors();
    long bytes = sharedBytes(kernel, launch) + kernel.localBytes() * threads;
    return Math.ceilDiv(Math.min(blocks, COMPANY_BYTES / Math.max(bytes, 1)), ctas.length);
  }

  /** One launch. */
  public final class Work {
    private final Launch launch;
    private final MemorySegment arguments;
    private final long blocks;
    private final AtomicLong next = new AtomicLong();
    private volatile boolean hasWaited;
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
      if (kernel.company() == LoweredKernel.Company.MEETS) {
        global.readyToMeet();
      }
    }

    /** How many workers can be kept busy. */
    public long blocks() {
      return blocks;
    }

    /** Takes part until no block is left. Never throws what a block threw: see {@link #fault}. */
    public void run(int worker) {
      Deque<Cta> free = new ArrayDeque<>();
      Deque<Cta> aside = new ArrayDeque<>();
      long room = room(launch);
      long instructions = 0;
      boolean waits = false;
      long waited = 0;
      while (true) {
        Cta cta = aside.isEmpty() || waits && aside.size() < room ? begin(worker, free) : null;
        cta = cta == null ? aside.poll() : cta;
        if (cta == null) {
          break;
        }
        try {
          long before = cta.turns.instructions();
          waits = !cta.run(blocks > 1);
          waited = cta.turns.hasMoved() ? 0 : waited + cta.turns.instructions() - before;
          if (waits) {
            hasWaited = true;
            aside.add(cta);
            if (hasFailed()) {
              return;
            }
            if (waited > settings.stepLimit()) {
              throw cta.turns.endless();
            }
          } else {
            instructions += cta.turns.instructions();
            printed(cta.number(), cta.takePrinted());
            free.add(cta);
          }
        } catch (Throwable t) {
          printed(cta.number(), cta.takePrinted());
          // Its registers and barriers were left as they were; the next launch makes new ones.
          failed(cta.number(), cta.explain(t));
          return;
        }
      }
      ctas[worker] = free.poll();
      count(instructions);
    }

    /** The next block, begun; null when there is none. */
    private @Nullable Cta begin(int worker, Deque<Cta> free) {
      long block = next.getAndIncrement();
      if (block >= blocks) {
        return null;
      }
      Cta cta = free.poll();
      if (cta == null) {
        cta = cta(worker, launch);
        cta.start(launch.grid(), arguments, tallies == null ? null : tallies.get(worker));
      }
      cta.begin(launch.grid().place(block), block, hasWaited);
      return cta;
    }

    private synchronized boolean hasFailed() {
      return fault != null;
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
