package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.Atomic;
import dev.lockstep.simulator.op.Fence;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.LongLanes;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** {@code atom} and {@code red} (PTX ISA 9.7.13.5 and 9.7.13.7). */
final class AtomicDecoder {
  private static final Set<String> OPERATIONS =
      Set.of("add", "min", "max", "inc", "dec", "and", "or", "xor", "exch", "cas");

  private static final Set<ScalarType> INTEGERS =
      EnumSet.of(ScalarType.U32, ScalarType.S32, ScalarType.U64, ScalarType.S64);

  private static final Set<ScalarType> HALVES =
      EnumSet.of(ScalarType.F16, ScalarType.BF16, ScalarType.F16X2, ScalarType.BF16X2);

  private static final Set<ScalarType> VECTORS = union(HALVES, EnumSet.of(ScalarType.F32));

  private static final Set<ScalarType> SUMS =
      union(VECTORS, union(INTEGERS, EnumSet.of(ScalarType.F64)));

  private static final Set<String> QUALIFIERS =
      Set.of(
          "relaxed",
          "acquire",
          "release",
          "acq_rel",
          "cta",
          "cluster",
          "gpu",
          "sys",
          "noftz",
          "v2",
          "v4",
          "v8",
          "L2::cache_hint");

  private final Instruction in;
  private final Emitter e;
  private final ScalarType type;
  private final String operation;
  private final StateSpace space;

