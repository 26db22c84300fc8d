package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.intrinsic.ScalarVideo;
import dev.lockstep.simulator.op.PerLane;
import java.util.List;

/**
 * {@code vmad} (PTX ISA 9.7.18): the product of parts of two registers plus a third, perhaps with
 * one of them subtracted or 1 added; the sum is perhaps shifted to the right and clamped.
 */
final class VideoProductDecoder {
  private VideoProductDecoder() {}

  static void decode(Instruction in, Emitter e) {
    Decoder.allow(in, "po", "sat", "shr7", "shr15");
    List<ScalarType> types = Decoder.types(in);
    if (types.size() != 3 || !List.of(ScalarType.U32, ScalarType.S32).containsAll(types)) {
      throw new Unsupported("its types");
    }
    List<Operand> operands = in.operands();
    boolean negativeA = operands.get(1) instanceof Operand.Negated;
    boolean negativeB = operands.get(2) instanceof Operand.Negated;
    boolean negativeC = operands.get(3) instanceof Operand.Negated;
    boolean negative = negativeA != negativeB;
    boolean plusOne = in.has("po");
    if (plusOne && (negativeA || negativeB || negativeC)) {
      throw new Unsupported(".po and a negated operand");
    }
    if (negative && negativeC) {
      throw new Unsupported("a negated product and a negated summand");
    }
    boolean signedA = types.get(1).isSigned();
    boolean signedB = types.get(2).isSigned();
    boolean signed = signedA || signedB || negative || negativeC;
    boolean saturates = in.has("sat");
    int shift =
        switch (Decoder.choice(in, "", "shr7", "shr15")) {
          case "shr7" -> 7;
          case "shr15" -> 15;
          default -> 0;
        };
    String fromA = ScalarVideoDecoder.selector(positive(operands.get(1)));
    String fromB = ScalarVideoDecoder.selector(positive(operands.get(2)));
    PerLane.Int3 function =
        (a, b, c) ->
            ScalarVideo.multiplyAdd(
                ScalarVideo.part(a, fromA, signedA),
                ScalarVideo.part(b, fromB, signedB),
                ScalarVideo.part(negativeC ? ~c : c, "", signed),
                negative,
                plusOne || negativeC,
                shift,
                saturates,
                signed);
    e.emit(
        PerLane.ints(function),
        e.toB32(operands.get(0)),
        e.b32(ScalarVideoDecoder.whole(positive(operands.get(1)))),
        e.b32(ScalarVideoDecoder.whole(positive(operands.get(2)))),
        e.b32(positive(operands.get(3))));
  }

  private static Operand positive(Operand operand) {
    return operand instanceof Operand.Negated(Operand negated) ? negated : operand;
  }
}
