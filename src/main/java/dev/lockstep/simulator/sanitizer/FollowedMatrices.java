package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.Fragment;
import dev.lockstep.simulator.lowering.MatrixParts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Matrices that the lanes of a warp hold together. */
final class FollowedMatrices {
  private static final int LANES = Warp.LANES;

  private FollowedMatrices() {}

  /** Registers that hold a matrix, or several. */
  record Held(List<@Nullable Register> registers, int[] numbers) {
    static Held of(Instruction in, int operand, NumberedRegisters registers) {
      List<@Nullable Register> all = FollowedAccesses.elements(in.operands().get(operand));
      return new Held(
          all, all.stream().mapToInt(r -> r == null ? -1 : registers.number(r)).toArray());
    }

    int lacking(Warp w, UnsetBits unset) {
      int lacking = 0;
      for (int number : numbers) {
        lacking |= number < 0 ? 0 : unset.lacking(w, number);
      }
      return lacking;
    }

    long of(Warp w, UnsetBits unset, int n, int lane) {
      return numbers[n] < 0 ? 0 : unset.of(w, numbers[n], lane);
    }

    void put(Warp w, UnsetBits unset, int n, int lane, long bits, @Nullable Origin origin) {
      if (numbers[n] >= 0) {
        unset.put(w, numbers[n], lane, bits, origin);
      }
    }

    void set(Warp w, UnsetBits unset) {
      for (int number : numbers) {
        if (number >= 0) {
          unset.set(w, number, w.mask);
        }
      }
    }
  }

  /**
   * A product: without a value in a row of A there is none in that row of D, nor in a column of D
   * without one in that column of B.
   */
  static final class Product extends Followed {
    private @Nullable MatrixParts parts;
    private final Held d;
    private final Held a;
    private final Held b;
    private final Held c;

    Product(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
      this.d = Held.of(in, 0, registers);
      this.a = Held.of(in, 1, registers);
      this.b = Held.of(in, 2, registers);
      this.c = Held.of(in, 3, registers);
    }

    @Override
    void execute(Warp w, BlockShadow shadow, int lanes) {
      UnsetBits unset = shadow.unset;
      op.execute(w);
      if (w.mask == 0) {
        return; // Others have yet to come.
      }
      if ((a.lacking(w, unset) | b.lacking(w, unset) | c.lacking(w, unset)) == 0) {
        d.set(w, unset);
        return;
      }
      MatrixParts parts = parts();
      int all = parts.shape().matrices();
      int m = parts.shape().m();
      int n = parts.shape().n();
      Origin[] rows = lines(w, unset, a, parts.a(), all * m, true);
      Origin[] columns = lines(w, unset, b, parts.b(), all * n, false);
      Origin[][] sums = elements(w, unset, parts.c(), all * m, n);
      Fragment of = parts.d();
      for (int r = 0; r < of.registers(); r++) {
        for (int lane = 0; lane < LANES; lane++) {
          long bits = 0;
          Origin origin = null;
          for (int part = 0; part < of.perRegister(); part++) {
            int row = of.row(r, part, lane);
            int column = of.column(r, part, lane);
            Origin why = Origin.worse(rows[row], columns[row / m * n + column]);
            why = Origin.worse(why, sums[row][column]);
            bits |= why == null ? 0 : mask(d, r, of, part);
            origin = Origin.worse(origin, why);
          }
          d.put(w, unset, r, lane, bits, origin == null ? null : origin.used());
        }
      }
    }

    /** Most products never need them. */
    private MatrixParts parts() {
      MatrixParts known = parts;
      if (known == null) {
        known = MatrixParts.of(in);
        parts = known;
      }
      return known;
    }

    private static long mask(Held held, int r, Fragment of, int part) {
      Register register = held.registers.get(r);
      int bits = register == null ? 64 : Math.max(register.type().bits(), 1);
      int each = bits / of.perRegister();
      return (each >= 64 ? -1 : (1L << each) - 1) << part * each;
    }

    /** By row, or column: why something in it has no value; null where all has. */
    private static @Nullable Origin[] lines(
        Warp w, UnsetBits unset, Held held, Fragment of, int count, boolean rows) {
      Origin[] lines = new Origin[count];
      for (int r = 0; r < of.registers(); r++) {
        for (int lane = 0; lane < LANES; lane++) {
          long bits = held.of(w, unset, r, lane);
          for (int part = 0; bits != 0 && part < of.perRegister(); part++) {
            if ((bits & mask(held, r, of, part)) != 0) {
              int line = rows ? of.row(r, part, lane) : of.column(r, part, lane);
              lines[line] = Origin.worse(lines[line], unset.origin(w, held.numbers[r], lane));
            }
          }
        }
      }
      return lines;
    }

