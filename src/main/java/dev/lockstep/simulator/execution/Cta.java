package dev.lockstep.simulator.execution;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.FaultSite;
import dev.lockstep.device.Schedule;
import dev.lockstep.simulator.memory.GlobalMemory;
import dev.lockstep.simulator.memory.Region;
import dev.lockstep.simulator.memory.Windows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One block at a time: its warps take {@link Turns} on the calling thread, until it has ended or
 * seems to wait for another block. Registers and shared memory are made once and used for block
 * after block.
 */
final class Cta {
  final LoweredKernel kernel;
  final GlobalMemory global;
  final Region shared;
  final Region sharedWindow;

  /** What a block may have of it, as the launch says; nobody watches what lies behind. */
  final int sharedBytes;

  private final MemorySegment systemShared;

  final Dim3 shape;
  MemorySegment parameters = MemorySegment.NULL;

  private final Printout printed = new Printout();
  final IdleLanes idle = new IdleLanes();
  private final Warp[] warps;
  private final SpecialRegisterFile specials;

  /** What draws the order; null when everything takes turns. */
  final @Nullable Draw draw;

  final Turns turns;

  private long number;
  private final @Nullable MemorySegment locals;
  private final int threads;
  private Dim3 block = new Dim3(0);

  /** Whoever watches; null, as nearly always, when nobody does. */
  @Nullable BlockObserver observer;

  Cta(
      LoweredKernel kernel,
      GlobalMemory global,
      RunSettings settings,
      Dim3 shape,
      int sharedBytes,
      int dynamicSharedBytes) {
    this.kernel = kernel;
    this.global = global;
    Schedule schedule = settings.schedule();
    this.draw = schedule.random() ? new Draw(schedule.seed()) : null;
    this.shape = shape;
    this.threads = (int) shape.count();
    Arena arena = Arena.ofAuto();
    this.sharedBytes = sharedBytes;
    int reserved = SpecialRegisterFile.reservedBytes(kernel.registers(), sharedBytes);
    MemorySegment memory = arena.allocate(sharedBytes + reserved, 128);
    this.shared = new Region("shared memory", 0, memory);
    this.sharedWindow = new Region("shared memory", Windows.SHARED, memory);
    this.systemShared = memory.asSlice(sharedBytes);
    int count = (threads + Warp.LANES - 1) / Warp.LANES;
    long localBytes = (long) kernel.localBytes() * Warp.LANES * count;
    this.locals = localBytes == 0 ? null : arena.allocate(localBytes, 16);
    this.warps = new Warp[count];
    for (int i = 0; i < count; i++) {
      warps[i] = new Warp(this, i, kernel.registers());
    }
    this.turns = new Turns(this, warps, settings.stepLimit());
    this.specials =
        new SpecialRegisterFile(
            kernel.registers(), warps, shape, settings.gpu(), sharedBytes, dynamicSharedBytes);
  }

  /** Has its blocks watched. */
  void observe(BlockObserver.Factory factory) {
    observer = factory.create(warps.length, sharedBytes, kernel.localBytes());
    for (Warp w : warps) {
      w.observer = observer;
    }
  }

  /** Makes ready for the blocks of a launch. */
  void start(Dim3 grid, MemorySegment arguments, @Nullable Tally tally) {
    parameters = arguments;
    for (Warp w : warps) {
      w.tally = tally;
    }
    specials.startLaunch(grid, arguments);
    for (Warp w : warps) {
      w.setMask(-1);
      kernel.prologue().forEach(op -> op.execute(w));
    }
  }

  /**
   * Begins one block of the grid.
   *
   * @param number its place in the grid, x running fastest
   * @param waits whether blocks of this launch were seen to wait for each other
   */
  void begin(Dim3 at, long number, boolean waits) {
    block = at;
    this.number = number;
    specials.startBlock(at, number);
    // The system's part starts as zero: barriers of cooperative groups rely on it.
    systemShared.fill((byte) 0);
    for (int i = 0; i < warps.length; i++) {
      int lanes = Math.min(Warp.LANES, threads - i * Warp.LANES);
      warps[i].groups.reset(-1 >>> (Warp.LANES - lanes));
      warps[i].copies.reset();
    }
    if (observer != null) {
      observer.started();
    }
    turns.begin(number, waits);
  }

  /** The place in the grid of the block that was begun last. */
  long number() {
    return number;
  }

  /**
   * Goes on with the block.
   *
   * @param company whether others are under way, or could be
   * @return whether it has ended; if not, it seems to wait for another
   */
  boolean run(boolean company) {
    boolean ended = turns.run(company);
    if (ended && observer != null) {
      observer.finished();
    }
    return ended;
  }

  /** What to report when the block threw something. */
  Throwable explain(Throwable thrown) {
    return observer == null ? thrown : observer.failed(thrown);
  }

  MemorySegment local(int warp) {
    long bytes = (long) kernel.localBytes() * Warp.LANES;
    return locals == null ? MemorySegment.NULL : locals.asSlice(warp * bytes, bytes);
  }

  Dim3 block() {
    return block;
  }

  boolean print(String text) {
    return printed.add(text);
  }

  /** What the block run last has printed. */
  String takePrinted() {
    return printed.take();
  }

  FaultSite site(Warp w, int lane, int pc) {
    Dim3 thread = thread(Math.min(w.index * Warp.LANES + lane, threads - 1));
    LoweredKernel.Site at = kernel.sites().get(Math.min(pc, kernel.sites().size() - 1));
    return new FaultSite(kernel.name(), block, thread, at.ptxLine(), at.instruction(), at.source());
  }

  /** A thread's place in the block, from its number. */
  Dim3 thread(int t) {
    return shape.place(t);
  }
}
