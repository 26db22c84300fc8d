package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.LongLanes;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code mov} between a register and the two, four or eight parts of a vector, the first part being
 * the least significant; moves of 128 bits (PTX ISA 9.7.9, "mov" with packed operands); and moves
 * from vector to vector.
 */
final class VectorMoves {
  private VectorMoves() {}

  /**
   * {@code mov.v4.u16 {a, b, c, d}, {e, f, g, h}}: element by element. All are read before one is
   * written, since both sides may name the same registers.
   */
  static void elements(Emitter e, List<Operand> to, List<Operand> from, ScalarType type) {
    List<Runnable> writes = new ArrayList<>();
    for (int i = 0; i < to.size(); i++) {
      Operand target = to.get(i);
      if (type.bytes() == 8) {
        Slot<long[]> value = e.registers.temporaryLong();
        e.emit(LongLanes::move, value, e.b64(from.get(i)));
        writes.add(() -> e.emit(LongLanes::move, e.toB64(target), value));
      } else {
        Slot<int[]> value = e.registers.temporaryInt();
        e.emit(IntLanes::move, value, e.b32(from.get(i)));
        writes.add(() -> e.emit(IntLanes::move, e.toB32(target), value));
      }
    }
    writes.forEach(Runnable::run);
  }

  /** {@code mov.b128 d, a}; of a literal the upper half is zero, also where it is negative. */
  static void move128(Emitter e, Operand to, Operand from) {
    List<Slot<long[]>> source =
        from instanceof Operand.IntLiteral
            ? List.of(e.b64(from), e.b64(new Operand.IntLiteral(0)))
            : e.b128(from);
    List<Slot<long[]>> target = e.toB128(to);
    e.emit(LongLanes::move, target.get(0), source.get(0));
    e.emit(LongLanes::move, target.get(1), source.get(1));
  }

  /** {@code mov d, {a, b, …}}. */
  static void pack(Emitter e, Operand to, List<Operand> parts, ScalarType type) {
    int bits = partBits(type, parts.size());
    if (type.bits() == 128) {
      List<Slot<long[]>> target = e.toB128(to);
      List<Slot<long[]>> halves =
          bits == 64 ? List.of(e.b64(parts.get(0)), e.b64(parts.get(1))) : longs(e, parts);
      // Upper half first: the lower one may be where the second part is, which ends here.
      e.emit(LongLanes::move, target.get(1), halves.get(1));
      e.emit(LongLanes::move, target.get(0), halves.get(0));
    } else if (type.bits() == 64) {
      List<Slot<int[]>> words = words(e, parts, bits);
      e.emit(ConversionLanes::joinInts, e.toB64(to), words.get(0), words.get(1));
    } else if (parts.size() == 2 && bits == 16) {
      e.emit(ConversionLanes::joinShorts, e.toB32(to), e.b32(parts.get(0)), e.b32(parts.get(1)));
    } else {
      e.emit(IntLanes::move, e.toB32(to), word(e, parts, bits));
    }
  }

  /** {@code mov {d, e, …}, a}. */
  static void unpack(Emitter e, List<Operand> parts, Operand from, ScalarType type) {
    int bits = partBits(type, parts.size());
    if (type.bits() == 128 && bits == 64) {
      List<Slot<long[]>> source = e.b128(from);
      for (int i = 0; i < 2; i++) {
        e.emit(LongLanes::move, e.toB64(parts.get(i)), source.get(i));
      }
      return;
    }
    if (type.bits() == 64 && bits == 32) {
      Slot<long[]> source = e.b64(from);
      e.emit(ConversionLanes::longToInt, e.toB32(parts.get(0)), source);
      e.emit(ConversionLanes::highInt, e.toB32(parts.get(1)), source);
      return;
    }
    List<Slot<int[]>> words =
        switch (type.bits()) {
          case 128 -> halves(e, e.b128(from));
          case 64 -> halves(e, List.of(e.b64(from)));
          default -> List.of(e.b32(from));
        };
    for (int i = 0; i < parts.size(); i++) {
      Slot<int[]> word = words.get(i * bits / 32);
      e.emit(extract(i * bits % 32, bits), e.toB32(parts.get(i)), word);
    }
  }

  /** {@code mov.v4.u32 {x, y, z, w}, %tid}. */
  static void special(Emitter e, List<Operand> parts, String name) {
    List<Slot<int[]>> values = SpecialValues.vector(e, name);
    if (parts.size() != values.size()) {
      throw new Unsupported("a vector of " + parts.size() + " where four belong");
    }
    for (int i = 0; i < parts.size(); i++) {
      e.emit(IntLanes::move, e.toB32(parts.get(i)), values.get(i));
    }
  }

  private static int partBits(ScalarType type, int parts) {
    int bits = type.bits() / parts;
    if (type.bits() % parts != 0 || bits < 8 || Integer.bitCount(parts) != 1 || parts == 1) {
      throw new Unsupported("a vector of " + parts + " in " + type.bits() + " bits");
    }
    return bits;
  }

  private static List<Slot<long[]>> longs(Emitter e, List<Operand> parts) {
    List<Slot<int[]>> words = words(e, parts, 128 / parts.size());
    List<Slot<long[]>> longs = new ArrayList<>();
    for (int i = 0; i < words.size(); i += 2) {
      Slot<long[]> joined = e.registers.temporaryLong();
      e.emit(ConversionLanes::joinInts, joined, words.get(i), words.get(i + 1));
      longs.add(joined);
    }
    return longs;
  }

  private static List<Slot<int[]>> words(Emitter e, List<Operand> parts, int bits) {
    int each = 32 / bits;
    List<Slot<int[]>> words = new ArrayList<>();
    for (int i = 0; i < parts.size(); i += each) {
      words.add(word(e, parts.subList(i, i + each), bits));
    }
    return words;
  }

  /** Up to 32 bits from their parts. */
  private static Slot<int[]> word(Emitter e, List<Operand> parts, int bits) {
    if (bits == 32) {
      return e.b32(parts.getFirst());
    }
    Slot<int[]> word = e.registers.temporaryInt();
    for (int i = 0; i < parts.size(); i++) {
      Lanes1.Function<int[], int[]> insert = insert(i * bits, bits);
      e.emit(insert, word, e.b32(parts.get(i)));
    }
    return word;
  }

  private static List<Slot<int[]>> halves(Emitter e, List<Slot<long[]>> longs) {
    List<Slot<int[]>> words = new ArrayList<>();
    for (Slot<long[]> value : longs) {
      Slot<int[]> low = e.registers.temporaryInt();
      Slot<int[]> high = e.registers.temporaryInt();
      e.emit(ConversionLanes::longToInt, low, value);
      e.emit(ConversionLanes::highInt, high, value);
      words.add(low);
      words.add(high);
    }
    return words;
  }

  private static Lanes1.Function<int[], int[]> extract(int shift, int bits) {
    if (bits == 16) {
      return shift == 0 ? IntLanes::zeroExtend16 : ConversionLanes::highShort;
    }
    int mask = bits == 32 ? -1 : (1 << bits) - 1;
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = a[i] >>> shift & mask;
      }
    };
  }

  /** The first part also clears those above it. */
  private static Lanes1.Function<int[], int[]> insert(int shift, int bits) {
    int mask = (1 << bits) - 1;
    int kept = (1 << shift) - 1;
    return (d, a) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = d[i] & kept | (a[i] & mask) << shift;
      }
    };
  }
}
