package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.Lanes3;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PredicateOp;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects the steps of one instruction. Sources and targets are asked for by the class the
 * instruction computes in; where a register was declared as another class of the same size, a step
 * that moves the bits comes before or after, and likewise for the extension of narrow integers.
 */
final class Emitter {
  final RegisterFileBuilder registers;
  final Symbols symbols;
  final CodeOptions options;

  /** What every frame on the stack is aligned to. */
  long frameAlignment = 16;

  private final List<Op> steps = new ArrayList<>();
  private final List<Op> after = new ArrayList<>();

  Emitter(RegisterFileBuilder registers, Symbols symbols, CodeOptions options) {
    this.registers = registers;
    this.symbols = symbols;
    this.options = options;
  }

  void emit(Op op) {
    steps.add(op);
  }

  /** To be done when all else is. */
  void emitAfter(Op op) {
    after.add(op);
  }

  <D, A> void emit(Lanes1.Function<D, A> function, Slot<D> d, Slot<A> a) {
    emit(new Lanes1<>(function, d, a));
  }

  <D, A, B> void emit(Lanes2.Function<D, A, B> function, Slot<D> d, Slot<A> a, Slot<B> b) {
    emit(new Lanes2<>(function, d, a, b));
  }

  <D, A, B, C> void emit(
      Lanes3.Function<D, A, B, C> function, Slot<D> d, Slot<A> a, Slot<B> b, Slot<C> c) {
    emit(new Lanes3<>(function, d, a, b, c));
  }

  /** The steps so far, in order. Ready for the next instruction afterwards. */
  Op[] finish() {
    // What was asked for last is converted first: targets nest like that.
    steps.addAll(after.reversed());
    Op[] all = steps.toArray(Op[]::new);
    steps.clear();
    after.clear();
    registers.releaseTemporaries();
    return all;
  }

  // ---- sources

  Slot<float[]> f32(Operand operand) {
    return switch (operand) {
      case Operand.FloatLiteral f -> registers.constant((float) f.value());
      case Operand.IntLiteral(long value) -> registers.constant(Float.intBitsToFloat((int) value));
      case Operand.Reg(Register register)
          when RegisterFileBuilder.file(register.type()) == Slot.FLOATS ->
          slot(register);
      default -> {
        Slot<float[]> bits = registers.temporaryFloat();
        emit(ConversionLanes::bitsToFloat, bits, b32(operand));
        yield bits;
      }
    };
  }

  Slot<double[]> f64(Operand operand) {
    return switch (operand) {
      case Operand.FloatLiteral f -> registers.constant(f.value());
      case Operand.IntLiteral(long value) -> registers.constant(Double.longBitsToDouble(value));
      case Operand.Reg(Register register)
          when RegisterFileBuilder.file(register.type()) == Slot.DOUBLES ->
          slot(register);
      default -> {
        Slot<double[]> bits = registers.temporaryDouble();
        emit(ConversionLanes::bitsToDouble, bits, b64(operand));
        yield bits;
      }
    };
  }

  /** 32 bits; of a wider register its lower half, of a narrower one its zero-extension. */
  Slot<int[]> b32(Operand operand) {
    return switch (operand) {
      case Operand.IntLiteral(long value) -> registers.constant((int) value);
      case Operand.FloatLiteral f -> registers.constant(Float.floatToRawIntBits((float) f.value()));
      case Operand.Special(String name) -> SpecialValues.ints(this, name);
      case Operand.Symbol(String name, long offset) -> {
        Symbols.Place place = symbols.find(name);
        if (place != null && place.framed()) {
          Slot<int[]> low = registers.temporaryInt();
          emit(ConversionLanes::longToInt, low, framed(place, offset));
          yield low;
        }
        yield registers.constant((int) symbols.addressOf(name, offset));
      }
      case Operand.Reg(Register register) ->
          switch (RegisterFileBuilder.file(register.type())) {
            case Slot.INTS -> slot(register);
            case Slot.FLOATS -> {
              Slot<int[]> bits = registers.temporaryInt();
              emit(ConversionLanes::floatToBits, bits, slot(register));
              yield bits;
            }
            default -> {
              Slot<int[]> low = registers.temporaryInt();
              emit(ConversionLanes::longToInt, low, b64(operand));
              yield low;
            }
          };
      default -> throw new Unsupported("an operand that is no 32-bit value");
    };
  }

