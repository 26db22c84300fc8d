package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which bits of the registers of a block have no value, and why. Registers go by the number that
 * {@link NumberedRegisters} gives them.
 */
final class UnsetBits {
  /** By warp and number: the lanes that lack bits. */
  private final int[][] lacking;

  /** Likewise, by lane: which bits; null where none or all are lacking. */
  private final long[][][] bits;

  private final @Nullable Origin[][][] origins;

  private final int told;

  /** The registers that start without a value have the first numbers. */
  private final Origin[] unset;

  UnsetBits(int warps, int count, List<Origin> unset) {
    this.told = count;
    this.lacking = new int[warps][count + 1];
    this.bits = new long[warps][count + 1][];
    this.origins = new Origin[warps][count + 1][];
    this.unset = unset.toArray(Origin[]::new);
  }

  /** A block starts: no register has been set. */
  void restart() {
    for (int warp = 0; warp < lacking.length; warp++) {
      Arrays.fill(lacking[warp], 0);
      for (int number = 0; number < unset.length; number++) {
        forget(warp, number, -1);
      }
    }
  }

  /** In these lanes a register that starts without a value does so again. */
  void forget(int warp, int number, int lanes) {
    for (int rest = lanes; rest != 0 && bits[warp][number] != null; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      bits[warp][number][lane] = -1;
      origins[warp][number][lane] = unset[number];
    }
    lacking[warp][number] |= lanes;
  }

  /** The lanes of a warp in which a register lacks bits. */
  int lacking(Warp w, int number) {
    return lacking[w.index()][number];
  }

  /** The bits that a lane lacks. */
  long of(Warp w, int number, int lane) {
    if ((lacking[w.index()][number] >>> lane & 1) == 0) {
      return 0;
    }
    long[] its = bits[w.index()][number];
    return its == null ? -1 : its[lane];
  }

  /** Why a lane lacks bits. */
  Origin origin(Warp w, int number, int lane) {
    Origin[] its = origins[w.index()][number];
    return Objects.requireNonNull(its == null ? unset[number] : its[lane]);
  }

  /** All bits of these lanes have values now. */
  void set(Warp w, int number, int lanes) {
    lacking[w.index()][number] &= ~lanes;
  }

  /** The active lanes tell others what they have in a register, if it is one. */
  void tell(Warp w, int number) {
    int without = number < 0 ? 0 : w.mask & lacking(w, number);
    set(w, told, w.mask & ~without);
    for (int rest = without; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      put(w, told, lane, of(w, number, lane), origin(w, number, lane));
    }
  }

  /** Stands for the registers whose values lanes told each other last. */
  int told() {
    return told;
  }

  /** Notes which bits of a lane have no value. */
  void put(Warp w, int number, int lane, long without, @Nullable Origin origin) {
    int warp = w.index();
    if (without == 0 || origin == null) {
      lacking[warp][number] &= ~(1 << lane);
      return;
    }
    if (bits[warp][number] == null) {
      bits[warp][number] = new long[Warp.LANES];
      origins[warp][number] = new Origin[Warp.LANES];
      int before = lacking[warp][number];
      if (before != 0) {
        forget(warp, number, before);
      }
    }
    lacking[warp][number] |= 1 << lane;
    bits[warp][number][lane] = without;
    origins[warp][number][lane] = origin;
  }

  /** What a lane lacks of several registers, to be given back. */
  record Saved(long[] bits, @Nullable Origin[] origins) {}

  Saved save(Warp w, int[] numbers, int lane) {
    Saved saved = new Saved(new long[numbers.length], new Origin[numbers.length]);
    for (int i = 0; i < numbers.length; i++) {
      saved.bits[i] = of(w, numbers[i], lane);
      saved.origins[i] = saved.bits[i] == 0 ? null : origin(w, numbers[i], lane);
    }
    return saved;
  }

  void restore(Warp w, int[] numbers, int lane, Saved saved) {
    for (int i = 0; i < numbers.length; i++) {
      put(w, numbers[i], lane, saved.bits[i], saved.origins[i]);
    }
  }
}
