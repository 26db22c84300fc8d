package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.LaneRegisters;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Executes new code aside, on copies of what registers held, until the virtual machine has compiled
 * it. Up to then, some 200 calls and a wait, a loop over lanes takes ten times what the interpreter
 * of instructions does, which is compiled already: warps had better not be the ones to wait.
 */
final class Rehearsal {
  /** Calls of which the quickest counts, as others may have been interrupted. */
  private static final int BATCH = 16;

  /** Batches after which the virtual machine starts to compile. */
  private static final int ENOUGH = 16;

  /** Batches to wait for it, a pause after each. Then warps will have to do. */
  private static final int PATIENCE = 100;

  private static final long PAUSE_NANOS = 1_000_000;

  /** How much less compiled code takes at least, whatever it calls. */
  private static final int SPEEDUP = 2;

  /** Half of the lanes: guards are to be seen true and false. */
  private static final int EVERY_OTHER = 0xaaaaaaaa;

  private final LaneCode code;
  private final List<Place> places;
  private final Sample sample;
  private final LaneRegisters registers;
  private final int[] numbers;

  /**
   * @param places the registers that the code works on
   * @param sample has all of them
   */
  Rehearsal(LaneCode code, List<Place> places, Sample sample) {
    this.code = code;
    this.places = places;
    this.sample = sample;
    this.registers = Sample.registers(places);
    this.numbers = IntStream.range(0, places.size()).toArray();
  }

  void run() {
    long interpreted = batch();
    for (int i = 1; i < ENOUGH; i++) {
      batch();
    }
    for (int i = 0; i < PATIENCE && batch() > interpreted / SPEEDUP; i++) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Nanoseconds of the quickest of a few calls. */
  private long batch() {
    long quickest = Long.MAX_VALUE;
    for (int i = 0; i < BATCH; i++) {
      sample.copyTo(registers, places, i % 2 == 0 ? 0 : EVERY_OTHER);
      long start = System.nanoTime();
      code.run(registers, numbers);
      quickest = Math.min(quickest, System.nanoTime() - start);
    }
    return quickest;
  }
}