  /** 64 bits; a narrower register is zero-extended. */
  Slot<long[]> b64(Operand operand) {
    return switch (operand) {
      case Operand.IntLiteral(long value) -> registers.constant(value);
      case Operand.FloatLiteral f -> registers.constant(Double.doubleToRawLongBits(f.value()));
      case Operand.Special(String name) -> SpecialValues.longs(this, name);
      case Operand.Symbol(String name, long offset) -> {
        Symbols.Place place = symbols.find(name);
        yield place != null && place.framed()
            ? framed(place, offset)
            : registers.constant(symbols.addressOf(name, offset));
      }
      case Operand.Reg(Register register) ->
          switch (RegisterFileBuilder.file(register.type())) {
            case Slot.LONGS -> slot(register);
            case Slot.DOUBLES -> {
              Slot<long[]> bits = registers.temporaryLong();
              emit(ConversionLanes::doubleToBits, bits, slot(register));
              yield bits;
            }
            default -> {
              Slot<long[]> wide = registers.temporaryLong();
              emit(ConversionLanes::unsignedToLong, wide, b32(operand));
              yield wide;
            }
          };
      default -> throw new Unsupported("an operand that is no 64-bit value");
    };
  }

  /** The lower and the upper half of a 128-bit register. */
  List<Slot<long[]>> b128(Operand operand) {
    if (operand instanceof Operand.Reg(Register register) && register.type() == ScalarType.B128) {
      return halves(register);
    }
    throw new Unsupported("an operand that is no 128-bit register");
  }

  /** {@link #b128} of a result. */
  List<Slot<long[]>> toB128(Operand operand) {
    return operand instanceof Operand.Sink
        ? List.of(registers.temporaryLong(), registers.temporaryLong())
        : b128(operand);
  }

  @SuppressWarnings("unchecked") // 128-bit registers live among the longs.
  private List<Slot<long[]>> halves(Register register) {
    return List.of((Slot<long[]>) registers.slot(register), registers.upper(register));
  }

  /** A 32-bit or narrower integer as its type reads it. */
  Slot<int[]> integer(Operand operand, ScalarType type) {
    return switch (type) {
      case U16, B16 -> extended(operand, IntLanes::zeroExtend16, type);
      case S16 -> extended(operand, IntLanes::signExtend16, type);
      case U8, B8 -> extended(operand, IntLanes::zeroExtend8, type);
      case S8 -> extended(operand, IntLanes::signExtend8, type);
      default -> b32(operand);
    };
  }

  private Slot<int[]> extended(
      Operand operand, Lanes1.Function<int[], int[]> extend, ScalarType type) {
    if (operand instanceof Operand.IntLiteral(long value)) {
      int[] lanes = new int[32];
      lanes[0] = (int) value;
      extend.apply(lanes, lanes);
      return registers.constant(lanes[0]);
    }
    boolean already =
        operand instanceof Operand.Reg(Register r) && r.type().bytes() == 2 && type.bytes() == 2;
    Slot<int[]> source = b32(operand);
    if (already && !type.isSigned()) {
      return source;
    }
    Slot<int[]> wide = registers.temporaryInt();
    emit(extend, wide, source);
    return wide;
  }

  /** A predicate, complemented if written so. */
  int predicate(Operand operand) {
    return switch (operand) {
      case Operand.Reg(Register register) when register.type() == ScalarType.PRED ->
          registers.predicate(register);
      case Operand.Special(String name) when name.equals("%is_explicit_cluster") -> {
        int never = registers.temporaryPredicate();
        emit(new PredicateOp(PredicateOp.Kind.FALSE, never, 0, 0));
        yield never;
      }
      case Operand.Not(Register register) -> {
        int complement = registers.temporaryPredicate();
        emit(new PredicateOp(PredicateOp.Kind.NOT, complement, registers.predicate(register), 0));
        yield complement;
      }
      case Operand.IntLiteral(long value) -> {
        int constant = registers.temporaryPredicate();
        PredicateOp.Kind kind = value == 0 ? PredicateOp.Kind.FALSE : PredicateOp.Kind.TRUE;
        emit(new PredicateOp(kind, constant, 0, 0));
        yield constant;
      }
      default -> throw new Unsupported("an operand that is no predicate");
    };
  }

  // ---- targets

  Slot<float[]> toF32(Operand operand) {
    if (operand instanceof Operand.Reg(Register r)
        && RegisterFileBuilder.file(r.type()) == Slot.FLOATS) {
      return slot(r);
    }
    Slot<float[]> value = registers.temporaryFloat();
    if (!(operand instanceof Operand.Sink)) {
      Slot<int[]> target = toB32(operand);
      emitAfter(new Lanes1<>(ConversionLanes::floatToBits, target, value));
    }
    return value;
  }

  Slot<double[]> toF64(Operand operand) {
    if (operand instanceof Operand.Reg(Register r)
        && RegisterFileBuilder.file(r.type()) == Slot.DOUBLES) {
      return slot(r);
    }
    Slot<double[]> value = registers.temporaryDouble();
    if (!(operand instanceof Operand.Sink)) {
      Slot<long[]> target = toB64(operand);
      emitAfter(new Lanes1<>(ConversionLanes::doubleToBits, target, value));
    }
    return value;
  }

