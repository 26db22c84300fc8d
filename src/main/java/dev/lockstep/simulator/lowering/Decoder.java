package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import java.util.List;

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
          FloatDecoder.decode(in, emitter);
      case "and",
          "or",
          "xor",
          "not",
          "cnot",
          "shl",
          "shr",
          "shf",
          "bfe",
          "bfi",
          "bfind",
          "brev",
          "clz",
          "popc",
          "prmt",
          "lop3",
          "dp4a",
          "dp2a",
          "fns",
          "szext",
          "bmsk" ->
          LogicDecoder.decode(in, emitter);
      case "mov", "selp", "slct", "cvta", "isspacep" -> MoveDecoder.decode(in, emitter);
      case "cvt" -> ConversionDecoder.decode(in, emitter);
      case "setp", "set" -> CompareDecoder.decode(in, emitter);
      case "ld", "ldu", "st", "prefetch", "prefetchu", "applypriority", "discard", "createpolicy" ->
          MemoryDecoder.decode(in, emitter);
      case "atom", "red" -> AtomicDecoder.decode(in, emitter);
      case "cp" -> AsyncCopyDecoder.decode(in, emitter);
      case "ldmatrix", "mma" -> MatrixDecoder.decode(in, emitter);
      case "shfl",
          "vote",
          "match",
          "redux",
          "activemask",
          "bar",
          "barrier",
          "membar",
          "fence",
          "nanosleep" ->
          WarpDecoder.decode(in, emitter);
      case "ret", "exit", "trap", "brkpt" -> ControlDecoder.decode(in, emitter);
      default -> throw new Unsupported("the instruction is not known");
    }
  }

  private void arithmetic(Instruction in) {
    ScalarType type = type(in);
    switch (type) {
      case F32, F64 -> FloatDecoder.decode(in, emitter);
      case F16, BF16, F16X2, BF16X2 -> HalfDecoder.decode(in, emitter);
      default -> IntegerDecoder.decode(in, emitter);
    }
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

  /** The elements of a vector operand, or the operand alone. */
  static List<Operand> elements(Operand operand) {
    return operand instanceof Operand.Vector(List<Operand> elements) ? elements : List.of(operand);
  }
}
