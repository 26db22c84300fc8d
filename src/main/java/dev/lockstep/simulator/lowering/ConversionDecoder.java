package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import java.util.List;

/**
 * {@code cvt} (PTX ISA 9.7.9.22): what modifiers a pair of types may have, and whose business the
 * conversion is.
 */
final class ConversionDecoder {
  private static final String[] TO_INTEGRAL = {"rni", "rzi", "rmi", "rpi"};
  private static final String[] TO_FLOAT = {"rn", "rz", "rm", "rp"};

  private ConversionDecoder() {}

  static void decode(Instruction in, Emitter e) {
    List<ScalarType> types = Decoder.types(in);
    if (types.size() != 2) {
      throw new Unsupported("a conversion with " + types.size() + " types");
    }
    ScalarType to = types.get(0);
    ScalarType from = types.get(1);
    if (isPacked(to) || isPacked(from)) {
      PackedConversion.decode(in, e, to, from);
    } else if (to == ScalarType.TF32) {
      PackedConversion.toTf32(in, e, from);
    } else if (!isPlain(to) || !isPlain(from)) {
      throw new Unsupported("." + from.spelling() + " to ." + to.spelling());
    } else if (from.isFloat()) {
      if (to.isFloat()) {
        check(in, to, from, isRounding(to, from));
        new FloatConversion(in, e, to, from).decode();
      } else {
        check(in, to, from, TO_INTEGRAL);
        Decoder.required(in, TO_INTEGRAL);
        new IntegerConversion(in, e, to, from).fromFloat();
      }
    } else if (to.isFloat()) {
      check(in, to, from, TO_FLOAT);
      Decoder.required(in, TO_FLOAT);
      new IntegerConversion(in, e, to, from).toFloat();
    } else {
      Decoder.allow(in, "sat");
      new IntegerConversion(in, e, to, from).toInteger();
    }
  }

  /** Floats of one type round to integers, or not at all; those of two in a direction. */
  private static String[] isRounding(ScalarType to, ScalarType from) {
    return to == from ? TO_INTEGRAL : TO_FLOAT;
  }

  private static void check(Instruction in, ScalarType to, ScalarType from, String[] roundings) {
    boolean clamps = in.has("relu") || in.has("satfinite");
    boolean toHalf = to == ScalarType.F16 || to == ScalarType.BF16;
    if (clamps) {
      Decoder.allow(in, "rn", "rz", "relu", "satfinite");
      Decoder.required(in, "rn", "rz");
      if (!toHalf || from != ScalarType.F32) {
        throw new Unsupported(
            ".relu or .satfinite from ." + from.spelling() + " to ." + to.spelling());
      }
      return;
    }
    Decoder.allow(in, roundings[0], roundings[1], roundings[2], roundings[3], "ftz", "sat");
    Decoder.choice(in, "", roundings);
    if (in.has("ftz") && to != ScalarType.F32 && from != ScalarType.F32) {
      throw new Unsupported(".ftz without .f32");
    }
    if (in.has("sat") && (to == ScalarType.BF16 || from == ScalarType.BF16)) {
      throw new Unsupported(".sat with .bf16");
    }
    if (to.isFloat() && from.isFloat() && to.bytes() < from.bytes()) {
      Decoder.required(in, roundings);
    }
  }

  private static boolean isPacked(ScalarType type) {
    return switch (type) {
      case F16X2, BF16X2, E4M3X2, E5M2X2 -> true;
      default -> false;
    };
  }

  private static boolean isPlain(ScalarType type) {
    return switch (type) {
      case U8, S8, U16, S16, U32, S32, U64, S64, F16, BF16, F32, F64 -> true;
      default -> false;
    };
  }
}
