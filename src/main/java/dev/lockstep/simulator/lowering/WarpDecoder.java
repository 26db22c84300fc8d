package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
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
import java.util.List;
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
      case "bar", "barrier" -> {
        if (in.has("warp")) {
          decoder.meet();
        } else {
          BarrierDecoder.decode(in, emitter);
        }
      }
      case "elect" -> decoder.elect();
      case "membar", "fence" -> decoder.fence();
      case "nanosleep" -> decoder.sleep();
      case "griddepcontrol" -> decoder.gridDependency();
      case "pmevent" -> decoder.event();
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
    Decoder.onlyType(in, ScalarType.B32);
    Shuffle.Mode mode = Shuffle.Mode.valueOf(which("up", "down", "bfly", "idx"));
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
              WarpVote.Vote.Mode.valueOf(which("all", "any", "uni")),
              e.toPredicate(operand(in, 0)),
              predicate,
              terms));
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
    Decoder.required(in, "all", "any");
    boolean wide = Decoder.onlyType(in, ScalarType.B32, ScalarType.B64) == ScalarType.B64;
    Slot<?> a = wide ? e.b64(operand(in, 1)) : b32(1);
    e.emit(new WarpVote.Match(in.has("all"), e.toB32(to), matched, a, terms(2)));
  }

  private void reduce() {
    Decoder.allow(in, "sync", "add", "min", "max", "and", "or", "xor", "abs", "NaN");
    requireSync();
    String operation = Decoder.required(in, "add", "min", "max", "and", "or", "xor");
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
    boolean bitwise = List.of("and", "or", "xor").contains(operation);
    if (type.bytes() != 4
        || in.has("abs")
        || in.has("NaN")
        || bitwise != (type == ScalarType.B32)) {
      throw new Unsupported("reduction .%s of .%s".formatted(operation, type.spelling()));
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

  private void meet() {
    Decoder.allow(in, "warp", "sync");
    requireSync();
    e.emit(new WarpVote.Sync(terms(0)));
  }

  /** How long is up to the machine. */
  private void sleep() {
    Slot<int[]> unused = b32(0);
    e.emit(new Yield());
  }

  /** Nobody counts these; their numbers are part of the instruction. */
  private void event() {
    int events = 16;
    long most = in.has("mask") ? (1 << events) - 1 : events - 1;
    if (!(operand(in, 0) instanceof Operand.IntLiteral(long event)) || event < 0 || event > most) {
      throw new Unsupported("an event that is no number from 0 to " + most);
    }
    e.emit(new Nothing());
  }

  private void elect() {
    Decoder.allow(in, "sync");
    requireSync();
    if (!(operand(in, 0) instanceof Operand.Pair(Operand d, Operand p))) {
      throw new Unsupported("a form without its predicate");
    }
    e.emit(new Elect(e.toB32(d), e.toPredicate(p), terms(1)));
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

  /** The one of these modifiers that says what a shuffle or a vote does, as a constant's name. */
  private String which(String... alternatives) {
    return Decoder.required(in, alternatives).toUpperCase(Locale.ROOT);
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
