package dev.lockstep.simulator.lowering;

import dev.lockstep.device.Approximation;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.RegisterFile.Special;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.jit.Form;
import dev.lockstep.simulator.jit.Forms;
import dev.lockstep.simulator.jit.Place;
import dev.lockstep.simulator.jit.Scalar;
import dev.lockstep.simulator.jit.Source;
import dev.lockstep.simulator.op.Shuffle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Describes an instruction to the second tier, if that can translate it. */
final class ScalarLowering {
  private final RegisterFileBuilder registers;
  private final Symbols symbols;
  private final Approximation approximation;

  ScalarLowering(RegisterFileBuilder registers, Symbols symbols, Approximation approximation) {
    this.registers = registers;
    this.symbols = symbols;
    this.approximation = approximation;
  }

  /** What computes the instruction lane by lane, in order; null when the interpreter has to. */
  @Nullable List<Scalar> of(Instruction in) {
    return switch (in.opcode()) {
      case "mov" -> move(in);
      case "selp" -> select(in);
      case "setp" -> one(in, comparisonSources(in));
      case "shfl" -> shuffle(in);
      default ->
          one(in, in.operands().subList(Math.min(1, in.operands().size()), in.operands().size()));
    };
  }

  private @Nullable List<Scalar> one(Instruction in, List<Operand> sources) {
    Form form = Forms.of(in, approximation);
    return form == null ? null : list(scalar(in, form, in.operands().get(0), sources));
  }

  /**
   * The predicate of {@code setp.lt.and} goes first: it is combined when the comparison is done.
   */
  private static List<Operand> comparisonSources(Instruction in) {
    List<Operand> operands = in.operands();
    return operands.size() == 4
        ? List.of(operands.get(3), operands.get(1), operands.get(2))
        : operands.subList(Math.min(1, operands.size()), operands.size());
  }

  private @Nullable List<Scalar> select(Instruction in) {
    if (!isOfTypeOnly(in) || in.operands().size() != 4) {
      return null;
    }
    ScalarType type = Decoder.type(in);
    char code = typeCode(type);
    if (code == 0 || code == 'p') {
      return null;
    }
    // The predicate lies under both values: swapping values of two sizes is the form's business.
    Form form = Forms.select(code);
    List<Operand> o = in.operands();
    return list(scalar(in, form, o.get(0), List.of(o.get(3), o.get(1), o.get(2))));
  }

  private @Nullable List<Scalar> move(Instruction in) {
    if (!isOfTypeOnly(in) || in.operands().size() != 2) {
      return null;
    }
    Operand to = in.operands().get(0);
    Operand from = in.operands().get(1);
    char code = typeCode(Decoder.type(in));
    if (code == 0) {
      return null;
    }
    if (to instanceof Operand.Vector(List<Operand> parts)) {
      return unpack(in, parts, from, code);
    }
    if (from instanceof Operand.Vector(List<Operand> parts)) {
      Form form = parts.size() == 2 ? Forms.pack(code) : null;
      return form == null ? null : list(scalar(in, form, to, parts));
    }
    return list(scalar(in, Forms.move(code), to, List.of(from)));
  }

  /** Whether it has one modifier, its type: what has none the decoder refuses. */
  private static boolean isOfTypeOnly(Instruction in) {
    return in.modifiers().size() == 1 && Decoder.types(in).size() == 1;
  }

  private @Nullable List<Scalar> unpack(
      Instruction in, List<Operand> parts, Operand from, char code) {
    Form lower = Forms.unpack(code, false);
    Form upper = Forms.unpack(code, true);
    if (parts.size() != 2 || lower == null || upper == null) {
      return null;
    }
    List<@Nullable Scalar> both = new ArrayList<>();
    if (!(parts.get(0) instanceof Operand.Sink)) {
      both.add(scalar(in, lower, parts.get(0), List.of(from)));
    }
    if (!(parts.get(1) instanceof Operand.Sink)) {
      both.add(scalar(in, upper, parts.get(1), List.of(from)));
    }
    List<Scalar> known = both.stream().filter(Objects::nonNull).toList();
    if (known.isEmpty() || known.size() < both.size()) {
      return null;
    }
    // A half may live where the whole ends: it must be written last.
    boolean overwrites = known.get(0).sources().contains(known.get(0).target());
    return overwrites ? known.reversed() : known;
  }

