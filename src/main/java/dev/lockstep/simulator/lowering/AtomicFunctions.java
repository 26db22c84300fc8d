package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.intrinsic.FloatOps;
import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.intrinsic.HalfPairs;
import dev.lockstep.simulator.op.Atomic.IntFunction;
import dev.lockstep.simulator.op.Atomic.LongFunction;
import java.util.function.IntBinaryOperator;

/** What {@code atom} and {@code red} make of memory, by operation and type (PTX ISA 9.7.13.5). */
final class AtomicFunctions {
  private AtomicFunctions() {}

  /** Integers and bits of 32 or fewer bits. */
  static IntFunction ints(String operation, ScalarType type) {
    boolean signed = type.isSigned();
    return switch (operation) {
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
      default -> throw new Unsupported("operation ." + operation);
    };
  }

  static LongFunction longs(String operation, ScalarType type) {
    boolean signed = type.isSigned();
    return switch (operation) {
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
      default -> throw new Unsupported("operation ." + operation);
    };
  }

  /** {@code add.f32} as shared memory does it: subnormals are kept. */
  static IntFunction floatAdd() {
    return (m, b, c) -> Float.floatToRawIntBits(Float.intBitsToFloat(m) + Float.intBitsToFloat(b));
  }

  /** {@code add.f32} as global memory does it: subnormals are flushed. */
  static IntFunction flushingFloatAdd() {
    return (m, b, c) ->
        Float.floatToRawIntBits(
            FloatOps.flush(
                FloatOps.flush(Float.intBitsToFloat(m)) + FloatOps.flush(Float.intBitsToFloat(b))));
  }

  static LongFunction doubleAdd() {
    return (m, b, c) ->
        Double.doubleToRawLongBits(Double.longBitsToDouble(m) + Double.longBitsToDouble(b));
  }

  /** One 16-bit float. */
  static IntFunction half(String operation, HalfFormat format) {
    IntBinaryOperator combine = combine(operation, format);
    return (m, b, c) -> combine.applyAsInt(m & 0xffff, b & 0xffff);
  }

  /** Two of them. */
  static IntFunction pair(String operation, HalfFormat format) {
    IntBinaryOperator combine = combine(operation, format);
    return (m, b, c) ->
        HalfPairs.pack(
            combine.applyAsInt(HalfFormat.lower(m), HalfFormat.lower(b)),
            combine.applyAsInt(HalfFormat.upper(m), HalfFormat.upper(b)));
  }

  private static IntBinaryOperator combine(String operation, HalfFormat format) {
    return switch (operation) {
      case "add" -> format::add;
      case "min" -> format::min;
      case "max" -> format::max;
      default -> throw new Unsupported("operation ." + operation + " on 16-bit floats");
    };
  }
}
