package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.FaultSite;
import dev.lockstep.device.Schedule;
import dev.lockstep.simulator.memory.GlobalMemory;
import dev.lockstep.simulator.memory.Region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One block at a time: its warps take turns on the calling thread, until it has ended or seems to
 * wait for another block. Registers and shared memory are made once and used for block after block.
 */
final class Cta {
  /** Instructions a warp executes before others get a turn; long, as barriers end most turns. */
  private static final int SLICE = 1 << 16;

  /** The same once blocks were seen to wait for each other. */
  private static final int SHORT_SLICE = 1 << 12;

  /** Rounds of turns without an event after which a block seems to wait for another. */
  private static final int PATIENCE = 8;

  final LoweredKernel kernel;
  final GlobalMemory global;
  final Region shared;

  /** What a block may have of it, as the launch says; nobody watches what lies behind. */
  final int sharedBytes;

  private final MemorySegment systemShared;

  final Dim3 shape;
  MemorySegment parameters = MemorySegment.NULL;

  private final Printout printed = new Printout();
  final IdleLanes idle = new IdleLanes();
  private final Warp[] warps;
  private final long[] steps;
  private final boolean[] blocked;
  private final boolean[] done;
  private final Barriers barriers;
  private final Convoy convoy;
  private final SpecialRegisterFile specials;
  private final RunSettings settings;

  /** What draws the order; null when everything takes turns. */
  final @Nullable Draw draw;

  /** Warps that are not done, instructions of turns that are over, and the turn that runs. */
  private int left;

  private long elapsed;
  private int slice;

  /** Whether another block may be what this one waits for, and whether that was seen. */
  private final boolean mayWait;

  private boolean hasWaited;

  /** Warps that came to a barrier or to their end. */
  private long events;

