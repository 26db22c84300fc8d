package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.BarrierOp;
import dev.lockstep.simulator.execution.MeetingOp;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.FloatOps;
import dev.lockstep.simulator.op.Elect;
import dev.lockstep.simulator.op.Fence;
import dev.lockstep.simulator.op.Nothing;
import dev.lockstep.simulator.op.Shuffle;
import dev.lockstep.simulator.op.WarpVote;
import dev.lockstep.simulator.op.Yield;
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
      case "elect" -> decoder.elect();
      case "membar", "fence" -> decoder.fence();
      case "nanosleep" -> emitter.emit(new Yield());
      case "griddepcontrol" -> decoder.gridDependency();
      case "pmevent" -> emitter.emit(new Nothing());
      default -> throw new Unsupported("the instruction is not known");
    }
  }

  private void shuffle() {
    Decoder.allow(in, "sync", "up", "down", "bfly", "idx");
    Operand to = operand(in, 0);
    int inRange = -1;
    if (to instanceof Operand.Pair(Operand d, Operand p)) {
      to = d;
      inRange = e.toPredicate(p);
    }
    Shuffle.Mode mode = Shuffle.Mode.valueOf(mode());
    Slot<int[]> a = b32(1);
    Slot<int[]> b = b32(2);
    Slot<int[]> c = b32(3);
    Integer distance = e.registers.literal(b);
    Integer clamp = e.registers.literal(c);
    MeetingOp.Terms terms = in.has("sync") ? terms(4) : active();
    if (distance != null && clamp != null) {
      e.emit(new Shuffle.Fixed(mode, distance, clamp, e.toB32(to), inRange, a, terms));
    } else {
      e.emit(new Shuffle(mode, e.toB32(to), inRange, a, b, c, terms));
    }
  }

  private void vote() {
    Decoder.allow(in, "sync", "all", "any", "uni", "ballot");
    int predicate = e.predicate(operand(in, 1));
    MeetingOp.Terms terms = in.has("sync") ? terms(2) : active();
    if (in.has("ballot")) {
      e.emit(new WarpVote.Ballot(e.toB32(operand(in, 0)), predicate, terms));
    } else {
      e.emit(
          new WarpVote.Vote(
              WarpVote.Vote.Mode.valueOf(mode()), e.toPredicate(operand(in, 0)), predicate, terms));
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
    boolean wide = Decoder.type(in).bytes() == 8;
    Slot<?> a = wide ? e.b64(operand(in, 1)) : b32(1);
    e.emit(new WarpVote.Match(in.has("all"), e.toB32(to), matched, a, terms(2)));
  }

  private void reduce() {
    Decoder.allow(in, "sync", "add", "min", "max", "and", "or", "xor", "abs", "NaN");
    requireSync();
    String operation = in.modifiers().get(1);
    Slot<int[]> a = b32(1);
    WarpVote.Reduce.Function function;
    if (Decoder.type(in) == ScalarType.F32) {
      if (!e.symbols.target().isOfBlackwellFamily()) {
        throw new Unsupported(
            "a reduction of .f32 needs .target sm_100a, or another of its family");
      }
      function = floatReduction(operation);
      // Alone, a value is still made absolute, and a NaN canonical.
      Slot<int[]> own = e.registers.temporaryInt();
      WarpVote.Reduce.Function combine = function;
      e.emit(
          (d, x) -> {
            for (int i = 0; i < Warp.LANES; i++) {
              d[i] = combine.apply(x[i], x[i]);
            }
          },
          own,
          a);
      a = own;
    } else {
      function = reduction(operation, Decoder.type(in));
    }
    e.emit(new WarpVote.Reduce(function, e.toB32(operand(in, 0)), a, terms(2)));
  }

  private WarpVote.Reduce.Function reduction(String operation, ScalarType type) {
    boolean signed = type.isSigned();
    if (type.bytes() != 4 || in.has("abs") || in.has("NaN")) {
      throw new Unsupported("reduction of ." + type.spelling() + " so");
    }
    return switch (operation) {
      case "add" -> Integer::sum;
      case "min" -> signed ? Math::min : (a, b) -> Integer.compareUnsigned(a, b) <= 0 ? a : b;
      case "max" -> signed ? Math::max : (a, b) -> Integer.compareUnsigned(a, b) >= 0 ? a : b;
      case "and" -> (a, b) -> a & b;
      case "or" -> (a, b) -> a | b;
      case "xor" -> (a, b) -> a ^ b;
      default -> throw new Unsupported("reduction ." + operation);
    };
  }

  private WarpVote.Reduce.Function floatReduction(String operation) {
    boolean max = operation.equals("max");
    boolean nan = in.has("NaN");
    int kept = in.has("abs") ? 0x7fff_ffff : -1;
    if (!max && !operation.equals("min")) {
      throw new Unsupported("reduction ." + operation + " of floats");
    }
    return (a, b) -> {
      float x = Float.intBitsToFloat(a & kept);
      float y = Float.intBitsToFloat(b & kept);
      float result =
          max
              ? nan ? FloatOps.maxNaN(x, y) : FloatOps.max(x, y)
              : nan ? FloatOps.minNaN(x, y) : FloatOps.min(x, y);
      return Float.floatToRawIntBits(result);
    };
  }

  private void elect() {
    Decoder.allow(in, "sync");
    requireSync();
    if (!(operand(in, 0) instanceof Operand.Pair(Operand d, Operand p))) {
      throw new Unsupported("a form without its predicate");
    }
    e.emit(new Elect(e.toB32(d), e.toPredicate(p), terms(1)));
  }

  private void barrier() {
    if (in.has("warp")) {
      e.emit(new WarpVote.Sync(terms(0)));
      return;
    }
    Decoder.allow(in, "sync", "arrive", "red", "popc", "and", "or", "aligned", "cta");
    boolean aligned = in.opcode().equals("bar") || in.has("aligned");
    int first = 0;
    BarrierOp.Kind kind = in.has("arrive") ? BarrierOp.Kind.ARRIVE : BarrierOp.Kind.SYNC;
    int predicate = -1;
    int result = -1;
    if (in.has("red")) {
      first = 1;
      kind =
          in.has("popc")
              ? BarrierOp.Kind.POPC
              : in.has("and") ? BarrierOp.Kind.AND : BarrierOp.Kind.OR;
      predicate = e.predicate(in.operands().getLast());
      result =
          kind == BarrierOp.Kind.POPC
              ? e.toB32(operand(in, 0)).index()
              : e.toPredicate(operand(in, 0));
    }
    int counted = in.operands().size() - first - (in.has("red") ? 2 : 1);
    if (counted < 0 || counted > 1 || kind == BarrierOp.Kind.ARRIVE && counted == 0) {
      throw new Unsupported(in.operands().size() + " operands");
    }
    Slot<int[]> id = b32(first);
    Slot<int[]> threads = counted == 1 ? b32(first + 1) : null;
    boolean literal =
        e.registers.literal(id) != null
            && (threads == null || e.registers.literal(threads) != null);
    int count = threads == null ? -1 : threads.index();
    e.emit(new BarrierOp(kind, aligned, id.index(), count, literal, predicate, result));
  }

  /** Proxies other than aliases exist for copies and matrices that are not executed here. */
  private void fence() {
    if (in.has("proxy") && !in.has("alias")) {
      throw new Unsupported("the asynchronous and the tensor map proxy");
    }
    if (!in.has("proxy")) {
      String[] scopes =
          in.opcode().equals("membar")
              ? new String[] {"cta", "gl", "sys"}
              : new String[] {"cta", "cluster", "gpu", "sys"};
      Decoder.required(in, scopes);
    }
    Decoder.allow(
        in, "cta", "gl", "sys", "gpu", "cluster", "sc", "acq_rel", "acquire", "release", "proxy",
        "alias");
    e.emit(new Fence());
  }

  /** Launches run one after another: what a grid may depend on is over, what waits for it waits. */
  private void gridDependency() {
    Decoder.allow(in, "wait", "launch_dependents");
    e.emit(new Nothing());
  }

  private void requireSync() {
    if (!in.has("sync")) {
      throw new Unsupported("a form without .sync, which PTX lacks, too");
    }
  }

  /** What a shuffle or a vote does, with or without {@code .sync} before it. */
  private String mode() {
    return in.modifiers().get(in.has("sync") ? 1 : 0).toUpperCase(Locale.ROOT);
  }

  /** Those of a form without {@code .sync}: the lanes that happen to be here. */
  private MeetingOp.Terms active() {
    Slot<int[]> masks = e.registers.temporaryInt();
    e.emit(new WarpVote.ActiveMask(masks));
    return terms(masks);
  }

  private MeetingOp.Terms terms(int n) {
    return terms(b32(n));
  }

  private MeetingOp.Terms terms(Slot<int[]> masks) {
    Integer literal = e.registers.literal(masks);
    return new MeetingOp.Terms(in.fullOpcode(), masks.index(), literal != null && literal == -1);
  }

  private Slot<int[]> b32(int n) {
    return e.b32(operand(in, n));
  }
}
