package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.Atomic;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.Element;
import dev.lockstep.simulator.op.Fence;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Load;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.MemoryOp;
import dev.lockstep.simulator.op.Nothing;
import dev.lockstep.simulator.op.Spoken;
import dev.lockstep.simulator.op.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Loads, stores and cache hints (PTX ISA 9.7.9). Hints change nothing here. Accesses that other
 * threads may watch ({@code volatile}, {@code relaxed}, {@code acquire}, {@code release}, and those
 * past the first cache, by which older scans pass values on) come with fences, so that the Java
 * compiler moves none of them.
 */
final class MemoryDecoder {
  /** What says how an access is ordered among others. */
  private static final Set<String> STRONG =
      Set.of("volatile", "relaxed", "acquire", "release", "mmio");

  /** Hints that look past the cache which other multiprocessors do not share. */
  private static final Set<String> UNCACHED = Set.of("cg", "cv", "wt");

  private static final Set<String> HINTS =
      Set.of(
          "weak", "cta", "cluster", "gpu", "sys", "ca", "cg", "cs", "lu", "cv", "nc", "wb", "wt",
          "v2", "v4", "v8");

  private static final String POLICY = "L2::cache_hint";

  private final Instruction in;
  private final Emitter e;

  private MemoryDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
  }

  static void decode(Instruction in, Emitter emitter) {
    MemoryDecoder decoder = new MemoryDecoder(in, emitter);
    switch (in.opcode()) {
      case "ld", "ldu" -> decoder.load();
      case "st" -> decoder.store();
      case "createpolicy" ->
          // A policy has no bits a program may look at.
          emitter.emit(
              LongLanes::move, emitter.toB64(operand(in, 0)), emitter.registers.constant(0L));
      default -> decoder.hint();
    }
  }

  /** {@code prefetch}, {@code discard}: a program may not tell whether they did anything. */
  private void hint() {
    if (in.has("tensormap")) {
      throw new Unsupported("tensor maps");
    }
    e.emit(new Nothing());
  }

  private void load() {
    StateSpace space = space(in);
    ScalarType type = Decoder.type(in);
    refuse("release", "wb", "wt");
    requireOrder(space);
    if (in.has("nc") && space != StateSpace.GLOBAL) {
      throw new Unsupported("modifier .nc outside of global memory");
    }
    requireOperands(2);
    if (type == ScalarType.B128) {
      Address address = AddressOperand.of(operand(in, 1), space, e);
      emitOrdered(new Load(Element.LONG, address, Load.indices(e.toB128(operand(in, 0)))));
      return;
    }
    List<Operand> targets = Decoder.elements(operand(in, 0));
    requireCount(targets);
    Address address = null;
    long fixed = -1;
    if (space == StateSpace.PARAM
        && operand(in, 1)
            instanceof Operand.Address(Operand.Symbol(String name, long more), long offset)
        && !e.symbols.isLocal(name)) {
      fixed = parameter(name, more + offset, targets.size() * type.bytes());
    } else {
      address = AddressOperand.of(operand(in, 1), space, e);
    }
    List<Slot<?>> slots = new ArrayList<>();
    Element element = element(type, targets);
    for (Operand target : targets) {
      slots.add(
          switch (element.file()) {
            case Slot.FLOATS -> e.toF32(target);
            case Slot.DOUBLES -> e.toF64(target);
            case Slot.LONGS -> e.toB64(target, type.isSigned());
            default -> signed(target, type);
          });
    }
    int[] d = Load.indices(slots);
    if (address == null) {
      e.emit(new Load.Parameter(element, fixed, d));
    } else {
      emitOrdered(new Load(element, address, d));
    }
  }

  /** Narrow loads come extended to 32 bits; a wider register takes the sign further. */
  private Slot<int[]> signed(Operand target, ScalarType type) {
    if (type.isSigned()
        && target instanceof Operand.Reg(Register r)
        && RegisterFileBuilder.file(r.type()) == Slot.LONGS) {
      Slot<int[]> value = e.registers.temporaryInt();
      e.emitAfter(new Lanes1<>(ConversionLanes::signedToLong, e.toB64(target, true), value));
      return value;
    }
    return e.toB32(target);
  }

  private void store() {
    StateSpace space = space(in);
    if (space == StateSpace.CONST) {
      throw new Unsupported("constant memory is not written");
    }
    ScalarType type = Decoder.type(in);
    refuse("acquire", "ca", "lu", "cv", "nc");
    requireOrder(space);
    requireOperands(2);
    Address address = AddressOperand.of(operand(in, 0), space, e);
    if (type == ScalarType.B128) {
      emitOrdered(new Store(Element.LONG, address, Load.indices(e.b128(operand(in, 1)))));
      return;
    }
    List<Operand> sources = Decoder.elements(operand(in, 1));
    requireCount(sources);
    Element element = element(type, sources);
    int[] a = new int[sources.size()];
    for (int i = 0; i < a.length; i++) {
      a[i] = sources.get(i) instanceof Operand.Sink ? -1 : source(sources.get(i), element).index();
    }
    emitOrdered(new Store(element, address, a));
  }

  private Slot<?> source(Operand operand, Element element) {
    return switch (element.file()) {
      case Slot.FLOATS -> e.f32(operand);
      case Slot.DOUBLES -> e.f64(operand);
      case Slot.LONGS -> e.b64(operand);
      default -> e.b32(operand);
    };
  }

  /**
   * What other blocks may watch they see whole, vectors too: a GPU moves up to 16 aligned bytes at
   * once, and look-back scans rely on a value and its status coming together.
   */
  private <A extends Op & MemoryOp> void emitOrdered(A access) {
    if (!isWatched()) {
      e.emit(access);
      return;
    }
    StateSpace space = space(in);
    boolean wide = in.has("v2") || in.has("v4") || in.has("v8") || in.has("b128");
    boolean reached = space == StateSpace.GLOBAL || space == StateSpace.GENERIC;
    e.emit(new Fence());
    e.emit(wide && reached ? new Atomic.Exclusive(access) : access);
    e.emit(new Fence());
    e.emit(new Spoken(in.opcode().equals("st")));
  }

  private void refuse(String... modifiers) {
    for (String modifier : modifiers) {
      if (in.has(modifier)) {
        throw new Unsupported("modifier ." + modifier + " of " + in.opcode());
      }
    }
  }

  /** What is ordered among other threads names them, and lies where they may reach it. */
  private void requireOrder(StateSpace space) {
    String order = Decoder.choice(in, "", "volatile", "relaxed", "acquire", "release");
    if (order.isEmpty() || order.equals("volatile")) {
      return;
    }
    Decoder.required(in, "cta", "cluster", "gpu", "sys");
    if (space == StateSpace.LOCAL || space == StateSpace.CONST) {
      throw new Unsupported("modifier ." + order + " in " + space.spelling() + " memory");
    }
  }

  private boolean isWatched() {
    return in.modifiers().stream().anyMatch(m -> STRONG.contains(m) || UNCACHED.contains(m));
  }

  private void requireOperands(int count) {
    int expected = in.has(POLICY) ? count + 1 : count;
    if (in.operands().size() != expected) {
      throw new Unsupported(in.operands().size() + " operands where " + expected + " belong");
    }
  }

  /** As many registers as the vector has elements, each at least as wide as one. */
  private void requireCount(List<Operand> elements) {
    int count = in.has("v2") ? 2 : in.has("v4") ? 4 : in.has("v8") ? 8 : 1;
    int bytes = Decoder.type(in).bytes();
    if (elements.size() != count || count * bytes > 32) {
      throw new Unsupported(elements.size() + " elements of ." + Decoder.type(in).spelling());
    }
    if (count * bytes > 16) {
      requireWide();
    }
    for (Operand element : elements) {
      if (element instanceof Operand.Reg(Register r) && r.type().bytes() < bytes) {
        throw new Unsupported(
            "a register of " + r.type().bits() + " bits for ." + Decoder.type(in).spelling());
      }
    }
  }

  /** 256 bits at once: only in global memory, and not on GPUs of old (PTX ISA 9.7.9.8). */
  private void requireWide() {
    StateSpace space = space(in);
    if (space != StateSpace.GLOBAL && space != StateSpace.GENERIC) {
      throw new Unsupported("more than 16 bytes at once in " + space.spelling() + " memory");
    }
    if (e.symbols.target().number() < 100) {
      throw new Unsupported("more than 16 bytes at once, before sm_100");
    }
  }

  private long parameter(String name, long offset, int bytes) {
    Symbols.Place place = e.symbols.find(name);
    if (place == null || place.space() != StateSpace.PARAM) {
      throw new Unsupported("no parameter " + name);
    }
    if (offset < 0 || offset + bytes > place.bytes()) {
      throw new Unsupported("reads past the end of parameter " + name);
    }
    return place.address() + offset;
  }

  /** The registers decide between float and int of one size: the bits in memory are the same. */
  private static Element element(ScalarType type, List<Operand> registers) {
    return switch (type) {
      case F32, B32, U32, S32, F16X2, BF16X2, TF32 ->
          anyIn(registers, Slot.FLOATS) ? Element.FLOAT : Element.INT;
      case F64, B64, U64, S64 -> anyIn(registers, Slot.DOUBLES) ? Element.DOUBLE : Element.LONG;
      case B16, U16, F16, BF16 -> Element.U16;
      case S16 -> Element.S16;
      case B8, U8 -> Element.U8;
      case S8 -> Element.S8;
      case PRED, B128, U16X2, S16X2, E4M3X2, E5M2X2, F32X2 ->
          throw new Unsupported("memory access of ." + type.spelling());
    };
  }

  private static boolean anyIn(List<Operand> operands, int file) {
    return operands.stream()
        .anyMatch(
            o ->
                o instanceof Operand.Reg(Register r)
                    && r.type() != ScalarType.PRED
                    && RegisterFileBuilder.file(r.type()) == file);
  }

  /** The space among the modifiers, after a look at all of them. */
  static StateSpace space(Instruction in) {
    StateSpace found = StateSpace.GENERIC;
    for (String modifier : in.modifiers()) {
      StateSpace space = StateSpace.named(modifier);
      if (space != null) {
        found = space;
      } else if (ScalarType.named(modifier) == null && !isHint(modifier)) {
        throw new Unsupported("modifier ." + modifier);
      }
    }
    return found;
  }

  private static boolean isHint(String modifier) {
    return HINTS.contains(modifier)
        || STRONG.contains(modifier)
        || modifier.startsWith("L1::")
        || modifier.startsWith("L2::");
  }
}
