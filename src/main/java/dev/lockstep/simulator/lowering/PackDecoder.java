package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.intrinsic.IntegerConversions;
import dev.lockstep.simulator.op.PerLane;

/**
 * {@code cvt.pack} (PTX ISA 9.7.9.23): two integers clamped to a narrower type, a above b; where
 * there is room above them, the low bits of c follow.
 */
final class PackDecoder {
  private PackDecoder() {}

  static void decode(Instruction in, Emitter e) {
    String narrow = Decoder.required(in, "u16", "s16", "u8", "s8", "u4", "s4", "u2", "s2");
    Decoder.allow(in, "pack", "sat", "u4", "s4", "u2", "s2");
    Decoder.required(in, "sat");
    Decoder.required(in, "s32");
    int bits = Integer.parseInt(narrow.substring(1));
    boolean signed = narrow.charAt(0) == 's';
    int mask = (1 << bits) - 1;
    PerLane.Int2 pack =
        (a, b) -> {
          long upper = IntegerConversions.saturate(a, true, bits, signed) & mask;
          long lower = IntegerConversions.saturate(b, true, bits, signed) & mask;
          return (int) (upper << bits | lower);
        };
    if (bits == 16) {
      if (in.modifiers().size() != 4) {
        throw new Unsupported("a third operand beside two of 16 bits");
      }
      e.emit(
          PerLane.ints(pack),
          e.toB32(operand(in, 0)),
          e.b32(operand(in, 1)),
          e.b32(operand(in, 2)));
      return;
    }
    Decoder.required(in, "b32");
    PerLane.Int3 withMore = (a, b, c) -> pack.apply(a, b) | c << 2 * bits;
    e.emit(
        PerLane.ints(withMore),
        e.toB32(operand(in, 0)),
        e.b32(operand(in, 1)),
        e.b32(operand(in, 2)),
        e.b32(operand(in, 3)));
  }
}
