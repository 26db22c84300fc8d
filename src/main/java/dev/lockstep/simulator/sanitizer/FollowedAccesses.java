package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Loads and stores: bits without a value go from memory to registers and back. */
final class FollowedAccesses {
  private FollowedAccesses() {}

  /** The registers of a vector or of one; null for what is none. */
  static List<@Nullable Register> elements(Operand operand) {
    List<@Nullable Register> elements = new ArrayList<>();
    if (operand instanceof Operand.Vector(List<Operand> parts)) {
      parts.forEach(part -> elements.add(NumberedRegisters.register(part)));
    } else {
      elements.add(NumberedRegisters.register(operand));
    }
    return elements;
  }

  private static int[] numbers(List<@Nullable Register> elements, NumberedRegisters registers) {
    return elements.stream().mapToInt(r -> r == null ? -1 : registers.number(r)).toArray();
  }

  private static @Nullable ScalarType type(Instruction in) {
    return ScalarType.named(in.modifiers().getLast());
  }

  /** Bytes of each element an access has. */
  private static int elementBytes(Instruction in) {
    ScalarType type = type(in);
    return type == null ? 8 : type.bytes();
  }

  /** {@code ld}. */
  static final class Loaded extends Followed {
    private final List<@Nullable Register> elements;
    private final int[] numbers;
    private final int bytes;
    private final boolean signed;

    Loaded(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
      this.elements = elements(in.operands().get(0));
      this.numbers = numbers(elements, registers);
      this.bytes = elementBytes(in);
      ScalarType type = type(in);
      this.signed = type != null && type.isSigned();
    }

    @Override
    void execute(Warp w, BlockShadow shadow, int lanes) {
      Gaps gaps = shadow.gaps;
      gaps.load();
      op.execute(w);
      for (int i = 0; i < numbers.length; i++) {
        Register element = elements.get(i);
        if (element == null) {
          continue;
        }
        shadow.unset.set(w, numbers[i], lanes);
        for (int rest = lanes & gaps.loading(); rest != 0; rest &= rest - 1) {
          int lane = Integer.numberOfTrailingZeros(rest);
          long bits = bits(gaps, lane, i * bytes);
          shadow.unset.put(w, numbers[i], lane, bits, gaps.loadedOrigin(lane));
        }
      }
    }

    private long bits(Gaps gaps, int lane, int from) {
      if (bytes > 8) {
        return gaps.loaded(lane, from, 8) | gaps.loaded(lane, from + 8, 8);
      }
      long bits = gaps.loaded(lane, from, bytes);
      boolean sign = signed && bytes < 8 && (bits >>> 8 * bytes - 1 & 1) != 0;
      return sign ? bits | -1L << 8 * bytes : bits;
    }
  }

  /** {@code st}. */
  static final class Stored extends Followed {
    private final List<@Nullable Register> values;
    private final int[] numbers;
    private final int bytes;
    private final Company company;

    /** Whether other threads are meant to take it: what they use of it is theirs to answer for. */
    private final boolean handsOver;

    Stored(Op op, Instruction in, NumberedRegisters registers, Company company) {
      super(op, in, registers);
      this.values = elements(in.operands().get(1));
      this.numbers = numbers(values, registers);
      this.bytes = elementBytes(in);
      this.company = company;
      this.handsOver = in.has("relaxed") || in.has("release");
    }

    @Override
    void execute(Warp w, BlockShadow shadow, int lanes) {
      int lacking = 0;
      for (int number : numbers) {
        lacking |= number < 0 ? 0 : lanes & shadow.unset.lacking(w, number);
      }
      if (lacking == 0) {
        op.execute(w);
        return;
      }
      Gaps gaps = shadow.gaps;
      gaps.store(handsOver ? null : (lane, address) -> leave(w, shadow, lane, address));
      for (int rest = lacking; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        for (int i = 0; i < numbers.length; i++) {
          long bits = bits(w, shadow.unset, i, lane);
          Origin origin = bits == 0 ? null : shadow.unset.origin(w, numbers[i], lane);
          for (int at = 0; at < bytes; at += 8) {
            gaps.stores(lane, i * bytes + at, Math.min(bytes, 8), bits, origin);
          }
        }
      }
      op.execute(w);
      gaps.storeDone();
    }

    private long bits(Warp w, UnsetBits unset, int i, int lane) {
      long all = bytes >= 8 ? -1 : (1L << 8 * bytes) - 1;
      long bits = numbers[i] < 0 ? 0 : unset.of(w, numbers[i], lane) & all;
      return handsOver ? wholeBytes(bits) : bits;
    }

    /** Global memory keeps account of bytes. */
    private static long wholeBytes(long bits) {
      long any = bits | bits >>> 4 & 0x0f0f0f0f0f0f0f0fL;
      any |= any >>> 2 & 0x3f3f3f3f3f3f3f3fL;
      any |= any >>> 1 & 0x7f7f7f7f7f7f7f7fL;
      return (any & 0x0101010101010101L) * 0xff;
    }

    /**
     * A lane stores to global memory: that is a mistake unless it copies padding, fills a vector
     * up, or stores a bit field of which the rest has yet to be filled in.
     */
    private void leave(Warp w, BlockShadow shadow, int lane, long address) {
      for (int i = 0; i < numbers.length; i++) {
        long bits = bits(w, shadow.unset, i, lane);
        if (bits == 0) {
          continue;
        }
        Origin origin = shadow.unset.origin(w, numbers[i], lane);
        if (!fillsUp(w, shadow.unset, i, lane)
            && !mayLeave(origin, bits, address + (long) i * bytes)) {
          report(w, shadow, lane, origin, values.get(i), Use.STORE);
        }
      }
    }

    /**
     * Whether all from an element on are set nowhere, but make a whole vector of one of 3, or of 5
     * to 7.
     */
    private boolean fillsUp(Warp w, UnsetBits unset, int i, int lane) {
      if (i == numbers.length) {
        return true;
      }
      if (i <= numbers.length / 2 || bits(w, unset, i, lane) == 0) {
        return false;
      }
      Origin origin = unset.origin(w, numbers[i], lane);
      return origin.setNowhere() && !origin.computed() && fillsUp(w, unset, i + 1, lane);
    }

    private boolean mayLeave(Origin origin, long bits, long address) {
      Origin.Memory memory = origin.memory();
      if (memory == null || origin.computed()) {
        return false;
      }
      boolean among = numbers.length > 1 || company.has(in);
      if (bits == (bytes >= 8 ? -1 : (1L << 8 * bytes) - 1)) {
        return memory.padding() && among;
      }
      // Bit fields are filled in one by one, from the lowest on or where they are.
      boolean filledIn = memory.address() == address || memory.whole() && (bits & 1) == 0;
      return filledIn || memory.padding() && (among || bytes >= 8);
    }
  }
}