  /** A 32-bit result: a 16-bit register takes its lower half, a wider one its zero-extension. */
  Slot<int[]> toB32(Operand operand) {
    Slot<int[]> value = registers.temporaryInt();
    switch (operand) {
      case Operand.Sink s -> {}
      case Operand.Reg(Register register) -> {
        switch (RegisterFileBuilder.file(register.type())) {
          case Slot.INTS -> {
            if (register.type().bytes() == 4) {
              return slot(register);
            }
            emitAfter(new Lanes1<>(IntLanes::zeroExtend16, slot(register), value));
          }
          case Slot.FLOATS ->
              emitAfter(new Lanes1<>(ConversionLanes::bitsToFloat, slot(register), value));
          default -> {
            Slot<long[]> target = toB64(operand);
            emitAfter(new Lanes1<>(ConversionLanes::unsignedToLong, target, value));
          }
        }
      }
      default -> throw new Unsupported("a result that is no register");
    }
    return value;
  }

  Slot<long[]> toB64(Operand operand) {
    return toB64(operand, false);
  }

  /** A 64-bit result; a 128-bit register takes its extension. */
  Slot<long[]> toB64(Operand operand, boolean signed) {
    if (operand instanceof Operand.Reg(Register r)) {
      if (r.type() == ScalarType.B128) {
        Slot<long[]> upper = registers.upper(r);
        if (signed) {
          emitAfter(new Lanes2<>(LongLanes::shrSigned, upper, slot(r), registers.constant(63)));
        } else {
          emitAfter(new Lanes1<>(LongLanes::move, upper, registers.constant(0L)));
        }
      }
      if (RegisterFileBuilder.file(r.type()) == Slot.LONGS) {
        return slot(r);
      }
      if (RegisterFileBuilder.file(r.type()) == Slot.DOUBLES) {
        Slot<long[]> value = registers.temporaryLong();
        emitAfter(new Lanes1<>(ConversionLanes::bitsToDouble, slot(r), value));
        return value;
      }
    } else if (operand instanceof Operand.Sink) {
      return registers.temporaryLong();
    }
    throw new Unsupported("a result that is no 64-bit register");
  }

  /** A result of an integer type: narrow ones are cut to it and extended to the register. */
  Slot<int[]> toInteger(Operand operand, ScalarType type) {
    if (type.bytes() == 4) {
      return toB32(operand);
    }
    boolean fits = operand instanceof Operand.Reg(Register r) && r.type().bytes() <= type.bytes();
    Slot<int[]> value = registers.temporaryInt();
    Slot<int[]> target = fits ? rawInt(operand) : toB32(operand);
    Lanes1.Function<int[], int[]> extend =
        switch (type) {
          case S16 -> fits ? IntLanes::zeroExtend16 : IntLanes::signExtend16;
          case S8 -> IntLanes::signExtend8;
          case U8, B8 -> IntLanes::zeroExtend8;
          default -> IntLanes::zeroExtend16;
        };
    emitAfter(new Lanes1<>(extend, target, value));
    return value;
  }

  private Slot<int[]> rawInt(Operand operand) {
    if (operand instanceof Operand.Reg(Register r)
        && RegisterFileBuilder.file(r.type()) == Slot.INTS) {
      return slot(r);
    }
    throw new Unsupported("a result that is no register");
  }

  int toPredicate(Operand operand) {
    return switch (operand) {
      case Operand.Reg(Register register) when register.type() == ScalarType.PRED ->
          registers.predicate(register);
      case Operand.Sink s -> registers.temporaryPredicate();
      default -> throw new Unsupported("a result that is no predicate");
    };
  }

  // ---- the rest

  /** The address of a variable in the running function's frame. */
  private Slot<long[]> framed(Symbols.Place place, long offset) {
    Slot<long[]> address = registers.temporaryLong();
    emit(LongLanes::add, address, framePointer(), registers.constant(place.address() + offset));
    return address;
  }

  Slot<long[]> framePointer() {
    return slot(CallDecoder.FRAME_POINTER);
  }

  /** Where a register lies; of 128 bits the lower half. */
  @SuppressWarnings("unchecked") // The register's type was looked at by the caller.
  private <A> Slot<A> slot(Register register) {
    if (register.type() == ScalarType.PRED) {
      throw new Unsupported("a predicate where a number belongs");
    }
    return (Slot<A>) registers.slot(register);
  }

  /** The n-th operand. */
  static Operand operand(Instruction in, int n) {
    if (n >= in.operands().size()) {
      throw new Unsupported("it has only " + in.operands().size() + " operands");
    }
    return in.operands().get(n);
  }
}
