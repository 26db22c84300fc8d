package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.FloatOps;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.Atomic;
import dev.lockstep.simulator.op.Fence;
import java.util.List;

/** {@code atom} and {@code red} (PTX ISA 9.7.13.5 and 9.7.13.7). */
final class AtomicDecoder {
  private static final List<String> KNOWN =
      List.of(
          "add", "min", "max", "inc", "dec", "and", "or", "xor", "exch", "cas", "relaxed",
          "acquire", "release", "acq_rel", "cta", "gpu", "sys", "noftz");

  private final Instruction in;
  private final Emitter e;
  private final ScalarType type;
  private final StateSpace space;

  private AtomicDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.type = Decoder.type(in);
    StateSpace found = StateSpace.GENERIC;
    for (String modifier : in.modifiers()) {
      StateSpace named = StateSpace.named(modifier);
      if (named != null) {
        found = named;
      } else if (!KNOWN.contains(modifier) && ScalarType.named(modifier) == null) {
        throw new Unsupported("modifier ." + modifier);
      }
    }
    this.space = found;
  }

  static void decode(Instruction in, Emitter emitter) {
    new AtomicDecoder(in, emitter).decode();
  }

  private void decode() {
    boolean returns = in.opcode().equals("atom");
    int first = returns ? 1 : 0;
    Operand to = returns ? operand(in, 0) : new Operand.Sink();
    if (in.has("release") || in.has("acq_rel")) {
      e.emit(new Fence());
    }
    Address address = e.address(operand(in, first), space);
    Operand b = operand(in, first + 1);
    Operand c = in.has("cas") ? operand(in, first + 2) : b;
    switch (type) {
      case B32, U32, S32, F32 -> {
        Slot<int[]> operand = e.b32(b);
        Slot<int[]> second = in.has("cas") ? e.b32(c) : operand;
        e.emit(new Atomic.Ints(ints(), address, e.toB32(to), operand, second));
      }
      case B64, U64, S64, F64 -> {
        Slot<long[]> operand = e.b64(b);
        Slot<long[]> second = in.has("cas") ? e.b64(c) : operand;
        e.emit(new Atomic.Longs(longs(), address, e.toB64(to), operand, second));
      }
      default -> throw new Unsupported("atomics on ." + type.spelling());
    }
    if (in.has("acquire") || in.has("acq_rel")) {
      e.emit(new Fence());
    }
  }

  private String operation() {
    for (String modifier : in.modifiers()) {
      if (KNOWN.indexOf(modifier) >= 0 && KNOWN.indexOf(modifier) < 10) {
        return modifier;
      }
    }
    throw new Unsupported("it names no operation");
  }

  private Atomic.IntFunction ints() {
    boolean signed = type.isSigned();
    if (type == ScalarType.F32) {
      return floats();
    }
    return switch (operation()) {
      case "add" -> (m, b, c) -> m + b;
      case "min" ->
          signed
              ? (m, b, c) -> Math.min(m, b)
              : (m, b, c) -> Integer.compareUnsigned(m, b) <= 0 ? m : b;
      case "max" ->
          signed
              ? (m, b, c) -> Math.max(m, b)
              : (m, b, c) -> Integer.compareUnsigned(m, b) >= 0 ? m : b;
      case "inc" -> (m, b, c) -> Integer.compareUnsigned(m, b) >= 0 ? 0 : m + 1;
      case "dec" -> (m, b, c) -> m == 0 || Integer.compareUnsigned(m, b) > 0 ? b : m - 1;
      case "and" -> (m, b, c) -> m & b;
      case "or" -> (m, b, c) -> m | b;
      case "xor" -> (m, b, c) -> m ^ b;
      case "exch" -> (m, b, c) -> b;
      case "cas" -> (m, b, c) -> m == b ? c : m;
      default -> throw new Unsupported("operation ." + operation());
    };
  }

  /** On global memory subnormals are flushed, on shared memory they are kept. */
  private Atomic.IntFunction floats() {
    if (!operation().equals("add")) {
      throw new Unsupported("of .f32 only .add is known");
    }
    if (space == StateSpace.SHARED) {
      return (m, b, c) ->
          Float.floatToRawIntBits(Float.intBitsToFloat(m) + Float.intBitsToFloat(b));
    }
    return (m, b, c) ->
        Float.floatToRawIntBits(
            FloatOps.flush(
                FloatOps.flush(Float.intBitsToFloat(m)) + FloatOps.flush(Float.intBitsToFloat(b))));
  }

  private Atomic.LongFunction longs() {
    boolean signed = type.isSigned();
    if (type == ScalarType.F64) {
      if (!operation().equals("add")) {
        throw new Unsupported("of .f64 only .add is known");
      }
      return (m, b, c) ->
          Double.doubleToRawLongBits(Double.longBitsToDouble(m) + Double.longBitsToDouble(b));
    }
    return switch (operation()) {
      case "add" -> (m, b, c) -> m + b;
      case "min" ->
          signed
              ? (m, b, c) -> Math.min(m, b)
              : (m, b, c) -> Long.compareUnsigned(m, b) <= 0 ? m : b;
      case "max" ->
          signed
              ? (m, b, c) -> Math.max(m, b)
              : (m, b, c) -> Long.compareUnsigned(m, b) >= 0 ? m : b;
      case "and" -> (m, b, c) -> m & b;
      case "or" -> (m, b, c) -> m | b;
      case "xor" -> (m, b, c) -> m ^ b;
      case "exch" -> (m, b, c) -> b;
      case "cas" -> (m, b, c) -> m == b ? c : m;
      default -> throw new Unsupported("operation ." + operation());
    };
  }
}