    private @Nullable Origin[][] elements(Warp w, UnsetBits unset, Fragment of, int m, int n) {
      Origin[][] elements = new Origin[m][n];
      for (int r = 0; r < of.registers(); r++) {
        for (int lane = 0; lane < LANES; lane++) {
          long bits = c.of(w, unset, r, lane);
          for (int part = 0; bits != 0 && part < of.perRegister(); part++) {
            if ((bits & mask(c, r, of, part)) != 0) {
              elements[of.row(r, part, lane)][of.column(r, part, lane)] =
                  unset.origin(w, c.numbers[r], lane);
            }
          }
        }
      }
      return elements;
    }
  }

  /** {@code ldmatrix}: lane i gets a part of the row whose address another lane holds. */
  static final class Loaded extends Followed {
    private final Held d;
    private final boolean transposed;

    Loaded(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
      this.d = Held.of(in, 0, registers);
      this.transposed = in.has("trans");
    }

    @Override
    void execute(Warp w, BlockShadow shadow, int lanes) {
      Gaps gaps = shadow.gaps;
      gaps.load();
      op.execute(w);
      d.set(w, shadow.unset);
      if (gaps.loading() == 0 || w.mask == 0) {
        return;
      }
      for (int n = 0; n < d.numbers.length; n++) {
        for (int lane = 0; lane < LANES; lane++) {
          long bits = 0;
          Origin origin = null;
          for (int half = 0; half < 2; half++) {
            int row = transposed ? 2 * (lane % 4) + half : lane / 4;
            int column = transposed ? lane / 4 : 2 * (lane % 4) + half;
            int from = 8 * n + row;
            if ((gaps.loading() >>> from & 1) != 0) {
              long its = gaps.loaded(from, 2 * column, 2);
              bits |= its << 16 * half;
              origin = its == 0 ? origin : Origin.worse(origin, gaps.loadedOrigin(from));
            }
          }
          d.put(w, shadow.unset, n, lane, bits, origin);
        }
      }
    }
  }

  /** {@code stmatrix}: the same the other way. */
  static final class Stored extends Followed {
    private final Held a;
    private final boolean transposed;

    Stored(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
      this.a = Held.of(in, 1, registers);
      this.transposed = in.has("trans");
    }

    @Override
    void execute(Warp w, BlockShadow shadow, int lanes) {
      if (a.lacking(w, shadow.unset) == 0) {
        op.execute(w);
        return;
      }
      Gaps gaps = shadow.gaps;
      gaps.store(null);
      for (int n = 0; n < a.numbers.length; n++) {
        for (int row = 0; row < 8; row++) {
          for (int column = 0; column < 8; column++) {
            int lane = transposed ? 4 * column + row / 2 : 4 * row + column / 2;
            int half = (transposed ? row : column) % 2;
            long bits = a.of(w, shadow.unset, n, lane) >>> 16 * half & 0xffff;
            if (bits != 0) {
              Origin origin = shadow.unset.origin(w, a.numbers[n], lane);
              gaps.stores(8 * n + row, 2 * column, 2, bits, origin);
            }
          }
        }
      }
      op.execute(w);
      gaps.storeDone();
    }
  }

  /** {@code movmatrix}. */
  static final class Transposed extends Followed {
    private final Held d;
    private final Held a;

    Transposed(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
      this.d = Held.of(in, 0, registers);
      this.a = Held.of(in, 1, registers);
    }

    @Override
    void execute(Warp w, BlockShadow shadow, int lanes) {
      op.execute(w);
      if (w.mask == 0) {
        return;
      }
      long[] bits = new long[LANES];
      Origin[] origins = new Origin[LANES];
      for (int lane = 0; lane < LANES; lane++) {
        for (int half = 0; half < 2; half++) {
          int from = 4 * (2 * (lane % 4) + half) + lane / 8;
          long its = a.of(w, shadow.unset, 0, from) >>> 16 * (lane / 4 % 2) & 0xffff;
          bits[lane] |= its << 16 * half;
          if (its != 0) {
            origins[lane] = Origin.worse(origins[lane], shadow.unset.origin(w, a.numbers[0], from));
          }
        }
      }
      for (int lane = 0; lane < LANES; lane++) {
        d.put(w, shadow.unset, 0, lane, bits[lane], origins[lane]);
      }
    }
  }
}
