package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.BarrierOp;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Fence;
import dev.lockstep.simulator.op.Nothing;
import dev.lockstep.simulator.op.Shuffle;
import dev.lockstep.simulator.op.WarpVote;
import java.util.Locale;

/** What lanes and warps do together (PTX ISA 9.7.9.6 and 9.7.13). */
final class WarpDecoder {
  private final Instruction in;
  private final Emitter e;

  private WarpDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
  }

  static void decode(Instruction in, Emitter emitter) {
    WarpDecoder decoder = new WarpDecoder(in, emitter);
    switch (in.opcode()) {
      case "shfl" -> decoder.shuffle();
      case "vote" -> decoder.vote();
      case "match" -> decoder.match();
      case "redux" -> decoder.reduce();
      case "activemask" -> emitter.emit(new WarpVote.ActiveMask(emitter.toB32(operand(in, 0))));
      case "bar", "barrier" -> decoder.barrier();
      case "membar", "fence" -> {
        Decoder.allow(in, "cta", "gl", "sys", "gpu", "sc", "acq_rel", "cluster");
        emitter.emit(new Fence());
      }
      case "nanosleep" -> emitter.emit(new Nothing());
      default -> throw new Unsupported("the instruction is not known");
    }
  }

  private void shuffle() {
    Decoder.allow(in, "sync", "up", "down", "bfly", "idx");
    requireSync();
    Operand to = operand(in, 0);
    int inRange = -1;
    if (to instanceof Operand.Pair(Operand d, Operand p)) {
      to = d;
      inRange = e.toPredicate(p);
    }
    Shuffle.Mode mode = Shuffle.Mode.valueOf(in.modifiers().get(1).toUpperCase(Locale.ROOT));
    Slot<int[]> a = b32(1);
    Slot<int[]> b = b32(2);
    Slot<int[]> c = b32(3);
    Integer distance = e.registers.literal(b);
    Integer clamp = e.registers.literal(c);
    if (distance != null && clamp != null) {
      e.emit(new Shuffle.Fixed(mode, distance, clamp, e.toB32(to), inRange, a, b32(4)));
    } else {
      e.emit(new Shuffle(mode, e.toB32(to), inRange, a, b, c, b32(4)));
    }
  }

  private void vote() {
    Decoder.allow(in, "sync", "all", "any", "uni", "ballot");
    requireSync();
    int predicate = e.predicate(operand(in, 1));
    Slot<int[]> members = b32(2);
    if (in.has("ballot")) {
      e.emit(new WarpVote.Ballot(e.toB32(operand(in, 0)), predicate, members));
    } else {
      String mode = in.modifiers().get(1).toUpperCase(Locale.ROOT);
      e.emit(
          new WarpVote.Vote(
              WarpVote.Vote.Mode.valueOf(mode), e.toPredicate(operand(in, 0)), predicate, members));
    }
  }

  private void match() {
    Decoder.allow(in, "sync", "all", "any");
    requireSync();
    Operand to = operand(in, 0);
    int matched = -1;
    if (to instanceof Operand.Pair(Operand d, Operand p)) {
      to = d;
      matched = e.toPredicate(p);
    }
    boolean wide = Decoder.type(in) == ScalarType.B64;
    Slot<?> a = wide ? e.b64(operand(in, 1)) : b32(1);
    e.emit(new WarpVote.Match(in.has("all"), e.toB32(to), matched, a, b32(2)));
  }

  private void reduce() {
    Decoder.allow(in, "sync", "add", "min", "max", "and", "or", "xor");
    requireSync();
    boolean signed = Decoder.type(in).isSigned();
    WarpVote.Reduce.Function function =
        switch (in.modifiers().get(1)) {
          case "add" -> Integer::sum;
          case "min" -> signed ? Math::min : (a, b) -> Integer.compareUnsigned(a, b) <= 0 ? a : b;
          case "max" -> signed ? Math::max : (a, b) -> Integer.compareUnsigned(a, b) >= 0 ? a : b;
          case "and" -> (a, b) -> a & b;
          case "or" -> (a, b) -> a | b;
          case "xor" -> (a, b) -> a ^ b;
          default -> throw new Unsupported("reduction ." + in.modifiers().get(1));
        };
    if (Decoder.type(in).isFloat()) {
      throw new Unsupported("reduction of floats");
    }
    e.emit(new WarpVote.Reduce(function, e.toB32(operand(in, 0)), b32(1), b32(2)));
  }

  private void barrier() {
    if (in.has("warp")) {
      e.emit(new WarpVote.Sync(b32(0)));
      return;
    }
    Decoder.allow(in, "sync", "arrive", "aligned", "cta");
    if (in.opcode().equals("barrier") && !in.has("aligned")) {
      throw new Unsupported("barriers that are not aligned");
    }
    boolean wait = in.has("sync");
    if (!wait && in.operands().size() < 2) {
      throw new Unsupported("an arrival without a thread count");
    }
    int threads = in.operands().size() > 1 ? b32(1).index() : -1;
    e.emit(new BarrierOp(b32(0).index(), threads, wait));
  }

  private void requireSync() {
    if (!in.has("sync")) {
      throw new Unsupported("the form without .sync, which sm_70 and later lack, too");
    }
  }

  private Slot<int[]> b32(int n) {
    return e.b32(operand(in, n));
  }
}