  /** {@code shfl.sync} of all lanes where it is known beforehand which lane reads which. */
  private @Nullable List<Scalar> shuffle(Instruction in) {
    if (in.modifiers().size() != 3
        || !in.modifiers().get(0).equals("sync")
        || in.operands().size() != 5
        || in.guard() != null
        || !(in.operands().get(1) instanceof Operand.Reg(Register from))
        || !fits(from, 'i')) {
      return null;
    }
    Integer distance = literal(in.operands().get(2));
    Integer clamp = literal(in.operands().get(3));
    Integer members = literal(in.operands().get(4));
    if (distance == null || clamp == null || members == null || members != -1) {
      return null;
    }
    Shuffle.Mode mode = Shuffle.Mode.valueOf(in.modifiers().get(1).toUpperCase(Locale.ROOT));
    Place place = Segments.place(registers, from);
    List<Integer> lanes = Arrays.stream(Shuffle.sources(mode, distance, clamp)).boxed().toList();
    Source source = new Source.Elsewhere(place, lanes);
    if (!(in.operands().get(0) instanceof Operand.Pair(Operand to, Operand inRange))) {
      return list(scalar(Forms.move('i'), in.operands().get(0), source));
    }
    Scalar moved = scalar(Forms.move('i'), to, source);
    Source found = new Source.Bits(Shuffle.inRange(mode, distance, clamp));
    Scalar predicate = scalar(Forms.move('p'), inRange, found);
    return moved == null || predicate == null ? null : List.of(moved, predicate);
  }

  private @Nullable Scalar scalar(Form form, Operand to, Source source) {
    return to instanceof Operand.Reg(Register target) && fits(target, form.result())
        ? new Scalar(form, Segments.place(registers, target), List.of(source), null, false)
        : null;
  }

  private @Nullable Integer literal(Operand operand) {
    return switch (operand) {
      case Operand.IntLiteral(long value) -> Integer.valueOf((int) value);
      case Operand.Reg(Register register)
          when registers.isConstant(register)
              && RegisterFileBuilder.file(register.type()) == Slot.INTS ->
          registers.literal(new Slot<>(Slot.INTS, registers.slot(register).index()));
      default -> null;
    };
  }

  private static char typeCode(ScalarType type) {
    return switch (type) {
      case PRED -> 'p';
      case B16, U16, S16 -> 'h';
      case B32, U32, S32 -> 'i';
      case F32 -> 'f';
      case B64, U64, S64 -> 'l';
      case F64 -> 'd';
      default -> 0;
    };
  }

  private static @Nullable List<Scalar> list(@Nullable Scalar scalar) {
    return scalar == null ? null : List.of(scalar);
  }

  private @Nullable Scalar scalar(Instruction in, Form form, Operand to, List<Operand> from) {
    if (from.size() != form.arity()
        || !(to instanceof Operand.Reg(Register target))
        || !fits(target, form.result())) {
      return null;
    }
    List<Source> sources = new ArrayList<>();
    for (int i = 0; i < from.size(); i++) {
      Source source = source(from.get(i), form.source(i));
      if (source == null) {
        return null;
      }
      sources.add(source);
    }
    Instruction.Guard guard = in.guard();
    return new Scalar(
        form,
        Segments.place(registers, target),
        List.copyOf(sources),
        guard == null ? null : Segments.place(registers, guard.predicate()),
        guard != null && guard.negated());
  }

  private @Nullable Source source(Operand operand, char type) {
    return switch (operand) {
      case Operand.Reg(Register register) ->
          fits(register, type) ? Segments.place(registers, register) : null;
      case Operand.Not(Register register) ->
          type == 'p' && Segments.place(registers, register) instanceof Place place
              ? new Source.Not(place)
              : null;
      case Operand.IntLiteral(long value) -> new Source.Literal(false, value, 0);
      case Operand.FloatLiteral f -> new Source.Literal(true, 0, f.value());
      case Operand.Symbol(String name, long offset) -> {
        Symbols.Place place = symbols.find(name);
        yield place == null || place.framed() || type == 'f' || type == 'd'
            ? null
            : new Source.Literal(false, place.address() + offset, 0);
      }
      case Operand.Special(String name) ->
          type == 'i' && SpecialValues.isFixed(name) ? special(name) : null;
      default -> null;
    };
  }

  private @Nullable Source special(String name) {
    try {
      Special special = SpecialValues.named(name);
      return new Place(Slot.INTS, registers.special(special).index(), special.isUniform());
    } catch (Unsupported e) {
      return null;
    }
  }

  private static boolean fits(Register register, char type) {
    int file =
        register.type() == ScalarType.PRED
            ? Place.PREDICATES
            : RegisterFileBuilder.file(register.type());
    return Place.fits(file, register.type().bytes(), type);
  }
}