  private AtomicDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.type = Decoder.type(in);
    StateSpace found = StateSpace.GENERIC;
    String does = "";
    for (String modifier : in.modifiers()) {
      StateSpace named = StateSpace.named(modifier);
      if (named != null) {
        found = named;
      } else if (OPERATIONS.contains(modifier)) {
        does = modifier;
      } else if (!QUALIFIERS.contains(modifier) && ScalarType.named(modifier) == null) {
        throw new Unsupported("modifier ." + modifier);
      }
    }
    this.space = found;
    this.operation = does;
  }

  static void decode(Instruction in, Emitter emitter) {
    new AtomicDecoder(in, emitter).decode();
  }

  private void decode() {
    requireSense();
    boolean returns = in.opcode().equals("atom");
    int first = returns ? 1 : 0;
    Operand to = returns ? operand(in, 0) : new Operand.Sink();
    if (in.has("release") || in.has("acq_rel")) {
      e.emit(new Fence());
    }
    Address address = AddressOperand.of(operand(in, first), space, e);
    Operand b = operand(in, first + 1);
    Operand c = operation.equals("cas") ? operand(in, first + 2) : b;
    if (in.has("v2") || in.has("v4") || in.has("v8")) {
      vector(to, address, b);
    } else if (type == ScalarType.B128) {
      wide(to, address, b, c);
    } else if (type.bytes() == 8) {
      Slot<long[]> operand = e.b64(b);
      Slot<long[]> second = c == b ? operand : e.b64(c);
      e.emit(new Atomic.Longs(longs(), address, e.toB64(to), operand, second));
    } else {
      Slot<int[]> operand = e.b32(b);
      Slot<int[]> second = c == b ? operand : e.b32(c);
      narrow(address, type.bytes(), e.toB32(to), operand, second);
    }
    if (in.has("acquire") || in.has("acq_rel")) {
      e.emit(new Fence());
    }
  }

  /** What the manual has no form for is refused, though it could be guessed. */
  private void requireSense() {
    boolean vector = in.has("v2") || in.has("v4") || in.has("v8");
    Set<ScalarType> types =
        switch (operation) {
          case "add" -> vector ? VECTORS : SUMS;
          case "min", "max" -> vector ? HALVES : INTEGERS;
          case "inc", "dec" -> EnumSet.of(ScalarType.U32);
          case "and", "or", "xor" -> EnumSet.of(ScalarType.B32, ScalarType.B64);
          case "exch" -> EnumSet.of(ScalarType.B32, ScalarType.B64, ScalarType.B128);
          case "cas" -> EnumSet.of(ScalarType.B16, ScalarType.B32, ScalarType.B64, ScalarType.B128);
          default -> EnumSet.noneOf(ScalarType.class);
        };
    if (!types.contains(type) || vector && !types.equals(VECTORS) && !types.equals(HALVES)) {
      throw new Unsupported(
          "operation ." + operation + " on " + (vector ? "vectors of ." : ".") + type.spelling());
    }
    boolean addressable =
        switch (space) {
          case GENERIC, GLOBAL, SHARED -> true;
          case LOCAL, CONST, PARAM -> false;
        };
    if (!addressable) {
      throw new Unsupported("atomics in ." + space.spelling() + " memory");
    }
    if (in.opcode().equals("red") && (operation.equals("exch") || operation.equals("cas"))) {
      throw new Unsupported("operation ." + operation + " without its result");
    }
  }

  /** 16 or 32 bits. */
  private void narrow(Address address, int alignment, Slot<int[]> d, Slot<int[]> b, Slot<int[]> c) {
    if (type.bytes() == 2) {
      e.emit(new Atomic.Shorts(ints(), address, alignment, d, b, c));
    } else {
      Atomic.IntFunction inShared =
          type == ScalarType.F32 && space != StateSpace.GLOBAL
              ? AtomicFunctions.floatAdd()
              : ints();
      e.emit(new Atomic.Ints(ints(), inShared, address, alignment, d, b, c));
    }
  }

  /** Element after element, each atomic by itself; results arrive when all is done. */
  private void vector(Operand to, Address address, Operand from) {
    int count = in.has("v2") ? 2 : in.has("v4") ? 4 : 8;
    List<Operand> sources = Decoder.elements(from);
    int total = count * type.bytes();
    if (sources.size() != count || total > 16 || space == StateSpace.SHARED) {
      throw new Unsupported(sources.size() + " elements of ." + type.spelling());
    }
    for (int i = 0; i < count; i++) {
      Slot<int[]> old = e.registers.temporaryInt();
      if (!(to instanceof Operand.Sink)) {
        Slot<int[]> d = e.toB32(Decoder.elements(to).get(i));
        e.emitAfter(new Lanes1<>(IntLanes::move, d, old));
      }
      Slot<int[]> b = e.b32(sources.get(i));
      int alignment = i == 0 ? total : type.bytes();
      narrow(address.plus((long) i * type.bytes()), alignment, old, b, b);
    }
  }

  private void wide(Operand to, Address address, Operand b, Operand c) {
    List<Slot<long[]>> d = e.toB128(to);
    List<Slot<long[]>> old = List.of(e.registers.temporaryLong(), e.registers.temporaryLong());
    boolean compares = operation.equals("cas");
    e.emit(new Atomic.Wide(compares, address, old, e.b128(b), e.b128(c)));
    e.emit(LongLanes::move, d.get(0), old.get(0));
    e.emit(LongLanes::move, d.get(1), old.get(1));
  }

  private Atomic.IntFunction ints() {
    return switch (type) {
      // On global memory subnormals are flushed.
      case F32 ->
          space == StateSpace.SHARED
              ? AtomicFunctions.floatAdd()
              : AtomicFunctions.flushingFloatAdd();
      case F16 -> AtomicFunctions.half(operation, HalfFormat.F16);
      case BF16 -> AtomicFunctions.half(operation, HalfFormat.BF16);
      case F16X2 -> AtomicFunctions.pair(operation, HalfFormat.F16);
      case BF16X2 -> AtomicFunctions.pair(operation, HalfFormat.BF16);
      default -> AtomicFunctions.ints(operation, type);
    };
  }

  private static Set<ScalarType> union(Set<ScalarType> a, Set<ScalarType> b) {
    Set<ScalarType> both = EnumSet.copyOf(a);
    both.addAll(b);
    return Collections.unmodifiableSet(both);
  }

  private Atomic.LongFunction longs() {
    return type == ScalarType.F64
        ? AtomicFunctions.doubleAdd()
        : AtomicFunctions.longs(operation, type);
  }
}
