package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.FaultSite;
import dev.lockstep.simulator.intrinsic.TensorCore;
import dev.lockstep.simulator.memory.GlobalMemory;
import dev.lockstep.simulator.memory.Region;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * 32 lanes in lockstep.
 *
 * <p>An op computes all 32 lanes in a loop of constant length, into the register itself when all
 * lanes are active and into a scratch array otherwise, from which {@link #keep} takes the active
 * ones.
 */
public final class Warp extends LaneRegisters {
  /** Lanes of a warp. */
  public static final int LANES = 32;

  /** The next instruction. */
  public int pc;

  /** What it executes: the kernel's code, or that in which values are followed. */
  Op[] code = {};

  /** Lanes that execute; {@link #full} says whether it is all of them. Set both by setMask. */
  public int mask;

  public boolean full;

  /** Lanes that there were when the block started. */
  public int started;

  /** Lanes that have not exited. */
  public int alive;

  /** Where this warp is told to stop and look around: see {@link LaneGroups}. */
  int limit;

  /** Whether it gives up the rest of its turn. */
  boolean yields;

  /** Instructions this warp may still execute before others get a turn. */
  int budget;

  private final Aside aside = new Aside();
  public final LaneGroups groups;
  public final Meetings meetings = new Meetings(this, aside);
  final Arrivals arrivals = new Arrivals(this, aside);
  public final AsyncCopies copies;
  public final TensorCore.Scratch tensorScratch = new TensorCore.Scratch();

  /** Looks at addresses; the first is for ops that look by themselves. */
  public final LaneAddresses[] laneAddresses = LaneAddresses.some();

  /** What loops of generated code count in. */
  public final LaneCount[] laneCounts = LaneCount.some();

  /** Scratch for addresses; valid within one op. */
  public final long[] addresses = new long[LANES];

  private MemorySegment located = MemorySegment.NULL;

  // Results of a partly active op, before keep; and working space of ops.
  public final float[] scratchFloats = new float[LANES];
  public final int[] scratchInts = new int[LANES];
  public final long[] scratchLongs = new long[LANES];
  public final double[] scratchDoubles = new double[LANES];

  /** Working space of ops for four values a lane. */
  public final float[] tupleFloats = new float[4 * LANES];

  public final int[] tupleInts = new int[4 * LANES];

  private final Object[] scratch = {scratchFloats, scratchInts, scratchLongs, scratchDoubles};

  /** What idle lanes hold while registers are computed in all lanes. */
  public final IdleLanes idle;

  private @Nullable MemorySegment local;

  /** Whoever watches the block; null, as nearly always, when nobody does. */
  public @Nullable BlockObserver observer;

  /** What the worker that runs this warp counts, for ops that count; set for each launch. */
  public @Nullable Tally tally;

  final Cta cta;
  final int index;

  /** Null in kernels that call nothing. */
  final @Nullable CallStack calls;

  Warp(Cta cta, int index, RegisterFile file) {
    super(file);
    this.cta = cta;
    this.index = index;
    this.idle = cta.idle;
    CallStack.Layout layout = cta.kernel.calls();
    this.calls =
        layout == null
            ? null
            : new CallStack(layout, longs[layout.framePointer()], longs[layout.stackPointer()]);
    this.groups = new LaneGroups(this, aside, cta.draw);
    this.copies = new AsyncCopies(this);
  }

  /** Makes these lanes the active ones. */
  public void setMask(int lanes) {
    mask = lanes;
    full = lanes == -1;
  }

  /**
   * Whether one op may stand for {@code more} instructions beside the current one, up to the place
   * {@code end}: nothing asks for a stop before. Counts them if so.
   */
  public boolean takeSteps(int more, int end) {
    if (budget < more || limit < end) {
      return false;
    }
    budget -= more;
    return true;
  }

  /** Some of the instructions that were counted by {@link #takeSteps} were not executed. */
  public void leaveOut(int steps) {
    budget += steps;
  }

  /** Where an op writes a register; end with {@link #keep}. */
  public Object target(int file, int register) {
    return full ? files[file][register] : scratch[file];
  }

  /** Takes the active lanes of what was written to {@link #target}, when it was not in place. */
  public void keep(int file, int register) {
    if (!full) {
      Masked.copy(file, scratch[file], files[file][register], mask);
    }
  }

  /** Takes the active lanes of a predicate. */
  public void keepPredicate(int register, int bits) {
    predicates[register] = (predicates[register] & ~mask) | (bits & mask);
  }

  /** The kernel's parameters. */
  public MemorySegment parameters() {
    return cta.parameters;
  }

  /** Shared memory of the block, from address 0 of its own space. */
  public Region shared() {
    return cta.shared;
  }

  /** The same from its first generic address. */
  public Region sharedWindow() {
    return cta.sharedWindow;
  }

  /** What holds the access of a single lane that was looked at last. */
  public MemorySegment located() {
    return located;
  }

  /** A single lane accesses this. */
  public void locate(MemorySegment segment) {
    located = segment;
  }

  /** Local memory of this warp: lane after lane, {@link #localBytes} each. */
  public MemorySegment local() {
    MemorySegment known = local;
    if (known == null) {
      known = cta.local(index);
      local = known;
    }
    return known;
  }

  /** Local memory of each lane. */
  public int localBytes() {
    return cta.kernel.localBytes();
  }

  public GlobalMemory global() {
    return cta.global;
  }

  /**
   * The multiprocessor's cycles: instructions the block's warps have executed so far. The same in
   * every run, and it never stands still.
   */
  public long cycles() {
    return cta.turns.cycles(this);
  }

  /** Lets others have a turn after the instruction being executed. */
  public void yieldTurn() {
    yields = true;
    groups.stop();
  }

  /** Which warp of its block this is. */
  public int index() {
    return index;
  }

  /** The place in the grid of its block. */
  public Dim3 block() {
    return cta.block();
  }

  /** Whether it waits at a block-wide barrier. */
  public boolean isBlocked() {
    return cta.turns.isBlocked(index);
  }

  /** Where the lanes return to; only for ops of kernels that call something. */
  public CallStack calls() {
    return Objects.requireNonNull(calls);
  }

  /** The kernel prints; false when the block has printed too much. */
  public boolean print(String text) {
    return cta.print(text);
  }

  /** The first active lane. */
  public int firstLane() {
    return Integer.numberOfTrailingZeros(mask);
  }

  /** Whether it executes the code in which values are followed. */
  public boolean isFollowing() {
    return code == cta.kernel.followed();
  }

  /**
   * Has the instruction being executed, which has done nothing yet, executed once more by the code
   * in which values are followed, and goes on there until the block ends.
   *
   * @return to be thrown
   */
  public RuntimeException follow() {
    code = cta.kernel.followed();
    return Again.AGAIN;
  }

  /** Leaves an instruction, and whatever compiled code it is part of. */
  @SuppressWarnings("serial") // Never leaves the thread.
  static final class Again extends RuntimeException {
    private static final Again AGAIN = new Again();

    private Again() {
      super(null, null, false, false);
    }
  }

  /** The place of the instruction being executed, for a fault in {@code lane}. */
  public FaultSite site(int lane) {
    return cta.site(this, lane, pc - 1);
  }

  /** The place in the block of a thread, 32 times its warp plus its lane. */
  public Dim3 thread(int number) {
    return cta.thread(number);
  }

  /** An instruction that must not be reached was. */
  public DeviceFault.Trap trap(String what) {
    return new DeviceFault.Trap(what, site(firstLane()));
  }

  /** What to report when none of its lanes can go on. */
  DeviceFault stuck() {
    return new StuckLanes(this, aside).fault();
  }

  /** All lanes that are left have reached a block-wide barrier. */
  void arriveAtBarrier(BarrierOp op, int id, int threads) {
    cta.turns.arrive(this, op, id, threads);
  }
}
