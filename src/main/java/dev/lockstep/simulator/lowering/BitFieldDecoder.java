package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.BitOps;
import dev.lockstep.simulator.intrinsic.DotProducts;
import dev.lockstep.simulator.op.BitLanes;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Lanes4;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PerLane;
import java.util.List;
import java.util.Locale;

/** Bit fields, bit searches, byte permutes and packed dot products (PTX ISA 9.7.1). */
final class BitFieldDecoder {
  private static final ScalarType[] UNTYPED = {ScalarType.B32, ScalarType.B64};
  private static final ScalarType[] INTEGERS = {
    ScalarType.U32, ScalarType.S32, ScalarType.U64, ScalarType.S64
  };

  private final Instruction in;
  private final Emitter e;
  private final ScalarType type;
  private final boolean wide;

  private BitFieldDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.type = Decoder.type(in);
    this.wide = type.bytes() == 8;
  }

  static void decode(Instruction in, Emitter emitter) {
    new BitFieldDecoder(in, emitter).decode();
  }

  private void decode() {
    switch (in.opcode()) {
      case "bfe" -> bfe();
      case "bfi" -> bfi();
      case "bfind" -> bfind();
      case "brev" -> {
        plain(UNTYPED);
        if (wide) {
          e.emit(LongLanes::reverse, d64(), b64(1));
        } else {
          e.emit(IntLanes::reverse, d(), b32(1));
        }
      }
      case "clz" -> {
        plain(UNTYPED);
        if (wide) {
          e.emit(LongLanes::leadingZeros, d(), b64(1));
        } else {
          e.emit(IntLanes::leadingZeros, d(), b32(1));
        }
      }
      case "popc" -> {
        plain(UNTYPED);
        if (wide) {
          e.emit(LongLanes::populationCount, d(), b64(1));
        } else {
          e.emit(IntLanes::populationCount, d(), b32(1));
        }
      }
      case "fns" -> {
        plain(ScalarType.B32);
        e.emit(PerLane.ints(BitOps::findNthSet), d(), b32(1), b32(2), b32(3));
      }
      case "prmt" -> prmt();
      case "szext" -> szext();
      case "bmsk" -> bmsk();
      case "dp4a", "dp2a" -> dotProduct();
      default -> throw new Unsupported("the instruction is not known");
    }
  }

  private void bfe() {
    plain(INTEGERS);
    boolean signed = type.isSigned();
    if (wide) {
      PerLane.LongField function = signed ? BitOps::extractSigned : BitOps::extractUnsigned;
      e.emit(PerLane.longs(function), d64(), b64(1), b32(2), b32(3));
    } else {
      PerLane.Int3 function = signed ? BitOps::extractSigned : BitOps::extractUnsigned;
      e.emit(PerLane.ints(function), d(), b32(1), b32(2), b32(3));
    }
  }

  private void bfi() {
    plain(UNTYPED);
    if (wide) {
      e.emit(new Lanes4<>(PerLane.longs(BitOps::insert), d64(), b64(1), b64(2), b32(3), b32(4)));
    } else {
      e.emit(new Lanes4<>(PerLane.ints(BitOps::insert), d(), b32(1), b32(2), b32(3), b32(4)));
    }
  }

  private void bfind() {
    Decoder.allow(in, "shiftamt");
    Decoder.onlyType(in, INTEGERS);
    boolean shift = in.has("shiftamt");
    boolean signed = type.isSigned();
    if (wide) {
      PerLane.LongToInt find = signed ? BitOps::findSigned : BitOps::findUnsigned;
      PerLane.LongToInt function = shift ? a -> BitOps.shiftAmount(find.apply(a), 64) : find;
      e.emit(PerLane.longToInt(function), d(), b64(1));
    } else {
      PerLane.Int1 find = signed ? BitOps::findSigned : BitOps::findUnsigned;
      PerLane.Int1 function = shift ? a -> BitOps.shiftAmount(find.apply(a), 32) : find;
      e.emit(PerLane.ints(function), d(), b32(1));
    }
  }

  private void prmt() {
    String[] modes = {"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"};
    Decoder.allow(in, modes);
    Decoder.onlyType(in, ScalarType.B32);
    String name = Decoder.choice(in, "", modes);
    if (name.isEmpty()) {
      e.emit(BitLanes::permute, d(), b32(1), b32(2), b32(3));
      return;
    }
    BitOps.PermuteMode mode = BitOps.PermuteMode.valueOf(name.toUpperCase(Locale.ROOT));
    PerLane.Int3 function = (a, b, c) -> BitOps.permute(a, b, c, mode);
    e.emit(PerLane.ints(function), d(), b32(1), b32(2), b32(3));
  }

  private void szext() {
    Decoder.allow(in, "clamp", "wrap");
    Decoder.onlyType(in, ScalarType.U32, ScalarType.S32);
    boolean clamp = Decoder.required(in, "clamp", "wrap").equals("clamp");
    PerLane.Int2 extend =
        type.isSigned()
            ? (a, bits) -> BitOps.signExtend(a, bits, clamp)
            : (a, bits) -> BitOps.zeroExtend(a, bits, clamp);
    e.emit(PerLane.ints(extend), d(), b32(1), b32(2));
  }

  private void bmsk() {
    Decoder.allow(in, "clamp", "wrap");
    Decoder.onlyType(in, ScalarType.B32);
    boolean clamp = Decoder.required(in, "clamp", "wrap").equals("clamp");
    PerLane.Int2 mask = (start, width) -> BitOps.mask(start, width, clamp);
    e.emit(PerLane.ints(mask), d(), b32(1), b32(2));
  }

  /** Both types may differ: {@code dp4a.s32.u32}. */
  private void dotProduct() {
    boolean bytes = in.opcode().equals("dp4a");
    List<ScalarType> types = Decoder.types(in);
    List<ScalarType> allowed = List.of(ScalarType.U32, ScalarType.S32);
    if (types.size() != 2 || !allowed.containsAll(types)) {
      throw new Unsupported("a dot product whose types are not two of .u32 and .s32");
    }
    boolean signedA = types.get(0).isSigned();
    boolean signedB = types.get(1).isSigned();
    PerLane.Int3 function;
    if (bytes) {
      Decoder.allow(in);
      function = (a, b, c) -> DotProducts.four(a, signedA, b, signedB, c);
    } else {
      Decoder.allow(in, "lo", "hi");
      int shift = Decoder.required(in, "lo", "hi").equals("hi") ? 16 : 0;
      function = (a, b, c) -> DotProducts.two(a, signedA, b >>> shift, signedB, c);
    }
    e.emit(PerLane.ints(function), d(), b32(1), b32(2), b32(3));
  }

  private void plain(ScalarType... allowed) {
    Decoder.allow(in);
    Decoder.onlyType(in, allowed);
  }

  private Slot<int[]> d() {
    return e.toB32(operand(in, 0));
  }

  private Slot<long[]> d64() {
    return e.toB64(operand(in, 0));
  }

  private Slot<int[]> b32(int n) {
    return e.b32(operand(in, n));
  }

  private Slot<long[]> b64(int n) {
    return e.b64(operand(in, n));
  }
}