  /** Whether there was any while the block went on last. */
  private boolean moved;

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
    this.settings = settings;
    Schedule schedule = settings.schedule();
    this.draw = schedule.random() ? new Draw(schedule.seed()) : null;
    this.mayWait = kernel.company() != LoweredKernel.Company.NONE;
    this.shape = shape;
    this.threads = (int) shape.count();
    Arena arena = Arena.ofAuto();
    this.sharedBytes = sharedBytes;
    int reserved = SpecialRegisterFile.reservedBytes(kernel.registers(), sharedBytes);
    MemorySegment memory = arena.allocate(sharedBytes + reserved, 128);
    this.shared = new Region("shared memory", 0, memory);
    this.systemShared = memory.asSlice(sharedBytes);
    int count = (threads + Warp.LANES - 1) / Warp.LANES;
    long localBytes = (long) kernel.localBytes() * Warp.LANES * count;
    this.locals = localBytes == 0 ? null : arena.allocate(localBytes, 16);
    this.warps = new Warp[count];
    for (int i = 0; i < count; i++) {
      warps[i] = new Warp(this, i, kernel.registers());
    }
    this.steps = new long[count];
    this.blocked = new boolean[count];
    this.done = new boolean[count];
    this.barriers = new Barriers(this, count);
    this.convoy = new Convoy(this, warps, barriers);
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
    hasWaited = waits;
    this.number = number;
    specials.startBlock(at, number);
    barriers.reset();
    // The system's part starts as zero: barriers of cooperative groups rely on it.
    systemShared.fill((byte) 0);
    left = warps.length;
    elapsed = 0;
    for (int i = 0; i < warps.length; i++) {
      int lanes = Math.min(Warp.LANES, threads - i * Warp.LANES);
      warps[i].groups.reset(-1 >>> (Warp.LANES - lanes));
      warps[i].copies.reset();
      steps[i] = 0;
      blocked[i] = false;
      done[i] = false;
    }
    if (observer != null) {
      observer.started();
    }
    if (draw != null) {
      draw.start(number);
    }
  }

  /**
   * Goes on with the block.
   *
   * @param company whether others are under way, or could be
   * @return whether it has ended; if not, it seems to wait for another
   */
  boolean run(boolean company) {
    long before = events;
    boolean ended = draw == null ? takeTurns(company) : drawTurns(draw, company);
    moved = events != before;
    if (ended && observer != null) {
      observer.finished();
    }
    return ended;
  }

  /** Whether a warp came to a barrier or to its end while the block went on last. */
  boolean hasMoved() {
    return moved;
  }

  /** The place in the grid of the block that was begun last. */
  long number() {
    return number;
  }

  /** Warp after warp, each until it has to wait. */
  private boolean takeTurns(boolean company) {
    int idle = 0;
    while (left > 0) {
      boolean progress = false;
      long before = events;
      int i = 0;
      while (i < warps.length) {
        if (done[i] || blocked[i]) {
          i++;
          continue;
        }
        progress = true;
        runWarp(i, turn());
        i = convoy.isReady() ? convoy.go(i) : i + 1;
      }
      if (!progress) {
        throw deadlock();
      }
      idle = events == before ? idle + 1 : 0;
      if (mayWait && company && left > 0 && idle >= (hasWaited ? 1 : PATIENCE)) {
        hasWaited = true;
        return false;
      }
    }
    return true;
  }

  /** What to report when the block threw something. */
  Throwable explain(Throwable thrown) {
    return observer == null ? thrown : observer.failed(thrown);
  }

  /** Any warp that can run, for as long as is drawn. */
  private boolean drawTurns(Draw from, boolean company) {
    int idle = 0;
    while (left > 0) {
      int ready = 0;
      for (int i = 0; i < warps.length; i++) {
        ready += done[i] || blocked[i] ? 0 : 1;
      }
      if (ready == 0) {
        throw deadlock();
      }
      int skip = from.below(ready);
      int chosen = 0;
      while (done[chosen] || blocked[chosen] || skip-- > 0) {
        chosen++;
      }
      long before = events;
      runWarp(chosen, from.turn());
      idle = events == before ? idle + 1 : 0;
      if (mayWait && company && left > 0 && idle >= (hasWaited ? PATIENCE : SHORT_SLICE)) {
        hasWaited = true;
        return false;
      }
    }
    return true;
  }

  /** Runs a warp until it blocks, ends, or has used its turn. */
  private void runWarp(int i, int turn) {
    Warp w = warps[i];
    slice = turn;
    w.budget = turn;
    while (true) {
      try {
        execute(w);
      } catch (Warp.Again again) {
        executeAgain(w);
        continue;
      }
      if (blocked[i] || convoy.isReady()) {
        break;
      }
      if (w.budget == 0 || w.yields) {
        w.yields = false;
        w.groups.next(true);
        break;
      }
      if (!w.groups.next(false)) {
        if (w.alive != 0) {
          throw w.stuck();
        }
        done[i] = true;
        break;
      }
    }
    executed(w, turn - w.budget);
    slice = w.budget;
    if (steps[i] > settings.stepLimit()) {
      throw new DeviceFault.StepLimit(settings.stepLimit(), site(w, w.firstLane() & 31, w.pc));
    }
    if (done[i]) {
      events++;
      left--;
      barriers.exited();
    }
  }

  private int turn() {
    return hasWaited ? SHORT_SLICE : SLICE;
  }

  /** Notes what a warp has executed. */
  void executed(Warp w, int instructions) {
    elapsed += instructions;
    steps[w.index] += instructions;
  }

  /** How much a warp may execute before it has to be looked at by itself. */
  int allowed(Warp w) {
    return (int) Math.min(turn(), settings.stepLimit() - steps[w.index]);
  }

  private static void execute(Warp w) {
    Op[] code = w.code;
    while (w.pc < w.limit && w.budget > 0) {
      w.budget--;
      code[w.pc++].execute(w);
    }
  }

  /** Executes, by other code, an instruction that gave up after it had been counted. */
  static void executeAgain(Warp w) {
    Tally tally = w.tally;
    w.tally = tally == null ? null : tally.spare();
    try {
      w.code[w.pc - 1].execute(w);
    } finally {
      w.tally = tally;
    }
  }

  /** What to report of a block that waits for what does not come. */
  DeviceFault endless() {
    Warp w = warps[0];
    for (Warp other : warps) {
      if (!done[other.index] && !blocked[other.index]) {
        w = other;
      }
    }
    return new DeviceFault.StepLimit(settings.stepLimit(), site(w, w.firstLane() & 31, w.pc));
  }

  /** Instructions executed in this block so far, the one being executed by {@code w} included. */
  long cycles(Warp w) {
    return elapsed + slice - w.budget;
  }

  void arrive(Warp w, BarrierOp op, int id, int threads) {
    events++;
    if (op.kind().waits()) {
      blocked[w.index] = true;
      w.arrivals.block(op);
      barriers.arrive(w, op, id, threads);
      if (!blocked[w.index] && left == warps.length) {
        convoy.met(w);
      }
    } else {
      barriers.arrive(w, op, id, threads);
      w.arrivals.resume(0, 0);
    }
  }

  /** All warps have come to a barrier, though none has executed it. */
  void met() {
    events += warps.length;
  }

  boolean isBlocked(int warp) {
    return blocked[warp];
  }

  /** A barrier is complete: the warp may go on. */
  void release(int warp, int votes, int voters) {
    blocked[warp] = false;
    warps[warp].arrivals.resume(votes, voters);
  }

  /** Instructions all warps have executed in the block run last. */
  long instructions() {
    long sum = 0;
    for (long count : steps) {
      sum += count;
    }
    return sum;
  }

  int warpsLeft() {
    return left;
  }

  int warpCount() {
    return warps.length;
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
    return new Dim3(t % shape.x(), t / shape.x() % shape.y(), t / (shape.x() * shape.y()));
  }

  /** One phrase on where an instruction stands. */
  String where(int pc) {
    LoweredKernel.Site at = kernel.sites().get(pc);
    String source = at.source().isEmpty() ? "" : ", " + at.source();
    return "at `" + at.instruction() + "` (PTX line " + at.ptxLine() + source + ")";
  }

  private DeviceFault deadlock() {
    List<String> waiting = new ArrayList<>();
    Warp first = null;
    for (Warp w : warps) {
      if (blocked[w.index]) {
        first = first == null ? w : first;
        waiting.add("warp " + w.index + " waits " + where(w.pc - 1));
      }
    }
    Warp w = first == null ? warps[0] : first;
    return new DeviceFault.Deadlock(
        String.join("; ", waiting), site(w, w.firstLane() & 31, w.pc - 1));
  }
}
