package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import java.util.List;
import java.util.Objects;

/** Sends an instruction to the decoder of its family. */
final class Decoder {
  private final Emitter emitter;

  Decoder(Emitter emitter) {
    this.emitter = emitter;
  }

  /**
   * Emits the instruction's steps, its guard left aside.
   *
   * @throws Unsupported when nobody knows it
   */
  void decode(Instruction in) {
    Modifiers.check(in);
    Arity.check(in);
    OperandKinds.check(in);
    OperandTypes.check(in);
    switch (in.opcode()) {
      case "add",
          "sub",
          "mul",
          "mad",
          "fma",
          "div",
          "rem",
          "min",
          "max",
          "abs",
          "neg",
          "sad",
          "addc",
          "subc",
          "madc",
          "mul24",
          "mad24" ->
          arithmetic(in);
      case "rcp", "sqrt", "rsqrt", "ex2", "lg2", "sin", "cos", "tanh", "copysign", "testp" ->
          arithmetic(in);
      case "and", "or", "xor", "not", "cnot", "shl", "shr", "shf", "lop3" ->
          LogicDecoder.decode(in, emitter);
      case "bfe",
          "bfi",
          "bfind",
          "brev",
          "clz",
          "popc",
          "prmt",
          "dp4a",
          "dp2a",
          "fns",
          "szext",
          "bmsk" ->
          BitFieldDecoder.decode(in, emitter);
      case "vadd2",
          "vadd4",
          "vsub2",
          "vsub4",
          "vavrg2",
          "vavrg4",
          "vabsdiff2",
          "vabsdiff4",
          "vmin2",
          "vmin4",
          "vmax2",
          "vmax4",
          "vset2",
          "vset4" ->
          VideoDecoder.decode(in, emitter);
      case "vadd", "vsub", "vabsdiff", "vmin", "vmax", "vshl", "vshr", "vset" ->
          ScalarVideoDecoder.decode(in, emitter);
      case "vmad" -> VideoProductDecoder.decode(in, emitter);
      case "mov", "cvta", "isspacep" -> MoveDecoder.decode(in, emitter);
      case "selp", "slct" -> SelectDecoder.decode(in, emitter);
      case "cvt" -> {
        if (in.has("pack")) {
          PackDecoder.decode(in, emitter);
        } else {
          ConversionDecoder.decode(in, emitter);
        }
      }
      case "setp", "set" -> CompareDecoder.decode(in, emitter);
      case "ld", "ldu", "st", "prefetch", "prefetchu", "applypriority", "discard", "createpolicy" ->
          MemoryDecoder.decode(in, emitter);
      case "atom", "red" -> AtomicDecoder.decode(in, emitter);
      case "cp" -> AsyncCopyDecoder.decode(in, emitter);
      case "ldmatrix", "stmatrix", "movmatrix" -> MatrixMoveDecoder.decode(in, emitter);
      case "mma" -> MmaDecoder.decode(in, emitter);
      case "wmma" -> WmmaDecoder.decode(in, emitter);
      case "shfl",
          "vote",
          "match",
          "redux",
          "activemask",
          "bar",
          "barrier",
          "membar",
          "fence",
          "nanosleep",
          "elect",
          "griddepcontrol",
          "pmevent" ->
          WarpDecoder.decode(in, emitter);
      case "ret", "exit", "trap", "brkpt", "alloca", "stacksave", "stackrestore" ->
          ControlDecoder.decode(in, emitter);
      default -> throw new Unsupported("the instruction is not known");
    }
  }

  private void arithmetic(Instruction in) {
    ScalarType type = type(in);
    boolean mixed = types(in).size() == 2 && types(in).getFirst() == ScalarType.F32;
    switch (type) {
      case F32 -> FloatDecoder.decode(in, emitter);
      case F64 -> DoubleDecoder.decode(in, emitter);
      case F32X2 -> FloatPairDecoder.decode(in, emitter);
      case F16, BF16 -> {
        if (mixed) {
          FloatDecoder.decode(in, emitter);
        } else {
          HalfDecoder.decode(in, emitter);
        }
      }
      case F16X2, BF16X2 -> HalfDecoder.decode(in, emitter);
      case S16X2, U16X2 -> IntegerPairDecoder.decode(in, emitter);
      default -> IntegerDecoder.decode(in, emitter);
    }
  }

  /** All types among the modifiers, in order. */
  static List<ScalarType> types(Instruction in) {
    return in.modifiers().stream().map(ScalarType::named).filter(Objects::nonNull).toList();
  }

  /** The type of a form that must have exactly one. */
  static ScalarType onlyType(Instruction in) {
    List<ScalarType> types = types(in);
    if (types.size() != 1) {
      throw new Unsupported("a form with " + types.size() + " types");
    }
    return types.getFirst();
  }

  /** The type of a form that must have exactly one, among these. */
  static ScalarType onlyType(Instruction in, ScalarType... allowed) {
    ScalarType type = onlyType(in);
    if (!List.of(allowed).contains(type)) {
      throw new Unsupported("type ." + type.spelling());
    }
    return type;
  }

  /** The last type among the modifiers: the one most instructions end with. */
  static ScalarType type(Instruction in) {
    List<String> modifiers = in.modifiers();
    for (int i = modifiers.size() - 1; i >= 0; i--) {
      ScalarType type = ScalarType.named(modifiers.get(i));
      if (type != null) {
        return type;
      }
    }
    throw new Unsupported("it has no type");
  }

  /** Refuses modifiers other than those a decoder knows; types are let through. */
  static void allow(Instruction in, String... known) {
    List<String> list = List.of(known);
    for (String modifier : in.modifiers()) {
      if (!list.contains(modifier) && ScalarType.named(modifier) == null) {
        throw new Unsupported("modifier ." + modifier);
      }
    }
  }

  /** The one modifier among these that an instruction has, or {@code none}. */
  static String choice(Instruction in, String none, String... alternatives) {
    String found = none;
    for (String modifier : alternatives) {
      if (in.has(modifier)) {
        if (!found.equals(none)) {
          throw new Unsupported("modifiers ." + found + " and ." + modifier + " together");
        }
        found = modifier;
      }
    }
    return found;
  }

  /** Like {@link #choice}, for a modifier that must not be missing. */
  static String required(Instruction in, String... alternatives) {
    String found = choice(in, "", alternatives);
    if (found.isEmpty()) {
      throw new Unsupported("it needs one of ." + String.join(", .", alternatives));
    }
    return found;
  }

  /** The elements of a vector operand, or the operand alone. */
  static List<Operand> elements(Operand operand) {
    return operand instanceof Operand.Vector(List<Operand> elements) ? elements : List.of(operand);
  }
}
