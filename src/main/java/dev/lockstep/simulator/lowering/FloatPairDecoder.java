package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.intrinsic.DirectedRounding;
import dev.lockstep.simulator.intrinsic.FloatOps;
import dev.lockstep.simulator.intrinsic.Rounding;
import dev.lockstep.simulator.op.PerLane;

/** {@code add sub mul fma} on two singles in a 64-bit register. */
final class FloatPairDecoder {
  private FloatPairDecoder() {}

  static void decode(Instruction in, Emitter e) {
    Decoder.allow(in, "rn", "rz", "rm", "rp", "ftz");
    Decoder.onlyType(in, ScalarType.F32X2);
    Rounding rounding = FloatDecoder.rounding(in);
    boolean ftz = in.has("ftz");
    if (in.opcode().equals("fma")) {
      Decoder.required(in, "rn", "rz", "rm", "rp");
      PerLane.Float3 single = (a, b, c) -> DirectedRounding.fma(a, b, c, rounding);
      PerLane.Long3 pair =
          (a, b, c) ->
              join(
                  apply(single, ftz, lower(a), lower(b), lower(c)),
                  apply(single, ftz, upper(a), upper(b), upper(c)));
      e.emit(
          PerLane.longs(pair),
          e.toB64(operand(in, 0)),
          e.b64(operand(in, 1)),
          e.b64(operand(in, 2)),
          e.b64(operand(in, 3)));
      return;
    }
    PerLane.Float3 single =
        switch (in.opcode()) {
          case "add" -> (a, b, unused) -> DirectedRounding.add(a, b, rounding);
          case "sub" -> (a, b, unused) -> DirectedRounding.add(a, -b, rounding);
          case "mul" -> (a, b, unused) -> DirectedRounding.mul(a, b, rounding);
          default -> throw new Unsupported("no form on pairs of singles is known");
        };
    PerLane.Long2 pair =
        (a, b) ->
            join(
                apply(single, ftz, lower(a), lower(b), 0),
                apply(single, ftz, upper(a), upper(b), 0));
    e.emit(
        PerLane.longs(pair), e.toB64(operand(in, 0)), e.b64(operand(in, 1)), e.b64(operand(in, 2)));
  }

  private static float apply(PerLane.Float3 f, boolean ftz, float a, float b, float c) {
    if (!ftz) {
      return f.apply(a, b, c);
    }
    return FloatOps.flush(f.apply(FloatOps.flush(a), FloatOps.flush(b), FloatOps.flush(c)));
  }

  private static float lower(long pair) {
    return Float.intBitsToFloat((int) pair);
  }

  private static float upper(long pair) {
    return Float.intBitsToFloat((int) (pair >> 32));
  }

  private static long join(float lower, float upper) {
    return (long) Float.floatToRawIntBits(upper) << 32
        | Float.floatToRawIntBits(lower) & 0xffff_ffffL;
  }
}
